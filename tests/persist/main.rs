//! `dump` and `load` as users of the facade see them.

mod behaviour;
mod memory;
