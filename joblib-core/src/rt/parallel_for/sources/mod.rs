//! The types that can be cut by index.

#[cfg(feature = "ndarray")]
mod arrays;
mod by_nth;
mod integers;
mod owned;
mod slices;

use super::indexed::IntoIndexed;

/// What gives, by `into_iter()`, an iterator that cannot be cut, as those of ndarray do.
pub trait Producer: IntoIndexed + IntoIterator {}
