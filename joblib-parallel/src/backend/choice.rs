//! How a run names its back-end: by name or as a value.

use super::Backend;
use std::fmt;
use std::sync::Arc;

/// A back-end by its name (`&str`, `String`) or as a value (any [`Backend`], also in an `Arc`): what
/// [`Parallel::backend`](crate::Parallel::backend) takes.
#[derive(Clone)]
pub struct BackendChoice(pub(super) Choice);

/// The place that is not a back-end.
pub(super) const PROCESSES: &str = "processes";

#[derive(Clone)]
pub(super) enum Choice {
    Named(String),
    Given(Arc<dyn Backend>),
}

impl BackendChoice {
    /// The place for tasks that this names, if it does not name a source of threads.
    pub(crate) fn place(&self) -> Option<&'static str> {
        matches!(&self.0, Choice::Named(name) if name == PROCESSES).then_some(PROCESSES)
    }
}

impl<B: Backend + 'static> From<B> for BackendChoice {
    fn from(backend: B) -> Self {
        Self(Choice::Given(Arc::new(backend)))
    }
}

impl From<&str> for BackendChoice {
    fn from(name: &str) -> Self {
        Self(Choice::Named(name.to_owned()))
    }
}

impl From<String> for BackendChoice {
    fn from(name: String) -> Self {
        Self(Choice::Named(name))
    }
}

impl fmt::Debug for BackendChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Choice::Named(name) => name.fmt(f),
            Choice::Given(backend) => f.write_str(backend.name()),
        }
    }
}
