//! Calls of the system that the standard library does not make. A crate that has them all takes longer to
//! build than they take here.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// What a call answers but for the -1 of a failure.
pub(crate) fn answer(answer: libc::c_int) -> io::Result<libc::c_int> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(answer) }
}

fn text(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

/// The time of a clock that there is.
#[inline]
#[must_use]
pub fn clock(clock: libc::clockid_t) -> Duration {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written to `now`.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    Duration::new(now.tv_sec as u64, u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// Bytes of a page of memory.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: it reads a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// What the main thread's stack may grow to, if that has a limit.
#[cfg(feature = "parallel")]
pub(crate) fn stack_limit() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limits are written to `limit`.
    answer(unsafe { libc::getrlimit(libc::RLIMIT_STACK, &raw mut limit) }).ok()?;
    (limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

/// What `statfs` says of the file system of a directory.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(crate) fn file_system(dir: &Path) -> io::Result<libc::statfs> {
    let dir = text(dir)?;
    // SAFETY: a C structure of numbers, which may be zeroes.
    let mut found: libc::statfs = unsafe { zeroed() };
    // SAFETY: the path ends with a zero, and what is found is written to `found`.
    answer(unsafe { libc::statfs(dir.as_ptr(), &raw mut found) })?;
    Ok(found)
}

/// Bytes that are free for users on the file system of a directory.
#[allow(clippy::unnecessary_cast, reason = "other systems have other numbers")]
pub(crate) fn free_bytes(dir: &Path) -> io::Result<u64> {
    let dir = text(dir)?;
    // SAFETY: a C structure of numbers, which may be zeroes.
    let mut found: libc::statvfs = unsafe { zeroed() };
    // SAFETY: the path ends with a zero, and what is found is written to `found`.
    answer(unsafe { libc::statvfs(dir.as_ptr(), &raw mut found) })?;
    Ok((found.f_bavail as u64).saturating_mul(found.f_frsize as u64))
}

/// Gives a file without a name this one.
#[cfg(target_os = "linux")]
pub(crate) fn link(file: &File, path: &Path) -> io::Result<()> {
    let path = text(path)?;
    let link = |from: i32, name: &std::ffi::CStr, flags| {
        // SAFETY: both paths end with a zero.
        answer(unsafe { libc::linkat(from, name.as_ptr(), libc::AT_FDCWD, path.as_ptr(), flags) }).map(drop)
    };
    // By the descriptor's name: linking the descriptor itself takes a privilege on most kernels.
    let name = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    match link(libc::AT_FDCWD, &name, libc::AT_SYMLINK_FOLLOW) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !Path::new("/proc/self/fd").exists() => {
            link(file.as_raw_fd(), c"", libc::AT_EMPTY_PATH)
        }
        linked => linked,
    }
}

/// `renameat2`: renames with the flags of `RENAME_..`.
///
/// # Errors
///
/// Those of the system.
#[cfg(target_os = "linux")]
pub fn rename(from: &Path, to: &Path, flags: libc::c_uint) -> io::Result<()> {
    let (from, to) = (text(from)?, text(to)?);
    let here = libc::AT_FDCWD;
    // By number: older C libraries do not have it. SAFETY: both paths end with a zero.
    let renamed =
        unsafe { libc::syscall(libc::SYS_renameat2, here, from.as_ptr(), here, to.as_ptr(), flags) };
    if renamed == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// `fallocate` with the flags of `FALLOC_FL_..`.
///
/// # Errors
///
/// Those of the system.
#[cfg(target_os = "linux")]
pub fn allocate(file: &File, flags: libc::c_int, offset: u64, len: u64) -> io::Result<()> {
    let number = |bytes| i64::try_from(bytes).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge));
    // SAFETY: it takes numbers.
    answer(unsafe { libc::fallocate64(file.as_raw_fd(), flags, number(offset)?, number(len)?) }).map(drop)
}

/// Reads once from this place, and gives what was filled.
///
/// # Errors
///
/// Those of the system.
pub fn read_at<'b>(file: &File, into: &'b mut [MaybeUninit<u8>], at: u64) -> io::Result<&'b mut [u8]> {
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    use libc::pread;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    use libc::pread64 as pread;
    let at = i64::try_from(at).map_err(io::Error::other)?;
    // SAFETY: at most as many bytes are written as there is room for.
    let read = unsafe { pread(file.as_raw_fd(), into.as_mut_ptr().cast(), into.len(), at) };
    let Ok(read) = usize::try_from(read) else { return Err(io::Error::last_os_error()) };
    // SAFETY: so many bytes from the start on were written.
    Ok(unsafe { &mut *(&raw mut into[..read] as *mut [u8]) })
}

#[cfg(all(feature = "parallel", any(target_os = "linux", target_os = "android")))]
pub(crate) use affinity::{CpuSet, affinity, set_affinity, this_processor, this_thread};

/// Which processors a thread may use.
#[cfg(all(feature = "parallel", any(target_os = "linux", target_os = "android")))]
mod affinity {
    use super::{answer, zeroed};
    use std::fmt;
    use std::io;

    /// Some of the processors.
    #[derive(Clone, Copy)]
    pub(crate) struct CpuSet(libc::cpu_set_t);

    impl CpuSet {
        pub(crate) fn count(&self) -> usize {
            // SAFETY: the set is read.
            usize::try_from(unsafe { libc::CPU_COUNT(&self.0) }).unwrap_or(0)
        }

        pub(crate) fn unset(&mut self, processor: usize) {
            if processor < libc::CPU_SETSIZE as usize {
                // SAFETY: the set has so many.
                unsafe { libc::CPU_CLR(processor, &mut self.0) };
            }
        }
    }

    impl PartialEq for CpuSet {
        fn eq(&self, other: &Self) -> bool {
            // SAFETY: the sets are read.
            unsafe { libc::CPU_EQUAL(&self.0, &other.0) }
        }
    }

    impl fmt::Debug for CpuSet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "CpuSet({})", self.count())
        }
    }

    /// Of a thread, or the calling one.
    pub(crate) fn affinity(thread: Option<libc::pid_t>) -> io::Result<CpuSet> {
        // SAFETY: a set of bits, which may be zeroes.
        let mut set: libc::cpu_set_t = unsafe { zeroed() };
        // SAFETY: no more is written than the set has room for.
        answer(unsafe { libc::sched_getaffinity(thread.unwrap_or(0), size_of_val(&set), &raw mut set) })?;
        Ok(CpuSet(set))
    }

    /// Of a thread, or the calling one.
    pub(crate) fn set_affinity(thread: Option<libc::pid_t>, set: &CpuSet) -> io::Result<()> {
        // SAFETY: the set is read.
        answer(unsafe { libc::sched_setaffinity(thread.unwrap_or(0), size_of_val(&set.0), &raw const set.0) })
            .map(drop)
    }

    /// Where the calling thread runs.
    pub(crate) fn this_processor() -> Option<usize> {
        // SAFETY: it reads a number.
        usize::try_from(unsafe { libc::sched_getcpu() }).ok()
    }

    /// The calling thread's number.
    pub(crate) fn this_thread() -> libc::pid_t {
        // By number: older C libraries do not have it. SAFETY: it reads a number, which is one of a `pid_t`.
        unsafe { libc::syscall(libc::SYS_gettid) as libc::pid_t }
    }
}
