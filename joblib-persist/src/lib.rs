//! Part of [joblib](https://docs.rs/joblib): use that crate, not this one.

mod compress;
mod memory;
mod payload;
mod stream;

pub use compress::{
    Compression, Compressor, IntoCompression, Method, Shuffle, StreamWriter, register_compressor,
};
