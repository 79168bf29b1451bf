//! How much memory this process has, as an estimate for results whose sizes cannot be known.

#[cfg(unix)]
use joblib_core::fork::PerProcess;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// Memory of the process's own, written to or not, where Linux tells it in a microsecond: what it was when
/// nothing was held.
pub(super) struct Footprint {
    before: AtomicUsize,
    since: Instant,
    /// When it was looked at last, in ns after `since`.
    looked: AtomicU64,
}

/// How often it is worth looking.
const EVERY: u64 = 500_000;

impl Footprint {
    /// Of now.
    pub(super) fn new() -> Option<Self> {
        Some(Self { before: AtomicUsize::new(now()?), since: Instant::now(), looked: AtomicU64::new(0) })
    }

    /// Whether it has not been looked at for a while. Once per while.
    pub(super) fn is_due(&self) -> bool {
        let (now, looked) = (self.since.elapsed().as_nanos() as u64, self.looked.load(Ordering::Relaxed));
        let is_due = now.saturating_sub(looked) >= EVERY;
        is_due && self.looked.compare_exchange(looked, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// By how many bytes it has grown since next to nothing was held.
    pub(super) fn growth(&self) -> Option<usize> {
        Some(now()?.saturating_sub(self.before.load(Ordering::Relaxed)))
    }

    /// Next to nothing is held: what there is now is others'.
    pub(super) fn rest(&self) {
        if let Some(now) = now() {
            self.before.store(now, Ordering::Relaxed);
        }
    }
}

#[cfg(unix)]
fn now() -> Option<usize> {
    use std::{fs::File, os::unix::fs::FileExt};
    static STATM: PerProcess<Option<File>> = PerProcess::new();
    let mut text = [0; 128];
    let len =
        STATM.get_or_init(|| File::open("/proc/self/statm").ok()).as_ref()?.read_at(&mut text, 0).ok()?;
    let pages: usize = std::str::from_utf8(&text[..len]).ok()?.split(' ').nth(5)?.parse().ok()?;
    Some(pages * joblib_core::sys::page_size())
}

#[cfg(not(unix))]
fn now() -> Option<usize> {
    None
}
