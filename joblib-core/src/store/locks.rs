//! Locks between processes: byte ranges of one file, which the kernel releases when their holder dies.
//!
//! On Linux lock `n` is the byte at offset `n / 4` (`F_OFD_SETLK`). Elsewhere it is the `flock` of one of 256
//! files. Both belong to an open file, which the threads of this process share, so a table tells the threads
//! apart. A child made by `fork` opens the file again.

use super::Claim;
use crate::fork::{PerProcess, Process};
use crate::sync::{Condvar, Mutex};
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

#[cfg(all(test, target_os = "linux"))]
pub(super) use sys::unlock_byte;
#[cfg(target_os = "linux")]
pub(super) use sys::{is_byte_locked, try_lock_byte};

/// The locks of one store.
#[derive(Debug)]
pub(super) struct Locks {
    root: PathBuf,
    own: PerProcess<Own>,
}

/// The locks as one process has them.
#[derive(Debug)]
struct Own {
    file: sys::LockFile,
    /// Those held by this process.
    held: Mutex<HashMap<u64, ()>>,
    released: Condvar,
}

/// A lock held by one thread of one process.
#[derive(Debug)]
pub(super) struct Held {
    locks: Arc<Locks>,
    id: u64,
    process: Process,
}

impl Locks {
    /// The locks in a store's directory; nothing is created until the first is taken.
    pub(super) fn new(root: &Path) -> Arc<Self> {
        Arc::new(Self { root: root.to_owned(), own: PerProcess::new() })
    }

    /// Whether the file system has locks at all.
    pub(super) fn are_supported(self: &Arc<Self>) -> bool {
        match self.lock(0, Duration::ZERO) {
            Ok(_) => true,
            // Anything else, such as a directory that cannot be written to, says nothing about locks.
            Err(error) => !matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput),
        }
    }

    /// Takes the lock if it is released in time. If the file system has no locks, nobody waits.
    pub(super) fn claim(self: &Arc<Self>, id: u64, wait: Duration) -> Option<Claim> {
        match self.lock(id, wait) {
            Ok(held) => held.map(Claim::new),
            Err(error) => {
                crate::event!(DEBUG, %error, "locks do not work here: a value may be computed twice");
                Some(Claim::unshared())
            }
        }
    }

    /// Takes the lock if it is released in time.
    pub(super) fn lock(self: &Arc<Self>, id: u64, wait: Duration) -> io::Result<Option<Held>> {
        let deadline = Instant::now().checked_add(wait);
        let own = self.own();
        if !own.enter(id, deadline) {
            return Ok(None);
        }
        let mut backoff = Backoff { deadline, pause: FIRST_PAUSE };
        loop {
            match own.file.try_lock(id) {
                Ok(true) => {
                    return Ok(Some(Held { locks: Arc::clone(self), id, process: Process::current() }));
                }
                Ok(false) if backoff.pause() => {}
                refused => {
                    own.leave(id);
                    return refused.map(|_| None);
                }
            }
        }
    }

    fn own(&self) -> &Own {
        self.own.get_or_init(|| Own {
            file: sys::LockFile::new(&self.root),
            held: Mutex::default(),
            released: Condvar::new(),
        })
    }
}

impl Own {
    /// Excludes the other threads of this process.
    fn enter(&self, id: u64, deadline: Option<Instant>) -> bool {
        let mut held = self.held.lock();
        while held.contains_key(&id) {
            let left = remaining(deadline);
            if left.is_zero() {
                return false;
            }
            held = self.released.wait_timeout(held, left).0;
        }
        held.insert(id, ());
        true
    }

    fn leave(&self, id: u64) {
        self.held.lock().remove(&id);
        self.released.notify_all();
    }
}

/// Ever longer pauses until a deadline: one cannot wait with a timeout for the kernel's locks, or for claims.
#[derive(Debug)]
pub(super) struct Backoff {
    deadline: Option<Instant>,
    pause: Duration,
}

impl Backoff {
    pub(super) fn new(wait: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(wait), pause: FIRST_PAUSE }
    }

    /// Sleeps; `false`, at once, when the time is over.
    pub(super) fn pause(&mut self) -> bool {
        let left = remaining(self.deadline);
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // What a child has inherited is its parent's still.
        if self.process.is_current() {
            let own = self.locks.own();
            own.file.unlock(self.id);
            own.leave(self.id);
        }
    }
}

/// Without a deadline: a year.
fn remaining(deadline: Option<Instant>) -> Duration {
    deadline
        .map_or(Duration::from_secs(1 << 25), |deadline| deadline.saturating_duration_since(Instant::now()))
}

#[cfg(target_os = "linux")]
mod sys {
    use crate::fork::Uninherited;
    use crate::store::draft;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::path::{Path, PathBuf};
    use std::sync::OnceLock;

    #[derive(Debug)]
    pub(super) struct LockFile {
        path: PathBuf,
        file: OnceLock<Uninherited<File>>,
    }

    impl LockFile {
        pub(super) fn new(root: &Path) -> Self {
            Self { path: root.join(".locks"), file: OnceLock::new() }
        }

        pub(super) fn try_lock(&self, id: u64) -> io::Result<bool> {
            try_lock_byte(self.file()?, id >> 2)
        }

        pub(super) fn unlock(&self, id: u64) {
            if let Some(file) = self.file.get() {
                // Fails only where locking did, and then there is nothing to release.
                let _ = unlock_byte(file, id >> 2);
            }
        }

        fn file(&self) -> io::Result<&File> {
            if let Some(file) = self.file.get() {
                return Ok(file);
            }
            let file =
                draft::private().read(true).write(true).create(true).truncate(false).open(&self.path)?;
            Ok(self.file.get_or_init(|| Uninherited::new(file)))
        }
    }

    /// Locks the byte at this offset, unless another opening of the file has it.
    pub(in crate::store) fn try_lock_byte(file: &File, offset: u64) -> io::Result<bool> {
        match call(file, libc::F_OFD_SETLK, libc::F_WRLCK, offset) {
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
            locked => locked.map(|_| true),
        }
    }

    pub(in crate::store) fn unlock_byte(file: &File, offset: u64) -> io::Result<()> {
        call(file, libc::F_OFD_SETLK, libc::F_UNLCK, offset).map(drop)
    }

    /// Whether another opening of the file has the byte at this offset locked.
    pub(in crate::store) fn is_byte_locked(file: &File, offset: u64) -> io::Result<bool> {
        call(file, libc::F_OFD_GETLK, libc::F_WRLCK, offset).map(|kind| kind != libc::F_UNLCK)
    }

    /// `fcntl` on one byte; gives the kind of lock found or set.
    #[allow(unsafe_code)]
    fn call(file: &File, command: libc::c_int, kind: libc::c_int, offset: u64) -> io::Result<libc::c_int> {
        // SAFETY: `flock` is a plain C structure, for which all zeroes is a valid value.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as _;
        lock.l_whence = libc::SEEK_SET as _;
        lock.l_start = offset as _;
        lock.l_len = 1;
        // SAFETY: the descriptor is open for as long as `file` is borrowed; both commands take a `flock` that
        // lives.
        match unsafe { libc::fcntl(file.as_raw_fd(), command, &mut lock) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(libc::c_int::from(lock.l_type)),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod sys {
    use crate::fork::Uninherited;
    use crate::store::draft;
    use crate::sync::Mutex;
    use std::collections::HashMap;
    use std::fs::{File, TryLockError};
    use std::io;
    use std::path::{Path, PathBuf};

    /// Claims that share a file share its lock within the process: they never wait for each other there.
    #[derive(Debug)]
    pub(super) struct LockFile {
        folder: PathBuf,
        open: Mutex<HashMap<u8, (Uninherited<File>, usize)>>,
    }

    impl LockFile {
        pub(super) fn new(root: &Path) -> Self {
            Self { folder: root.join(".locks.d"), open: Mutex::default() }
        }

        pub(super) fn try_lock(&self, id: u64) -> io::Result<bool> {
            let bucket = id as u8;
            let mut open = self.open.lock();
            if let Some((_, users)) = open.get_mut(&bucket) {
                *users += 1;
                return Ok(true);
            }
            draft::create_dir(&self.folder)?;
            let path = self.folder.join(format!("{bucket:02x}"));
            let file = draft::private().read(true).write(true).create(true).truncate(false).open(path)?;
            match file.try_lock() {
                Ok(()) => {
                    open.insert(bucket, (Uninherited::new(file), 1));
                    Ok(true)
                }
                Err(TryLockError::WouldBlock) => Ok(false),
                Err(TryLockError::Error(error)) => Err(error),
            }
        }

        pub(super) fn unlock(&self, id: u64) {
            let mut open = self.open.lock();
            if let Some((_, users)) = open.get_mut(&(id as u8)) {
                *users -= 1;
                if *users == 0 {
                    open.remove(&(id as u8));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_excludes_threads_and_other_openings() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Locks::new(dir.path()), Locks::new(dir.path()));
        let claim = one.claim(8, Duration::ZERO).unwrap();
        assert!(one.claim(8, Duration::ZERO).is_none());
        assert!(other.claim(8, Duration::from_millis(1)).is_none());
        assert!(other.claim(1 << 60, Duration::ZERO).is_some());
        drop(claim);
        assert!(other.claim(8, Duration::ZERO).is_some());
        assert!(one.claim(8, Duration::ZERO).is_some());
    }

    #[test]
    fn waiting_ends_when_the_claim_does() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (Locks::new(dir.path()), Locks::new(dir.path()));
        let claim = one.claim(8, Duration::ZERO).unwrap();
        std::thread::scope(|scope| {
            let waiting =
                [&one, &other].map(|locks| scope.spawn(|| locks.claim(8, Duration::from_secs(60)).is_some()));
            std::thread::sleep(Duration::from_millis(10));
            drop(claim);
            assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
        });
    }
}
