//! Tasks in worker processes that share a value.

use super::job::{Message, captures_nothing};
use super::runs::Runs;
use crate::options::{Options, setters};
use crate::stream::Stream;
use crate::{Result, TaskError};

/// [`Processes`](crate::Processes) whose tasks all get one value; made by [`share`](crate::Processes::share).
#[must_use = "it does nothing until it is given tasks"]
pub struct SharedProcesses<'s, S> {
    pub(super) options: Options,
    pub(super) value: &'s S,
}

setters! { SharedProcesses<'s, S>, retries }

/// Runs.
impl<S: Message + Sync> SharedProcesses<'_, S> {
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
        self.runs().map(items, f)
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
        self.runs().try_map(items, f)
    }

    /// As [`Processes::try_map_all`](crate::Processes::try_map_all), with the shared value as first argument.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// # Panics
    ///
    /// As there.
    pub fn try_map_all<I, T, R, E, F>(&self, items: I, f: F) -> Result<Vec<Result<R, TaskError<E>>>>
    where
        I: IntoIterator<Item = T, IntoIter: Send>,
        F: Fn(&S, T) -> Result<R, E> + Copy + Send + Sync,
        T: Message,
        R: Message,
        E: Message,
    {
        const { captures_nothing::<F>() };
        self.runs().try_map_all(items, f)
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
        self.runs().map(items, f).map(drop)
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
        self.runs().reduce(items, f, combine)
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
        self.runs().stream(items, f)
    }

    fn runs(&self) -> Runs<'_, S> {
        Runs { options: &self.options, shared: self.value }
    }
}
