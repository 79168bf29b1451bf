//! The options of a [`Parallel`](crate::Parallel), and how unset ones are found.

mod batch;
mod config;
mod pre_dispatch;

pub use batch::BatchSize;
pub use config::{ParallelConfig, parallel_config};
pub use pre_dispatch::PreDispatch;

use crate::Result;
use crate::backend;
use crate::cancel::CancelToken;
use crate::progress::{OfRun, Reporter, Timeline, Verbose};
use crate::run::Plan;
use std::path::PathBuf;
use std::sync::Arc;
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
    pub(crate) verbose: Option<u32>,
    pub(crate) progress: Option<bool>,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) reporters: Vec<Arc<dyn Reporter>>,
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
            verbose: self.verbose.or(outer.verbose),
            progress: self.progress.or(outer.progress),
            trace: self.trace.or_else(|| outer.trace.clone()),
            reporters: if self.reporters.is_empty() { outer.reporters.clone() } else { self.reporters },
        }
    }

    /// The plan of a run on threads: these options, then the configuration in force, then the defaults.
    pub(crate) fn plan(&self) -> Result<Plan> {
        let options = self.clone().or(&config::current());
        let reporters = options.all_reporters();
        let (backend_name, backend) = backend::find(options.backend.as_deref())?;
        let asked = options.n_jobs.unwrap_or(-1);
        if asked == 0 {
            // Whatever a back-end of the user's makes of it.
            backend::by_processors(asked)?;
        }
        let n_jobs = backend.effective_n_jobs(asked)?.max(1);
        Ok(Plan {
            backend,
            backend_name,
            reporters,
            n_jobs,
            batch_size: options.batch_size.unwrap_or_default(),
            pre_dispatch: options.pre_dispatch.unwrap_or_default().tasks(n_jobs)?,
            timeout: options.timeout,
            cancel: options.cancel,
        })
    }

    /// What is to be told how a run gets on; made anew for each run.
    fn all_reporters(&self) -> Vec<Arc<dyn Reporter>> {
        let mut all = self.reporters.clone();
        if let Some(level) = self.verbose.filter(|&level| level > 0) {
            all.push(Arc::new(Verbose::new(level)));
        }
        if self.progress == Some(true) {
            all.push(Arc::new(OfRun::default()));
        }
        if let Some(path) = &self.trace {
            all.push(Arc::new(Timeline::new(path.clone())));
        }
        all
    }
}
