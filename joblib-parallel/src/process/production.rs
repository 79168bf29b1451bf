//! A stream whose tasks run in worker processes.

use super::engine;
use super::input::{Input, Place};
use super::job::Calls;
use super::options::Settings;
use super::outcome::strictly;
use crate::cancel::Signal;
use crate::error::Never;
use crate::run::{Failure, Plan, Source, Verdict};
use crate::stream::{self, Window};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

pub(super) struct Production<J: Calls, I: Iterator<Item = J::Item>> {
    plan: Plan,
    source: Source<I>,
    verdict: Verdict<Never>,
    window: Window<J::Output>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<J, I> Production<J, I>
where
    J: Calls<Failure = Never>,
    I: Iterator<Item = J::Item> + Send,
{
    pub(super) fn new(
        plan: Plan,
        source: Source<I>,
        limit: Option<usize>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        let room = Arc::clone(&wake);
        let window = Window::new(limit, plan.n_jobs, AHEAD).waking(Box::new(move || room()));
        Self { verdict: Verdict::new(Signal::new(plan.cancel.clone())), window, plan, source, wake }
    }

    /// Runs all tasks, pausing while the consumer is behind.
    pub(super) fn drive(&self, settings: &Settings, shared: &J::Shared, wake: &UnixStream) {
        struct End<'w, R>(&'w Window<R>);
        impl<R> Drop for End<'_, R> {
            fn drop(&mut self) {
                self.0.end();
            }
        }
        let _end = End(&self.window);
        // The input is asked for items on this thread, and where it asks for positions it is where the stream was made.
        let _position = self.verdict.signal().positions().enter();
        let waker = Arc::clone(&self.wake);
        let _wake_on_cancel = self.verdict.signal().on_cancel(move || waker());
        let Self { plan, source, verdict, window, .. } = self;
        let input = Input::of(shared, source);
        let workers = (Place::Workers, wake);
        let ran =
            engine::supervise::<J, _, _, _, _>(plan, settings, &input, verdict, strictly, window, workers);
        if let Err(error) = ran {
            verdict.fail(source.taken(), Failure::Run(error));
        }
    }
}

/// Tasks per job that may be out where nothing is said.
const AHEAD: usize = 32;

impl<J, I> stream::Production<J::Output> for Production<J, I>
where
    J: Calls<Failure = Never>,
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
