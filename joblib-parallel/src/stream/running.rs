//! A stream whose tasks run on a back-end's threads.

use super::consumer::Production;
use super::window::{State, Window};
use crate::cancel::Signal;
use crate::error::Never;
use crate::progress::Progress;
use crate::run::{ChunkSizer, Deadlines, Ended, Plan, Sink, Source, Spent, Tails, Verdict, Work, watched};
use crate::{Error, Result};
use joblib_core::computation::carrying_all;
use std::io;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Tasks that a stream may be ahead of its consumer where nothing is said: what takes about this long, within
/// bounds.
const AHEAD: Duration = Duration::from_millis(2);

/// How long a worker without room waits before it looks whether another is held up, and how long where there
/// is something to take from it.
const LOOK_AROUND: Duration = Duration::from_millis(10);
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// Everything that the driver, the workers and the consumer share.
pub(super) struct Running<I: Iterator, F, R> {
    plan: Plan,
    source: Source<I>,
    f: F,
    verdict: Verdict<Never>,
    window: Window<R>,
    tails: Tails<I::Item>,
    sizer: ChunkSizer,
    n_jobs: usize,
    spent: Spent,
}

impl<I, F, R> Running<I, F, R>
where
    I: Iterator<Item: Send> + Send,
    F: Fn(I::Item) -> R + Sync,
    R: Send,
{
    pub(super) fn new(plan: Plan, source: Source<I>, f: F) -> Self {
        let n_jobs = plan.workers(source.remaining());
        let window = Window::new(plan.pre_dispatch.map(NonZeroUsize::get), n_jobs, 2).watching();
        Self {
            verdict: Verdict::new(Signal::new(plan.cancel.clone())),
            window,
            tails: plan.tails(n_jobs),
            sizer: plan.sizer(n_jobs),
            plan,
            source,
            f,
            n_jobs,
            spent: Spent::default(),
        }
    }

    /// Runs all tasks, pausing while the consumer is behind.
    pub(super) fn drive(&self) {
        let _end = self.window.end_on_drop();
        let progress = self.plan.begin(self.n_jobs, self.source.remaining());
        let deadlines = self.plan.timeout.map(|limit| Deadlines::new(limit, self.n_jobs));
        watched(deadlines.as_ref(), &self.verdict, &|| self.window.wake_all(), || {
            while self.gather(deadlines.as_ref(), &progress) {
                let idle = |_: &State<R>| !self.can_go_on() && self.verdict.is_open();
                drop(self.window.wait_while(self.window.lock(), None, idle));
            }
        });
    }

    /// Calls the threads together once. Whether to do so again when there is room.
    fn gather(&self, deadlines: Option<&Deadlines>, progress: &Progress) -> bool {
        let call = |_: &mut (), item| Ok::<_, Never>((self.f)(item));
        let work = Work {
            source: &self.source,
            init: &|| (),
            call: &call,
            sink: &self.window,
            verdict: &self.verdict,
            tails: &self.tails,
            sizer: &self.sizer,
            n_jobs: self.n_jobs,
            deadlines,
            progress,
            spent: &self.spent,
        };
        let begin = |slot| {
            self.window.lock().at_work += 1;
            self.work(slot, &work)
        };
        let more = std::sync::atomic::AtomicBool::new(false);
        let participate = |slot| {
            if begin(slot) {
                more.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        };
        let called = self.plan.backend.broadcast(self.n_jobs, &carrying_all(participate));
        if let Err(error) = called {
            self.verdict.fail(self.source.taken(), crate::run::Failure::Run(error));
            return false;
        }
        more.into_inner()
    }

    /// Works as one of the threads, until nothing is left (false) or nobody has anything to do for want of
    /// room (true).
    fn work<N, C, S>(&self, slot: usize, work: &Work<'_, I, Never, N, C, S>) -> bool
    where
        N: Fn(),
        C: Fn(&mut (), I::Item) -> Result<R, Never>,
        S: Sink<R>,
    {
        loop {
            let ended = work.run(slot, None);
            self.look_ahead();
            let mut state = self.window.lock();
            if ended == Ended::Done {
                state.at_work -= 1;
                drop(state);
                self.window.wake_all();
                return false;
            }
            // The last one to find no room sends all away; the others wait as long as somebody still runs a
            // task.
            state.waiting += 1;
            let idle = |state: &State<R>| {
                state.waiting < state.at_work && self.verdict.is_open() && !self.can_go_on()
            };
            let pause = if self.tails.is_empty() { LOOK_AROUND } else { LOOK_AGAIN };
            let mut state = self.window.wait_while(state, Some(pause), idle);
            state.waiting -= 1;
            if self.can_go_on() {
                continue;
            }
            if state.waiting + 1 < state.at_work && self.verdict.is_open() {
                drop(state);
                work.help_out(slot);
                continue;
            }
            state.at_work -= 1;
            drop(state);
            self.window.wake_all();
            return true;
        }
    }

    fn can_go_on(&self) -> bool {
        self.verdict.is_open() && self.window.has_room(self.source.taken())
    }

    /// Widens the window to about [`AHEAD`] of work.
    fn look_ahead(&self) {
        if let Some(per_task) = self.spent.per_task() {
            let per_job = AHEAD.as_nanos() as f64 / per_task.max(1.0);
            let of_late = self.sizer.tasks_in(AHEAD).unwrap_or(usize::MAX);
            let limit = self.n_jobs * (per_job as usize).min(of_late).clamp(2, 2048);
            self.window.adapt(limit, self.source.taken());
        }
    }
}

impl<I, F, R> Production<R> for Running<I, F, R>
where
    I: Iterator<Item: Send> + Send,
    F: Send + Sync,
    R: Send,
{
    fn window(&self) -> &Window<R> {
        &self.window
    }

    fn verdict(&self) -> &Verdict<Never> {
        &self.verdict
    }

    fn taken(&self) -> usize {
        self.source.taken()
    }
}

pub(super) fn spawn_error<T>(spawned: io::Result<T>) -> Result<()> {
    spawned.map(drop).map_err(|error| Error::backend("no thread for the stream", error))
}
