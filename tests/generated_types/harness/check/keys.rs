//! Keys: one for equal values, another for each change.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Case, Outcome, Question, failed, short, told};
use crate::{Sample, Walk};

/// How many changes are tried.
const CHANGES: usize = 12;

pub fn keys<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let key = match joblib::hash(&value) {
        Ok(key) => key,
        Err(error) => {
            return failed("no key", Question::GivesBack, format!("{} of {}", told(&error), short(&value)));
        }
    };
    let kept = case.root.join(format!("key_{}_{}", case.this.number, case.value));
    if case.again {
        let before = std::fs::read_to_string(&kept).unwrap();
        return if before == key.to_string() {
            Ok(())
        } else {
            failed(
                "a key of another process",
                Question::None,
                format!("{before}, now {key} of {}", short(&value)),
            )
        };
    }
    std::fs::write(kept, key.to_string()).unwrap();
    let other = value.again();
    let again = joblib::hash(&other).ok();
    if again != Some(key) {
        let detail = format!("{key}, then {again:?} of {} and {}", short(&value), short(&other));
        return failed("two keys of one value", Question::None, detail);
    }
    let places = Walk::count(&mut value.again());
    let mut random = case.random();
    for _ in 0..CHANGES.min(places) {
        case.goes_on();
        let (place, seed) = (random.below(places), random.bits());
        let mut changed = value.again();
        let mut walk = Walk::to(place, seed);
        changed.walk(&mut walk);
        if !changed.same(&value) && joblib::hash(&changed).ok() == Some(key) {
            let detail = format!("changed at {}: {} and {}", walk.path(), short(&value), short(&changed));
            return failed("one key of two values", Question::Tells { place, seed }, detail);
        }
    }
    Ok(())
}
