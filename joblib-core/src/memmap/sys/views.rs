//! Views of mapped bytes. What they rest on: the module above.

use crate::array::{DType, Element};
use ndarray::{ArrayView, ArrayViewMut, Axis, Dimension, IxDyn, ShapeBuilder};

/// The array of this shape whose element `[0, 0, ..]` is at `first`.
///
/// # Safety
///
/// `T`'s elements at all indices of the shape are aligned and inside a mapping that outlives every use of the
/// result, of at most `isize::MAX` bytes, and are not written while it is in use. For `bool` every byte is 0
/// or 1.
pub(in super::super) unsafe fn view<T: Element>(
    first: *const u8,
    shape: &[usize],
    strides: &[isize],
) -> ArrayView<'static, T, IxDyn> {
    let lowest = lowest(first.cast::<T>(), shape, strides);
    let steps: Vec<usize> = strides.iter().map(|stride| stride.unsigned_abs()).collect();
    // SAFETY: the caller's promise; the lowest element is one of the array's.
    let mut view = unsafe { ArrayView::from_shape_ptr(IxDyn(shape).strides(IxDyn(&steps)), lowest) };
    for (axis, &stride) in strides.iter().enumerate() {
        if stride < 0 {
            view.invert_axis(Axis(axis));
        }
    }
    view
}

/// A writable view of the memory that `view` shows.
///
/// # Safety
///
/// The mapping is writable and outlives `'a`, no two indices share an element, and for `'a` no other
/// reference to the elements is used.
pub(in super::super) unsafe fn view_mut<'a, T: Element, D: Dimension>(
    view: &ArrayView<'static, T, D>,
) -> ArrayViewMut<'a, T, D> {
    let (mut plain, mut inverted) = (view.clone(), Vec::new());
    for axis in 0..plain.ndim() {
        if plain.strides()[axis] < 0 {
            plain.invert_axis(Axis(axis));
            inverted.push(Axis(axis));
        }
    }
    let mut steps = plain.raw_dim();
    for (step, &stride) in steps.slice_mut().iter_mut().zip(plain.strides()) {
        *step = stride.unsigned_abs();
    }
    let shape = plain.raw_dim().strides(steps);
    // SAFETY: the caller's promise; the pointer comes from a mapping, not from a reference.
    let mut writable = unsafe { ArrayViewMut::from_shape_ptr(shape, plain.as_ptr().cast_mut()) };
    for axis in inverted {
        writable.invert_axis(axis);
    }
    writable
}

/// Whether every byte of the range is a `bool`.
///
/// # Safety
///
/// The bytes are inside a mapping that lives meanwhile.
pub(in super::super) unsafe fn are_bools(first: *const u8, len: usize) -> bool {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(first, len) };
    // By chunks, so that the test vectorises and still stops early.
    bytes.chunks(4096).all(|chunk| chunk.iter().fold(0, |all, byte| all | byte) <= 1)
}

/// Whether `T` is stored as bytes of which only some are values.
pub(in super::super) fn is_restricted<T: Element>() -> bool {
    T::DTYPE == DType::Bool
}

fn lowest<T>(first: *const T, shape: &[usize], strides: &[isize]) -> *const T {
    let back: isize = shape
        .iter()
        .zip(strides)
        .filter(|&(_, &stride)| stride < 0)
        .map(|(&extent, &stride)| (extent as isize - 1) * stride)
        .sum();
    first.wrapping_offset(back)
}
