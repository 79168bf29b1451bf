//! The types that can be cut by index.

mod by_nth;
mod integers;
mod owned;
mod slices;
