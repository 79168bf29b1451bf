//! Adapters are those of the type they are called on: std's are split, a user's own are called as he wrote
//! them.

use std::cell::Cell;
use std::iter;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

use joblib::{parallel, parallel_for};
use ndarray::Array2;

/// The loop over a source, plain and parallel, has the same items.
macro_rules! same {
    ($($source:tt)+) => {{
        let mut plain = Vec::new();
        for item in $($source)+ {
            plain.push(format!("{item:?}"));
        }
        for n_jobs in [1, 3] {
            let parallel: Vec<_> = parallel! {
                #[collect, n_jobs = n_jobs]
                for item in $($source)+ { format!("{item:?}") }
            };
            assert_eq!(parallel, plain, "{}", stringify!($($source)+));
        }
    }};
}

/// An iterator over days whose methods are its own.
#[derive(Clone)]
struct Days(u32, u32);

impl Iterator for Days {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0 += 1;
        (self.0 <= self.1).then_some(self.0)
    }
}

impl Days {
    fn skip(self, weeks: u32) -> Days {
        Days(self.0 + 7 * weeks, self.1)
    }

    fn rev(self) -> Days {
        Days(self.0, self.1 / 2)
    }

    fn enumerate(self) -> Vec<(char, u32)> {
        ('a'..).zip(self).collect()
    }

    fn step_by(self, by: &str) -> iter::StepBy<Days> {
        Iterator::step_by(self, by.len())
    }

    fn zip(self, other: iter::Skip<std::slice::Iter<'_, u32>>) -> Vec<u32> {
        other.map(|x| x + self.1).collect()
    }

    fn copied(self) -> std::vec::IntoIter<u32> {
        self.collect::<Vec<_>>().into_iter()
    }

    fn into_iter(self) -> iter::RepeatN<&'static str> {
        iter::repeat_n("day", (self.1 - self.0) as usize)
    }
}

fn days() -> Days {
    Days(0, 40)
}

/// No iterator, with methods that borrow what they are called on.
struct Calendar(Vec<u32>);

impl Calendar {
    fn rev(&self) -> iter::Rev<std::slice::Iter<'_, u32>> {
        self.0[1..].iter().rev()
    }

    fn take(&mut self, n: usize) -> std::slice::IterMut<'_, u32> {
        self.0[..n].iter_mut()
    }

    fn skip(&self, _weeks: &str) -> &Calendar {
        self
    }

    fn zip(&self, other: impl IntoIterator<Item = u32>) -> Vec<u32> {
        other.into_iter().map(|x| x + self.0[0]).collect()
    }

    fn enumerate(&self) -> impl Iterator<Item = (&u32, usize)> + Send {
        self.0.iter().enumerate().map(|(i, day)| (day, i))
    }
}

fn calendar() -> Calendar {
    Calendar(vec![3, 1, 4, 1, 5])
}

#[test]
fn a_type_of_the_users_has_its_own_adapters() {
    let xs = [1, 2, 3, 4];
    same!(days().skip(2));
    same!(days().take(5));
    same!(days().rev());
    same!(days().enumerate());
    same!(days().step_by("three"));
    same!(days().zip(xs.iter().skip(1)));
    same!(days().into_iter());
    // In the middle of a chain, before std's and after them.
    same!(days().rev().skip(1).skip(1));
    same!(days().rev().copied().enumerate().rev());
    same!(days().step_by("two").skip(1).step_by(4));
    same!((days().skip(1)).zip(xs.iter().skip(1)).iter().rev());
    same!(xs.iter().zip(days().skip(1)));
    same!(xs.iter().skip(1).zip(days().copied().rev()));
}

#[test]
fn a_temporary_lives_as_long_as_the_loop() {
    same!(calendar().rev());
    same!(calendar().rev().skip(1).enumerate());
    same!(calendar().take(3));
    same!(calendar().take(3).rev().step_by(2));
    same!(calendar().skip("two").skip("more").rev().take(2));
    same!(calendar().zip((1..5).rev()));
    same!(calendar().enumerate());
    same!(calendar().enumerate().skip(1).take(2));
    same!(Mutex::new(vec![1, 2, 3]).lock().unwrap().iter().skip(1).rev());
}

/// A reference, a slice and an iterator behind one name.
struct Readings {
    values: Vec<f64>,
}

impl std::ops::Deref for Readings {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values
    }
}

impl Readings {
    fn rev(&self) -> iter::Rev<std::slice::Iter<'_, f64>> {
        self.values[1..].iter().rev()
    }
}

/// An iterator and a slice.
struct Both(Vec<u8>, u8);

impl Iterator for Both {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.1 += 1;
        (self.1 < 9).then_some(self.1)
    }
}

impl std::ops::Deref for Both {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

/// Into an iterator, and no more.
struct Shelf;

impl IntoIterator for Shelf {
    type Item = usize;
    type IntoIter = iter::Rev<std::ops::Range<usize>>;

    fn into_iter(self) -> Self::IntoIter {
        (0..5).rev()
    }
}

impl Shelf {
    fn skip(&self, n: usize) -> Vec<usize> {
        vec![n; 3]
    }
}

#[test]
fn references_and_what_derefs() {
    let readings = || Readings { values: vec![1.0, 2.0, 3.0] };
    same!(readings().rev());
    same!(readings().rev().skip(1).enumerate());
    same!(readings().iter().copied().rev());
    same!(Both(vec![7, 8], 0).skip(3));
    same!(Both(vec![7, 8], 0).iter().copied().rev());
    same!(Shelf);
    same!(Shelf.into_iter().skip(2));
    same!({ Shelf }.skip(2));
}

#[test]
fn generic_boxed_and_borrowed_iterators() {
    fn every_other<I: Iterator<Item: Send + std::fmt::Debug> + Send + Clone>(items: I) {
        let again = || items.clone();
        same!(again().skip(1).step_by(2).enumerate());
        same!(again().zip(again().skip(1)));
    }
    every_other([1, 2, 3, 4, 5].iter());
    every_other(days());
    let boxed = || -> Box<dyn Iterator<Item = u32> + Send> { Box::new(days()) };
    same!(boxed().skip(3).enumerate());
    same!(days().by_ref().skip(3).step_by(4));
    let mut source = 0..10_u8;
    let taken: Vec<u8> = parallel! { #[collect, n_jobs = 2] for x in source.by_ref().take(4) { x } };
    assert_eq!((taken, source), (vec![0, 1, 2, 3], 4..10));
}

#[test]
fn std_and_ndarray() {
    let (mut xs, ys) = ([5_u32, 6, 7, 8, 9, 10], vec![1_u32, 2, 3]);
    let table = Array2::from_shape_fn((4, 3), |(i, j)| 10 * i + j);
    same!(xs.iter().zip(ys.iter().skip(1)).rev().enumerate());
    same!(ys.clone().into_iter().zip(ys.iter().rev()).skip(1));
    same!(xs.chunks(2).rev().step_by(2));
    same!((0..10_u64).rev().skip(2).take(5));
    same!(table.rows().into_iter().enumerate().skip(1));
    same!(table.view().into_iter().copied().collect::<Vec<_>>());
    same!((&table).into_iter().zip(0..5));
    same!(table.columns().into_iter().rev().zip(ys.iter()));
    same!([3, 1].into_iter().rev());
    same!(ys.clone().into_boxed_slice().into_iter().enumerate());
    for skipped in [0, 3, 6, 7, usize::MAX] {
        same!(xs.iter().skip(skipped));
        same!(xs.iter().take(skipped).rev());
        same!(xs.iter().skip(skipped).skip(skipped).rev().step_by(usize::MAX));
    }
    parallel! {
        #[n_jobs = 2]
        for (i, x) in xs.iter_mut().skip(1).step_by(2).rev().enumerate() {
            *x += 100 * i as u32;
        }
    }
    assert_eq!(xs, [5, 206, 7, 108, 9, 10]);
}

#[test]
fn a_step_of_zero_panics_as_ever() {
    let text = |result: std::thread::Result<()>| *result.unwrap_err().downcast::<&str>().unwrap();
    let (reached, none) = (Cell::new(0), 0);
    let plain = panic::catch_unwind(AssertUnwindSafe(|| {
        for x in (0..5).step_by(none).skip({
            reached.set(1);
            1
        }) {
            let _: i32 = x;
        }
    }));
    let parallel = panic::catch_unwind(AssertUnwindSafe(|| {
        parallel! {
            for x in (0..5).step_by(none).skip({ reached.set(2); 1 }) {
                let _: i32 = x;
            }
        }
    }));
    assert_eq!(text(parallel), text(plain));
    assert_eq!(reached.get(), 0);
}

/// Notes the number of an item that is dropped.
struct Noted<'n>(usize, &'n Mutex<Vec<String>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap_or_else(PoisonError::into_inner).push(format!("drop {}", self.0));
    }
}

#[test]
fn one_job_drops_what_is_left_out_when_the_plain_loop_does() {
    macro_rules! same_notes {
        ($(|$items:ident| $source:expr;)*) => {$({
            let notes = Mutex::new(Vec::new());
            let make = || (0..12).map(|i| Noted(i, &notes)).collect::<Vec<_>>();
            let note = |item: &Noted<'_>| notes.lock().unwrap().push(format!("run {}", item.0));
            for stop in [1, 5, 100] {
                let $items = make();
                for (turn, item) in $source.zip(0..).map(|(item, turn)| (turn, item)) {
                    note(&item);
                    if turn == stop {
                        break;
                    }
                }
                let plain = std::mem::take(&mut *notes.lock().unwrap());
                let ($items, turn) = (make(), Mutex::new(0));
                parallel! {
                    #[n_jobs = 1]
                    for item in $source {
                        note(&item);
                        let mut turn = turn.lock().unwrap();
                        if *turn == stop {
                            break;
                        }
                        *turn += 1;
                    }
                }
                assert_eq!(*notes.lock().unwrap(), plain, "{} until {}", stringify!($source), stop);
                notes.lock().unwrap().clear();
            }
        })*};
    }
    same_notes! {
        |items| items.into_iter();
        |items| items.into_iter().skip(3);
        |items| items.into_iter().skip(1).take(8).step_by(3);
        |items| items.into_iter().step_by(2).skip(2);
        |items| items.into_iter().take(7).rev();
        |items| items.into_iter().rev().skip(2).step_by(3);
        |items| items.into_iter().skip(2).rev();
    }
}

#[test]
#[parallel_for]
fn adapters_of_a_variable_and_in_a_method() {
    struct Table {
        cells: Vec<u32>,
    }
    impl Table {
        fn cells(&mut self) -> iter::Enumerate<std::slice::IterMut<'_, u32>> {
            self.cells.iter_mut().enumerate()
        }
    }
    let mut table = Table { cells: vec![0; 20] };
    #[parallel_for]
    for (i, cell) in table.cells().skip(1).step_by(3) {
        *cell = i as u32;
    }
    let chain = table.cells.iter().copied();
    let found: Vec<u32> = #[parallel_for]
    for cell in chain.rev().take(10) {
        cell
    };
    assert_eq!(found, [19, 0, 0, 16, 0, 0, 13, 0, 0, 10]);
}

/// What is passed by is dropped once, whichever way the source below is taken.
#[test]
fn gaps_behind_several_adapters() {
    #[parallel_for]
    fn lengths(texts: Vec<String>, jobs: i32) -> Vec<usize> {
        #[parallel_for(n_jobs = jobs)]
        for text in texts.into_iter().step_by(3).rev().skip(1) {
            text.len()
        }
    }
    for count in 0..40 {
        let texts: Vec<String> = (0..count).map(|i| "x".repeat(i)).collect();
        let plain: Vec<usize> = texts.iter().step_by(3).rev().skip(1).map(String::len).collect();
        for jobs in [1, 2, 5] {
            assert_eq!(lengths(texts.clone(), jobs), plain);
        }
    }
}
