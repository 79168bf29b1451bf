//! `#[cached]` and `Memory`: what is kept, found, shared, repaired.

mod entries;
mod failures;
mod silent_wrong_answers;
mod single_flight;
mod support;
