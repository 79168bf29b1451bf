//! What can be said about worker processes.

use super::job;
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
            Given::Text(text) => parse_bytes(text).map_err(|error| Error::invalid(error.to_string())),
        }
    }
}

/// The options of worker processes as the user set them.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(super) max_nbytes: Option<Size>,
    pub(super) mmap_mode: MmapMode,
    pub(super) temp_folder: Option<PathBuf>,
    pub(super) inner_threads: Option<usize>,
    pub(super) memory_limit: Option<Size>,
    pub(super) idle_timeout: Duration,
    pub(super) retries: usize,
    /// The function to be called first.
    pub(super) initializer: Option<fn()>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_nbytes: Some(Size::from(1 << 20)),
            mmap_mode: MmapMode::Read,
            temp_folder: None,
            inner_threads: None,
            memory_limit: None,
            idle_timeout: Duration::from_secs(300),
            retries: 0,
            initializer: None,
        }
    }
}

/// Calls an `F`, which captures nothing.
pub(super) fn call<F: Fn() + Copy>() {
    job::value_of::<F>()();
}
