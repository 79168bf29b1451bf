//! A store's directory: who may use it, what marks it, and what is thrown away in it.

use super::fs_kind::{self, FsKind};
use super::locks::{Held, Locks};
#[cfg(target_os = "linux")]
use super::packed::{self, Claims};
use super::{Claim, FunctionId, Mode, draft, files, names, value_file};
use crate::{Error, Key, Result};
use arc_swap::ArcSwap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::sync::Arc;
use std::time::Duration;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The directory of this version of the layout; other versions stand beside it.
const VERSION: &str = "joblib-v2";
const SCRATCH: &str = ".tmp";
const TRASH: &str = ".trash";
/// Longest wait for others to rearrange what is to be cleared.
const CLEAR_WAIT: Duration = Duration::from_secs(30);

const IGNORE: (&str, &str) = (".gitignore", "# Created by joblib.\n*\n");
const TAG: (&str, &str) = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds results that joblib can compute again.\n# See https://bford.info/cachedir/\n",
);

/// An opened store directory.
#[derive(Debug)]
pub(super) struct Root {
    /// What the user named.
    location: PathBuf,
    /// Its folder for this version of the layout.
    dir: PathBuf,
    packed: bool,
    allow_shared: bool,
    /// Locks and claims are of the directory that stands there now.
    locks: ArcSwap<Locks>,
    #[cfg(target_os = "linux")]
    claims: ArcSwap<Claims>,
}

impl Root {
    /// Creates what is missing, checks that nobody else can plant entries, and removes what dead processes left.
    ///
    /// A directory in order costs few system calls: a program may make one call and end.
    pub(super) fn open(location: &Path, mode: Mode, allow_shared: bool) -> Result<Self> {
        let location = std::path::absolute(location)
            .map_err(|error| Error::io("cannot find the cache directory", location, error))?;
        let dir = location.join(VERSION);
        find_or_create(&location, &dir, allow_shared)?;
        let locks = Locks::new(&dir);
        let packed = cfg!(target_os = "linux")
            && match mode {
                Mode::Auto => match fs_kind::of(&dir) {
                    FsKind::Local => true,
                    FsKind::Remote => false,
                    FsKind::Unknown => locks.are_supported(),
                },
                Mode::Packed => true,
                Mode::Files => false,
            };
        let root = Self {
            location,
            packed,
            allow_shared,
            locks: ArcSwap::new(locks),
            #[cfg(target_os = "linux")]
            claims: ArcSwap::from_pointee(Claims::new(&dir, dir.join(SCRATCH))),
            dir,
        };
        if draft::has_files(&root.scratch()) {
            draft::sweep(&root.scratch(), fs_kind::of(&root.dir) == FsKind::Local);
        }
        if draft::has_files(&root.trash()) {
            root.empty_trash();
        }
        Ok(root)
    }

    /// Makes the directory again where somebody has removed it.
    pub(super) fn ensure(&self) -> Result<()> {
        if self.dir.is_dir() { Ok(()) } else { self.renew() }
    }

    /// As opening does, for a directory that may be another than was opened.
    pub(super) fn renew(&self) -> Result<()> {
        find_or_create(&self.location, &self.dir, self.allow_shared)?;
        self.locks.store(Locks::new(&self.dir));
        #[cfg(target_os = "linux")]
        self.claims.store(Arc::new(Claims::new(&self.dir, self.scratch())));
        Ok(())
    }

    pub(super) fn location(&self) -> &Path {
        &self.location
    }

    /// Whether entries are packed into mapped files.
    pub(super) fn is_packed(&self) -> bool {
        self.packed
    }

    /// Where a function's entries stand.
    pub(super) fn function_dir(&self, function: &FunctionId) -> PathBuf {
        self.dir.join(names::function_dir(function))
    }

    /// Where files stand that are not complete.
    pub(super) fn scratch(&self) -> PathBuf {
        self.dir.join(SCRATCH)
    }

    fn trash(&self) -> PathBuf {
        self.dir.join(TRASH)
    }

    /// Directories of all functions at all versions.
    pub(super) fn function_dirs(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        collect_function_dirs(&self.dir, &mut found)
            .map_err(|error| Error::io("cannot list the cache", &self.dir, error))?;
        Ok(found)
    }

    /// Removes a function's directory. Whoever has its files mapped is told, and starts a new one.
    ///
    /// Nobody rearranges the files meanwhile, if `locks` are the function's: what is being written would appear in the
    /// directory that is made next.
    pub(super) fn discard(&self, function_dir: &Path, locks: Option<LockSeed>) -> Result<()> {
        let failed = |error| Error::io("cannot clear", function_dir, error);
        // Who does not get it in time clears all the same.
        let held = locks.and_then(|locks| self.lock_maintenance(locks, CLEAR_WAIT).ok().flatten());
        let trash = self.trash();
        let target = trash.join(draft::unique_name());
        while function_dir.exists() {
            draft::create_dir(&trash).map_err(failed)?;
            match fs::rename(function_dir, &target) {
                Ok(()) => {
                    remove_empty_parents(function_dir, &self.dir);
                    #[cfg(target_os = "linux")]
                    packed::retire(&target);
                    drop(held);
                    return remove_dir(&target).map_err(failed);
                }
                // A directory of a lower layer, or one that something is mounted on.
                Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {
                    return self.discard_in_place(function_dir);
                }
                // Somebody who opened the store has removed the empty trash meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// As [`discard`](Self::discard), of a directory that cannot be renamed: first what makes its entries found, then what they
    /// name, then the rest, so that a process killed in between leaves some of the entries or none.
    fn discard_in_place(&self, function_dir: &Path) -> Result<()> {
        let failed = |error| Error::io("cannot clear", function_dir, error);
        #[cfg(target_os = "linux")]
        packed::remove_indexes(function_dir).map_err(failed)?;
        for folder in [value_file::FOLDER, files::FOLDER] {
            remove_dir(&function_dir.join(folder)).map_err(failed)?;
        }
        remove_dir(function_dir).map_err(failed)?;
        remove_empty_parents(function_dir, &self.dir);
        Ok(())
    }

    /// The right to compute a key's value.
    pub(super) fn claim(&self, function: LockSeed, key: Key, wait: Duration) -> Option<Claim> {
        let id = function.lock(&key.0.to_le_bytes());
        #[cfg(target_os = "linux")]
        if self.packed
            && let Ok(claim) = self.claims.load().claim(id, wait)
        {
            return claim;
        }
        self.locks.load_full().claim(id, wait)
    }

    /// The right to rearrange a function's files.
    pub(super) fn lock_maintenance(&self, function: LockSeed, wait: Duration) -> Result<Option<Held>> {
        let locked = self.locks.load_full().lock(function.lock(b"maintenance"), wait);
        locked.map_err(|error| Error::io("cannot lock", &self.dir, error))
    }

    /// Removes directories whose removal was cut short.
    fn empty_trash(&self) {
        for entry in fs::read_dir(self.trash()).into_iter().flatten().flatten() {
            let _ = throw_away(&entry.path());
        }
    }
}

/// Removes a directory from the trash, together with whoever else is at it.
fn throw_away(dir: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    packed::retire(dir);
    remove_dir(dir)
}

/// Removes a directory, together with whoever else is at it.
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

/// What a function's locks are numbered from: its identity, not its path, since the directory may be mounted elsewhere
/// for another process.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockSeed(u64);

impl LockSeed {
    pub(super) fn new(function: &FunctionId) -> Self {
        Self(xxh3_64(function.to_string().as_bytes()))
    }

    fn lock(self, what: &[u8]) -> u64 {
        xxh3_64_with_seed(what, self.0)
    }
}

fn collect_function_dirs(dir: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || !entry.file_type()?.is_dir() {
            continue;
        }
        if names::is_version_name(&name) {
            found.push(entry.path());
        } else {
            collect_function_dirs(&entry.path(), found)?;
        }
    }
    Ok(())
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

/// Finds the directory, or makes and marks it; refuses one in which somebody else could plant entries.
fn find_or_create(location: &Path, dir: &Path, allow_shared: bool) -> Result<()> {
    let found = match metadata(dir) {
        Ok(found) if found.is_dir() => found,
        Err(error) if !error.is_not_found() => return Err(error),
        _ => {
            draft::create_dir(dir)
                .map_err(|error| Error::io("cannot create the cache directory", dir, error))?;
            for (name, text) in [IGNORE, TAG] {
                write_once(&dir.join(name), text);
            }
            metadata(dir)?
        }
    };
    if !allow_shared {
        check_owner(location, &metadata(location)?, true)?;
        check_owner(dir, &found, false)?;
    }
    Ok(())
}

fn metadata(dir: &Path) -> Result<fs::Metadata> {
    fs::metadata(dir).map_err(|error| Error::io("cannot look at the cache directory", dir, error))
}

/// Failing only leaves the file out: it is for others' sake.
fn write_once(path: &Path, text: &str) {
    let file = super::draft::private().write(true).create_new(true).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            crate::event!(DEBUG, path = %path.display(), %error, "cannot mark the cache directory");
        }
        _ => {}
    }
}

/// Refuses directories in which somebody else could plant entries.
#[cfg(unix)]
fn check_owner(dir: &Path, data: &fs::Metadata, is_parent: bool) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let sticky = is_parent && data.mode() & 0o1000 != 0;
    if data.mode() & 0o002 != 0 && !sticky {
        let message = "the cache directory is writable by everyone: use a private one, or `chmod o-w` it";
        return Err(Error::refused(message).with_path(dir));
    }
    let user = rustix::process::geteuid().as_raw();
    if data.uid() != user && data.uid() != 0 && !sticky {
        let message = format!(
            "the cache directory belongs to user {}, not to user {user}: use one of your own",
            data.uid()
        );
        return Err(Error::refused(message).with_path(dir));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &fs::Metadata, _: bool) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{EntryMeta, Limits, LocalOptions, Store as _};

    #[test]
    fn what_cannot_be_renamed_is_cleared_in_place() {
        for mode in [Mode::Packed, Mode::Files] {
            let dir = tempfile::tempdir().unwrap();
            let store = LocalOptions::new().mode(mode).open(dir.path()).unwrap();
            let function = FunctionId { path: vec!["krate".into(), "f".into()], fingerprint: 1 };
            let entries = store.open(&function, &Limits::NONE).unwrap();
            let meta = EntryMeta::now(Duration::ZERO);
            for key in 0..10 {
                entries.put(Key(key), &meta, b"value").unwrap();
            }
            let write = &mut |mut file: &fs::File| Ok(file.write_all(&[7; 70_000]).map(|()| 70_000).unwrap());
            entries.put_file(Key(10), &meta, write).unwrap();
            let root = Root::open(dir.path(), mode, false).unwrap();
            root.discard_in_place(&root.function_dir(&function)).unwrap();
            assert!(root.function_dirs().unwrap().is_empty());
            assert!((0..=10).all(|key| !entries.contains(Key(key))), "{mode:?}");
            entries.put(Key(1), &meta, b"again").unwrap();
            let next = LocalOptions::new().mode(mode).open(dir.path()).unwrap();
            assert!(next.open(&function, &Limits::NONE).unwrap().contains(Key(1)));
            assert_eq!(next.functions().unwrap(), std::slice::from_ref(&function));
            // Killed when only the indexes were gone: what was not removed is found, and can be cleared.
            #[cfg(target_os = "linux")]
            packed::remove_indexes(&root.function_dir(&function)).unwrap();
            let next = LocalOptions::new().mode(mode).open(dir.path()).unwrap();
            let next = next.open(&function, &Limits::NONE).unwrap();
            assert!(next.contains(Key(1)));
            next.clear().unwrap();
            assert!(!next.contains(Key(1)) && !entries.contains(Key(1)));
        }
    }

    #[test]
    fn marks_are_written_once_and_never_again() {
        let dir = tempfile::tempdir().unwrap();
        Root::open(dir.path(), Mode::Auto, false).unwrap();
        let ignore = dir.path().join(VERSION).join(".gitignore");
        assert!(fs::read_to_string(&ignore).unwrap().ends_with("*\n"));
        fs::write(&ignore, "mine").unwrap();
        Root::open(dir.path(), Mode::Auto, false).unwrap();
        assert_eq!(fs::read_to_string(&ignore).unwrap(), "mine");
        let tag = fs::read_to_string(dir.path().join(VERSION).join("CACHEDIR.TAG")).unwrap();
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    }
}
