//! A stream whose tasks run in worker processes.

use super::{Placement, run_in};
use crate::cancel::Signal;
use crate::error::Never;
use crate::options::Options;
use crate::process::input::Input;
use crate::process::job::Job;
use crate::process::local::{WakeReceiver, wake_pair};
use crate::process::options::PlaceOptions;
use crate::process::outcome::strictly;
use crate::process::place::Waker;
use crate::run::{Failure, Plan, Source, Verdict};
use crate::stream::{Consumer, Stream, Window};
use crate::{Error, Result};
use joblib_core::computation::carrying;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;

/// A stream of a job's results.
pub(in crate::process) fn stream<J>(
    _: J,
    options: &Options,
    shared: J::Shared,
    items: impl Iterator<Item = J::Item> + Send + 'static,
) -> Result<Stream<'static, J::Output>>
where
    J: Job<Shared: Serialize + Send + Sync, Item: Serialize + Send, Failure = Never> + 'static,
{
    let (plan, settings) = options.plan_of_place()?;
    let (wake, waker) = wake_pair()?;
    let limit = plan.pre_dispatch.map(NonZeroUsize::get);
    let production = Arc::new(Production::<J, _>::new(plan, Source::new(items), limit, waker));
    let driven = Arc::clone(&production);
    let driver = thread::Builder::new().name("joblib-stream".into());
    driver
        .spawn(carrying(move || driven.drive(&settings, &shared, wake)))
        .map_err(|error| Error::backend("no thread for the stream", error))?;
    Ok(Stream::new(Consumer::new(production)))
}

struct Production<J: Job, I: Iterator<Item = J::Item>> {
    plan: Plan,
    source: Source<I>,
    verdict: Verdict<Never>,
    window: Window<J::Output>,
    waker: Waker,
}

impl<J, I> Production<J, I>
where
    J: Job<Shared: Serialize, Item: Serialize + Send, Failure = Never>,
    I: Iterator<Item = J::Item> + Send,
{
    fn new(plan: Plan, source: Source<I>, limit: Option<usize>, waker: Waker) -> Self {
        let room = waker.clone();
        let window = Window::new(limit, plan.n_jobs, AHEAD).waking(Box::new(move || room.wake()));
        Self { verdict: Verdict::new(Signal::new(plan.cancel.clone())), window, plan, source, waker }
    }

    /// Runs all tasks, pausing while the consumer is behind.
    fn drive(&self, settings: &PlaceOptions, shared: &J::Shared, wake: WakeReceiver) {
        let _end = self.window.end_on_drop();
        // The input is pulled on this thread; its position is that of where the stream was made.
        let _position = self.verdict.signal().positions().enter();
        let waker = self.waker.clone();
        let _wake_on_cancel = self.verdict.signal().on_cancel(move || waker.wake());
        let Self { plan, source, verdict, window, .. } = self;
        let input = Input::of(shared, source);
        let place = (Placement::Workers, wake);
        let ran = run_in::<J, _, _, _, _>(place, plan, settings, &input, verdict, strictly, window);
        if let Err(error) = ran {
            verdict.fail(source.taken(), Failure::Run(error));
        }
    }
}

/// Tasks per job that may be under way by default.
const AHEAD: usize = 32;

impl<J, I> crate::stream::Production<J::Output> for Production<J, I>
where
    J: Job<Shared: Serialize, Item: Serialize + Send, Failure = Never>,
    I: Iterator<Item = J::Item> + Send,
{
    fn window(&self) -> &Window<J::Output> {
        &self.window
    }

    fn verdict(&self) -> &Verdict<Never> {
        &self.verdict
    }

    fn taken(&self) -> usize {
        self.source.taken()
    }
}
