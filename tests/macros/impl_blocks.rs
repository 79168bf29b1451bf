//! `#[cached]` on a whole impl block.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;

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

trait Score {
    type Output;
    fn score(&self, x: u8) -> u8;
}

#[derive(Serialize)]
struct Plus(u8);

#[cached(memory = Memory::disabled())]
impl Score for Plus {
    type Output = u8;

    #[cached]
    fn score(&self, x: u8) -> Self::Output {
        self.0 + x
    }
}

#[test]
fn trait_impls_take_defaults_too() {
    assert_eq!(Plus(1).score(2), 3);
}
