//! Arrays of `ndarray`.

use super::ShareOptions;
use crate::array::{Element, RawArray};
use crate::memmap::MappedArray;
use crate::{Error, Result};
use ndarray::{ArrayRef, Dimension};

/// Moves a copy of `array` into shared memory, mapped for reading, with the default [`ShareOptions`].
///
/// The copy is made once; after that, clones, slices and whatever worker processes are given are references
/// to it. An array in Fortran order keeps its order, any other becomes C order.
///
/// # Errors
///
/// If there is no place for it, or if it has more axes than [`MAX_NDIM`](crate::array::MAX_NDIM).
pub fn share<T: Element, D: Dimension + 'static>(array: &ArrayRef<T, D>) -> Result<MappedArray<T, D>> {
    ShareOptions::new().share(array)
}

impl<T: Element, D: Dimension + 'static> MappedArray<T, D> {
    /// The same as [`share`].
    ///
    /// # Errors
    ///
    /// As [`share`].
    pub fn share(array: &ArrayRef<T, D>) -> Result<Self> {
        share(array)
    }
}

impl ShareOptions {
    /// Moves a copy of `array` into shared memory.
    ///
    /// # Errors
    ///
    /// As [`share`](fn@share).
    pub fn share<T: Element, D: Dimension + 'static>(
        &self,
        array: &ArrayRef<T, D>,
    ) -> Result<MappedArray<T, D>> {
        let raw = RawArray::from_array(array);
        let raw = raw.ok_or_else(|| Error::unsupported("an array of more than 8 axes cannot be shared"))?;
        MappedArray::from_place(&self.share_raw(&raw)?)
    }
}
