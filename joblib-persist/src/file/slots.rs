//! Temporary names beside a file, and what processes that were killed left under them.
//!
//! The files being written for `model.jl` are called `.model.jl.joblib-1.tmp` to `-8.tmp`; where the name is
//! so long that there may be no room for more, a sum of it stands for it. Who writes one holds a lock on it,
//! which the system frees when the process ends, however that happens: so a file of such a name without a
//! lock is a leftover. Fixed names are found without listing the directory.

use super::same_file;
use std::collections::hash_map::RandomState;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

/// More than so many dumps to one path at a time get names that are not looked for.
const SLOTS: u64 = 8;

/// The files that go with the main file at a path: they are removed when it is.
pub(crate) type Companions = fn(&Path) -> Vec<PathBuf>;

/// Removes leftovers and creates a locked file under a temporary name beside `target`.
pub(super) fn create(target: &Path, companions: Companions) -> io::Result<(PathBuf, File)> {
    let mut created = None;
    for slot in 1..=SLOTS {
        let path = temporary(target, slot);
        collect(&path, target, companions);
        if created.is_none() {
            created = create_locked(&path)?.map(|file| (path, file));
        }
    }
    if let Some(created) = created {
        return Ok(created);
    }
    let path = temporary(target, unique_number());
    create_new(&path).map(|file| (path, file))
}

/// A new file of this name, unless there is one.
fn create_locked(path: &Path) -> io::Result<Option<File>> {
    let file = match create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
        file => file?,
    };
    match file.try_lock() {
        // Before it was locked, it may have been taken for a leftover.
        Ok(()) if is_at(&file, path) => Ok(Some(file)),
        Ok(()) | Err(fs::TryLockError::WouldBlock) => Ok(None),
        // A file system without locks: nobody can take it for a leftover either.
        Err(fs::TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// Removes the file at `path`, a temporary name of `target`, and its companions, if nobody is writing it.
pub(super) fn collect(path: &Path, target: &Path, companions: Companions) {
    if !fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        return;
    }
    let Ok(file) = File::open(path) else { return };
    if file.try_lock().is_err() || !is_at(&file, path) {
        return;
    }
    let theirs = companions(path);
    // Killed after the commit: then the companions are in use.
    if theirs.is_empty() || theirs.first() != companions(target).first() {
        remove(theirs);
    }
    if fs::remove_file(path).is_ok() {
        joblib_core::event!(DEBUG, path = %path.display(), "removed a leftover");
    }
}

/// Removes companions, the last one first: those that are left if this is interrupted are still found.
pub(super) fn remove(companions: Vec<PathBuf>) {
    for path in companions.iter().rev() {
        // A reader may have it open or mapped: it keeps it. If it cannot be removed, it is only left over.
        let _ = fs::remove_file(path);
    }
}

/// Whether the open file has this name.
pub(super) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(open), Ok(named)) => same_file(&open, &named),
        _ => false,
    }
}

/// Longer names have their sum instead: file systems allow 143 bytes or more.
const LONGEST: usize = 100;

fn temporary(target: &Path, slot: u64) -> PathBuf {
    let (target_name, mut name) = (target.file_name().unwrap_or_default(), OsString::from("."));
    if target_name.len() <= LONGEST {
        name.push(target_name);
    } else {
        name.push(format!("{:016x}", xxh3_64(target_name.as_encoded_bytes())));
    }
    name.push(format!(".joblib-{slot}.tmp"));
    target.with_file_name(name)
}

/// Creates a file of a name that nothing has.
pub(crate) fn create_new(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).open(path)
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
