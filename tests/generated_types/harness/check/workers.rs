//! Arguments and results of tasks in worker processes.

use joblib::Parallel;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Case, Outcome, Question, failed, is_back, short, told};
use crate::{Random, Sample};

pub fn workers<T: Sample + Serialize + DeserializeOwned + Send>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let seed = case.seed();
    let items = (0..2).map(move |_| T::make(&mut Random::new(seed)));
    let back = Parallel::new().n_jobs(2).processes().map(items, |item: T| {
        let key = joblib::hash(&item).map(|key| key.to_string()).unwrap_or_default();
        (item, key)
    });
    let back = match back {
        Ok(back) => back,
        Err(error) => {
            return failed(
                "not passed",
                Question::GivesBack,
                format!("{} of {}", told(&error), short(&value)),
            );
        }
    };
    let key = joblib::hash(&value).map(|key| key.to_string()).unwrap_or_default();
    for (item, there) in back {
        is_back("from a worker", &value, Ok(item))?;
        if there != key {
            let detail = format!("here {key}, in a worker {there} of {}", short(&value));
            return failed("a key of another process", Question::None, detail);
        }
    }
    Ok(())
}
