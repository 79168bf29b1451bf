//! Files that appear under their name complete, or not at all.

use joblib_core::{Error, Result};
use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};

/// A file being written under a temporary name beside its final one; removed unless it is committed.
///
/// An existing file of the final name is never opened for writing: whoever has it open or mapped keeps it.
pub(crate) struct NewFile {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    committed: bool,
}

impl NewFile {
    /// Begins the file that is to be at `target`. A symbolic link there is followed.
    ///
    /// # Errors
    ///
    /// If the directory does not exist or cannot be written to, or `target` is something else than a file.
    pub(crate) fn create(target: &Path) -> Result<Self> {
        let mut target = target.to_owned();
        if fs::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_symlink())
            && let Ok(resolved) = fs::canonicalize(&target)
        {
            target = resolved;
        }
        let existing = fs::metadata(&target).ok();
        if existing.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Err(Error::invalid("not a regular file: it cannot be replaced").with_path(target));
        }
        let name =
            target.file_name().ok_or_else(|| Error::invalid("the path names no file").with_path(&target))?;
        let mut temporary = OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{:016x}.tmp", unique_number()));
        let temporary = target.with_file_name(temporary);
        let file = create_new(&temporary).map_err(|error| Error::io("cannot create", &target, error))?;
        if let Some(existing) = existing {
            // Best effort: as a file that is overwritten keeps its permissions.
            let _ = file.set_permissions(existing.permissions());
        }
        Ok(Self { file, temporary, target, committed: false })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The final name.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Makes the file appear under its final name, in place of what was there; with `durable` it will be there
    /// also after a power failure.
    pub(crate) fn commit(mut self, durable: bool) -> Result<()> {
        if durable {
            self.file.sync_all().map_err(|error| Error::io("cannot sync", &self.target, error))?;
        }
        fs::rename(&self.temporary, &self.target)
            .map_err(|error| Error::io("cannot rename the new file to", &self.target, error))?;
        self.committed = true;
        if durable {
            sync_directory_of(&self.target)?;
        }
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.committed {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Creates a file of a name that nothing has.
pub(crate) fn create_new(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
}

#[cfg(unix)]
pub(crate) fn sync_directory_of(path: &Path) -> Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| Error::io("cannot sync the directory", directory, error))
}

#[cfg(not(unix))]
pub(crate) fn sync_directory_of(_: &Path) -> Result<()> {
    Ok(())
}

/// Reserves disk space for `len` bytes from `offset` on: the file is laid out in one piece, and a full disk shows
/// before anything is written. Where the file system cannot, nothing happens.
///
/// # Errors
///
/// If there is not enough space.
#[cfg(target_os = "linux")]
pub(crate) fn preallocate(file: &File, offset: u64, len: u64, path: &Path) -> Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    if len == 0 {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, offset, len) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => {
            Err(Error::io("no space to write", path, error.into()))
        }
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn preallocate(_: &File, _: u64, _: u64, _: &Path) -> Result<()> {
    Ok(())
}

/// A number that no other call, process or machine is likely to get.
pub(crate) fn unique_number() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    if let Ok(now) = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        hasher.write_u128(now.as_nanos());
    }
    hasher.finish()
}
