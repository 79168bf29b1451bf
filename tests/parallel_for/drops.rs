//! Whatever ends a loop, every item and every value is dropped once.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicI64, Ordering};

use joblib::parallel_for;
use proptest::prelude::*;

/// Counts how many of it there are, and panics when one is dropped twice.
struct Counted<'a> {
    value: usize,
    alive: &'a AtomicI64,
    own: Box<bool>,
}

impl<'a> Counted<'a> {
    fn new(value: usize, alive: &'a AtomicI64) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Counted { value, alive, own: Box::new(true) }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        assert!(std::mem::take(&mut *self.own), "dropped twice");
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Clone, Copy, Debug)]
enum End {
    Whole,
    Break,
    Error,
    Panic,
}

/// Moves items through a loop that skips every fifth and ends as told.
#[parallel_for]
fn through<'a>(
    items: Vec<Counted<'a>>,
    alive: &'a AtomicI64,
    end: End,
    at: usize,
    n_jobs: usize,
) -> Result<Vec<Counted<'a>>, Counted<'a>> {
    let made = #[parallel_for(n_jobs = n_jobs)]
    for item in items {
        if item.value == at {
            match end {
                End::Whole => {}
                End::Break => break,
                End::Error => return Err(item),
                End::Panic => panic::resume_unwind(Box::new(at)),
            }
        }
        if item.value % 5 == 3 {
            continue;
        }
        Counted::new(item.value * 2, alive)
    };
    Ok(made)
}

/// The same from an iterator that is pulled, into a `Result`.
#[parallel_for]
fn pulled<'a>(
    len: usize,
    alive: &'a AtomicI64,
    end: End,
    at: usize,
    n_jobs: usize,
) -> Result<Vec<Counted<'a>>, usize> {
    let items = (0..).take_while(move |i| *i < len).map(move |i| Counted::new(i, alive));
    #[parallel_for(n_jobs = n_jobs)]
    for item in items {
        match end {
            End::Break | End::Error if item.value == at => Err(at),
            End::Panic if item.value == at => panic::resume_unwind(Box::new(at)),
            _ => Ok(Counted::new(item.value, alive)),
        }
    }
}

#[test]
fn nothing_leaks_and_nothing_is_dropped_twice() {
    let end = prop_oneof![Just(End::Whole), Just(End::Break), Just(End::Error), Just(End::Panic)];
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(len in 0..400_usize, end in end, at in 0..400_usize, n_jobs in 1..5_usize)| {
        let alive = AtomicI64::new(0);
        let items = (0..len).map(|i| Counted::new(i, &alive)).collect();
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| through(items, &alive, end, at, n_jobs)));
        let kept = if at < len { at } else { len };
        match (end, outcome) {
            (End::Panic, Err(payload)) => prop_assert_eq!(payload.downcast_ref(), Some(&at)),
            (End::Error, Ok(Err(item))) => prop_assert_eq!(item.value, at),
            (_, Ok(Ok(values))) => {
                let last = if matches!(end, End::Whole) { len } else { kept };
                let expected: Vec<usize> = (0..last).filter(|i| i % 5 != 3).map(|i| i * 2).collect();
                prop_assert_eq!(values.iter().map(|value| value.value).collect::<Vec<_>>(), expected);
                prop_assert_eq!(alive.load(Ordering::Relaxed), values.len() as i64);
            }
            _ => prop_assert!(false, "another end"),
        }
        prop_assert_eq!(alive.load(Ordering::Relaxed), 0);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| pulled(len, &alive, end, at, n_jobs).map(|all| all.len())));
        match (end, outcome) {
            (End::Panic, Err(payload)) => prop_assert_eq!(payload.downcast_ref(), Some(&at)),
            (End::Whole, Ok(all)) => prop_assert_eq!(all, Ok(len)),
            (_, Ok(all)) => prop_assert_eq!(all, if at < len { Err(at) } else { Ok(len) }),
            _ => prop_assert!(false, "another end"),
        }
        prop_assert_eq!(alive.load(Ordering::Relaxed), 0);
    });
}

#[test]
fn an_item_that_cannot_be_made_leaves_no_value_behind() {
    struct Fragile<'a>(usize, &'a AtomicI64);
    impl Clone for Fragile<'_> {
        fn clone(&self) -> Self {
            assert!(self.0 != 7, "not this one");
            Fragile(self.0, self.1)
        }
    }
    #[parallel_for]
    fn copied<'a>(items: &[Fragile<'a>]) -> Vec<Counted<'a>> {
        for item in items.iter().cloned() {
            Counted::new(item.0, item.1)
        }
    }
    let alive = AtomicI64::new(0);
    let items: Vec<_> = (0..20).map(|i| Fragile(i, &alive)).collect();
    assert!(panic::catch_unwind(AssertUnwindSafe(|| copied(&items))).is_err());
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    assert_eq!(copied(&items[8..]).len(), 12);
}
