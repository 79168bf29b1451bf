//! Memory-mapped arrays.

mod mode;

pub use mode::MmapMode;
