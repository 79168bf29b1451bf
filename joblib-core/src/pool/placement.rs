//! On which processor a worker wakes up. Hints all: where they are refused a thread stays where it is.
//!
//! A kernel that knows of no cache common to two processors, as in many virtual machines, wakes a sleeper on the processor it slept
//! on, or on the waker's. If that is the same, the two stay there, one waiting for the other, for a loop's length or tens of
//! milliseconds. So each worker moves to a processor of its own once, when it starts; and who wakes a worker, to go on working itself,
//! keeps it off its own processor until it is up.

#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
pub(super) use known::{Berth, here, spread};
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
pub(super) use unknown::{Berth, here, spread};

#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
mod known {
    use rustix::thread::{CpuSet, Pid, gettid, sched_getaffinity, sched_getcpu, sched_setaffinity};
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::sync::{Mutex, PoisonError};

    /// Moves the calling thread, worker number `index` of a pool created on processor `home`, to its first processor.
    /// It is free to be moved again afterwards.
    pub(in crate::pool) fn spread(index: usize, home: usize) {
        let Ok(allowed) = sched_getaffinity(None) else { return };
        let processors: Vec<usize> =
            (0..CpuSet::MAX_CPU).filter(|&processor| allowed.is_set(processor)).collect();
        if processors.len() < 2 {
            return;
        }
        let at = processors.iter().position(|&processor| processor == home).unwrap_or(0);
        let mut first = CpuSet::new();
        first.set(processors[(at + 1 + index) % processors.len()]);
        let _ = sched_setaffinity(None, &first);
        let _ = sched_setaffinity(None, &allowed);
    }

    /// The processor this thread runs on.
    pub(in crate::pool) fn here() -> usize {
        sched_getcpu()
    }

    /// Where a thread sleeps.
    #[derive(Debug, Default)]
    pub(in crate::pool) struct Berth {
        /// Zero until it first sleeps.
        thread: AtomicI32,
        /// The processors it may use, while it is kept off one of them.
        usual: Mutex<Option<CpuSet>>,
    }

    impl Berth {
        /// The calling thread is about to sleep.
        pub(in crate::pool) fn lie_down(&self) {
            if self.thread.load(Ordering::Relaxed) == 0 {
                self.thread.store(gettid().as_raw_nonzero().get(), Ordering::Relaxed);
            }
        }

        /// It is awake: it may run anywhere again.
        pub(in crate::pool) fn get_up(&self) {
            if let Some(usual) = self.usual.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = sched_setaffinity(None, &usual);
            }
        }

        /// The calling thread is about to wake it, and will be busy here.
        pub(in crate::pool) fn make_room(&self) {
            let Some(thread) = Pid::from_raw(self.thread.load(Ordering::Relaxed)) else { return };
            let Ok(allowed) = sched_getaffinity(Some(thread)) else { return };
            let mut elsewhere = allowed;
            elsewhere.unset(here());
            let mut usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner);
            if elsewhere.count() > 0 && usual.is_none() && sched_setaffinity(Some(thread), &elsewhere).is_ok()
            {
                *usual = Some(allowed);
            }
        }
    }
}

/// Placement is left to the system.
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
mod unknown {
    pub(in crate::pool) fn spread(_index: usize, _home: usize) {}

    pub(in crate::pool) fn here() -> usize {
        0
    }

    #[derive(Debug, Default)]
    pub(in crate::pool) struct Berth;

    impl Berth {
        pub(in crate::pool) fn lie_down(&self) {}

        pub(in crate::pool) fn get_up(&self) {}

        pub(in crate::pool) fn make_room(&self) {}
    }
}
