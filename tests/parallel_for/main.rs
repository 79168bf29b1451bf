//! `#[parallel_for]` through the facade, as users write it.

mod collects;
mod leaves;
mod reduces;
mod sources;
