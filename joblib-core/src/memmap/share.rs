//! Arrays in shared memory.
//!
//! The memory is a file without a name (`O_TMPFILE`, or unlinked as soon as it is made): other processes get
//! it as an open file descriptor or through a mapping, and the kernel frees it when the last of them ends,
//! however it ends. There is no name to remove and nothing that can leak.

#[cfg(feature = "ndarray")]
mod arrays;

#[cfg(feature = "ndarray")]
pub use arrays::share;

use super::{ArrayPlace, MappedFile, MmapMode};
use crate::array::{Order, RawArray};
use crate::{Error, Result, home, nameless};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder for shared memory, and how it is mapped.
///
/// ```
/// use joblib::{MmapMode, ShareOptions};
/// use ndarray::array;
///
/// let mut a = ShareOptions::new().mmap_mode(MmapMode::ReadWrite).share(&array![1.0, 2.0])?;
/// a.view_mut()?[0] = 5.0;
/// assert_eq!(a[0], 5.0);
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "call `share`"]
pub struct ShareOptions {
    temp_folder: Option<PathBuf>,
    mode: MmapMode,
}

impl Default for ShareOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ShareOptions {
    /// Mapped `"r"`, in the first of: `$JOBLIB_TEMP_FOLDER`, `/dev/shm` if it has room, the system's
    /// temporary directory.
    pub const fn new() -> Self {
        Self { temp_folder: None, mode: MmapMode::Read }
    }

    /// Takes the memory from this directory's file system, and from no other. A leading `~` is the home
    /// directory, as in `$JOBLIB_TEMP_FOLDER`.
    pub fn temp_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temp_folder = Some(folder.into());
        self
    }

    /// How the result is mapped.
    pub const fn mmap_mode(mut self, mode: MmapMode) -> Self {
        self.mode = mode;
        self
    }

    #[doc(hidden)]
    /// As `share`, where the element type is known at run time only.
    ///
    /// # Errors
    ///
    /// If there is no room for it.
    pub fn share_raw(&self, array: &RawArray<'_>) -> Result<ArrayPlace> {
        let order = array.contiguous().map_or(Order::C, |(order, _)| order);
        if cfg!(target_endian = "big") && array.contiguous().is_none() {
            return Err(Error::unsupported("sharing an array with gaps on a big-endian machine"));
        }
        let file = self.store(array.nbytes() as u64, |file| fill(file, array))?;
        let mapped = MappedFile::from_file(file, self.mode)?;
        Ok(ArrayPlace::new(mapped, 0, array.dtype(), array.shape(), order))
    }

    /// A nameless file of `nbytes` bytes that `fill` writes, in the first folder that can hold it.
    ///
    /// # Errors
    ///
    /// If there is no place for it; the error of `fill` in the last folder tried.
    pub fn store(&self, nbytes: u64, fill: impl Fn(&mut File) -> io::Result<()>) -> Result<File> {
        let mut folders = self.folders(nbytes)?;
        let last = folders.pop().unwrap_or_else(std::env::temp_dir);
        let make = |folder: &Path| {
            let mut file = nameless::file_in(folder)?;
            fill(&mut file)?;
            Ok::<_, io::Error>(file)
        };
        for folder in &folders {
            match make(folder) {
                Ok(file) => return Ok(file),
                Err(error) => {
                    crate::event!(DEBUG, folder = %folder.display(), %error, "no shared memory here");
                }
            }
        }
        make(&last).map_err(|error| Error::io(format!("cannot share {nbytes} bytes"), &last, error))
    }

    /// Where to try, the last resort last.
    fn folders(&self, nbytes: u64) -> Result<Vec<PathBuf>> {
        let of_environment = || std::env::var_os("JOBLIB_TEMP_FOLDER").filter(|folder| !folder.is_empty());
        if let Some(folder) = self.temp_folder.clone().or_else(|| of_environment().map(PathBuf::from)) {
            return Ok(vec![home::expand(&folder)?]);
        }
        let shm = Path::new("/dev/shm");
        let mut folders = Vec::new();
        if has_room(shm, nbytes) {
            folders.push(shm.to_owned());
        }
        folders.push(std::env::temp_dir());
        Ok(folders)
    }
}

#[cfg(unix)]
fn has_room(folder: &Path, nbytes: u64) -> bool {
    crate::sys::free_bytes(folder).is_ok_and(|free| free > nbytes)
}

#[cfg(not(unix))]
fn has_room(_: &Path, _: u64) -> bool {
    false
}

/// Written, not copied into a mapping: without a page fault per page, and a full file system is an error, not
/// a signal.
fn fill(file: &mut File, array: &RawArray<'_>) -> io::Result<()> {
    match array.contiguous() {
        Some((_, bytes)) => file.write_all(bytes),
        None => array.for_each_chunk(|chunk| file.write_all(chunk)),
    }
}
