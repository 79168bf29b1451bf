//! The foundation of [joblib](https://docs.rs/joblib): use that crate, not this one.

pub mod array;
mod codec;
mod error;
mod key;
mod memmap;
pub mod store;

pub use codec::{Codec, Encoded};
pub use error::{Error, Result};
pub use key::Key;
pub use memmap::MmapMode;
