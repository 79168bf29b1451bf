//! Compression of arrays in independent blocks, and of whole streams.

mod blocks;
mod options;

pub(crate) use blocks::{BlockTable, ReadAt, decode_blocks, encode_blocks};
pub use options::{Compression, IntoCompression, Method, Shuffle};
