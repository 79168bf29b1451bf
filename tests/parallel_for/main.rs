//! `#[parallel_for]` through the facade, as users write it.

mod adapters;
mod collapse;
mod collects;
mod drops;
mod forms;
mod hygiene;
mod kept;
mod leaves;
mod meaning;
mod options;
mod places;
mod processes;
mod proposals;
mod pulled;
mod reduces;
mod sources;
mod wide;
