//! The types that can be cut by index.

mod arrays;
mod by_nth;
mod integers;
mod owned;
mod slices;

pub(super) use arrays::Producer;
