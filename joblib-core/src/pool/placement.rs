//! Where a worker first runs.
//!
//! A new thread sleeps for the first time on its creator's processor, and a kernel that wakes sleepers where they
//! slept keeps the two there, one waiting for the other, for tens of milliseconds. So each worker moves to a processor
//! of its own once, and is free to be moved again afterwards.

/// Moves the calling thread, worker number `index` of a pool created on processor `home`, to its first processor.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
pub(super) fn spread(index: usize, home: usize) {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let processors: Vec<usize> =
        (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor)).collect();
    if processors.len() < 2 {
        return;
    }
    let at = processors.iter().position(|&processor| processor == home).unwrap_or(0);
    let mut first = CpuSet::new();
    first.set(processors[(at + 1 + index) % processors.len()]);
    // Both are hints; where they are refused the thread stays where it is.
    let _ = sched_setaffinity(None, &first);
    let _ = sched_setaffinity(None, &allowed);
}

/// The processor this thread runs on.
#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
pub(super) fn here() -> usize {
    rustix::thread::sched_getcpu()
}

/// Placement is left to the system.
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
pub(super) fn spread(_index: usize, _home: usize) {}

/// Placement is left to the system.
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
pub(super) fn here() -> usize {
    0
}
