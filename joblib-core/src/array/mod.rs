//! Arrays of numbers as keys and dumps see them: dtype, shape and bytes, found inside any serde value.

mod dtype;
mod gather;
mod numbers;
mod raw;
mod recognize;

pub use dtype::{DType, Element, ElementVisitor, element_dtype, visit_elements};
pub use numbers::Numbers;
pub use raw::{Container, MAX_NDIM, Order, RawArray};
pub(crate) use recognize::is_named_list;
pub use recognize::{as_array, as_slice, is_ndarray_elements, is_ndarray_extents, is_ndarray_visitor};
