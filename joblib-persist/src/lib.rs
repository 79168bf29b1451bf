//! Part of [joblib](https://docs.rs/joblib): use that crate, not this one.

mod compress;
mod payload;

pub use compress::{
    Compression, Compressor, IntoCompression, Method, Shuffle, StreamWriter, register_compressor,
};
