//! What can be said about worker processes.

use super::job;
use crate::options::declare;
use crate::{Error, Result};
use joblib_core::MmapMode;
use joblib_core::store::parse_bytes;
use std::path::PathBuf;
use std::time::Duration;

/// A number of bytes: as a number, or as text such as `"1M"` or `"1.5 GiB"` (powers of 1024).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size(Given);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Given {
    Bytes(u64),
    Text(String),
}

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(Given::Bytes(bytes))
    }
}

impl From<&str> for Size {
    fn from(text: &str) -> Self {
        Self(Given::Text(text.to_owned()))
    }
}

impl Size {
    /// The number of bytes.
    ///
    /// # Errors
    ///
    /// If the text is no size.
    pub fn bytes(&self) -> Result<u64> {
        match &self.0 {
            Given::Bytes(bytes) => Ok(*bytes),
            Given::Text(text) => parse_bytes(text),
        }
    }

    /// As [`bytes`](Self::bytes); the error names the option.
    #[cfg(all(unix, feature = "processes"))]
    fn bytes_of(&self, option: &str) -> Result<u64> {
        self.bytes().map_err(|error| Error::invalid(format!("{option}: {error}")))
    }
}

declare! {
    /// Where the tasks of `processes()` run, and what the worker processes shall be like.
    pub(crate) struct PlaceOptions {
        /// `"processes"`, if it was named.
        name: &'static str,
        /// Inside of it `None`: nothing but mapped arrays is passed by shared memory.
        max_nbytes: Option<Size>,
        mmap_mode: MmapMode,
        temp_folder: PathBuf,
        inner_threads: usize,
        memory_limit: Size,
        idle_timeout: Duration,
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
            Some(said) => said.as_ref().map(|size| size.bytes_of("max_nbytes")).transpose(),
        }
    }

    pub(super) fn mmap_mode(&self) -> MmapMode {
        self.mmap_mode.unwrap_or(MmapMode::Read)
    }

    pub(super) fn memory_limit(&self) -> Result<Option<u64>> {
        self.memory_limit.as_ref().map(|size| size.bytes_of("memory_limit")).transpose()
    }

    pub(super) fn idle_timeout(&self) -> Duration {
        self.idle_timeout.unwrap_or(Duration::from_secs(300))
    }
}

/// Calls an `F`, which captures nothing.
pub(crate) fn call<F: Fn() + Copy>() {
    job::value_of::<F>()();
}
