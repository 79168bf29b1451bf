//! What the programs of generated types are linked with: values of every type they may have, and what is done
//! with these.

#![allow(
    missing_debug_implementations,
    missing_docs,
    unnameable_types,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "only for programs of the test"
)]

mod attributes;
mod check;
#[path = "../../pairs/mix.rs"]
mod mix;
mod random;
#[path = "../../pairs/report.rs"]
mod report;
mod sample;
/// The types by their short names, as programs have them.
pub mod types;
mod values;

pub use attributes::{bits, can_be_told, counted_wrongly, digits, is_plain, pairs, plain, uncounted};
pub use check::arguments::arguments;
pub use check::damage::damage;
pub use check::files::files;
pub use check::keys::keys;
pub use check::other_formats::other_formats;
pub use check::other_number::other_number;
pub use check::other_types::{load_as, other_types};
pub use check::results::results;
pub use check::run::run_all;
pub use check::streams::streams;
pub use check::workers::workers;
pub use check::{Case, Type};
pub use random::Random;
pub use sample::{Sample, Walk, different};
pub use serde_bytes;

#[doc(hidden)]
pub use serde;
