//! How the tasks of a batch ended, as a message says it.

use crate::Error;
use joblib_core::{impl_serde_enum, impl_serde_struct};
use std::collections::VecDeque;

/// How tasks ended, one after the other.
#[derive(Clone, Debug, Default)]
pub(in crate::process) struct Endings {
    /// Tasks told of.
    pub(super) tasks: usize,
    /// Those that did not return a result, in order, each with its number in the batch. Only the others, and
    /// those that returned an error, have a value.
    pub(super) others: VecDeque<(usize, Ending)>,
}

impl_serde_struct!(Endings { tasks, others });

#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// With an error, which is the value.
    Failed,
    /// With this text, at this place.
    Panicked((String, String)),
    /// The item or the result could not be passed.
    Lost(String),
}

impl_serde_enum!(Ending { Failed, Panicked(text_and_place), Lost(why) });

impl Ending {
    pub(super) fn has_value(&self) -> bool {
        matches!(self, Ending::Failed)
    }
}

impl Endings {
    /// Of so many tasks, all of them lost for this reason.
    pub(in crate::process) fn all_lost(tasks: usize, why: &Error) -> Self {
        let lost = |number| (number, Ending::Lost(why.to_string()));
        Self { tasks, others: (0..tasks).map(lost).collect() }
    }

    pub(in crate::process) fn len(&self) -> usize {
        self.tasks
    }
}
