//! How much memory this process has, as evidence of what results take whose sizes nobody can tell.

use std::fs::File;

/// Memory of the process's own, written to or not, where Linux tells it in a microsecond; and what it was in the beginning.
#[cfg_attr(not(unix), allow(dead_code, reason = "never made"))]
pub(super) struct Footprint {
    statm: File,
    before: usize,
}

impl Footprint {
    /// Of now.
    pub(super) fn new() -> Option<Self> {
        let mut footprint = Self { statm: File::open("/proc/self/statm").ok()?, before: 0 };
        footprint.before = footprint.now()?;
        Some(footprint)
    }

    /// By how many bytes it has grown since.
    pub(super) fn growth(&self) -> Option<usize> {
        Some(self.now()?.saturating_sub(self.before))
    }

    #[cfg(unix)]
    fn now(&self) -> Option<usize> {
        let mut text = [0; 128];
        let len = std::os::unix::fs::FileExt::read_at(&self.statm, &mut text, 0).ok()?;
        let pages: usize = std::str::from_utf8(&text[..len]).ok()?.split(' ').nth(5)?.parse().ok()?;
        Some(pages * rustix::param::page_size())
    }

    #[cfg(not(unix))]
    fn now(&self) -> Option<usize> {
        None
    }
}
