//! Large values: one file each, holding the value's bytes and nothing else, so that it can be mapped in
//! place.
//!
//! A file's name is its key and a number used once. The record naming it is published before the file is, and
//! the file is removed before its record: a process killed in between leaves a record without a file, which
//! reads as a miss and is replaced, and never a file without a record.

use super::EntryMeta;
use super::draft::{self, Draft};
use super::record::FileRef;
use super::traits::check_len;
use crate::{Error, Key, Result};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Folder of the value files within a function's directory.
pub(super) const FOLDER: &str = "big";

/// The records of a function's entries, as far as storing a large value needs them.
pub(super) trait Records {
    /// The function's directory.
    fn dir(&self) -> &Path;

    /// Makes the key's record name this file.
    fn publish(&self, key: Key, meta: &EntryMeta, file: FileRef) -> Result<()>;

    /// The file that the key's record names.
    fn file_of(&self, key: Key) -> Option<FileRef>;

    /// Removes the key's record, and the file that it names.
    fn discard(&self, key: Key) -> Result<bool>;
}

/// Keeps a value that is written: first its record, then its file.
pub(super) fn store(records: &impl Records, key: Key, meta: &EntryMeta, draft: ValueDraft) -> Result<()> {
    let reference = draft.reference;
    records.publish(key, meta, reference)?;
    match draft.publish() {
        Ok(()) => {}
        // Cleared meanwhile, and the record with it.
        Err(error) if error.is_not_found() => return Ok(()),
        Err(error) => {
            let _ = records.discard(key);
            return Err(error);
        }
    }
    if records.file_of(key) != Some(reference) {
        // Someone replaced the record before this file was there to be removed.
        remove(&path(records.dir(), key, reference.nonce))?;
    }
    Ok(())
}

/// A large value, written but not yet visible.
#[derive(Debug)]
pub(super) struct ValueDraft {
    draft: Draft,
    path: PathBuf,
    /// What the record says of it.
    reference: FileRef,
}

impl ValueDraft {
    /// Has `write` fill a new file for the key.
    pub(super) fn write(
        function_dir: &Path,
        scratch: &Path,
        unnamed: bool,
        key: Key,
        write: &mut dyn FnMut(&File) -> Result<u64>,
    ) -> Result<Self> {
        let nonce = draft::unique_number();
        let path = path(function_dir, key, nonce);
        let draft = create(path.parent().unwrap_or(function_dir), scratch, unnamed)?;
        let len = write(draft.file()).map_err(|error| error.with_path(&path))?;
        check_len(len, draft.file(), &path)?;
        Ok(Self { draft, path, reference: FileRef { nonce, len } })
    }

    /// Makes the file visible.
    fn publish(self) -> Result<()> {
        let Self { draft, path, .. } = self;
        draft.publish(&path).map_err(|error| Error::io("cannot keep a value", &path, error))
    }
}

fn create(folder: &Path, scratch: &Path, unnamed: bool) -> Result<Draft> {
    for _ in 0..16 {
        draft::create_dir(folder).map_err(|error| Error::io("cannot create a directory", folder, error))?;
        match if unnamed { Draft::unnamed(folder, scratch) } else { Draft::named(scratch) } {
            // Cleared meanwhile.
            Err(error) if error.is_not_found() => {}
            draft => return draft,
        }
    }
    Draft::named(scratch)
}

/// Writes a value that is at hand as bytes.
pub(super) fn write_bytes(mut file: &File, path: &Path, value: &[u8]) -> Result<u64> {
    file.write_all(value).map_err(|error| Error::io("cannot store a value", path, error))?;
    Ok(value.len() as u64)
}

/// The value's file, opened for reading; `None` where it is gone.
pub(super) fn open(path: &Path, reference: FileRef) -> Result<Option<File>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(Error::io("cannot open a value", path, error)),
    };
    let len = file.metadata().map_err(|error| Error::io("cannot look at a value", path, error))?.len();
    if len != reference.len {
        let message = format!("the value's file has {len} bytes instead of {}", reference.len);
        return Err(Error::corrupt(message).with_path(path));
    }
    Ok(Some(file))
}

/// Removes the value's file, if it is there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if !is_gone(&error) => Err(Error::io("cannot remove a value", path, error)),
        _ => Ok(()),
    }
}

/// Where the value with this number stands.
pub(super) fn path(function_dir: &Path, key: Key, nonce: u64) -> PathBuf {
    let key = key.to_string();
    let (folder, name) = key.split_at(2);
    function_dir.join(FOLDER).join(folder).join(format!("{name}.{nonce:016x}"))
}

/// Removes the files that no record names, as `named` tells; `None` if it cannot tell.
///
/// None should exist, but two processes may have replaced one entry at once, one of them killed at the wrong
/// moment. Since records come before their files, no file in the making is taken for such a one.
pub(super) fn remove_strays(function_dir: &Path, named: impl Fn(Key) -> Option<Option<FileRef>>) {
    let folders = fs::read_dir(function_dir.join(FOLDER)).into_iter().flatten().flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
    for path in files.map(|file| file.path()) {
        let Some((key, nonce)) = parse_path(&path) else { continue };
        let is_named = named(key).is_none_or(|file| file.is_some_and(|file| file.nonce == nonce));
        if !is_named && remove(&path).is_ok() {
            crate::event!(DEBUG, path = %path.display(), "removed a value of no entry");
        }
    }
}

/// The key and number that [`path`] was made of.
fn parse_path(path: &Path) -> Option<(Key, u64)> {
    let folder = path.parent()?.file_name()?.to_str()?;
    let (name, nonce) = path.file_name()?.to_str()?.split_once('.')?;
    Some((format!("{folder}{name}").parse().ok()?, u64::from_str_radix(nonce, 16).ok()?))
}

/// Not there, or no longer there on a network file system.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::StaleNetworkFileHandle | io::ErrorKind::NotADirectory
    )
}
