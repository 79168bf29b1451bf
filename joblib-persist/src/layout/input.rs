//! What a dump is read from (a file or a reader), and the options of reading.

use crate::arrays::Limits;
use crate::file::{read_exact_at, same_file};
use crate::format::frame;
use joblib_core::depth::MAX_DEPTH;
use joblib_core::memmap::handover::Unmappable;
use joblib_core::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// The options of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) limits: Limits,
    pub(crate) max_depth: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits {
                mmap_mode: None,
                unmappable: Unmappable::Warn,
                verify: None,
                memory_limit: u64::MAX,
            },
            max_depth: MAX_DEPTH,
        }
    }
}

impl Settings {
    /// The options for a stream, whose arrays cannot be mapped.
    pub(crate) fn without_maps(mut self, path: Option<&Path>) -> Result<Self> {
        match self.limits.mmap_mode.take().map(|_| self.limits.unmappable) {
            Some(Unmappable::Refuse) => Err(Error::unsupported("a stream cannot be mapped for writing")),
            Some(Unmappable::Warn) => {
                let path = path.map(|path| tracing::field::display(path.display()));
                joblib_core::event!(WARN, path, "a stream cannot be mapped; its arrays are read");
                Ok(self)
            }
            Some(Unmappable::Read) | None => Ok(self),
        }
    }
}

/// The file at a dump's path.
pub(crate) struct Opened {
    pub(crate) file: Arc<File>,
    pub(crate) path: Arc<Path>,
    pub(crate) len: u64,
    /// A nameless copy that no other process can find.
    pub(crate) is_copy: bool,
}

/// How a dump is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileLayout {
    /// A main file and side files.
    MultiFile,
    /// One ZIP archive.
    SingleFile,
    /// One stream, maybe compressed as a whole.
    Stream,
}

impl fmt::Display for FileLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FileLayout::MultiFile => "main file and side files",
            FileLayout::SingleFile => "single file",
            FileLayout::Stream => "stream",
        })
    }
}

impl Opened {
    /// Reads the dump at `path`, and again if it is replaced meanwhile.
    pub(crate) fn read<R>(path: &Path, mut read: impl FnMut(&Opened) -> Result<R>) -> Result<R> {
        let path: Arc<Path> = path.into();
        let mut opened = Opened::open(path.clone())?;
        loop {
            let error = match read(&opened) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            // A side file may be gone because the dump was replaced: then the new one is read.
            if error.is_not_found() {
                let again = Opened::open(path.clone())?;
                if !again.is(&opened) {
                    opened = again;
                    continue;
                }
            }
            return Err(error.with_path(&path));
        }
    }

    pub(crate) fn open(path: Arc<Path>) -> Result<Self> {
        let file = File::open(&path).map_err(|error| Error::io("cannot open", &path, error))?;
        Self::new(Arc::new(file), path)
    }

    pub(crate) fn new(file: Arc<File>, path: Arc<Path>) -> Result<Self> {
        let metadata = file.metadata().map_err(|error| Error::io("cannot examine", &path, error))?;
        Ok(Self { file, path, len: metadata.len(), is_copy: false })
    }

    /// Whether both are the same file.
    fn is(&self, other: &Opened) -> bool {
        match (self.file.metadata(), other.file.metadata()) {
            (Ok(a), Ok(b)) => same_file(&a, &b),
            _ => true,
        }
    }

    pub(crate) fn layout(&self) -> Result<FileLayout> {
        let mut magic = [0; 8];
        let len = self.len.min(8) as usize;
        read_exact_at(&self.file, &self.path, &mut magic[..len], 0)?;
        if magic == frame::MAGIC {
            Ok(FileLayout::MultiFile)
        } else if magic.starts_with(b"PK\x03\x04") {
            Ok(FileLayout::SingleFile)
        } else {
            Ok(FileLayout::Stream)
        }
    }
}

/// A main stream or archive that a reader gives.
pub(crate) struct Incoming<'r> {
    pub(crate) reader: &'r mut dyn Read,
    /// Its first bytes.
    pub(crate) magic: [u8; 8],
    /// As a whole: then its length, unknown, does not bound what it holds.
    pub(crate) is_compressed: bool,
}
