//! A dump read as what it is not: an error that says so, or a value if both look alike; never a panic.

use std::path::Path;

use joblib::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::files::dumped;
use super::{Case, Outcome, Question, Type, failed, short, told};
use crate::Sample;

pub fn load_as<T: Sample + DeserializeOwned>(path: &Path) -> Result<()> {
    joblib::load::<T>(path).map(drop)
}

pub fn other_types<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let Some(dumped) = dumped(case, &value) else { return Ok(()) };
    let mut random = case.random();
    let others: Vec<&Type> = case.all.iter().filter(|other| other.number != case.this.number).collect();
    for _ in 0..3.min(others.len()) {
        let other = random.one(&others);
        // What is not the file's fault is not damage.
        if let Err(error) = (other.load)(&dumped.path)
            && error.is_corrupt()
        {
            let detail = format!(
                "{}, read as type {}: {} of {}",
                dumped.way,
                other.number,
                told(&error),
                short(&value)
            );
            return failed("another type is damage", Question::None, detail);
        }
    }
    Ok(())
}
