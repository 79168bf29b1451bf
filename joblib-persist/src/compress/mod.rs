//! Compression of arrays in independent blocks, and of whole streams.
//!
//! A method is a [`Compressor`]; [`registry`] knows all of them by [`Method`], name, extension and first
//! bytes. Arrays go through [`blocks`]: random access, a checksum each, every core. Whole files that other
//! tools are to unpack go through [`stream`].

mod blocks;
mod codec;
mod compressor;
mod filter;
mod method;
mod options;
mod registry;
mod stream;

pub(crate) use blocks::{BlockTable, ReadAt, decode_blocks, encode_blocks};
pub use compressor::{Compressor, Speed, StreamWriter};
pub use method::Method;
pub use options::{Compression, IntoCompression, Shuffle};
#[cfg(fuzzing)]
pub(crate) use registry::codec as codec_of;
pub use registry::register_compressor;
pub(crate) use stream::{StreamReader, stream_writer};
