//! The array type for users.

use super::claim::Claim;
use super::{ArrayPlace, MappedFile, MmapMode, sys};
use crate::array::{Element, Order};
use crate::{Error, Result};
use ndarray::{ArcArray, Array, ArrayRef, ArrayView, ArrayViewMut, Dimension, IxDyn, SliceArg};
use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// An n-dimensional array that is mapped from a file or shared memory, or owned.
///
/// It dereferences to [`ndarray::ArrayRef`], so `&*a` can be passed to functions over any ndarray, and used
/// in arithmetic. Cloning makes a second reference to the same data, never a copy, and [`slice_of`] a
/// reference to a part of it; the mapping lasts until the last of them is dropped.
///
/// It serialises as the array it shows, in any format. `dump`, the caches and the messages between worker
/// processes write its memory in bulk, or only a reference to it where the other side can map it too. Read by
/// `load` with a `mmap_mode` it is mapped; read from anything else it is owned.
///
/// ```
/// use joblib::{MappedArray, share};
/// use ndarray::{Array2, s};
///
/// let a: MappedArray<f64, _> = share(&Array2::ones((3, 4)))?;
/// assert!(a.is_mapped());
/// assert_eq!((&*a * 2.0).sum(), 24.0);
/// let row = a.slice_of(s![1, ..]);
/// drop(a);
/// assert_eq!(row.sum(), 4.0);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// [`slice_of`]: MappedArray::slice_of
pub struct MappedArray<T: 'static, D: Dimension + 'static> {
    repr: Repr<T, D>,
    /// Makes an array without axes as large as `array::as_array` expects: it looks at no smaller type.
    _room: [usize; 2],
}

enum Repr<T: 'static, D: Dimension + 'static> {
    Owned(ArcArray<T, D>),
    Mapped { view: ArrayView<'static, T, D>, claim: Arc<Claim> },
}

impl<T: Element, D: Dimension + 'static> MappedArray<T, D> {
    /// Maps the array at `offset` of the file at `path`.
    ///
    /// The numbers are in the machine's byte order and without gaps.
    ///
    /// ```
    /// use joblib::{MappedArray, MmapMode, Order};
    /// use ndarray::Ix2;
    ///
    /// let file = tempfile::NamedTempFile::new().unwrap();
    /// std::fs::write(&file, [0u8, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]).unwrap();
    /// let a = MappedArray::<u16, Ix2>::open(&file, 0, &[2, 3], Order::C, MmapMode::Read)?;
    /// assert_eq!(a[[1, 0]], 3u16.to_le());
    /// # Ok::<(), joblib::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_place`](Self::from_place), and if the file cannot be mapped.
    pub fn open(
        path: impl AsRef<Path>,
        offset: u64,
        shape: &[usize],
        order: Order,
        mode: MmapMode,
    ) -> Result<Self> {
        let file = MappedFile::open(path, mode)?;
        Self::from_place(&ArrayPlace::new(file, offset, T::DTYPE, shape, order))
    }

    /// The array at `place`; one without elements is owned.
    ///
    /// It shows what the file holds: if another array has written to these bytes of a mapping in mode `"c"`,
    /// the file is mapped again, and [`file`](Self::file) is that mapping.
    ///
    /// # Errors
    ///
    /// If the dtype is not `T`'s, the number of axes not `D`'s, the array not inside the file or not aligned,
    /// a `bool` neither 0 nor 1. [`is_refused`](Error::is_refused) if another array of this process is
    /// writing to these bytes of the file, or has written to them in mode `"c"` and the file cannot be mapped
    /// again.
    pub fn from_place(place: &ArrayPlace) -> Result<Self> {
        let file = place.file();
        if place.dtype() != T::DTYPE {
            let message = format!("an array of {} cannot be read as {}", place.dtype(), T::DTYPE);
            return Err(Error::invalid(message).with_path(file.name()));
        }
        let wrong_ndim = || {
            let message = format!("an array of {} axes, not as many as the type has", place.shape().len());
            Error::invalid(message).with_path(file.name())
        };
        let empty = || {
            let empty = Array::from_shape_vec(IxDyn(place.shape()), Vec::new());
            let empty = empty.map_err(|error| Error::corrupt(error.to_string()).with_path(file.name()))?;
            empty.into_dimensionality::<D>().map(Self::from).map_err(|_| wrong_ndim())
        };
        let Some((claim, first)) = place.claim()? else { return empty() };
        if !first.cast::<T>().is_aligned() {
            return Err(Error::unsupported("the array is not aligned in its file").with_path(file.name()));
        }
        if sys::is_restricted::<T>() {
            let range = claim.range();
            let lowest = first.wrapping_offset(range.start as isize - place.offset() as isize);
            // SAFETY: the range is inside the mapping, which the claim keeps.
            #[allow(unsafe_code)]
            if !unsafe { sys::are_bools(lowest, (range.end - range.start) as usize) } {
                return Err(
                    Error::corrupt("a byte other than 0 and 1 in an array of bool").with_path(file.name())
                );
            }
        }
        // SAFETY: inside the mapping (`claim`), aligned, values checked; the claim keeps the mapping alive
        // beside the view, keeps writers away from it, and was not made on bytes that are written to.
        #[allow(unsafe_code)]
        let view = unsafe { sys::view::<T>(first, place.shape(), place.strides()) };
        let view = view.into_dimensionality::<D>().map_err(|_| wrong_ndim())?;
        Ok(Self::new(Repr::Mapped { view, claim: Arc::new(claim) }))
    }

    /// A writable view of the elements.
    ///
    /// | memory | effect of a write |
    /// |---|---|
    /// | mapped `"r"` | refused |
    /// | mapped `"r+"` | goes to the file; seen by every process that maps it |
    /// | mapped `"c"`, owned | stays with this array; clones and other arrays on the mapping keep theirs |
    ///
    /// An array mapped `"c"` is copied, and owned from then on, if others see its bytes of the same mapping
    /// (clones, slices, arrays that were loaded with it) or if its indices share elements.
    ///
    /// # Errors
    ///
    /// [`is_read_only`](Error::is_read_only) if mapped `"r"`. [`is_refused`](Error::is_refused) if mapped
    /// `"r+"` while a clone, a slice or another mapping of the same bytes is alive in this process, or if
    /// indices share elements (a broadcast array).
    pub fn view_mut(&mut self) -> Result<ArrayViewMut<'_, T, D>> {
        if let Repr::Mapped { view, claim } = &mut self.repr {
            // Not `strong_count`: only this waits for what other threads have read through a clone just
            // dropped.
            let alone = Arc::get_mut(claim).is_some();
            let mode = claim.file().mode();
            let overlapping = overlaps_itself(view);
            match mode {
                MmapMode::Read => {
                    let message = "an array mapped \"r\" cannot be written to: map it with \"r+\" or \"c\"";
                    return Err(Error::read_only(message).with_path(claim.file().name()));
                }
                MmapMode::ReadWrite if !alone || overlapping => {
                    let why = if alone { "its elements overlap" } else { "a clone or slice of it is alive" };
                    let message = format!("the array cannot be written to: {why}");
                    return Err(Error::refused(message).with_path(claim.file().name()));
                }
                MmapMode::ReadWrite => claim.write_through()?,
                MmapMode::CopyOnWrite if alone && !overlapping && claim.write_privately() => (),
                MmapMode::CopyOnWrite => self.repr = Repr::Owned(view.to_owned().into_shared()),
            }
        }
        match &mut self.repr {
            Repr::Owned(array) => Ok(array.view_mut()),
            // SAFETY: writable by its mode; nothing overlaps in it; this handle, borrowed for the view's
            // lifetime, is the only one onto the claim, and no other claim is on these bytes of the file
            // (`"r+"`) or of this mapping (`"c"`), nor can one be made.
            #[allow(unsafe_code)]
            Repr::Mapped { view, .. } => Ok(unsafe { sys::view_mut(view) }),
        }
    }
}

impl<T: 'static, D: Dimension + 'static> MappedArray<T, D> {
    fn new(repr: Repr<T, D>) -> Self {
        Self { repr, _room: [0; 2] }
    }

    /// Whether the elements lie in a mapping.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        matches!(self.repr, Repr::Mapped { .. })
    }

    /// How it is mapped; `None` if owned.
    #[must_use]
    pub fn mode(&self) -> Option<MmapMode> {
        self.file().map(MappedFile::mode)
    }

    /// The mapped file; `None` if owned.
    #[must_use]
    pub fn file(&self) -> Option<&MappedFile> {
        match &self.repr {
            Repr::Owned(_) => None,
            Repr::Mapped { claim, .. } => Some(claim.file()),
        }
    }

    /// Writes what was changed to the file and waits for it; nothing to do unless mapped `"r+"`.
    ///
    /// # Errors
    ///
    /// If the operating system cannot write.
    pub fn flush(&self) -> Result<()> {
        self.file().map_or(Ok(()), MappedFile::flush)
    }

    /// Whether the mapping's content differs (or may differ) from the file: written to in mode `"c"`.
    #[must_use]
    pub fn is_detached(&self) -> bool {
        match &self.repr {
            Repr::Owned(_) => false,
            Repr::Mapped { claim, .. } => claim.file().mode() == MmapMode::CopyOnWrite && claim.is_written(),
        }
    }

    /// A part of the array, as `ndarray`'s `slice`, that keeps the mapping alive by itself.
    ///
    /// # Panics
    ///
    /// If an index is out of bounds or the number of axes does not fit.
    #[must_use]
    pub fn slice_of<I>(&self, part: I) -> MappedArray<T, I::OutDim>
    where
        I: SliceArg<D>,
        I::OutDim: 'static,
    {
        MappedArray::new(match &self.repr {
            Repr::Owned(array) => Repr::Owned(array.clone().slice_move(part)),
            Repr::Mapped { view, claim } => {
                Repr::Mapped { view: view.clone().slice_move(part), claim: Arc::clone(claim) }
            }
        })
    }

    /// The same array with its number of axes known at run time only.
    #[must_use]
    pub fn into_dyn(self) -> MappedArray<T, IxDyn> {
        MappedArray::new(match self.repr {
            Repr::Owned(array) => Repr::Owned(array.into_dyn()),
            Repr::Mapped { view, claim } => Repr::Mapped { view: view.into_dyn(), claim },
        })
    }

    /// The elements as an owned array: copied if mapped or shared with a clone.
    #[must_use]
    pub fn into_owned(self) -> Array<T, D>
    where
        T: Clone,
    {
        match self.repr {
            Repr::Owned(array) => array.into_owned(),
            Repr::Mapped { view, .. } => view.to_owned(),
        }
    }
}

impl<T: 'static, D: Dimension + 'static> Deref for MappedArray<T, D> {
    type Target = ArrayRef<T, D>;

    fn deref(&self) -> &ArrayRef<T, D> {
        match &self.repr {
            Repr::Owned(array) => array,
            Repr::Mapped { view, .. } => view,
        }
    }
}

impl<T: 'static, D: Dimension + 'static> Clone for MappedArray<T, D> {
    fn clone(&self) -> Self {
        Self::new(match &self.repr {
            Repr::Owned(array) => Repr::Owned(array.clone()),
            Repr::Mapped { view, claim } => Repr::Mapped { view: view.clone(), claim: Arc::clone(claim) },
        })
    }
}

impl<T: Clone + 'static, D: Dimension + 'static> From<Array<T, D>> for MappedArray<T, D> {
    fn from(array: Array<T, D>) -> Self {
        Self::new(Repr::Owned(array.into_shared()))
    }
}

impl<T: 'static, D: Dimension + 'static> From<ArcArray<T, D>> for MappedArray<T, D> {
    fn from(array: ArcArray<T, D>) -> Self {
        Self::new(Repr::Owned(array))
    }
}

impl<T: PartialEq + 'static, D: Dimension + 'static> PartialEq for MappedArray<T, D> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug + 'static, D: Dimension + 'static> fmt::Debug for MappedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view(), f)
    }
}

/// Whether two indices may lead to one element: axes sorted by stride must each step over all finer ones.
fn overlaps_itself<T, D: Dimension>(view: &ArrayView<'_, T, D>) -> bool {
    let mut axes: Vec<(usize, usize)> = view
        .strides()
        .iter()
        .zip(view.shape())
        .filter(|&(_, &extent)| extent > 1)
        .map(|(stride, &extent)| (stride.unsigned_abs(), extent))
        .collect();
    axes.sort_unstable();
    let mut reach = 0;
    for (stride, extent) in axes {
        if stride <= reach {
            return true;
        }
        reach += stride * (extent - 1);
    }
    false
}

#[cfg(test)]
mod tests;
