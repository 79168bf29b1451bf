//! What generated pairs call when they run, linked as a library of its own: a record of what a call did, the
//! model of what a cached call does instead, and the run of a batch.

mod model;
mod places;
#[path = "../../pairs/report.rs"]
mod report;
mod run;
mod trace;
mod values;

pub use model::{Call, Meaning, Since};
pub use places::{dir, mem};
pub use run::{Pair, run_all};
pub use trace::{at, base, block_on, pause, returned, run, seen};
pub use values::*;
