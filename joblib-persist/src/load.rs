//! Reading a value from files.

use crate::arrays::Limits;
use crate::layout::input::{FileLayout, Opened, Settings};
use crate::layout::{archive, multi, reader};
use crate::visit::{self, Part, Visit, Visiting, Whole};
use joblib_core::memmap::handover::{self, Unmappable};
use joblib_core::{Error, MmapMode, Refused, Result, Size};
use serde::de::DeserializeOwned;
use std::io::{Read, Seek};
use std::marker::PhantomData;
use std::path::Path;

/// The value that [`dump`](crate::dump) wrote to `path`, whatever its layout and compression.
///
/// Of a stream of several values it is the first. Arrays that were one when they were [dumped](crate::dump)
/// share their memory again where they are `ndarray::ArcArray`s or
/// [`MappedArray`](joblib_core::MappedArray)s.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("values.jl");
/// joblib::dump(&vec![1, 2, 3], &path)?;
/// assert_eq!(joblib::load::<Vec<i32>>(&path)?, [1, 2, 3]);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// A type other than the dumped one may be asked for. An integer is read as any integer type that holds it,
/// and as a float that holds it exactly; a float as itself or a wider one. Nothing is rounded: convert on
/// purpose what was read as it is, an array of float64 by `array.mapv(|x| x as f32)`. (Behind `untagged`,
/// `flatten` and `tag` serde converts itself, and does round.)
///
/// # Errors
///
/// As [`Loader::read`]. A value of another type is a [codec](joblib_core::Error::is_codec) error that names
/// the [field](joblib_core::Error::field).
pub fn load<T: DeserializeOwned>(path: impl AsRef<Path>) -> Result<T> {
    Loader::new().read(path)
}

/// The next value that [`dump_to`](crate::dump_to) wrote, or that [`dump`](crate::dump) wrote to one file.
///
/// # Errors
///
/// As [`Loader::read_from`].
pub fn load_from<T: DeserializeOwned>(reader: impl Read) -> Result<T> {
    Loader::new().read_from(reader)
}

/// How a value is read: mapped or not, and within which limits.
///
/// ```
/// use joblib::{MappedArray, MmapMode};
/// use joblib::{Loader, dump};
/// use ndarray::{Array2, Ix2};
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("features.jl");
/// dump(&Array2::<f64>::ones((100, 100)), &path)?;
/// let features: MappedArray<f64, Ix2> = Loader::new().mmap_mode(MmapMode::Read).read(&path)?;
/// assert!(features.is_mapped());
/// assert_eq!(features.sum(), 10_000.0);
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "call `read`"]
pub struct Loader {
    settings: Settings,
    pub(crate) refused: Refused,
}

impl Loader {
    /// Arrays are read, checksums verified, memory not limited.
    pub fn new() -> Self {
        Self::default()
    }

    /// Maps the arrays of [`MappedArray`](joblib_core::MappedArray) fields instead of reading them.
    ///
    /// Arrays that are compressed, in a stream, or so small that they stand in the main stream (below 64 KiB,
    /// 4 KiB in a single file; see [`Dump::side_file_bytes`](crate::Dump::side_file_bytes)), and those that
    /// serde reads into a buffer first (`flatten`, `untagged`, `tag`), are read all the same, with one
    /// warning for each load; [`is_mapped`](joblib_core::MappedArray::is_mapped) tells of each. For `"r+"`
    /// they are an [unsupported](Error::is_unsupported) error, because what is written to them would be lost.
    ///
    /// So are arrays that another array of this process, mapped `"r+"`, writes to: their bytes are read as
    /// they are then. To map them `"r+"` once more is [refused](Error::is_refused) as long as that array
    /// lives.
    ///
    /// Mapping an array `"r+"` notes in its `.npy` header that its checksum says nothing any more; it is not
    /// verified from then on. (An archive has a second one for ZIP's own tools, which will complain: prefer
    /// several files for arrays that are changed in place.)
    pub fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.settings.limits.mmap_mode = Some(mode);
        self.settings.limits.unmappable =
            if mode == MmapMode::ReadWrite { Unmappable::Refuse } else { Unmappable::Warn };
        self
    }

    /// Reads what cannot be mapped, in every mode.
    pub(crate) fn mmap_mode_if_possible(mut self, mode: MmapMode) -> Self {
        self.settings.limits.mmap_mode = Some(mode);
        self.settings.limits.unmappable = Unmappable::Read;
        self
    }

    /// Whether the arrays' checksums are verified. By default they are where arrays are read, and not where
    /// they are mapped: that would read the whole file.
    pub fn verify(mut self, verify: bool) -> Self {
        self.settings.limits.verify = Some(verify);
        self
    }

    /// Limits the memory (a number of bytes, or text such as `"1G"`) that the dump's arrays may take
    /// together, and a compressed main stream: what a file from elsewhere may cost. Without a limit, a
    /// compressed array has its addresses reserved at once, but takes memory only as its blocks are
    /// decompressed; anything else is never larger than the file. (One array may be referred to several
    /// times; it is then read, and counted, as often, except as an `ndarray::ArcArray`.)
    pub fn memory_limit(mut self, size: impl Into<Size>) -> Self {
        let limit = self.refused.accept("memory_limit", size.into().bytes());
        self.settings.limits.memory_limit = limit.unwrap_or(u64::MAX);
        self
    }

    /// How deep containers may be nested: 256 by default. See [`Dump::max_depth`](crate::Dump::max_depth).
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.settings.max_depth = depth;
        self
    }

    /// The value that was written to `path`.
    ///
    /// # Errors
    ///
    /// Files that are missing, damaged, truncated, of a later version, or not written by `dump`; a value that
    /// is not a `T`; limits exceeded. The error names the file, and where in it. No file leads to a panic.
    pub fn read<T: DeserializeOwned>(&self, path: impl AsRef<Path>) -> Result<T> {
        self.visit(path.as_ref(), || Whole(PhantomData))
    }

    /// One part of the value that was written to `path`, named by the fields, keys and indices that lead to
    /// it: `read_part("model.jl", "layers.0.weights")`. What is not part of it is not read.
    ///
    /// A text key that is empty or has a dot in it stands in quotation marks, `layers."a.b".bias`; one that
    /// is neither text nor a whole number in parentheses, `by_place.(3,"x")`; the second of two alike has
    /// `#2` behind it. What [`inspect`](crate::inspect) lists is found by the name it is listed with.
    ///
    /// ```
    /// # let dir = tempfile::tempdir().unwrap();
    /// # let path = dir.path().join("model.jl");
    /// #[derive(serde::Serialize)]
    /// struct Model { weights: Vec<f64>, name: &'static str }
    ///
    /// joblib::dump(&Model { weights: vec![0.5; 10_000], name: "m" }, &path)?;
    /// let weights: Vec<f64> = joblib::Loader::new().read_part(&path, "weights")?;
    /// assert_eq!(weights.len(), 10_000);
    /// # Ok::<(), joblib::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`is_not_found`](Error::is_not_found) if there is no such part.
    pub fn read_part<T: DeserializeOwned>(&self, path: impl AsRef<Path>, name: &str) -> Result<T> {
        self.visit(path.as_ref(), || Part(name, PhantomData))
    }

    /// The next value from a reader: a socket, a pipe, a file at its position. Nothing beyond the value is
    /// read, so that values can be read in turn; only of a stream that is compressed as a whole, all may be.
    ///
    /// What [`dump_to`](crate::dump_to) wrote is read as it comes, and memory is taken as the bytes arrive.
    /// What [`dump`](crate::dump) wrote to a file is read, too, if that file is all of it: a single file is
    /// first copied to a nameless temporary file, as its directory stands at its end (then
    /// [`memory_limit`](Self::memory_limit) limits that copy as well). Arrays are never mapped.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), and errors of the reader. [`is_unsupported`](Error::is_unsupported) for the
    /// main file of a dump with side files, which are only found by its path.
    pub fn read_from<T: DeserializeOwned>(&self, mut reader: impl Read) -> Result<T> {
        self.refused.check()?;
        let settings = self.settings.without_maps(None)?;
        visit::through(Whole(PhantomData), |visitor| {
            handover::demand(None, || reader::visit(&mut reader, Path::new("a reader"), &settings, visitor))
        })
    }

    pub(crate) fn visit<V: Visit>(&self, path: &Path, visitor: impl Fn() -> V) -> Result<V::Output> {
        self.refused.check()?;
        Opened::read(path, |opened| self.visit_opened(opened, visitor()))
    }

    pub(crate) fn visit_opened<V: Visit>(&self, opened: &Opened, visitor: V) -> Result<V::Output> {
        visit::through(visitor, |visitor| self.open(opened, visitor))
    }

    fn open(&self, opened: &Opened, visitor: &mut dyn Visiting) -> Result<()> {
        let layout = opened.layout()?;
        let Limits { mmap_mode, unmappable, .. } = self.settings.limits;
        let demand = mmap_mode.map(|_| unmappable).filter(|_| layout != FileLayout::Stream);
        handover::demand(demand, || match layout {
            FileLayout::MultiFile => multi::visit(opened, &self.settings, visitor),
            FileLayout::SingleFile => archive::visit(opened, &self.settings, visitor),
            FileLayout::Stream => {
                let settings = self.settings.without_maps(Some(&opened.path))?;
                let mut file = &*opened.file;
                // On Windows, reading at a position moves the file's own.
                file.rewind().map_err(|error| Error::io("cannot read", &opened.path, error))?;
                reader::visit(&mut file, &opened.path, &settings, visitor)
            }
        })
    }

    pub(crate) fn read_opened<T: DeserializeOwned>(&self, opened: &Opened) -> Result<T> {
        self.visit_opened(opened, Whole(PhantomData))
    }
}
