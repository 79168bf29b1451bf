//! joblib for Rust.
