//! The options of a [`Parallel`](crate::Parallel), and how unset ones are found.
//!
//! A new option is a field of [`RunOptions`] or [`PlaceOptions`], and a method in `setters.rs`.

mod batch;
mod config;
mod declare;
mod pre_dispatch;
mod setters;

pub use batch::BatchSize;
pub use config::{ParallelConfig, parallel_config};
pub(crate) use declare::declare;
pub use pre_dispatch::PreDispatch;
pub(crate) use setters::setters;

use crate::Result;
use crate::backend::{self, BackendChoice};
use crate::cancel::CancelToken;
use crate::error::said;
use crate::process::PlaceOptions;
use crate::progress::{OfRun, Reporter, Timeline, Verbose};
use crate::run::Plan;
use joblib_core::TimeSpan;
use std::cell::RefCell;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

declare! {
    /// How to run tasks, wherever they run.
    pub(crate) struct RunOptions {
        n_jobs: isize,
        backend: BackendChoice,
        batch_size: BatchSize,
        pre_dispatch: PreDispatch,
        timeout: TimeSpan,
        cancel_token: CancelToken,
        verbose: u32,
        progress: bool,
        trace: PathBuf,
        reporter: Reporters,
    }
}

thread_local! {
    /// The options in force on this thread.
    static CURRENT: RefCell<Options> = RefCell::default();
}

/// Calls `read` with the options in force on this thread.
fn in_force<R>(read: impl FnOnce(&Options) -> R) -> R {
    CURRENT.with_borrow(read)
}

/// Options as the user set them.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) run: RunOptions,
    pub(crate) place: PlaceOptions,
}

impl Options {
    /// A place does not affect the choice of threads; threads chosen after a place replace it.
    pub(crate) fn choose(&mut self, backend: BackendChoice) {
        self.place.name = backend.place();
        if self.place.name.is_none() {
            self.run.backend = Some(backend);
        }
    }

    /// The plan of a run on threads: these options, then the configuration in force, then the defaults.
    pub(crate) fn plan(&self) -> Result<Plan> {
        if self.place.name.is_some() {
            return Err(backend::not_threads());
        }
        self.run.plan()
    }

    /// The plan of a run in worker processes, and how to set these up.
    #[cfg(all(unix, feature = "processes"))]
    pub(crate) fn plan_of_place(&self) -> Result<(Plan, PlaceOptions)> {
        let mut place = self.place.clone();
        in_force(|outer| place.fill_from(&outer.place));
        Ok((self.run.plan()?, place))
    }

    /// For a run in worker processes that has to run on threads.
    pub(crate) fn on_threads(&self) -> Options {
        let mut options = self.clone();
        options.place.name = None;
        options
    }

    fn fill_from(&mut self, outer: &Options) {
        self.run.fill_from(&outer.run);
        self.place.fill_from(&outer.place);
    }

    /// Shows what is set, as fields of a builder.
    pub(crate) fn show(&self, builder: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(builder);
        self.run.show(&mut shown);
        self.place.show(&mut shown);
        shown.finish()
    }
}

/// More make no difference, and each costs memory.
const MOST_JOBS: usize = 1 << 12;

impl RunOptions {
    fn plan(&self) -> Result<Plan> {
        let mut options = self.clone();
        in_force(|outer| options.fill_from(&outer.run));
        let reporters = options.all_reporters();
        let (backend_name, backend) = backend::find(options.backend.as_ref())?;
        let asked = options.n_jobs.unwrap_or(-1);
        if asked == 0 {
            // Zero is an error, whatever a user's back-end would make of it.
            joblib_core::effective_n_jobs(asked)?;
        }
        let n_jobs = backend.effective_n_jobs(asked)?.clamp(1, MOST_JOBS);
        Ok(Plan {
            backend,
            backend_name,
            reporters,
            n_jobs,
            batch_size: options.batch_size.unwrap_or_default(),
            pre_dispatch: options.pre_dispatch.unwrap_or_default().tasks(n_jobs)?,
            timeout: options.timeout.map(|time| said("timeout", time.duration())).transpose()?,
            cancel: options.cancel_token,
        })
    }

    /// The reporters of a run; new ones for each run.
    fn all_reporters(&self) -> Vec<Arc<dyn Reporter>> {
        let mut all = self.reporter.clone().unwrap_or_default().0;
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

/// The user's reporters.
#[derive(Clone, Default)]
pub(crate) struct Reporters(pub(crate) Vec<Arc<dyn Reporter>>);

impl fmt::Debug for Reporters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(Arc::as_ptr)).finish()
    }
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "setters are public")]
mod tests {
    use super::*;
    use crate::Parallel;
    use joblib_core::MmapMode;
    use std::fmt::Debug;
    use std::time::Duration;

    /// Has its options at hand.
    #[derive(Default)]
    struct Builder {
        options: Options,
    }

    setters! { Builder, retries }

    /// The options that a builder shows.
    fn shown(builder: &impl Debug) -> String {
        let text = format!("{builder:?}");
        text.split_once(' ').map_or(String::new(), |(_, options)| options.to_owned())
    }

    /// What a run with these options has, under the configuration in force.
    fn here(options: &Options) -> String {
        let mut options = options.clone();
        in_force(|outer| options.fill_from(outer));
        shown(&Builder { options })
    }

    struct Silent;
    impl Reporter for Silent {}

    fn cancelled() -> CancelToken {
        let token = CancelToken::new();
        token.cancel();
        token
    }

    fn of_outer() {
        print!("outer");
    }

    fn of_own() {
        print!("own");
    }

    /// Sets every option, in a configuration and in each builder.
    macro_rules! check {
        ($($option:ident: $outer:expr, $own:expr;)*) => {
            let declared = RunOptions::NAMES.iter().chain(PlaceOptions::NAMES).copied();
            let declared: Vec<&str> = declared.filter(|&name| name != "name").collect();
            assert_eq!([$(stringify!($option)),*], *declared);
            $(
                let (outer, own) = (parallel_config().$option($outer), Builder::default().$option($own));
                let (outers, owns) = (shown(&outer), shown(&own));
                assert!(outers != owns && owns.contains(concat!(stringify!($option), ": ")), "{owns}");
                outer.scope(|| {
                    assert_eq!(here(&Options::default()), outers);
                    assert_eq!(here(&own.options), owns);
                });
                // Before and after a builder became another.
                let (parallel, processes) = (Parallel::new().$option($own), Parallel::new().processes());
                assert_eq!(shown(&parallel), owns);
                assert_eq!(shown(&parallel.processes()), owns);
                assert_eq!(shown(&processes.share(&1).$option($own)), owns);
                assert_eq!(shown(&processes.$option($own).share(&1)), owns);
                let retrying = Parallel::new().retries(9).$option($own);
                let tried = shown(&Builder::default().retries(9).$option($own));
                assert_eq!(shown(&retrying), tried);
                assert_eq!(shown(&retrying.processes()), tried);
            )*
        };
    }

    #[test]
    fn every_option_stands_on_every_builder_and_in_configurations_which_lose_to_it() {
        let reporters: [Arc<dyn Reporter>; 2] = [Arc::new(Silent), Arc::new(Silent)];
        check! {
            n_jobs: 2, 3;
            backend: "sequential", crate::Threads;
            batch_size: 4, 5;
            pre_dispatch: "2*n_jobs", 7;
            timeout: Duration::from_secs(1), Duration::from_secs(2);
            cancel_token: &CancelToken::new(), &cancelled();
            verbose: 1, 2;
            progress: true, false;
            trace: "/outer", "/own";
            reporter: Arc::clone(&reporters[0]), Arc::clone(&reporters[1]);
            max_nbytes: 1, "2M";
            mmap_mode: MmapMode::Read, MmapMode::CopyOnWrite;
            temp_folder: "/outer", "/own";
            inner_threads: 1, 2;
            memory_limit: "1G", "2G";
            idle_timeout: Duration::from_secs(1), Duration::from_secs(2);
            retries: 1, 2;
            initializer: of_outer, of_own;
        }
    }
    #[test]
    fn no_shared_memory_is_said_and_not_unset() {
        let own = Builder::default().without_shared_memory();
        parallel_config().max_nbytes(1).scope(|| assert_eq!(here(&own.options), shown(&own)));
    }
}
