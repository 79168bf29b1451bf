//! Looking into a dump without reading its data.

use crate::compress::{BlockTable, Method};
use crate::layout::input::{FileLayout, Opened};
use crate::load::Loader;
use crate::stream::{ArrayExt, Decoder, Located, Place, Reference, walk};
use crate::visit::Visit;
use joblib_core::array::{DType, Order};
use joblib_core::{Error, Result};
use std::fmt;
use std::path::{Path, PathBuf};

/// What is in the dump at `path`: its layout, and the names, dtypes, shapes and sizes of its arrays.
///
/// The arrays' data are not read, except that a compressed stream has to be gone through.
///
/// ```
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("model.jl");
/// #[derive(serde::Serialize)]
/// struct Model { weights: ndarray::Array2<f32>, epochs: u32 }
///
/// joblib::dump(&Model { weights: ndarray::Array2::zeros((200, 300)), epochs: 7 }, &path)?;
/// let inspection = joblib::inspect(&path)?;
/// let array = &inspection.arrays[0];
/// assert_eq!((array.name.as_str(), array.shape.as_slice()), ("weights", &[200, 300][..]));
/// println!("{inspection}");
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
///
/// As [`Loader::read`], but for damage to the arrays' data.
pub fn inspect(path: impl AsRef<Path>) -> Result<Inspection> {
    let path = path.as_ref();
    let layout = Opened::open(path.into())?.layout()?;
    let (stream_bytes, arrays) = Loader::new().visit(path, || List)?;
    Ok(Inspection { path: path.to_owned(), layout, version: 1, stream_bytes, arrays })
}

/// What is in a dump; its `Display` is a table.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The file inspected.
    pub path: PathBuf,
    /// How the dump is laid out.
    pub layout: FileLayout,
    /// The version of the format.
    pub version: u16,
    /// Bytes of the main stream, before compression.
    pub stream_bytes: u64,
    /// All arrays of numbers, in the order of the value.
    pub arrays: Vec<ArrayInfo>,
}

/// An array in a dump.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ArrayInfo {
    /// The fields, keys and indices that lead to it, with dots between, as [`Loader::read_part`] takes it: no
    /// two are alike.
    pub name: String,
    /// The type of its elements.
    pub dtype: DType,
    /// Elements along each axis.
    pub shape: Vec<usize>,
    /// The order in which the elements lie.
    pub order: Order,
    /// Bytes of its elements.
    pub bytes: u64,
    /// Bytes that these take in the file; unknown in a stream that was not read yet.
    pub stored_bytes: Option<u64>,
    /// How it is compressed.
    pub compression: Method,
    /// The file with its data, and where in that the data start; `None` for small arrays in the main stream,
    /// and in streams.
    pub location: Option<(PathBuf, u64)>,
}

/// Bytes of all names together.
const MAX_NAMES: usize = 256 << 20;

/// Lists all arrays.
struct List;

impl Visit for List {
    type Output = (u64, Vec<ArrayInfo>);
    const WHOLE: bool = true;

    fn visit(self, decoder: &mut Decoder<'_, '_>) -> Result<Self::Output> {
        let (mut arrays, mut names) = (Vec::new(), 0);
        walk::arrays(decoder, &mut String::new(), &mut |name, array, located| {
            // One long key may be part of very many names.
            names += name.len();
            if names > MAX_NAMES {
                return Err(Error::limit("the names of the arrays take more than 256 MiB"));
            }
            arrays.push(ArrayInfo::new(name, array, located)?);
            Ok(())
        })?;
        decoder.finish()?;
        Ok((decoder.position(), arrays))
    }
}

impl ArrayInfo {
    fn new(name: &str, array: &ArrayExt<'_>, located: Option<Located>) -> Result<Self> {
        let bytes = array.nbytes as u64;
        let compression = match array.place {
            Place::Elsewhere(Reference::Blocks { table, .. }) => BlockTable::decode(table, bytes)?.method(),
            _ => Method::None,
        };
        let stored_bytes = match (&located, array.place) {
            (Some(located), _) => Some(located.len),
            (None, Place::Inline(_)) => Some(bytes),
            (None, Place::Elsewhere(_)) => None,
        };
        Ok(Self {
            name: name.to_owned(),
            dtype: array.dtype,
            shape: array.shape().to_vec(),
            order: array.order,
            bytes,
            stored_bytes,
            compression,
            location: located.map(|located| (located.path.to_path_buf(), located.offset)),
        })
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, layout, version) = (self.path.display(), self.layout, self.version);
        writeln!(f, "{path}: {layout}, format {version}, main stream of {} bytes", self.stream_bytes)?;
        for array in &self.arrays {
            writeln!(f, "  {array}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ArrayInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.name.is_empty() { "(the value)" } else { &self.name };
        let order = if self.order == Order::Fortran { ", Fortran order" } else { "" };
        write!(f, "{name}: {} {:?}{order}, {} bytes", self.dtype, self.shape, self.bytes)?;
        if self.compression != Method::None
            && let Some(stored) = self.stored_bytes
        {
            write!(f, ", {} {stored}", self.compression)?;
        }
        if let Some((path, offset)) = &self.location {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            write!(f, ", {name} at {offset}")?;
        }
        Ok(())
    }
}
