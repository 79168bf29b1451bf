//! Where a piece of code leads: within its crate, and to others.

use super::index::Id;
use super::leads::CrateId;
use super::mentions::Mention;

/// All that it leads to.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Of the own crate.
    pub(super) items: Vec<Id>,
    /// Types and traits that are named.
    pub(super) types: Vec<String>,
    /// Methods that are called.
    pub(super) methods: Vec<String>,
    /// Names in other crates.
    pub(super) names: Vec<(CrateId, Mention<String>)>,
    /// Crates that are named themselves.
    pub(super) crates: Vec<CrateId>,
    /// The name of what is only declared here.
    pub(super) symbol: Option<String>,
}
