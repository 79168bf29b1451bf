//! Part of [joblib](https://docs.rs/joblib): use that crate, not this one.

// Without derives: see `joblib_core::serde_impl`. Tests have them.
#[cfg(not(test))]
extern crate serde_core as serde;

mod backend;
mod cancel;
mod delayed;
mod error;
mod options;
mod parallel;
mod process;
#[doc(hidden)]
pub mod process_for;
mod progress;
mod retrying;
mod rng;
mod run;
mod stream;

pub use joblib_core::{Error, Result};

pub use backend::{Backend, BackendChoice, Sequential, Threads, register_backend, set_default_backend};
pub use cancel::{CancelToken, is_cancelled};
pub use delayed::{Delayed, Task, delayed};
pub use error::TaskError;
pub use joblib_core::{Size, TimeSpan};
pub use options::{BatchSize, ParallelConfig, PreDispatch, parallel_config};
pub use parallel::Parallel;
pub use process::{Message, Processes, SharedProcesses, is_worker};
pub use progress::{BatchReport, Reporter, RunEnd, RunStart};
#[doc(hidden)]
pub use progress::{Meter, print_line as __print_line};
pub use retrying::Retrying;
pub use rng::{TaskRng, task_rng};
pub use stream::Stream;
