//! Where results are stored: the object-safe interface between `Memory` and storage.
//!
//! A [`Store`] is a directory of functions; a [`FunctionStore`] holds the entries of one function at one
//! version of its code. Both are used from many threads, and, for local files, from many processes at once.
//!
//! A store of another kind implements five methods; [`conformance`] tests what stores promise, and
//! [`register`] makes it reachable by a URL.
//!
#![doc = include_str!("../../docs/cache-layout.md")]
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only packed entries use it"))]

#[cfg(target_os = "linux")]
mod claims;
mod clock;
pub mod conformance;
mod discard;
mod draft;
mod entry;
mod files;
mod fs_kind;
mod function_record;
#[cfg(target_os = "linux")]
mod identity;
mod limits;
mod local;
mod locks;
#[cfg(target_os = "linux")]
mod mapping;
mod names;
#[cfg(target_os = "linux")]
mod packed;
mod record;
mod reduce;
mod registry;
mod root;
mod traits;
pub(crate) mod url;
mod value_file;

pub use entry::{EntryInfo, EntryMeta, FunctionId, Stats};
pub use limits::{Limits, Reduced};
pub use local::{LocalOptions, LocalStore};
pub use registry::{open, register};
pub use root::Layout;
pub use traits::{Claim, FunctionStore, Record, Store};
