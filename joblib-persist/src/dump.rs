//! Writing a value to files.

use crate::compress::{Compression, IntoCompression, stream_writer};
use crate::file::NewFile;
use crate::layout::{Plan, archive, multi, segments};
use crate::stream::Encode;
use joblib_core::depth::MAX_DEPTH;
use joblib_core::{Error, Refused, Result, Size};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes a value to `path`: as [`Dump`] does by default.
///
/// Large arrays of numbers anywhere in the value (fields of derived structs, elements, map values; `Array`s,
/// `Vec`s, slices) go to side files beside `path`, each a `.npy` file that NumPy opens or maps. The files
/// written are returned, the main file first.
///
/// An array that is reached several times, through clones of one `Arc` for example, is written once. Read
/// again it is one where its type shares memory, `ndarray::ArcArray` and
/// [`MappedArray`](joblib_core::MappedArray); serde tells a format nothing of an `Arc` around an array, so
/// that each `Arc<Array2<f64>>` comes back with a copy of its own. (Small arrays, which stand in the main
/// file, are written each time.)
///
/// ```
/// use ndarray::Array2;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Model { weights: Array2<f64>, name: String }
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("model.jl");
/// let model = Model { weights: Array2::eye(100), name: "identity".into() };
/// let files = joblib::dump(&model, &path)?;
/// assert_eq!(files.len(), 2);
///
/// let model: Model = joblib::load(&path)?;
/// assert_eq!(model.weights, Array2::eye(100));
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # What comes back
///
/// A value comes back as it was, or dumping or loading it is an error. To serde the format is one for humans
/// to read, so addresses, UUIDs and times are text. What is left is serde's own: fields that a type skips; a
/// field of type `i128` or `u128` behind `untagged`, `flatten` or `tag` is an error when it is loaded; of
/// `untagged` variants that look alike (a `Vec<u8>` and bytes that are read from any sequence; `Option`,
/// `()`, unit structs and unit variants) the first is taken.
///
/// # Errors
///
/// I/O errors, and what the value's `Serialize` reports. What was at `path` before is then unchanged.
pub fn dump<T: Serialize + ?Sized>(value: &T, path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
    Dump::new().write(value, path)
}

/// Writes a value to a writer, as [`Dump::write_to`] does by default.
///
/// ```
/// let mut pipe = Vec::new();
/// joblib::dump_to(&"first", &mut pipe)?;
/// joblib::dump_to(&vec![2.5f32; 10_000], &mut pipe)?;
///
/// let mut reader = &pipe[..];
/// assert_eq!(joblib::load_from::<String>(&mut reader)?, "first");
/// assert_eq!(joblib::load_from::<Vec<f32>>(&mut reader)?, [2.5; 10_000]);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
///
/// As [`Dump::write_to`].
pub fn dump_to<T: Serialize + ?Sized>(value: &T, writer: impl Write) -> Result<()> {
    Dump::new().write_to(value, writer)
}

/// How a value is written: layout, compression and care.
///
/// ```
/// use joblib::Dump;
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("measurements.jl");
/// let measurements = vec![0.5f64; 100_000];
/// let files = Dump::new().compress(("zlib", 3)).durable(true).write(&measurements, &path)?;
/// assert_eq!(files, [path.clone()]);
/// assert_eq!(joblib::load::<Vec<f64>>(&path)?, measurements);
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "call `write`"]
pub struct Dump {
    compression: Compression,
    single_file: Option<bool>,
    durable: bool,
    dedup: bool,
    least: Option<u64>,
    max_depth: Option<usize>,
    refused: Refused,
}

impl Dump {
    /// Uncompressed, large arrays in side files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Compresses: `true`, a level, `"zstd"`, `("zlib", 3)`, a [`Compression`]; see [`IntoCompression`].
    ///
    /// A path whose extension names a method (`.gz`, `.zst`, ..) makes one compressed stream of the file,
    /// which the method's own tools unpack; a method named here has precedence over the extension.
    ///
    /// Compressed, everything goes into one file unless [`single_file`](Self::single_file) says otherwise,
    /// and NumPy cannot read the arrays, which are in blocks of their own instead of `.npy` files. What
    /// cannot be used is reported by [`write`](Self::write).
    pub fn compress(mut self, compression: impl IntoCompression) -> Self {
        let compression = self.refused.accept("compress", compression.into_compression());
        self.compression = compression.unwrap_or_default();
        self
    }

    /// Whether everything goes into one file: a ZIP archive whose arrays are `.npy` members, so that it is a
    /// valid `.npz` too. The members are called after fields, keys and indices:
    /// `np.load("model.jl")["layers.0.weights"]`. Uncompressed, its arrays can be mapped like side files.
    /// [Compressed](Self::compress), they are blocks that only this library reads: `np.load` lists them
    /// (`"weights.blocks"`), but gives raw bytes.
    pub fn single_file(mut self, single: bool) -> Self {
        self.single_file = Some(single);
        self
    }

    /// Whether `write` returns only when the files would survive a power failure. Costs more than all the
    /// rest. If the very last step fails, syncing the directory, that is an error, but the new dump is in its
    /// place.
    pub fn durable(mut self, durable: bool) -> Self {
        self.durable = durable;
        self
    }

    /// Whether equal arrays at different places in memory are written once, at the cost of reading each
    /// twice. One array reached twice (by several `Arc`s, say) is always written once; see [`dump`] for how
    /// it is read.
    pub fn dedup(mut self, dedup: bool) -> Self {
        self.dedup = dedup;
        self
    }

    /// Arrays of at least this many bytes (a number, or text such as `"1M"`) get a side file or member of
    /// their own; by default 64 KiB or 4 KiB.
    pub fn side_file_bytes(mut self, bytes: impl Into<Size>) -> Self {
        self.least = self.refused.accept("side_file_bytes", bytes.into().bytes());
        self
    }

    /// How deep containers may be nested: 256 by default, as for keys, cached results and what worker
    /// processes are sent. Structs, sequences, tuples, maps and variants with data count, variants of several
    /// fields twice; `Option`s are counted by themselves. Reading such a value needs the same
    /// [`Loader::max_depth`](crate::Loader::max_depth).
    ///
    /// Each level takes stack, in writing and in reading: most in builds without optimisation, where reading
    /// takes some 6 KiB for a struct of ten fields and 15 KiB for one of forty.
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = Some(depth);
        self
    }

    /// Writes `value` to `path` and returns the files written, the one at `path` first.
    ///
    /// Nothing appears at `path` before it is complete, and a file that is there is replaced, never written
    /// into: who has it open or mapped keeps the old contents. If writing fails, the old dump stays whole.
    ///
    /// # Errors
    ///
    /// I/O errors, options that cannot be used, and what the value's `Serialize` reports.
    pub fn write<T: Serialize + ?Sized>(&self, value: &T, path: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
        self.write_file(&value, path.as_ref())
    }

    fn write_file(&self, value: &dyn Encode, path: &Path) -> Result<Vec<PathBuf>> {
        let plan = self.plan()?;
        if let Some(whole) = plan.compression.for_path(path) {
            return self.write_compressed_stream(value, path, &whole, &plan);
        }
        if !self.single_file.unwrap_or(!plan.compression.is_none()) {
            return multi::write(value, path, &plan);
        }
        let new = NewFile::create(path, multi::side_files)?;
        archive::write(value, new.file(), path, &plan)?;
        new.commit(plan.durable)?;
        Ok(vec![path.to_owned()])
    }

    /// Writes `value` to a writer, front to back: a socket, a pipe, a file at its position. Several values
    /// may be written one after the other. Nothing is kept in memory but the array at hand and a little
    /// around it; only what serde announces without a length, such as a struct with `#[serde(flatten)]`, is
    /// kept until it ends, arrays included.
    ///
    /// [`compress`](Self::compress) compresses the arrays; layout, durability and `dedup` do not apply.
    ///
    /// # Errors
    ///
    /// Errors of the writer, options that cannot be used, and what the value's `Serialize` reports.
    pub fn write_to<T: Serialize + ?Sized>(&self, value: &T, mut writer: impl Write) -> Result<()> {
        segments::write(&value, &mut writer, &self.plan()?)
    }

    /// One file that the method's own tool unpacks, such as `gzip -d`.
    fn write_compressed_stream(
        &self,
        value: &dyn Encode,
        path: &Path,
        whole: &Compression,
        plan: &Plan,
    ) -> Result<Vec<PathBuf>> {
        let new = NewFile::create(path, multi::side_files)?;
        let mut writer = stream_writer(whole, new.file()).map_err(|error| error.with_path(path))?;
        let plan = Plan { compression: Compression::default(), ..*plan };
        segments::write(value, &mut *writer, &plan).map_err(|error| error.with_path(path))?;
        writer.finish().map_err(|error| Error::io("cannot write", path, error))?;
        new.commit(plan.durable)?;
        Ok(vec![path.to_owned()])
    }

    fn plan(&self) -> Result<Plan> {
        self.refused.check()?;
        Ok(Plan {
            compression: self.compression,
            durable: self.durable,
            dedup: self.dedup,
            least: self.least.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX)),
            max_depth: self.max_depth.unwrap_or(MAX_DEPTH),
        })
    }
}
