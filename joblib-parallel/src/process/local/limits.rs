//! What ends a worker from inside, even while a task runs: its parent's end, and too much memory.

#![allow(unsafe_code)]

use super::channel::Channel;
use super::runtime::exit_now;
use super::socket::{events, poll};
use super::status::Status;
use joblib_core::fork::Uninherited;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How often the memory in use is looked at.
const EVERY: Duration = Duration::from_millis(50);

/// The exit code of a worker that used too much memory.
pub(super) const OUT_OF_MEMORY: i32 = 77;

/// Starts the thread that watches.
pub(super) fn watch(channel: &Channel, status: &Arc<Status>, memory_limit: Option<u64>) -> io::Result<()> {
    let socket = Uninherited::new(channel.socket().try_clone_to_owned()?);
    let status = Arc::clone(status);
    thread::Builder::new()
        .name("joblib-watch".into())
        .spawn(move || watching(&socket, &status, memory_limit))?;
    Ok(())
}

fn watching(socket: &OwnedFd, status: &Status, memory_limit: Option<u64>) {
    loop {
        // No event is asked for: that the other side has closed is always reported.
        match poll(&mut [events(socket.as_fd(), 0)], memory_limit.is_some().then_some(EVERY)) {
            Ok(0) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => exit_now(0),
        }
        if let Some(used) = memory_limit.and_then(|limit| memory_in_use().filter(|&used| used > limit)) {
            status.exceed(used);
            exit_now(OUT_OF_MEMORY);
        }
    }
}

/// Bytes of memory that are this process's own: what is shared with others does not count.
#[cfg(target_os = "linux")]
fn memory_in_use() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let mut pages = text.split(' ').skip(1).map(str::parse::<u64>);
    let (resident, shared) = (pages.next()?.ok()?, pages.next()?.ok()?);
    Some(resident.saturating_sub(shared) * joblib_core::sys::page_size() as u64)
}

#[cfg(not(target_os = "linux"))]
fn memory_in_use() -> Option<u64> {
    // The largest so far; there is no simple way to ask for the present one.
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: fills the structure it is given.
    let failed = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    // SAFETY: all zeros is a value of it even if it was not filled.
    let usage = unsafe { usage.assume_init() };
    (failed == 0).then_some(usage.ru_maxrss as u64)
}
