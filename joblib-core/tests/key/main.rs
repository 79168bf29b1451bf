//! The promises of keys.

mod arrays;
mod golden;
mod process;
mod properties;
mod values;
