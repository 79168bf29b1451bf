//! A store's directory: who may use it, what marks it, and what is locked in it.

#[cfg(target_os = "linux")]
use super::claims::Claims;
use super::fs_kind::{self, FsKind};
use super::locks::{Held, Locks};
use super::{Claim, FunctionId, draft, names};
#[cfg(unix)]
use crate::fork;
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
/// Folder of the plain record files within a function's directory.
pub(super) const ENTRIES: &str = "entries";

const IGNORE: (&str, &str) = (".gitignore", "# Created by joblib.\n*\n");
const TAG: (&str, &str) = (
    "CACHEDIR.TAG",
    "Signature: 8a477f597d28d172789f06886806bc55\n# This directory holds results that joblib can compute again.\n# See https://bford.info/cachedir/\n",
);

/// How entries lie on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// Packed on local file systems, plain files on those shared between machines.
    #[default]
    Auto,
    /// Small entries packed into mapped files: fastest, for processes of one machine.
    Packed,
    /// One plain file per entry, for any file system.
    Files,
}

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
    /// Creates what is missing, checks that nobody else can plant entries, and removes what dead processes
    /// left.
    ///
    /// A directory in order costs few system calls: a program may make one call and end.
    pub(super) fn open(location: &Path, layout: Layout, allow_shared: bool) -> Result<Self> {
        let location = std::path::absolute(location)
            .map_err(|error| Error::io("cannot find the cache directory", location, error))?;
        let dir = location.join(VERSION);
        find_or_create(&location, &dir, allow_shared)?;
        let locks = Locks::new(&dir);
        let packed = cfg!(target_os = "linux")
            && match layout {
                Layout::Auto => match fs_kind::of(&dir) {
                    FsKind::Local => true,
                    FsKind::Remote => false,
                    FsKind::Unknown => locks.are_supported(),
                },
                Layout::Packed => true,
                Layout::Files => false,
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

    /// The folder of this version of the layout.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
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

    /// Where directories stand that are being removed.
    pub(super) fn trash(&self) -> PathBuf {
        self.dir.join(TRASH)
    }

    /// Directories of all functions at all versions.
    pub(super) fn function_dirs(&self) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        collect_function_dirs(&self.dir, &mut found)
            .map_err(|error| Error::io("cannot list the cache", &self.dir, error))?;
        Ok(found)
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
}

/// What a function's locks are numbered from: its identity, not its path, since the directory may be mounted
/// elsewhere for another process.
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

/// Without this file the store works all the same.
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
    let user = fork::user();
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

    #[test]
    fn marks_are_written_once_and_never_again() {
        let dir = tempfile::tempdir().unwrap();
        Root::open(dir.path(), Layout::Auto, false).unwrap();
        let ignore = dir.path().join(VERSION).join(".gitignore");
        assert!(fs::read_to_string(&ignore).unwrap().ends_with("*\n"));
        fs::write(&ignore, "mine").unwrap();
        Root::open(dir.path(), Layout::Auto, false).unwrap();
        assert_eq!(fs::read_to_string(&ignore).unwrap(), "mine");
        let tag = fs::read_to_string(dir.path().join(VERSION).join("CACHEDIR.TAG")).unwrap();
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    }
}
