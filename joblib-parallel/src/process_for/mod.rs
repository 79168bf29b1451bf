//! `#[parallel_for(backend = "processes", share(..))]`: what the macro expands to.
//!
//! The body of a loop becomes a closure that captures nothing. What it needs comes as arguments: copies of
//! the variables named in `share(..)`, what accumulators start with, and the items. The names of what has a
//! counterpart in `rt::parallel_for` of the core are the same, and what does not depend on where iterations
//! run is the same thing: plans, exits, lengths of blocks, products and reductions.
//!
//! - `crosses`, `kinds`: how a value of each type travels: by value, or what it refers to, to be lent on the
//!   other side.
//! - `shared`, `items`: finding the kind of a variable and of the items.
//! - `exits`: what may leave a body.
//! - `blocks`: the tasks, each of one iteration, or of several where rounding depends on it.
//! - `tasks`: a worker's side. `run`: the parent's side, `outcome`: what it makes of the reports.

#![allow(
    missing_debug_implementations,
    unnameable_types,
    reason = "values of these types are made by expansions, which give them no name and never show them"
)]

mod blocks;
mod crosses;
mod exits;
mod items;
mod kinds;
mod outcome;
mod run;
mod shared;
mod tasks;

pub use crosses::Crosses;
pub use exits::{LeavingResidual, branch, leaving, no_residual};
pub use items::{AnyItems, items};
pub use kinds::{ByReference, ByValue, Kind};
pub use outcome::{AnyOutcome, Outcome};
pub use run::run;
pub use shared::{AnyShared, List, Shared};
pub use tasks::{Report, Tasks};

pub use joblib_core::rt::parallel_for::{Exit, NoExit};
