//! Re-exports joblib, as a crate might that hides its dependencies.

pub use jl as hidden;
