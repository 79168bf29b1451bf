//! Memory-mapped arrays: files and shared memory seen as `ndarray` arrays.
//!
//! - [`MappedArray`] is the array users hold: mapped or owned, read as an `ndarray` view.
//! - [`MappedFile`] is one mapping of one file; an [`ArrayPlace`] says where in it an array lies.
//! - [`share`] puts an array into shared memory; [`locate`] finds the map that given memory belongs to.
//! - [`handover`] is how a deserializer gives a place to a `MappedArray` inside any serde value.
//!
//! # What may happen to a mapped file
//!
//! A file can be changed by other programs while it is mapped; no API can prevent that. Nothing of this
//! project writes into or shortens a file under its final name, except through an array mapped `"r+"` on
//! purpose. Inside one process mappings are kept track of: a view that writes to the file is handed out only
//! while no other array of the process sees the same bytes, and none can be made as long as that array lives.
//! What is written in mode `"c"` no other array sees: the writer is copied first if it shares its mapping's
//! bytes, and arrays made later get a mapping of their own.

#[cfg(feature = "ndarray")]
mod array;
mod cells;
#[cfg_attr(not(feature = "ndarray"), allow(dead_code, reason = "only arrays write"))]
mod claim;
#[cfg_attr(not(feature = "ndarray"), allow(dead_code, reason = "only arrays write"))]
mod file;
pub mod handover;
mod mode;
mod place;
mod share;
mod sys;

#[cfg(feature = "ndarray")]
pub use array::MappedArray;
#[doc(hidden)]
pub use cells::SharedCells;
pub use file::{FileId, MappedFile, locate};
pub use mode::MmapMode;
pub use place::ArrayPlace;
pub use share::ShareOptions;
#[cfg(feature = "ndarray")]
pub use share::share;
