//! What all of the public types have in common.

mod auto_traits;
mod errors;
