//! The layouts of files: `.npy`, the main file of a multi-file dump, the ZIP of a single-file one.

pub(crate) mod frame;
pub(crate) mod npy;
pub(crate) mod zip_copy;
pub(crate) mod zip_read;
pub(crate) mod zip_write;
