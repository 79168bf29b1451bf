//! Files that appear under their name complete, or not at all.

use super::slots::{self, Companions};
use joblib_core::fork::Uninherited;
use joblib_core::{Error, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A file being written under a temporary name beside its final one; removed unless it is committed.
///
/// An existing file of the final name is never opened for writing: whoever has it open or mapped keeps it.
pub(crate) struct NewFile {
    /// A child made by `fork` must neither write to it nor remove it.
    file: Uninherited<File>,
    temporary: PathBuf,
    target: PathBuf,
    companions: Companions,
    committed: bool,
}

impl NewFile {
    /// Begins the file that is to be at `target`, in place of what is there and of its `companions`. A
    /// symbolic link there is followed. What processes left that were killed while they did the same is
    /// removed.
    ///
    /// # Errors
    ///
    /// If the directory does not exist or cannot be written to, or `target` is something else than a file.
    pub(crate) fn create(target: &Path, companions: Companions) -> Result<Self> {
        let target = followed(target);
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
        Ok(Self { file: Uninherited::new(file), temporary, target, companions, committed: false })
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The final name.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// [`publish`](Self::publish) and [`settle`](Published::settle), for a file without companions.
    pub(crate) fn commit(self, durable: bool) -> Result<()> {
        self.publish(durable)?.settle()
    }

    /// Makes the file appear under its final name, in place of what was there. From here on it is in use:
    /// what it refers to must stay, whatever fails.
    pub(crate) fn publish(mut self, durable: bool) -> Result<Published> {
        let mut directory = None;
        if durable {
            self.file.sync_all().map_err(|error| Error::io("cannot sync", &self.target, error))?;
            // Now, when failing does no harm.
            directory = directory_of(&self.target)?;
        }
        // Where locks are not those of other machines, one may have taken it for a leftover.
        if !slots::is_at(&self.file, &self.temporary) {
            return Err(Error::refused("another process removed the file that was being written")
                .with_path(&self.temporary));
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
        Ok(Published { new: self, replaced, directory })
    }
}

/// A file that has its final name.
#[must_use = "what it replaced is still there"]
pub(crate) struct Published {
    new: NewFile,
    /// The companions of what was replaced; unknown where that has the temporary name now.
    replaced: Option<Vec<PathBuf>>,
    /// To be synced.
    directory: Option<(File, PathBuf)>,
}

impl Published {
    /// Where the file shall be durable, waits until it would be there also after a power failure. Then
    /// removes what was replaced, and its companions.
    ///
    /// # Errors
    ///
    /// If syncing fails. What was replaced is still there then, in case the file system goes back to it;
    /// where names can be exchanged, the next dump removes it.
    pub(crate) fn settle(self) -> Result<()> {
        if let Some((directory, path)) = &self.directory {
            directory.sync_all().map_err(|error| Error::io("cannot sync the directory", path, error))?;
        }
        match self.replaced {
            Some(replaced) => slots::remove(replaced),
            None => slots::collect(&self.new.temporary, &self.new.target, self.new.companions),
        }
        Ok(())
    }
}

/// The path that `path` leads to, also where its last link leads to nothing yet.
pub(crate) fn followed(path: &Path) -> PathBuf {
    /// As many links as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}

enum Exchange {
    /// The new file has the final name, and what had it before, if anything, the temporary one.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "needs a system call of Linux"))]
    Done,
    /// The system cannot exchange names.
    Unknown,
}

/// Gives the file at `new` the name of the one at `old`, and that, if there is one, the name of the first.
/// What was replaced is known for certain then, however many do this at a time.
#[cfg(target_os = "linux")]
fn exchange(new: &Path, old: &Path) -> io::Result<Exchange> {
    loop {
        for (flags, try_other) in
            [(libc::RENAME_EXCHANGE, libc::ENOENT), (libc::RENAME_NOREPLACE, libc::EEXIST)]
        {
            let Err(error) = joblib_core::sys::rename(new, old, flags) else { return Ok(Exchange::Done) };
            match error.raw_os_error() {
                Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP) => return Ok(Exchange::Unknown),
                // Between the two, `old` may come or go; `new` is ours.
                Some(number) if number == try_other && new.exists() => {}
                _ => return Err(error),
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
        if !self.committed && slots::is_at(&self.file, &self.temporary) {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The directory of a file, to be synced; there is nothing to sync but on Unix.
#[cfg(unix)]
fn directory_of(path: &Path) -> Result<Option<(File, PathBuf)>> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let opened = File::open(directory).map_err(|error| Error::io("cannot open", directory, error))?;
    Ok(Some((opened, directory.to_owned())))
}

#[cfg(not(unix))]
fn directory_of(_: &Path) -> Result<Option<(File, PathBuf)>> {
    Ok(None)
}

/// Reserves disk space for `len` bytes from `offset` on: the file is laid out in one piece, and a full disk
/// shows before anything is written. Where the file system cannot, nothing happens.
///
/// # Errors
///
/// If there is not enough space.
#[cfg(target_os = "linux")]
pub(crate) fn preallocate(file: &File, offset: u64, len: u64, path: &Path) -> Result<()> {
    if len == 0 {
        return Ok(());
    }
    match joblib_core::sys::allocate(file, libc::FALLOC_FL_KEEP_SIZE, offset, len) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSPC | libc::EDQUOT | libc::EFBIG)) => {
            Err(Error::io("no space to write", path, error))
        }
        _ => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn preallocate(_: &File, _: u64, _: u64, _: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn names_in(directory: &Path) -> Vec<std::ffi::OsString> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    /// As it is left if syncing the directory fails.
    #[test]
    fn what_is_published_stays_though_it_is_not_settled() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for text in ["first", "second", "third"] {
            let new = NewFile::create(&path, |_| Vec::new()).unwrap();
            new.file().write_all(text.as_bytes()).unwrap();
            drop(new.publish(true).unwrap());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        NewFile::create(&path, |_| Vec::new()).unwrap().commit(false).unwrap();
        assert_eq!(names_in(dir.path()), ["a"]);
    }

    #[test]
    fn a_file_that_somebody_removed_is_not_published() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        let new = NewFile::create(&path, |_| Vec::new()).unwrap();
        fs::write(dir.path().join("other"), "theirs").unwrap();
        fs::rename(dir.path().join("other"), &new.temporary).unwrap();
        assert!(new.publish(false).err().unwrap().is_refused());
        assert_eq!(names_in(dir.path()), [".a.joblib-1.tmp"]);
    }
}
