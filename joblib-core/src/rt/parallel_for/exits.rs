//! `break`, `return` and `?`: of all iterations that leave the loop, the earliest in loop order decides.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use super::source::{Feed, Source};

/// One of several ways to leave a loop: generated code nests one `Exit` per way.
#[derive(Debug)]
pub enum Exit<T, Others> {
    /// This way, with what goes along.
    Here(T),
    /// Another one.
    Other(Others),
}

/// The end of the list of ways.
pub type NoExit = Infallible;

/// The earliest exit so far.
#[derive(Debug)]
pub struct Exits<X> {
    first: Mutex<Option<(usize, X)>>,
}

impl<X> Exits<X> {
    /// None yet.
    #[inline]
    #[must_use]
    pub fn new() -> Self {
        Exits { first: Mutex::new(None) }
    }

    /// The part in hand of `feed` was left by `exit`, with `remaining` items not given.
    #[cold]
    pub fn leave<S: Source>(&self, feed: &mut Feed<'_, S>, remaining: usize, exit: X) {
        let index = feed.leave(remaining);
        let replaced = {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            match &*first {
                Some((earliest, _)) if *earliest < index => Some((index, exit)),
                _ => first.replace((index, exit)),
            }
        };
        // Dropped outside of the lock: it may be the user's value, with anything in its `drop`.
        drop(replaced);
    }

    /// How the loop was left and by which iteration; `None` if it ran to its end.
    #[inline]
    pub fn first(self) -> Option<(usize, X)> {
        self.first.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<X> Default for Exits<X> {
    fn default() -> Self {
        Self::new()
    }
}
