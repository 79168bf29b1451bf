//! Part of [joblib](https://docs.rs/joblib): use that crate, not this one.
