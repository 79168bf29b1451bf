//! Where in a mapped file an array lies.

use super::MappedFile;
use crate::array::{DType, Order};
use crate::{Error, Result};
use std::ops::Range;

/// A mapped file, an offset in it, and the dtype, shape and strides of the array that starts there.
///
/// Numbers are in the machine's byte order. Nothing is checked until the place becomes a
/// [`MappedArray`](super::MappedArray).
#[derive(Clone, Debug)]
pub struct ArrayPlace {
    file: MappedFile,
    offset: u64,
    dtype: DType,
    shape: Vec<usize>,
    /// In elements.
    strides: Vec<isize>,
}

impl ArrayPlace {
    /// An array without gaps whose first byte is at `offset`.
    #[must_use]
    pub fn new(file: MappedFile, offset: u64, dtype: DType, shape: &[usize], order: Order) -> Self {
        let mut strides = vec![0; shape.len()];
        let mut step = 1isize;
        let mut set = |axis: usize| {
            strides[axis] = step;
            step = step.saturating_mul(isize::try_from(shape[axis].max(1)).unwrap_or(isize::MAX));
        };
        match order {
            Order::C => (0..shape.len()).rev().for_each(&mut set),
            Order::Fortran => (0..shape.len()).for_each(&mut set),
        }
        Self::strided(file, offset, dtype, shape, &strides)
    }

    /// An array with any strides, in elements, whose element `[0, 0, ..]` is at `offset`.
    #[must_use]
    pub fn strided(file: MappedFile, offset: u64, dtype: DType, shape: &[usize], strides: &[isize]) -> Self {
        Self { file, offset, dtype, shape: shape.to_vec(), strides: strides.to_vec() }
    }

    /// The mapped file.
    #[must_use]
    pub fn file(&self) -> &MappedFile {
        &self.file
    }

    /// Byte offset in the file of the element `[0, 0, ..]`.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The element type.
    #[must_use]
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Steps between neighbours along each axis, in elements.
    #[must_use]
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Whether the elements are aligned as Rust needs them; `"V16"` and complex arrays of foreign files may not be.
    #[must_use]
    pub fn is_aligned(&self) -> bool {
        // Never less than the true alignment of any element type of that dtype.
        self.offset.is_multiple_of(self.dtype.unit() as u64)
    }

    /// The bytes from the lowest to the highest element; an error unless they lie in the file.
    pub(super) fn extent(&self) -> Result<Range<u64>> {
        let too_large = || Error::corrupt("the array's shape exceeds its file").with_path(self.file.name());
        if self.strides.len() != self.shape.len() {
            return Err(Error::invalid("shape and strides differ in length"));
        }
        if self.shape.contains(&0) {
            return Ok(self.offset..self.offset);
        }
        let size = self.dtype.size() as i128;
        let (mut low, mut high, mut nbytes) = (0i128, size, size);
        for (&extent, &stride) in self.shape.iter().zip(&self.strides) {
            nbytes = nbytes.checked_mul(extent as i128).ok_or_else(too_large)?;
            let reach = (extent as i128 - 1).checked_mul(stride as i128 * size).ok_or_else(too_large)?;
            if reach < 0 { low += reach } else { high += reach }
        }
        let offset = i128::from(self.offset);
        let inside = offset + low >= 0 && offset + high <= i128::from(self.file.len());
        if !inside || nbytes > isize::MAX as i128 {
            return Err(too_large());
        }
        Ok((offset + low) as u64..(offset + high) as u64)
    }
}
