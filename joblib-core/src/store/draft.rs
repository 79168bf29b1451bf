//! Files that are visible to nobody until they are complete.
//!
//! Where the system has unnamed files (`O_TMPFILE`) the kernel frees a killed writer's draft. Elsewhere a
//! draft has a name in the store's `.tmp` and its writer holds a lock on it, which the kernel releases when
//! the writer dies: [`sweep`] then removes it.

use crate::fork::{Process, Uninherited};
use crate::{Error, Result, nameless};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Age after which a draft counts as left over if its lock cannot tell.
const STALE: Duration = Duration::from_secs(3600);

/// A file being written.
#[derive(Debug)]
pub(super) struct Draft {
    file: Uninherited<File>,
    /// Where it stands meanwhile; `None` for an unnamed file.
    name: Option<PathBuf>,
    process: Process,
}

impl Draft {
    fn new(file: File, name: Option<PathBuf>) -> Self {
        Self { file: Uninherited::new(file), name, process: Process::current() }
    }

    /// A draft for `dir`, unnamed where possible.
    pub(super) fn unnamed(dir: &Path, scratch: &Path) -> Result<Self> {
        match nameless::unnamed(dir) {
            Some(Ok(file)) => Ok(Self::new(file, None)),
            Some(Err(error)) => Err(Error::io("cannot create a file", dir, error)),
            None => Self::named(scratch),
        }
    }

    /// A draft in `scratch`, for file systems without unnamed files and for replacing files.
    pub(super) fn named(scratch: &Path) -> Result<Self> {
        let failed = |error| Error::io("cannot create a file", scratch, error);
        for _ in 0..16 {
            let name = scratch.join(unique_name());
            let file = match private().read(true).write(true).create_new(true).open(&name) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    create_dir(scratch).map_err(failed)?;
                    continue;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(error)),
            };
            let draft = Self::new(file, Some(name));
            // Where locks do not work, drafts are swept by age.
            let _ = draft.file.try_lock();
            if !was_swept(&draft.file) {
                return Ok(draft);
            }
        }
        Err(failed(io::Error::other("no unused name found")))
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Gives the complete file its name, which must be new.
    pub(super) fn publish(mut self, path: &Path) -> io::Result<()> {
        match &self.name {
            Some(name) => fs::rename(name, path)?,
            None => link_unnamed(&self.file, path)?,
        }
        self.name = None;
        Ok(())
    }

    /// Gives the complete file its name in place of what had it; mappings of the former file stay valid.
    pub(super) fn replace(self, path: &Path) -> io::Result<()> {
        debug_assert!(self.name.is_some(), "an unnamed file cannot replace another");
        self.publish(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What a child has inherited is still being written by its parent.
        if let Some(name) = &self.name
            && self.process.is_current()
        {
            let _ = fs::remove_file(name);
        }
    }
}

/// Whether there is anything in the directory; an empty one is removed, so that asking again costs one system
/// call.
pub(super) fn has_files(dir: &Path) -> bool {
    matches!(fs::remove_dir(dir), Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty)
}

/// Removes the drafts of writers that died: nobody has them locked and, where locks of other machines may not
/// be seen, they have not been written to for long.
pub(super) fn sweep(scratch: &Path, is_local: bool) {
    let Ok(entries) = fs::read_dir(scratch) else { return };
    let mut now = None;
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(file) = File::open(&path) else { continue };
        let dead = match file.try_lock() {
            Ok(()) if is_local => true,
            Err(TryLockError::WouldBlock) => false,
            _ => is_stale(&file, *now.get_or_insert_with(|| now_there(scratch))),
        };
        if dead && fs::remove_file(&path).is_ok() {
            crate::event!(DEBUG, path = %path.display(), "removed the unfinished file of a process that died");
        }
    }
}

/// A directory only its owner can use, with its parents.
pub(super) fn create_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    for _ in 0..16 {
        match builder.create(dir) {
            // A parent was removed, empty as it was, by somebody clearing what stood beside.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
            created => return created,
        }
    }
    builder.create(dir)
}

/// Options for a file only its owner can use.
pub(super) fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "modes are of Unix alone")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A name that no other process or thread makes, at any time.
pub(super) fn unique_name() -> String {
    format!("{}-{:016x}", std::process::id(), unique_number())
}

/// A number that no other process or thread makes, at any time; never 0.
pub(super) fn unique_number() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    // RandomState draws from the system's randomness once per thread and steps from there.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    RandomState::new().hash_one((std::process::id(), now, COUNT.fetch_add(1, Ordering::Relaxed))).max(1)
}

/// Whether a file was last written to long before `now`.
fn is_stale(file: &File, now: Option<SystemTime>) -> bool {
    let written = file.metadata().and_then(|data| data.modified()).ok();
    now.zip(written).is_some_and(|(now, written)| now.duration_since(written).is_ok_and(|age| age > STALE))
}

/// The time by the clock that the files' times are of, which need not be this machine's.
fn now_there(scratch: &Path) -> Option<SystemTime> {
    let draft = Draft::named(scratch).ok()?;
    draft.file().metadata().and_then(|data| data.modified()).ok()
}

#[cfg(unix)]
fn was_swept(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata().is_ok_and(|data| data.nlink() == 0)
}

#[cfg(not(unix))]
fn was_swept(_: &File) -> bool {
    false
}

#[cfg(target_os = "linux")]
use crate::sys::link as link_unnamed;

#[cfg(not(target_os = "linux"))]
fn link_unnamed(_: &File, _: &Path) -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_draft_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let scratch = dir.path().join(".tmp");
        for make in [Draft::unnamed as fn(&Path, &Path) -> Result<Draft>, |_, scratch| Draft::named(scratch)]
        {
            let draft = make(dir.path(), &scratch).unwrap();
            draft.file().write_all(b"x").unwrap();
            drop(draft);
            let draft = make(dir.path(), &scratch).unwrap();
            draft.file().write_all(b"whole").unwrap();
            let path = dir.path().join(unique_name());
            draft.publish(&path).unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"whole");
        }
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    }

    #[test]
    fn sweeping_spares_the_living() {
        let dir = tempfile::tempdir().unwrap();
        let living = Draft::named(dir.path()).unwrap();
        fs::write(dir.path().join("1-dead"), b"").unwrap();
        sweep(dir.path(), true);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        living.publish(&dir.path().join("done")).unwrap();
    }

    /// A lock of another machine that this one does not see is none here.
    #[test]
    fn where_locks_may_be_of_one_machine_only_drafts_go_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let elsewhere = dir.path().join("1-elsewhere");
        fs::write(&elsewhere, b"half").unwrap();
        let left = dir.path().join("2-left");
        fs::write(&left, b"half").unwrap();
        let age = |path: &Path, age: Duration| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        };
        age(&elsewhere, STALE / 2);
        age(&left, STALE * 2);
        sweep(dir.path(), false);
        assert!(elsewhere.exists() && !left.exists());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        sweep(dir.path(), true);
        assert!(!elsewhere.exists());
    }
}
