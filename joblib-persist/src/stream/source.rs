//! Where a decoder gets what is not in the part of the main stream that it has.

use super::array_ext::{ArrayExt, Place, Reference};
use super::uninit;
use joblib_core::array::Element;
use joblib_core::memmap::ArrayPlace;
use joblib_core::{Error, Result};
use std::any::{Any, TypeId};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;

/// Gives the arrays that are not in the main stream ([`Place::Elsewhere`](super::Place::Elsewhere)), and more
/// of the main stream where that comes in segments.
pub(crate) trait Source<'de> {
    /// The next segment of the main stream.
    fn more(&mut self) -> Result<Option<&'de [u8]>> {
        Ok(None)
    }

    /// Checks, before memory is allocated for it, that an array is there with as many bytes as it says.
    fn check(&mut self, _array: &ArrayExt<'de>) -> Result<()> {
        Ok(())
    }

    /// Counts the memory that is about to be allocated for an array.
    fn reserve(&mut self, _array: &ArrayExt<'de>) -> Result<()> {
        Ok(())
    }

    /// Fills `dst`, which has `array.nbytes` bytes, and gives it back filled.
    fn fill<'b>(&mut self, array: &ArrayExt<'de>, dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]>;

    /// Decompresses an array of [`Reference::Blocks`](super::Reference::Blocks) into `dst`, which has
    /// `array.nbytes` bytes.
    fn decompress(&mut self, _array: &ArrayExt<'de>, _dst: &mut [u8]) -> Result<()> {
        Err(Error::corrupt("an array is compressed where none can be"))
    }

    /// Where the array can be mapped, if it is to be and can be.
    fn place(&mut self, _array: &ArrayExt<'de>) -> Result<Option<ArrayPlace>> {
        Ok(None)
    }

    /// The array was mapped at the place that [`place`](Self::place) gave.
    fn mapped(&mut self, _array: &ArrayExt<'de>) -> Result<()> {
        Ok(())
    }

    /// An array that should be mapped is read, and why: an error where that would not do.
    fn unmapped(&mut self, _array: &ArrayExt<'de>, _why: &str) -> Result<()> {
        Ok(())
    }

    /// In which file the array's data are, and where.
    fn locate(&mut self, _array: &ArrayExt<'de>) -> Result<Option<Located>> {
        Ok(None)
    }

    /// Where an array that may stand in the main stream several times is kept once it was read as this type;
    /// `None` where it does not.
    #[cfg_attr(not(feature = "ndarray"), allow(dead_code))]
    fn shared(&mut self, _array: &ArrayExt<'de>, _kind: TypeId) -> Option<&mut Option<Box<dyn Any>>> {
        None
    }

    /// Passes over an array.
    fn skip(&mut self, _array: &ArrayExt<'de>) -> Result<()> {
        Ok(())
    }
}

/// Where an array is stored.
pub(crate) struct Located {
    pub(crate) path: Arc<Path>,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// All elements, in the order in which they are stored; as bytes, if `T` is `u8`.
pub(super) fn elements<'de, T: Element>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
) -> Result<Vec<T>> {
    let len = array.nbytes / size_of::<T>();
    if let Place::Elsewhere(_) = array.place {
        source.reserve(array)?;
    }
    match array.place {
        Place::Elsewhere(Reference::Blocks { .. }) => {
            uninit::zeroed_vec(len, |dst| source.decompress(array, dst))
        }
        Place::Elsewhere(Reference::Follows) => uninit::grown_vec(len, |dst| source.fill(array, dst)),
        _ => uninit::filled_vec(len, |dst| fill(source, array, dst)),
    }
}

/// Fills `dst` with the bytes of an array, in the order in which they are stored.
pub(super) fn fill<'de, 'b>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
    dst: &'b mut [MaybeUninit<u8>],
) -> Result<&'b mut [u8]> {
    match array.place {
        Place::Inline(bytes) => uninit::copy(dst, bytes),
        Place::Elsewhere(_) => source.fill(array, dst),
    }
}
