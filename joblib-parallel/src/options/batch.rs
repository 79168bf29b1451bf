//! `batch_size`: how many tasks are handed to a worker at once.

use std::num::NonZeroUsize;

/// How many tasks a worker takes at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchSize {
    /// One at first, then as many as make handing them over worth its cost, and fewer near the end.
    #[default]
    Auto,
    /// This many.
    Fixed(NonZeroUsize),
}

impl From<usize> for BatchSize {
    /// Zero counts as one.
    fn from(tasks: usize) -> Self {
        BatchSize::Fixed(NonZeroUsize::new(tasks).unwrap_or(NonZeroUsize::MIN))
    }
}
