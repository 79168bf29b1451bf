//! The foundation of [joblib](https://docs.rs/joblib): use that crate, not this one.

// Without derives: see `serde_impl`. Tests have them.
#[cfg(not(test))]
extern crate serde_core as serde;

pub mod array;
mod codec;
#[doc(hidden)]
pub mod computation;
#[cfg(feature = "parallel")]
mod cpu;
#[doc(hidden)]
pub mod depth;
mod error;
#[doc(hidden)]
pub mod events;
#[doc(hidden)]
pub mod fork;
mod home;
mod key;
pub mod memmap;
mod memory;
#[doc(hidden)]
pub mod nameless;
#[doc(hidden)]
pub mod output;
#[cfg(feature = "parallel")]
pub mod pool;
#[cfg(not(feature = "parallel"))]
#[path = "pool/alone.rs"]
pub mod pool;
#[cfg(feature = "parallel")]
#[doc(hidden)]
pub mod position;
mod quantity;
mod refused;
#[doc(hidden)]
pub mod rt;
#[doc(hidden)]
pub mod serde_impl;
pub mod store;
#[doc(hidden)]
pub mod sync;
#[cfg(unix)]
#[doc(hidden)]
pub mod sys;
mod toolchain;
mod units;
mod user_code;

pub use codec::{Codec, Compresses, Encoded};
#[cfg(feature = "parallel")]
pub use cpu::{cpu_count, effective_n_jobs};
pub use error::{Error, Result};
pub use key::{Key, KeyHasher, hash};
#[doc(hidden)]
pub use key::{mutable, unsaid};
pub use memmap::MmapMode;
#[cfg(feature = "ndarray")]
pub use memmap::{MappedArray, share};
pub use memory::keep;
pub use memory::{
    Access, Answers, Arguments, AsyncEntry, Callable, Entry, MemorizedFunc, MemorizedResult, Memory,
    MemoryBuilder, Policy, Run, Validate,
};
pub use quantity::{Size, TimeSpan};
#[doc(hidden)]
pub use refused::Refused;
