//! Values of types that are not generated.

mod arrays;
mod cells;
mod collections;
mod crates;
mod leaf;
mod numbers;
mod pointers;
mod standard;
mod text;
