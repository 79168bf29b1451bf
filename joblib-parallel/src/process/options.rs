//! The options of worker processes.

use super::job;
#[cfg(all(unix, feature = "processes"))]
use crate::Result;
#[cfg(all(unix, feature = "processes"))]
use crate::error::said;
use crate::options::declare;
use joblib_core::{MmapMode, Size, TimeSpan};
use std::path::PathBuf;
#[cfg(all(unix, feature = "processes"))]
use std::time::Duration;

declare! {
    /// Where the tasks of `processes()` run, and how to set up the worker processes.
    pub(crate) struct PlaceOptions {
        /// `"processes"`, if it was named.
        name: &'static str,
        /// `None` inside: only mapped arrays are passed by shared memory.
        max_nbytes: Option<Size>,
        mmap_mode: MmapMode,
        temp_folder: PathBuf,
        inner_threads: usize,
        memory_limit: Size,
        idle_timeout: TimeSpan,
        retries: usize,
        /// The function to be called first.
        initializer: fn(),
    }
}

/// The options with their defaults.
impl PlaceOptions {
    pub(crate) fn retries(&self) -> usize {
        self.retries.unwrap_or(0)
    }
}

/// The options with their defaults.
#[cfg(all(unix, feature = "processes"))]
impl PlaceOptions {
    pub(super) fn max_nbytes(&self) -> Result<Option<u64>> {
        match &self.max_nbytes {
            None => Ok(Some(1 << 20)),
            Some(given) => given.as_ref().map(|size| said("max_nbytes", size.bytes())).transpose(),
        }
    }

    pub(super) fn mmap_mode(&self) -> MmapMode {
        self.mmap_mode.unwrap_or(MmapMode::Read)
    }

    pub(super) fn memory_limit(&self) -> Result<Option<u64>> {
        self.memory_limit.as_ref().map(|size| said("memory_limit", size.bytes())).transpose()
    }

    pub(super) fn idle_timeout(&self) -> Result<Duration> {
        let given = self.idle_timeout.as_ref().map(|time| said("idle_timeout", time.duration()));
        given.unwrap_or(Ok(Duration::from_secs(300)))
    }
}

/// Calls an `F`, which captures nothing.
pub(crate) fn call<F: Fn() + Copy>() {
    job::value_of::<F>()();
}
