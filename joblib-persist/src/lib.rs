//! `dump` and `load` of [joblib](https://docs.rs/joblib): use that crate, not this one.
//!
//! Any serde value, with its arrays of numbers out of band: beside the main file as `.npy` files, or in one
//! archive. The bytes are described in `docs/FORMAT.md`.

// Without derives: see `joblib_core::serde_impl`. Tests have them.
#[cfg(not(test))]
extern crate serde_core as serde;

mod arrays;
mod codec;
mod compress;
mod dump;
#[doc(hidden)]
pub mod exchange;
mod file;
mod format;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzz;
mod inspect;
mod layout;
mod load;
#[cfg(feature = "ndarray")]
mod load_into;
mod memory;
mod parallel;
mod payload;
mod stream;
mod visit;

pub use codec::Codec;
pub use compress::{
    Compression, Compressor, IntoCompression, Method, Shuffle, Speed, StreamWriter, register_compressor,
};
pub use dump::{Dump, dump, dump_to};
pub use inspect::{ArrayInfo, Inspection, inspect};
pub use layout::input::FileLayout;
pub use load::{Loader, load, load_from};
#[cfg(feature = "ndarray")]
pub use load_into::load_into;
