//! `#[parallel_for]` through the facade, as users write it.

mod collects;
mod drops;
mod leaves;
mod meaning;
mod options;
mod places;
mod reduces;
mod sources;
