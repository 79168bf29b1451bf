//! `#[cached]` on a whole impl block.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;
use std::sync::LazyLock;

static RUNS: Runs = Runs::new();

struct Lab {
    memory: Memory,
    seed: u64,
    notes: Vec<String>,
}

#[cached(memory = self.memory, ignore = ["self", "verbose"])]
impl Lab {
    const FACTOR: u64 = { 3 };

    #[cached]
    fn measured(&self, x: u64, verbose: bool) -> u64 {
        RUNS.add();
        if verbose { 0 } else { x * Self::FACTOR }
    }

    /// Its own options go before the block's.
    #[cached(key = (self.seed, x))]
    fn seeded(&self, x: u64) -> u64 {
        RUNS.add();
        self.seed + x
    }

    fn note(&mut self, text: &str) -> usize {
        self.notes.push(text.to_owned());
        self.notes.len()
    }
}

#[test]
fn its_options_are_defaults_for_the_marked_methods() {
    let (_dir, memory) = memory();
    RUNS.take();
    let mut lab = Lab { memory, seed: 1, notes: Vec::new() };
    for verbose in [false, true] {
        assert_eq!(lab.measured(2, verbose), 6);
        assert_eq!(lab.seeded(2), 3);
    }
    assert_eq!(RUNS.take(), 2);
    lab.seed = 2;
    assert_eq!(lab.measured(2, true), 6);
    assert_eq!(lab.seeded(2), 4);
    assert_eq!(RUNS.take(), 1);
    assert!(lab.measured_entry(2, true).is_cached());
    assert_eq!(lab.seeded_memo().stats().entries, 2);
    assert_eq!((lab.note("a"), lab.note("b")), (1, 2));
}

trait Score<Unit = u8> {
    type Output;
    fn score(&self, x: u8) -> Self::Output;
    fn labelled<L: AsRef<str> + Serialize>(self, label: L, unit: impl Serialize) -> (Unit, String);
    fn unit() -> Self;
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, serde::Deserialize)]
struct Plus<T>(T);

static SCORES: Runs = Runs::new();
static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));

#[cached(memory = MEMORY)]
impl<T> Score<(T, T)> for Plus<T>
where
    T: Serialize + serde::de::DeserializeOwned + Copy + From<u8> + std::ops::Add<Output = T>,
{
    type Output = T;

    #[cached]
    fn score(&self, x: u8) -> Self::Output {
        SCORES.add();
        self.0 + Self::Output::from(x)
    }

    #[cached(ignore = ["unit"])]
    fn labelled<L: AsRef<str> + Serialize>(mut self, label: L, unit: impl Serialize) -> ((T, T), String) {
        SCORES.add();
        let old = self.0;
        self.0 = self.0 + T::from(1);
        let _ = unit;
        ((old, self.0), label.as_ref().to_owned())
    }

    #[cached]
    fn unit() -> Self {
        SCORES.add();
        Plus(T::from(1))
    }
}

#[test]
fn methods_of_trait_impls_have_companions_in_a_trait_beside() {
    SCORES.take();
    assert_eq!(Plus(1u32).score(2), 3);
    assert!(Plus(1u32).score_entry(2).is_cached());
    assert!(!Plus(1u64).score_entry(2).is_cached());
    assert_eq!(Plus(1u64).score_entry(2).get_or_compute(), 3);
    assert_eq!(Plus::<u32>::score_memo().stats().entries, 1);

    assert_eq!(Plus(5u16).labelled("a", 1), ((5, 6), "a".to_owned()));
    assert!(Plus(5u16).labelled_entry("a", 2).is_cached());
    assert_eq!(Plus::<u16>::labelled_memo::<&str, i32>().stats().entries, 1);
    assert_eq!(Plus::<u16>::labelled_memo::<String, i32>().stats().entries, 0);

    assert_eq!(Plus::<u8>::unit(), Plus(1));
    assert!(Plus::<u8>::unit_entry().is_cached());
    assert_eq!(SCORES.take(), 4);
}

mod elsewhere {
    use super::{MEMORY, Runs, cached};

    pub(crate) static CONVERSIONS: Runs = Runs::new();

    pub(crate) trait Convert<From: ?Sized> {
        fn convert(&self, from: &From) -> String;
    }

    #[cached(memory = MEMORY)]
    impl<F: serde::Serialize + std::fmt::Debug> Convert<(&str, F)> for [f64] {
        #[cached]
        fn convert(&self, from: &(&str, F)) -> String {
            CONVERSIONS.add();
            format!("{self:?} {from:?}")
        }
    }

    #[cached(memory = MEMORY)]
    impl Convert<u8> for Vec<f64> {
        #[cached]
        fn convert(&self, from: &u8) -> String {
            CONVERSIONS.add();
            format!("{self:?} {from:?}")
        }
    }
}

#[test]
fn companions_reach_types_of_other_crates() {
    use elsewhere::{CONVERSIONS, Convert as _, ConvertTupleRefStrFForSliceF64 as _, ConvertU8ForVecF64};
    let values = vec![1.5];
    assert_eq!(values.as_slice().convert(&("a", 1)), r#"[1.5] ("a", 1)"#);
    assert!(values.as_slice().convert_entry(&("a", 1)).is_cached());
    assert_eq!(values.convert(&7), "[1.5] 7");
    assert!(ConvertU8ForVecF64::convert_entry(&values, &7).is_cached());
    assert_eq!(<Vec<f64>>::convert_memo().stats().entries, 1);
    assert_eq!(CONVERSIONS.take(), 2);
}
