//! Loops over the threads: a loop in units, who runs which of them, and how its end is waited for.

mod broadcast;
mod help_link;
mod job;
mod join;
mod latch;
mod pacer;
mod participant;
mod partition;
mod range_source;
mod run;
mod sharing;
mod team;
mod unit_range;
mod unwind;
mod wait;

pub(crate) use participant::Participant;
pub use range_source::RangeSource;
pub(super) use sharing::SharingPolicy;
pub(crate) use unwind::{Payload, discard, keep_first_panic};
