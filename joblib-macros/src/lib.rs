//! The macros of [joblib](https://docs.rs/joblib): use that crate, not this one.

mod attr;
mod ctxt;
mod fingerprint;
mod names;
mod root;
