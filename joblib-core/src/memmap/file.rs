//! One mapping of one file, and which mapping an address belongs to.

use super::{MmapMode, sys};
use crate::fork::ForkMutex;
use crate::sync::Mutex;
use crate::{Error, Result};
use memmap2::MmapRaw;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, Weak};

/// A whole file in memory. Clones share the mapping, which lasts as long as one of them or an array on it.
#[derive(Clone)]
pub struct MappedFile(Arc<Mapping>);

struct Mapping {
    /// Absent for an empty file, which cannot be mapped.
    memory: Option<MmapRaw>,
    len: u64,
    mode: MmapMode,
    id: FileId,
    /// Where other processes can open the same file.
    path: Option<PathBuf>,
    /// Kept open where there is no path: to pass the file to other processes.
    file: Option<File>,
    /// Start and end of the bytes written to in mode `"c"`, for as long as the mapping lasts. They do not
    /// overlap.
    private: Mutex<BTreeMap<u64, u64>>,
}

/// Which file of the machine it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl MappedFile {
    /// Maps the file at `path`.
    ///
    /// `"r+"` needs write permission to the file; `"r"` and `"c"` only read it.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened or mapped.
    pub fn open(path: impl AsRef<Path>, mode: MmapMode) -> Result<Self> {
        let path = path.as_ref();
        let writable = mode == MmapMode::ReadWrite;
        let file = OpenOptions::new()
            .read(true)
            .write(writable)
            .open(path)
            .map_err(|error| Error::io("cannot open for mapping", path, error))?;
        Mapping::named(&file, path, mode).map(Self::new)
    }

    /// Maps a file that is open for reading already; `path` is its name, empty where it has none. Only `"r+"`
    /// opens it again, for writing.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and [`is_not_found`](Error::is_not_found) if the path names another file by
    /// now.
    pub fn of(file: &File, path: impl AsRef<Path>, mode: MmapMode) -> Result<Self> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() {
            let own = file.try_clone().map_err(|error| Error::stream("cannot duplicate a file", error))?;
            return Self::from_file(own, mode);
        }
        let examine = |error| Error::io("cannot examine", path, error);
        let (mapping, other) = match mode {
            MmapMode::ReadWrite => (Self::open(path, mode)?, file.metadata()),
            _ => (Self::new(Mapping::named(file, path, mode)?), fs::metadata(path)),
        };
        if mapping.0.id == FileId::of(&other.map_err(examine)?, mapping.path()) {
            return Ok(mapping);
        }
        Err(Error::not_found("the file was replaced while it was being loaded").with_path(path))
    }

    /// Maps an open file that has no name of its own, such as an unlinked one; the file stays open.
    ///
    /// # Errors
    ///
    /// If the file cannot be mapped.
    pub fn from_file(file: File, mode: MmapMode) -> Result<Self> {
        let mut mapping = Mapping::of(&file, mode, None)?;
        mapping.file = Some(file);
        Ok(Self::new(mapping))
    }

    fn new(mapping: Mapping) -> Self {
        let mapping = Arc::new(mapping);
        Addresses::insert(&mapping);
        Self(mapping)
    }

    /// Length of the file in bytes when it was mapped.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len
    }

    /// Whether the file is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// How it is mapped.
    #[must_use]
    pub fn mode(&self) -> MmapMode {
        self.0.mode
    }

    /// The file's absolute path; `None` for shared memory without a name.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The open file where it has no path.
    #[must_use]
    pub fn file(&self) -> Option<&File> {
        self.0.file.as_ref()
    }

    /// Which file of the machine this is.
    #[must_use]
    pub fn id(&self) -> FileId {
        self.0.id
    }

    /// Writes changed pages to the file and waits for it; nothing to do unless mapped `"r+"`.
    ///
    /// # Errors
    ///
    /// If the operating system cannot write them.
    pub fn flush(&self) -> Result<()> {
        match &self.0.memory {
            Some(memory) if self.0.mode == MmapMode::ReadWrite => {
                memory.flush().map_err(|error| Error::io("cannot flush", self.name(), error))
            }
            _ => Ok(()),
        }
    }

    /// Another mapping of the same file, which nobody has written to.
    pub(super) fn map_again(&self) -> Result<Self> {
        let again = match (&self.0.path, &self.0.file) {
            (Some(path), _) => Self::open(path, self.0.mode),
            (None, Some(file)) => match file.try_clone() {
                Ok(file) => Self::from_file(file, self.0.mode),
                Err(error) => Err(Error::io("cannot open for mapping", self.name(), error)),
            },
            (None, None) => Err(Error::unsupported("it has neither a path nor an open file")),
        };
        let why = match again {
            Ok(again) if again.0.id != self.0.id => "it was replaced".to_owned(),
            Ok(again) if again.0.len < self.0.len => "it was shortened".to_owned(),
            Ok(again) => return Ok(again),
            Err(error) => error.to_string(),
        };
        let message = format!(
            "these bytes were written to in mode \"c\", and their file cannot be mapped again: {why}"
        );
        Err(Error::refused(message).with_path(self.name()))
    }

    /// The same for clones, different for every other mapping that lives at the same time.
    pub(super) fn identity(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Notes that these bytes are the mapping's own from now on. None of them was before, or just these were.
    pub(super) fn mark_private(&self, range: &Range<u64>) {
        let mut private = self.0.private.lock();
        private.insert(range.start, range.end);
    }

    /// Whether some of these bytes were ever marked.
    pub(super) fn is_private(&self, range: &Range<u64>) -> bool {
        let private = self.0.private.lock();
        // The last that starts before the end also ends last, because none overlap.
        private.range(..range.end).next_back().is_some_and(|(_, &end)| end > range.start)
    }

    pub(super) fn base(&self) -> Option<*mut u8> {
        self.0.memory.as_ref().map(MmapRaw::as_mut_ptr)
    }

    pub(super) fn name(&self) -> &Path {
        self.0.path.as_deref().unwrap_or(Path::new("shared memory"))
    }
}

impl fmt::Debug for MappedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mapping { len, mode, .. } = &*self.0;
        write!(f, "MappedFile({}, {len} bytes, \"{}\")", self.name().display(), mode.as_str())
    }
}

impl Mapping {
    fn named(file: &File, path: &Path, mode: MmapMode) -> Result<Self> {
        // Absolute: another process may run in another directory.
        let absolute = std::path::absolute(path).map_err(|error| Error::io("cannot resolve", path, error))?;
        Self::of(file, mode, Some(absolute)).map_err(|error| error.with_path(path))
    }

    fn of(file: &File, mode: MmapMode, path: Option<PathBuf>) -> Result<Self> {
        let describe =
            |what, error| Error::io(what, path.as_deref().unwrap_or(Path::new("shared memory")), error);
        let metadata = file.metadata().map_err(|error| describe("cannot examine", error))?;
        let len = metadata.len();
        let size =
            usize::try_from(len).map_err(|_| Error::unsupported("the file exceeds the address space"))?;
        let memory = match size {
            0 => None,
            _ => Some(sys::map(file, size, mode).map_err(|error| describe("cannot map", error))?),
        };
        let id = FileId::of(&metadata, path.as_deref());
        Ok(Self { memory, len, mode, id, path, file: None, private: Mutex::default() })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        Addresses::remove(self);
    }
}

impl FileId {
    /// Device and inode; on other systems than Unix zero and a hash of the path.
    #[must_use]
    pub fn parts(self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Which file an open file is, as [`MappedFile::id`] of a mapping of it.
    #[must_use]
    pub fn of(metadata: &Metadata, path: Option<&Path>) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let _ = path;
            Self { device: metadata.dev(), inode: metadata.ino() }
        }
        #[cfg(not(unix))]
        {
            let _ = metadata;
            let name = path.map(|path| path.as_os_str().as_encoded_bytes().to_vec()).unwrap_or_default();
            Self { device: 0, inode: xxhash_rust::xxh3::xxh3_64(&name) }
        }
    }
}

/// The mapping that `memory` lies in, and the offset of its first byte in the file.
///
/// Memory that is not mapped by this module is `None`, and so is memory that only partly lies in a mapping.
#[must_use]
pub fn locate(memory: &[u8]) -> Option<(MappedFile, u64)> {
    locate_range(memory.as_ptr().addr(), memory.len())
}

/// As [`locate`], of the `len` bytes at an address.
pub(super) fn locate_range(address: usize, len: usize) -> Option<(MappedFile, u64)> {
    let (start, mapping) = Addresses::nearest(address)?;
    let offset = (address - start) as u64;
    let end = offset.checked_add(len as u64)?;
    (end <= mapping.len).then(|| (MappedFile(mapping), offset))
}

/// Start of every mapping in the process.
struct Addresses;

impl Addresses {
    fn lock() -> MutexGuard<'static, BTreeMap<usize, Weak<Mapping>>> {
        static ADDRESSES: ForkMutex<BTreeMap<usize, Weak<Mapping>>> = ForkMutex::new(BTreeMap::new());
        ADDRESSES.lock()
    }

    /// The mapping that starts at the address or next below it.
    ///
    /// A function of its own, so that the lock is released before the caller can drop the mapping: if all
    /// other handles are gone by then, that takes the lock again.
    fn nearest(address: usize) -> Option<(usize, Arc<Mapping>)> {
        let addresses = Self::lock();
        let (&start, mapping) = addresses.range(..=address).next_back()?;
        Some((start, mapping.upgrade()?))
    }

    fn insert(mapping: &Arc<Mapping>) {
        if let Some(memory) = &mapping.memory {
            let mut addresses = Self::lock();
            addresses.insert(memory.as_ptr().addr(), Arc::downgrade(mapping));
        }
    }

    fn remove(mapping: &Mapping) {
        if let Some(memory) = &mapping.memory {
            let mut addresses = Self::lock();
            addresses.remove(&memory.as_ptr().addr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_nameless_file_is_mapped_without_a_name() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[1; 100]).unwrap();
        let map = MappedFile::of(&file, "", MmapMode::Read).unwrap();
        assert!(map.len() == 100 && map.path().is_none() && map.file().is_some());
    }

    /// Would deadlock if the last handle were dropped under the lock.
    #[test]
    fn maps_are_dropped_while_others_look_behind_their_ends() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[1; 100]).unwrap();
        let behind = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5000 {
                        let map = MappedFile::open(&file, MmapMode::Read).unwrap();
                        behind.store(map.base().unwrap().addr() + 100, Ordering::Relaxed);
                        drop(map);
                        // Another thread's, most of the time, who may be dropping it.
                        for _ in 0..4 {
                            drop(locate_range(behind.load(Ordering::Relaxed), 1));
                        }
                    }
                });
            }
        });
    }
}
