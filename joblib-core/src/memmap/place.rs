//! Where in a mapped file an array lies.

use super::MappedFile;
use super::claim::Claim;
use super::file::locate_range;
use crate::array::{DType, Order, RawArray};
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

    #[doc(hidden)]
    /// Where an array lies, with gaps or without, if all of it lies in one mapping.
    ///
    /// What was written to an array mapped `"c"` is not there: the place has the file's values.
    #[must_use]
    pub fn of(array: &RawArray<'_>) -> Option<Self> {
        let first = array.first_element().addr();
        let (low, high) = reach(array.dtype(), array.shape(), array.strides())?;
        let lowest = usize::try_from(first as i128 + low).ok()?;
        let (file, offset) = locate_range(lowest, usize::try_from(high - low).ok()?)?;
        let offset = u64::try_from(i128::from(offset) - low).ok()?;
        Some(Self::strided(file, offset, array.dtype(), array.shape(), array.strides()))
    }

    /// Hands out all elements in C order, as little-endian bytes, in chunks of bounded size.
    ///
    /// # Errors
    ///
    /// If the array does not lie inside of the file, or is being written to by this process; the first error
    /// of `visit`.
    pub fn for_each_chunk(&self, visit: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let Some((_claim, first)) = self.claim()? else { return Ok(()) };
        // SAFETY: inside the mapping, which the claim keeps, and keeps writers away from.
        #[allow(unsafe_code)]
        let raw = unsafe { RawArray::from_parts(self.dtype, first, &self.shape, &self.strides) };
        raw.ok_or_else(|| Error::unsupported("an array of too many axes"))?.for_each_chunk(visit)
    }

    /// Claims the array's bytes, and says where in the claim's mapping, which need not be the place's, the
    /// element `[0, 0, ..]` is; `None` if there are no elements. All elements lie inside the mapping.
    pub(super) fn claim(&self) -> Result<Option<(Claim, *const u8)>> {
        let extent = self.extent()?;
        if extent.is_empty() {
            return Ok(None);
        }
        let claim = Claim::new(self.file.clone(), extent)?;
        let first = claim.file().base().map(|base| base.wrapping_add(self.offset as usize).cast_const());
        Ok(first.map(|first| (claim, first)))
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

    /// Whether the elements are aligned as Rust needs them; `"V16"` and complex arrays of foreign files may
    /// not be.
    #[must_use]
    pub fn is_aligned(&self) -> bool {
        // Never less than the true alignment of any element type of that dtype.
        self.offset.is_multiple_of(self.dtype.unit() as u64)
    }

    /// The bytes from the lowest to the highest element; an error unless they lie in the file.
    fn extent(&self) -> Result<Range<u64>> {
        let too_large = || Error::corrupt("the array's shape exceeds its file").with_path(self.file.name());
        if self.strides.len() != self.shape.len() {
            return Err(Error::invalid("shape and strides differ in length"));
        }
        if self.shape.contains(&0) {
            return Ok(self.offset..self.offset);
        }
        let (low, high) = reach(self.dtype, &self.shape, &self.strides).ok_or_else(too_large)?;
        let offset = i128::from(self.offset);
        let inside = offset + low >= 0 && offset + high <= i128::from(self.file.len());
        if !inside {
            return Err(too_large());
        }
        Ok((offset + low) as u64..(offset + high) as u64)
    }
}

/// How far the bytes of an array reach to both sides of its element `[0, 0, ..]`; `None` if there are none or
/// too many.
fn reach(dtype: DType, shape: &[usize], strides: &[isize]) -> Option<(i128, i128)> {
    let size = dtype.size() as i128;
    let (mut low, mut high, mut nbytes) = (0i128, size, size);
    for (&extent, &stride) in shape.iter().zip(strides) {
        nbytes = nbytes.checked_mul(extent as i128)?;
        let reach = (extent as i128 - 1).checked_mul(stride as i128 * size)?;
        if reach < 0 { low += reach } else { high += reach }
    }
    (1..=isize::MAX as i128).contains(&nbytes).then_some((low, high))
}

#[cfg(test)]
#[cfg(feature = "ndarray")]
mod tests {
    use super::*;
    use crate::memmap::{MappedArray, share};
    use ndarray::{Array1, Array3, Ix3, s};

    fn bytes_at(place: &ArrayPlace) -> Vec<u8> {
        let mut bytes = Vec::new();
        let kept = place.for_each_chunk(|chunk| {
            bytes.extend_from_slice(chunk);
            Ok(())
        });
        kept.unwrap();
        bytes
    }

    #[test]
    fn strided_parts_are_found_and_read_where_they_lie() {
        let shared =
            share(&Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (i * 100 + j * 10 + k) as i32)).unwrap();
        for part in [
            shared.slice(s![.., ..;2, 1..4]),
            shared.slice(s![..;-1, .., ..;-2]),
            shared.view().permuted_axes([2, 0, 1]),
            shared.view(),
        ] {
            let place = ArrayPlace::of(&RawArray::from_array(&part).unwrap()).unwrap();
            assert_eq!(place.file().id(), shared.file().unwrap().id());
            assert_eq!(MappedArray::<i32, Ix3>::from_place(&place).unwrap().view(), part);
            let bytes = bytes_at(&place);
            assert_eq!(bytes, part.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>());
        }
        let none = shared.slice(s![0..0, .., ..]);
        assert!(ArrayPlace::of(&RawArray::from_array(&none).unwrap()).is_none());
        let owned = Array1::<f64>::zeros(9);
        assert!(ArrayPlace::of(&RawArray::from_array(&owned.slice(s![..;2])).unwrap()).is_none());
    }

    #[test]
    fn elements_wider_than_words_are_whole() {
        let complex = |i: usize| num_complex::Complex::new(i as f64, -(i as f64));
        let shared = share(&Array1::from_shape_fn(6, complex)).unwrap();
        let part = shared.slice(s![..;-2]);
        let place = ArrayPlace::of(&RawArray::from_array(&part).unwrap()).unwrap();
        let bytes = bytes_at(&place);
        assert_eq!(
            bytes,
            part.iter().flat_map(|z| [z.re.to_le_bytes(), z.im.to_le_bytes()].concat()).collect::<Vec<_>>()
        );
    }
}
