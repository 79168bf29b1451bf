//! The layouts of files: `.npy`, the main file of a multi-file dump, the ZIP of a single-file one.

pub(crate) mod frame;
pub(crate) mod npy;
pub(crate) mod zip_copy;
pub(crate) mod zip_read;
pub(crate) mod zip_write;

/// The version of everything that `dump` writes: a reader of another version could misread it.
pub(crate) const VERSION: u16 = 2;
