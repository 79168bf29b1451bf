//! Results of cached functions: computed once, found by this process and by the next.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use joblib::{Compression, Memory, Method, MmapMode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Case, Outcome, Question, failed, is_back, short};
use crate::{Random, Sample};

pub(super) static RUNS: AtomicUsize = AtomicUsize::new(0);

/// Of one store each.
pub(super) fn memory(case: &Case<'_>) -> &'static Memory {
    static MEMORIES: OnceLock<[Memory; 3]> = OnceLock::new();
    let at = |name: &str| Memory::builder(Path::join(case.root, name));
    let memories = MEMORIES.get_or_init(|| {
        [
            at("plain").build().unwrap(),
            at("compressed").compress(Compression::new(Method::Lz4)).build().unwrap(),
            at("mapped").mmap_mode(MmapMode::Read).build().unwrap(),
        ]
    });
    &memories[case.value % memories.len()]
}

/// The number tells generated types apart that are one type.
fn result<T: Sample>(_number: usize, seed: u64) -> T {
    RUNS.fetch_add(1, Ordering::Relaxed);
    T::make(&mut Random::new(seed))
}

pub fn results<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let cached = memory(case).cache(result::<T>).version("1");
    for (place, runs) in [("computed", usize::from(!case.again)), ("found", 0)] {
        let before = RUNS.load(Ordering::Relaxed);
        let found = cached.call((case.this.number, case.seed()));
        let ran = RUNS.load(Ordering::Relaxed) - before;
        is_back(place, &value, Ok(found))?;
        if ran != runs {
            let detail = format!("{place}: ran {ran} times for {}", short(&value));
            return failed("a result not kept", Question::GivesBack, detail);
        }
    }
    Ok(())
}
