//! How much memory this process has, as evidence of what results take whose sizes nobody can tell.

#[cfg(unix)]
use joblib_core::fork::PerProcess;

/// Memory of the process's own, written to or not, where Linux tells it in a microsecond: what it was in the beginning.
pub(super) struct Footprint {
    before: usize,
}

impl Footprint {
    /// Of now.
    pub(super) fn new() -> Option<Self> {
        Some(Self { before: now()? })
    }

    /// By how many bytes it has grown since.
    pub(super) fn growth(&self) -> Option<usize> {
        Some(now()?.saturating_sub(self.before))
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
    Some(pages * rustix::param::page_size())
}

#[cfg(not(unix))]
fn now() -> Option<usize> {
    None
}
