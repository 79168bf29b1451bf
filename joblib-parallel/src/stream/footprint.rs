//! How much memory this process has, as evidence of what results take whose sizes nobody can tell.

#[cfg(target_os = "linux")]
mod statm {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    /// Memory of the process's own, written to or not, and what it was in the beginning.
    pub(in crate::stream) struct Footprint {
        statm: File,
        before: usize,
    }

    impl Footprint {
        /// Of now.
        pub(in crate::stream) fn new() -> Option<Self> {
            let mut footprint = Self { statm: File::open("/proc/self/statm").ok()?, before: 0 };
            footprint.before = footprint.now()?;
            Some(footprint)
        }

        /// By how many bytes it has grown since.
        pub(in crate::stream) fn growth(&self) -> Option<usize> {
            Some(self.now()?.saturating_sub(self.before))
        }

        fn now(&self) -> Option<usize> {
            let mut text = [0; 128];
            let len = self.statm.read_at(&mut text, 0).ok()?;
            let pages = std::str::from_utf8(&text[..len]).ok()?.split(' ').nth(5)?;
            Some(pages.parse::<usize>().ok()? * rustix::param::page_size())
        }
    }
}

/// Where that cannot be asked in a microsecond.
#[cfg(not(target_os = "linux"))]
mod statm {
    pub(in crate::stream) enum Footprint {}

    impl Footprint {
        pub(in crate::stream) fn new() -> Option<Self> {
            None
        }

        pub(in crate::stream) fn growth(&self) -> Option<usize> {
            match *self {}
        }
    }
}

pub(super) use statm::Footprint;
