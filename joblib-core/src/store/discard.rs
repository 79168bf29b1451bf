//! Removing the directory of a function's entries, in either layout.

use super::draft;
#[cfg(target_os = "linux")]
use super::packed::{remove_indexes, retire};
use super::root::{ENTRIES, LockSeed, Root};
use super::value_file;
use crate::{Error, Result};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Longest wait for others to rearrange what is to be cleared.
const CLEAR_WAIT: Duration = Duration::from_secs(30);

/// Removes a function's directory. Processes that have its files mapped are told, and start a new one.
///
/// If `locks` are the function's, nobody rearranges the files meanwhile: what they write would appear in the
/// directory that is made next.
pub(super) fn discard(root: &Root, function_dir: &Path, locks: Option<LockSeed>) -> Result<()> {
    let failed = |error| Error::io("cannot clear", function_dir, error);
    // If it is not free in time, the directory is cleared all the same.
    let held = locks.and_then(|locks| root.lock_maintenance(locks, CLEAR_WAIT).ok().flatten());
    let trash = root.trash();
    let target = trash.join(draft::unique_name());
    while function_dir.exists() {
        draft::create_dir(&trash).map_err(failed)?;
        match fs::rename(function_dir, &target) {
            Ok(()) => {
                remove_empty_parents(function_dir, root.dir());
                #[cfg(target_os = "linux")]
                retire(&target);
                drop(held);
                return remove_dir(&target).map_err(failed);
            }
            // A directory of a lower layer, or one that something is mounted on.
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                return discard_in_place(root, function_dir);
            }
            // Somebody who opened the store has removed the empty trash meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// As [`discard`], of a directory that cannot be renamed: first what makes its entries found, then what they
/// name, then the rest, so that a process killed in between leaves some of the entries or none.
fn discard_in_place(root: &Root, function_dir: &Path) -> Result<()> {
    let failed = |error| Error::io("cannot clear", function_dir, error);
    #[cfg(target_os = "linux")]
    remove_indexes(function_dir).map_err(failed)?;
    for folder in [value_file::FOLDER, ENTRIES] {
        remove_dir(&function_dir.join(folder)).map_err(failed)?;
    }
    remove_dir(function_dir).map_err(failed)?;
    remove_empty_parents(function_dir, root.dir());
    Ok(())
}

/// Removes directories whose removal was cut short.
pub(super) fn empty_trash(root: &Root) {
    let trash = root.trash();
    if !draft::has_files(&trash) {
        return;
    }
    for entry in fs::read_dir(trash).into_iter().flatten().flatten() {
        #[cfg(target_os = "linux")]
        retire(&entry.path());
        let _ = remove_dir(&entry.path());
    }
}

/// Removes a directory, perhaps at the same time as others.
fn remove_dir(dir: &Path) -> io::Result<()> {
    let mut outcome = Ok(());
    for _ in 0..16 {
        outcome = fs::remove_dir_all(dir);
        match &outcome {
            Ok(()) => break,
            // Removed by another, or not yet empty since a writer had just begun a file there.
            Err(_) if !dir.exists() => return Ok(()),
            Err(error) if is_passing(error) => {}
            Err(_) => break,
        }
    }
    outcome
}

fn is_passing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty)
}

/// Parents of a removed directory that hold nothing else any more.
fn remove_empty_parents(dir: &Path, root: &Path) {
    let mut parent = dir.parent();
    while let Some(dir) = parent {
        if dir == root || fs::remove_dir(dir).is_err() {
            return;
        }
        parent = dir.parent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Key;
    use crate::store::{EntryMeta, FunctionId, Layout, Limits, LocalOptions, Store as _};
    use std::io::Write as _;

    #[test]
    fn what_cannot_be_renamed_is_cleared_in_place() {
        for mode in [Layout::Packed, Layout::Files] {
            let dir = tempfile::tempdir().unwrap();
            let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
            let function = FunctionId { path: vec!["krate".into(), "f".into()], fingerprint: 1 };
            let entries = store.open(&function, &Limits::NONE).unwrap();
            let meta = EntryMeta::new(Duration::ZERO);
            for key in 0..10 {
                entries.put(Key(key), &meta, b"value").unwrap();
            }
            let write = &mut |mut file: &fs::File| Ok(file.write_all(&[7; 70_000]).map(|()| 70_000).unwrap());
            entries.put_file(Key(10), &meta, write).unwrap();
            let root = Root::open(dir.path(), mode, false).unwrap();
            discard_in_place(&root, &root.function_dir(&function)).unwrap();
            assert!(root.function_dirs().unwrap().is_empty());
            assert!((0..=10).all(|key| !entries.contains(Key(key))), "{mode:?}");
            entries.put(Key(1), &meta, b"again").unwrap();
            let next = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
            assert!(next.open(&function, &Limits::NONE).unwrap().contains(Key(1)));
            assert_eq!(next.functions().unwrap(), std::slice::from_ref(&function));
            // Killed when only the indexes were gone: what was not removed is found, and can be cleared.
            #[cfg(target_os = "linux")]
            remove_indexes(&root.function_dir(&function)).unwrap();
            let next = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
            let next = next.open(&function, &Limits::NONE).unwrap();
            assert!(next.contains(Key(1)));
            next.clear().unwrap();
            assert!(!next.contains(Key(1)) && !entries.contains(Key(1)));
        }
    }
}
