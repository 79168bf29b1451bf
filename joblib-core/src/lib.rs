//! The foundation of [joblib](https://docs.rs/joblib): use that crate, not this one.

pub mod array;
mod codec;
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
pub mod output;
pub mod pool;
#[doc(hidden)]
pub mod position;
mod quantity;
mod refused;
#[doc(hidden)]
pub mod rt;
pub mod store;
mod units;
mod user_code;

pub use codec::{Codec, Compresses, Encoded};
pub use cpu::{cpu_count, effective_n_jobs};
pub use error::{Error, Result};
pub use key::{Key, KeyHasher, hash};
#[doc(hidden)]
pub use key::{mutable, unsaid};
pub use memmap::{MappedArray, MmapMode, share};
pub use memory::{
    Access, Answers, AsyncEntry, Callable, Entry, Keep, MemorizedFunc, MemorizedResult, Memory,
    MemoryBuilder, Policy, Validate, Whole,
};
pub use quantity::{Size, TimeSpan};
#[doc(hidden)]
pub use refused::Refused;
