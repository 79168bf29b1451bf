//! Tasks in worker processes that share a value.

use super::conduct;
use super::job::captures_nothing;
use super::job::{CallWith, Message, TryCallWith};
use super::options::Settings;
use crate::options::Options;
use crate::run::{Collect, Fold};
use crate::stream::Stream;
use crate::{Result, TaskError};

/// [`Processes`](crate::Processes) whose tasks are all given one value; made by [`share`](crate::Processes::share).
#[must_use = "it does nothing until it is given tasks"]
pub struct SharedProcesses<'s, S> {
    options: Options,
    settings: Settings,
    value: &'s S,
}

impl<'s, S: Message + Sync> SharedProcesses<'s, S> {
    pub(super) fn new(options: Options, settings: Settings, value: &'s S) -> Self {
        Self { options, settings, value }
    }

    /// As [`Processes::map`](crate::Processes::map), with the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn map<I, T, R, F>(&self, items: I, f: F) -> Result<Vec<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> R + Copy + Send + Sync,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        let results = Collect::new();
        conduct::execute(
            CallWith::of(f),
            &self.options,
            &self.settings,
            self.value,
            items.into_iter(),
            &results,
        )
        .map_err(TaskError::into_error)?;
        Ok(results.into_vec())
    }

    /// As [`Processes::try_map`](crate::Processes::try_map), with the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn try_map<I, T, R, E, F>(&self, items: I, f: F) -> Result<Vec<R>, TaskError<E>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        const { captures_nothing::<F>() };
        let results = Collect::new();
        conduct::execute(
            TryCallWith::of(f),
            &self.options,
            &self.settings,
            self.value,
            items.into_iter(),
            &results,
        )?;
        Ok(results.into_vec())
    }

    /// As [`Processes::for_each`](crate::Processes::for_each), with the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn for_each<I, T, F>(&self, items: I, f: F) -> Result<()>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) + Copy + Send + Sync,
        T: Message,
    {
        const { captures_nothing::<F>() };
        self.map(items, f).map(drop)
    }

    /// As [`Processes::reduce`](crate::Processes::reduce), with the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn reduce<I, T, R, F, G>(&self, items: I, f: F, combine: G) -> Result<Option<R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> R + Copy + Send + Sync,
        G: FnMut(R, R) -> R + Send,
        T: Message,
        R: Message,
    {
        const { captures_nothing::<F>() };
        let total = Fold::new(combine);
        conduct::execute(
            CallWith::of(f),
            &self.options,
            &self.settings,
            self.value,
            items.into_iter(),
            &total,
        )
        .map_err(TaskError::into_error)?;
        Ok(total.into_total())
    }

    /// As [`Processes::stream`](crate::Processes::stream), with a copy of the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stream<I, T, R, F>(&self, items: I, f: F) -> Result<Stream<'static, R>>
    where
        I: IntoIterator<Item = T, IntoIter: Send + 'static>,
        F: Fn(&S, T) -> R + Copy + Send + Sync + 'static,
        T: Message,
        R: Message,
        S: Clone,
    {
        const { captures_nothing::<F>() };
        conduct::stream(CallWith::of(f), &self.options, &self.settings, self.value.clone(), items.into_iter())
    }
}
