//! Arguments of cached functions.

use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::results::{RUNS, memory};
use super::{Case, Outcome, Question, failed, short};
use crate::Sample;

fn takes<T: Sample>(_: T, _number: usize, seed: u64) -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed);
    seed
}

pub fn arguments<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    if case.this.cells {
        return Ok(());
    }
    let value: T = case.make();
    let cached = memory(case).cache(takes::<T>).version("1");
    for (place, runs) in [("computed", usize::from(!case.again)), ("found", 0)] {
        let before = RUNS.load(Ordering::Relaxed);
        let found = cached.call((value.again(), case.this.number, case.seed()));
        let ran = RUNS.load(Ordering::Relaxed) - before;
        if found != case.seed() || ran != runs {
            let detail = format!("{place}: ran {ran} times for {}", short(&value));
            return failed("an argument not known again", Question::GivesBack, detail);
        }
    }
    Ok(())
}
