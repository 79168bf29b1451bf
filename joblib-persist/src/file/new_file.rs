//! Files that appear under their name complete, or not at all.

use super::slots::{self, Companions};
use joblib_core::{Error, Result};
use std::collections::hash_map::RandomState;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// A file being written under a temporary name beside its final one; removed unless it is committed.
///
/// An existing file of the final name is never opened for writing: whoever has it open or mapped keeps it.
pub(crate) struct NewFile {
    file: File,
    temporary: PathBuf,
    target: PathBuf,
    companions: Companions,
    committed: bool,
}

impl NewFile {
    /// Begins the file that is to be at `target`, in place of what is there and of its `companions`. A symbolic link
    /// there is followed. What processes left that were killed while they did the same is removed.
    ///
    /// # Errors
    ///
    /// If the directory does not exist or cannot be written to, or `target` is something else than a file.
    pub(crate) fn create(target: &Path, companions: Companions) -> Result<Self> {
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
        if target.file_name().is_none() {
            return Err(Error::invalid("the path names no file").with_path(&target));
        }
        let (temporary, file) =
            slots::create(&target, companions).map_err(|error| Error::io("cannot create", &target, error))?;
        if let Some(existing) = existing {
            // Best effort: as a file that is overwritten keeps its permissions.
            let _ = file.set_permissions(existing.permissions());
        }
        Ok(Self { file, temporary, target, companions, committed: false })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The final name.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Makes the file appear under its final name, in place of what was there; with `durable` it will be there
    /// also after a power failure. Then the companions of what was there are removed.
    pub(crate) fn commit(mut self, durable: bool) -> Result<()> {
        if durable {
            self.file.sync_all().map_err(|error| Error::io("cannot sync", &self.target, error))?;
        }
        let failed = |error| Error::io("cannot rename the new file to", &self.target, error);
        let replaced = match exchange(&self.temporary, &self.target).map_err(failed)? {
            Exchange::Done => None,
            Exchange::Unknown => {
                let replaced = (self.companions)(&self.target);
                fs::rename(&self.temporary, &self.target).map_err(failed)?;
                Some(replaced)
            }
        };
        self.committed = true;
        // Whoever replaces this file in turn must not take it for one that is being written.
        let _ = self.file.unlock();
        if durable {
            sync_directory_of(&self.target)?;
        }
        match replaced {
            Some(replaced) => slots::remove(replaced),
            None => slots::collect(&self.temporary, &self.target, self.companions),
        }
        Ok(())
    }
}

enum Exchange {
    /// The new file has the final name, and what had it before, if anything, the temporary one.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "needs a system call of Linux"))]
    Done,
    /// The system cannot exchange names.
    Unknown,
}

/// Gives the file at `new` the name of the one at `old`, and that, if there is one, the name of the first. What was
/// replaced is known for certain then, however many do this at a time.
#[cfg(target_os = "linux")]
fn exchange(new: &Path, old: &Path) -> io::Result<Exchange> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    loop {
        for (flags, try_other) in
            [(RenameFlags::EXCHANGE, Errno::NOENT), (RenameFlags::NOREPLACE, Errno::EXIST)]
        {
            match renameat_with(CWD, new, CWD, old, flags) {
                Ok(()) => return Ok(Exchange::Done),
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => return Ok(Exchange::Unknown),
                // Between the two, `old` may come or go; `new` is ours.
                Err(error) if error == try_other && new.exists() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange(_: &Path, _: &Path) -> io::Result<Exchange> {
    Ok(Exchange::Unknown)
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
