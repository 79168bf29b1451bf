//! What the runs of `Processes` and `SharedProcesses` have in common. That a task captures nothing is asked
//! there, where the compiler can name the caller's closure.

use super::conduct;
use super::input::{Input, Placement};
use super::job::{Call, Message};
use super::outcome::{Judge, each, strictly};
use super::role::is_worker;
use crate::error::Never;
use crate::options::Options;
use crate::parallel::{collect, fold};
use crate::run::{Sink, Source};
use crate::stream::Stream;
use crate::{Error, Parallel, Result, TaskError};

/// Runs with these options, of tasks that share a value.
#[derive(Clone, Copy)]
pub(super) struct Runs<'r, S> {
    pub(super) options: &'r Options,
    pub(super) shared: &'r S,
}

impl<S: Message + Sync> Runs<'_, S> {
    pub(super) fn map<I, T, R, F>(self, items: I, f: F) -> Result<Vec<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> R + Copy + Send + Sync,
        T: Message,
        R: Message,
    {
        self.try_map(items, move |shared, item| Ok(f(shared, item))).map_err(TaskError::into_error)
    }

    pub(super) fn try_map<I, T, R, E, F>(self, items: I, f: F) -> Result<Vec<R>, TaskError<E>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        collect(|results| self.execute(items, f, results))
    }

    pub(super) fn try_map_all<I, T, R, E, F>(self, items: I, f: F) -> Result<Vec<Result<R, TaskError<E>>>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        match conduct::on_threads(self.options)? {
            Some(threads) => threads.try_map_all(items, |item| f(self.shared, item)),
            // Only the run fails: a task's failure is its outcome.
            None => collect(|outcomes| self.conduct(items, f, each, outcomes)).map_err(|error| {
                error.into_inner().err().unwrap_or_else(|| Error::message("a failure was not kept"))
            }),
        }
    }

    pub(super) fn reduce<I, T, R, F, G>(self, items: I, f: F, combine: G) -> Result<Option<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> R + Copy + Send + Sync,
        G: FnMut(R, R) -> R + Send,
        T: Message,
        R: Message,
    {
        fold(combine, |total| self.execute(items, move |shared, item| Ok(f(shared, item)), total))
    }

    pub(super) fn stream<I, T, R, F>(self, items: I, f: F) -> Result<Stream<'static, R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
        F: Fn(&S, T) -> R + Copy + Send + Sync + 'static,
        T: Message,
        R: Message,
        S: Clone,
    {
        let shared = self.shared.clone();
        if is_worker() {
            let threads = Parallel { options: self.options.on_threads() };
            return threads.stream(items, move |item| f(&shared, item));
        }
        let job = Call::of(move |shared: &S, item| Ok::<_, Never>(f(shared, item)));
        conduct::stream(job, self.options, shared, items.into_iter())
    }

    /// Runs `f` on all items, up to the earliest that fails.
    fn execute<I, T, R, E, F>(self, items: I, f: F, sink: &impl Sink<R>) -> Result<(), TaskError<E>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        match conduct::on_threads(self.options)? {
            Some(threads) => threads.execute(items, &|| (), &|(): &mut (), item| f(self.shared, item), sink),
            None => self.conduct(items, f, strictly, sink),
        }
    }

    /// Runs `f` on all items in worker processes; `judge` says what an outcome is to the run.
    fn conduct<I, T, R, E, O, F>(
        self,
        items: I,
        _: F,
        judge: Judge<R, E, O>,
        sink: &impl Sink<O>,
    ) -> Result<(), TaskError<E>>
    where
        I: IntoIterator<Item = T>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        let source = Source::new(items.into_iter());
        let input = Input::of(self.shared, &source);
        let run = conduct::conduct::<Call<F, S, T, R, E>, _, _, _, _>;
        run(self.options, &input, judge, sink, Placement::of_this_process())
    }
}
