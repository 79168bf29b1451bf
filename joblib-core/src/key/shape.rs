//! What ndarray's `Serialize` writes of an array before its elements, read back: its version byte and its
//! extents.

use super::error::Unhashable;
use crate::array::{DType, MAX_NDIM, Numbers, element_dtype};
use serde::Serialize;

/// An array's extents.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    ndim: usize,
    extents: [usize; MAX_NDIM],
}

impl Shape {
    /// One axis.
    pub(super) fn line(len: usize) -> Self {
        let mut extents = [0; MAX_NDIM];
        extents[0] = len;
        Self { ndim: 1, extents }
    }

    /// The extents that `value` lists, if it is a list of at most `MAX_NDIM` numbers of 64 bits.
    pub(super) fn of<T: Serialize + ?Sized>(value: &T) -> Option<Self> {
        let mut bytes = Vec::with_capacity(8 * MAX_NDIM);
        value.serialize(Numbers::<Unhashable>::new(&mut bytes)).ok()?;
        let (words, rest) = bytes.as_chunks();
        let mut shape = Self { ndim: words.len(), extents: [0; MAX_NDIM] };
        for (extent, word) in shape.extents.get_mut(..words.len())?.iter_mut().zip(words) {
            *extent = usize::try_from(u64::from_le_bytes(*word)).ok()?;
        }
        rest.is_empty().then_some(shape)
    }

    pub(super) fn as_slice(&self) -> &[usize] {
        &self.extents[..self.ndim]
    }

    /// The number of elements; `None` where it exceeds the machine's numbers.
    pub(super) fn len(&self) -> Option<usize> {
        self.as_slice().iter().try_fold(1usize, |len, &extent| len.checked_mul(extent))
    }
}

/// The byte that `value` is, itself and not by its `Serialize`.
pub(super) fn byte<T: Serialize + ?Sized>(value: &T) -> Option<u8> {
    if element_dtype::<T>() != Some(DType::U8) {
        return None;
    }
    let mut bytes = Vec::with_capacity(1);
    value.serialize(Numbers::<Unhashable>::new(&mut bytes)).ok()?;
    bytes.first().copied()
}
