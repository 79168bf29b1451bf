//! An array seen without its type: dtype, shape, strides and memory.
//!
//! Unsafe, for its memory is behind a pointer. Whoever makes one has borrowed an array that has initialised
//! elements of the dtype's size at all indices of the shape, and the lifetime keeps it borrowed.

use super::DType;
#[cfg(feature = "ndarray")]
use ndarray::{ArrayRef, Dimension};
use std::marker::PhantomData;

/// The order in which an array's elements lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Order {
    /// Row-major: the last axis varies fastest.
    C,
    /// Column-major: the first axis varies fastest.
    Fortran,
}

/// Whether the value was a plain sequence (`Vec`, slice), a byte string or an n-dimensional array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Container {
    /// `Vec<T>`, `[T]`, `Box<[T]>`: always one axis, always contiguous.
    Sequence,
    /// What serialises itself as bytes: always one axis of `u8`.
    Bytes,
    /// `ndarray::ArrayBase` or a mapped array.
    NdArray,
}

/// Arrays of more axes than this are treated element by element.
pub const MAX_NDIM: usize = 8;

/// A borrowed array of numbers whose element type is known at run time only.
#[derive(Clone, Copy, Debug)]
pub struct RawArray<'a> {
    dtype: DType,
    container: Container,
    ndim: u8,
    shape: [usize; MAX_NDIM],
    /// In elements.
    strides: [isize; MAX_NDIM],
    first: *const u8,
    memory: PhantomData<&'a [u8]>,
}

impl<'a> RawArray<'a> {
    pub(super) fn from_slice<T: super::Element>(slice: &'a [T]) -> Self {
        let mut raw = Self::empty(T::DTYPE, Container::Sequence, 1, slice.as_ptr().cast());
        raw.shape[0] = slice.len();
        raw.strides[0] = 1;
        raw
    }

    #[cfg(feature = "ndarray")]
    pub(crate) fn from_array<T: super::Element, D: Dimension>(array: &'a ArrayRef<T, D>) -> Option<Self> {
        // SAFETY: these are the parts of an array that is borrowed for 'a.
        #[allow(unsafe_code)]
        unsafe {
            Self::from_parts(T::DTYPE, array.as_ptr().cast(), array.shape(), array.strides())
        }
    }

    /// Of the array whose element `[0, 0, ..]` is at `first`, with strides in elements; `None` if it has too
    /// many axes.
    ///
    /// # Safety
    ///
    /// At all indices of the shape there are initialised elements, which nothing changes for 'a. They need
    /// not be aligned.
    #[allow(unsafe_code)]
    pub(crate) unsafe fn from_parts(
        dtype: DType,
        first: *const u8,
        shape: &[usize],
        strides: &[isize],
    ) -> Option<Self> {
        let ndim = shape.len();
        if ndim > MAX_NDIM {
            return None;
        }
        let mut raw = Self::empty(dtype, Container::NdArray, ndim as u8, first);
        raw.shape[..ndim].copy_from_slice(shape);
        raw.strides[..ndim].copy_from_slice(strides);
        Some(raw)
    }

    fn empty(dtype: DType, container: Container, ndim: u8, first: *const u8) -> Self {
        let (shape, strides) = ([0; MAX_NDIM], [0; MAX_NDIM]);
        Self { dtype, container, ndim, shape, strides, first, memory: PhantomData }
    }

    /// The type of the elements.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Whether it came from a sequence or from an n-dimensional array.
    #[must_use]
    pub fn container(&self) -> Container {
        self.container
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape[..usize::from(self.ndim)]
    }

    /// Steps between neighbours along each axis, in elements.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        &self.strides[..usize::from(self.ndim)]
    }

    /// Number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all elements.
    #[must_use]
    pub fn nbytes(&self) -> usize {
        self.len() * self.dtype.size()
    }

    /// The whole array as it lies in memory, where it lies without gaps in C or Fortran order.
    ///
    /// The bytes are in the machine's order. An array that has both orders (one axis, or one row) is in C
    /// order.
    #[must_use]
    pub fn contiguous(&self) -> Option<(Order, &'a [u8])> {
        let order = if self.is_packed(self.shape().iter().zip(self.strides()).rev()) {
            Order::C
        } else if self.is_packed(self.shape().iter().zip(self.strides())) {
            Order::Fortran
        } else {
            return None;
        };
        if self.is_empty() {
            return Some((Order::C, &[]));
        }
        // SAFETY: the elements are initialised, borrowed for 'a, and without gaps from the first one on.
        #[allow(unsafe_code)]
        let bytes = unsafe { std::slice::from_raw_parts(self.first, self.nbytes()) };
        Some((order, bytes))
    }

    fn is_packed<'s>(&self, axes: impl Iterator<Item = (&'s usize, &'s isize)>) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut expected = 1;
        for (&extent, &stride) in axes {
            if extent != 1 && stride != expected {
                return false;
            }
            expected *= extent as isize;
        }
        true
    }

    pub(crate) fn first_element(&self) -> *const u8 {
        self.first
    }
}

#[cfg(test)]
#[cfg(feature = "ndarray")]
mod tests {
    use super::*;
    use ndarray::{Array, Array2, Array3, arr0, s};

    fn bytes_of(raw: &RawArray<'_>) -> Vec<u8> {
        let mut all = Vec::new();
        raw.for_each_chunk(|chunk| {
            all.extend_from_slice(chunk);
            Ok::<_, ()>(())
        })
        .unwrap();
        all
    }

    fn expected(values: impl IntoIterator<Item = i32>) -> Vec<u8> {
        values.into_iter().flat_map(i32::to_le_bytes).collect()
    }

    #[test]
    fn every_layout_reads_in_c_order() {
        let base = Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as i32);
        for view in [
            base.view(),
            base.view().reversed_axes(),
            base.slice(s![.., ..;2, 1..4]),
            base.slice(s![..;-1, .., ..;-2]),
            base.slice(s![0..0, .., ..]),
        ] {
            let raw = RawArray::from_array(&view).unwrap();
            assert_eq!(bytes_of(&raw), expected(view.iter().copied()), "{:?}", view.strides());
        }
    }

    #[test]
    fn orders_are_told_apart() {
        let c = Array2::<f64>::zeros((3, 4));
        assert_eq!(RawArray::from_array(&c).unwrap().contiguous().unwrap().0, Order::C);
        assert_eq!(RawArray::from_array(&c.t()).unwrap().contiguous().unwrap().0, Order::Fortran);
        assert!(RawArray::from_array(&c.slice(s![.., ..2])).unwrap().contiguous().is_none());
    }

    #[test]
    fn zero_axes_and_large_strided_arrays() {
        let raw_bytes = bytes_of(&RawArray::from_array(&arr0(7i32)).unwrap());
        assert_eq!(raw_bytes, expected([7]));
        let large = Array::from_iter(0..200_000i32);
        let part = large.slice(s![..;2]);
        let raw = RawArray::from_array(&part).unwrap();
        assert_eq!(bytes_of(&raw), expected((0..200_000).step_by(2)));
    }
}
