//! The options of a [`Parallel`](crate::Parallel), and how unset ones are found.

mod batch;
mod config;
mod pre_dispatch;

pub use batch::BatchSize;
pub(crate) use batch::Batching;
pub use config::{ParallelConfig, parallel_config};
pub use pre_dispatch::PreDispatch;

use crate::Result;
use crate::backend;
use crate::cancel::CancelToken;
use crate::run::Plan;
use std::time::Duration;

/// Options as the user set them; `None` is unset.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) n_jobs: Option<isize>,
    pub(crate) backend: Option<String>,
    pub(crate) batch_size: Option<BatchSize>,
    pub(crate) pre_dispatch: Option<PreDispatch>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
}

impl Options {
    /// These, and where they are unset those of `outer`.
    pub(crate) fn or(self, outer: &Options) -> Options {
        Options {
            n_jobs: self.n_jobs.or(outer.n_jobs),
            backend: self.backend.or_else(|| outer.backend.clone()),
            batch_size: self.batch_size.or(outer.batch_size),
            pre_dispatch: self.pre_dispatch.or_else(|| outer.pre_dispatch.clone()),
            timeout: self.timeout.or(outer.timeout),
            cancel: self.cancel.or_else(|| outer.cancel.clone()),
        }
    }

    /// The plan of a run on threads: these options, then the configuration in force, then the defaults.
    pub(crate) fn plan(&self) -> Result<Plan> {
        let options = self.clone().or(&config::current());
        let backend = backend::find(options.backend.as_deref())?;
        let n_jobs = backend.effective_n_jobs(options.n_jobs.unwrap_or(-1))?.max(1);
        Ok(Plan {
            backend,
            n_jobs,
            batch_size: options.batch_size.unwrap_or_default(),
            pre_dispatch: options.pre_dispatch.unwrap_or_default().tasks(n_jobs)?,
            timeout: options.timeout,
            cancel: options.cancel,
        })
    }
}
