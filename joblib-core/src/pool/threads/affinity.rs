//! On which processor a worker wakes up. Hints all: where they are refused a thread stays where it is.
//!
//! A kernel that knows of no cache common to two processors, as in many virtual machines, wakes a sleeper on
//! the processor it slept on, or on the waker's. If that is the same, the two stay there, one waiting for the
//! other, for a loop's length or tens of milliseconds. So who wakes a worker, to go on working itself, keeps
//! it off its own processor until it is up.
//!
//! Only the mask that a worker has inherited from who started the pool is ever narrowed, and only what was
//! narrowed is put back: one that a start handler, a loop's body or somebody outside has set is nobody's to
//! change.

#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
pub(super) use known::Affinity;
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
pub(super) use unknown::Affinity;

#[cfg(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri))))]
mod known {
    use crate::sync::Mutex;
    use crate::sys::{CpuSet, affinity, set_affinity, this_processor, this_thread};
    use std::mem;

    /// The processors that a worker may use.
    #[derive(Debug, Default)]
    pub(in crate::pool::threads) struct Affinity {
        /// Its mask when it began, if that leaves a choice.
        inherited: Option<CpuSet>,
        /// Locked while a mask changes, so that it is whole again once the worker is up.
        sleep: Mutex<Sleep>,
    }

    #[derive(Debug, Default)]
    struct Sleep {
        /// The worker, while it sleeps.
        thread: Option<libc::pid_t>,
        /// The mask it has while it is kept off a processor.
        narrowed: Option<CpuSet>,
    }

    impl Affinity {
        /// Of a thread that the calling one starts.
        pub(in crate::pool::threads) fn inherited() -> Self {
            let inherited = affinity(None).ok().filter(|mask| mask.count() > 1);
            Self { inherited, ..Self::default() }
        }

        /// The calling thread, whose this is, is about to sleep.
        pub(in crate::pool::threads) fn sleeps(&self) {
            self.sleep.lock().thread = Some(this_thread());
        }

        /// The calling thread is about to wake this one, and will be busy here.
        pub(in crate::pool::threads) fn avoid_this_processor(&self) {
            let Some(inherited) = self.inherited else { return };
            let mut elsewhere = inherited;
            if let Some(here) = this_processor() {
                elsewhere.unset(here);
            }
            let mut sleep = self.sleep.lock();
            let is_own = sleep.thread.is_some() && affinity(sleep.thread).is_ok_and(|mask| mask == inherited);
            if is_own && elsewhere != inherited && set_affinity(sleep.thread, &elsewhere).is_ok() {
                sleep.narrowed = Some(elsewhere);
            }
        }

        /// The calling thread, whose this is, is awake: it may run anywhere again.
        pub(in crate::pool::threads) fn restore(&self) {
            if let (Some(narrowed), Some(inherited)) =
                (mem::take(&mut *self.sleep.lock()).narrowed, self.inherited)
                && affinity(None).is_ok_and(|mask| mask == narrowed)
            {
                let _ = set_affinity(None, &inherited);
            }
        }
    }
}

/// Placement is left to the system.
#[cfg(not(all(any(target_os = "linux", target_os = "android"), not(any(loom, miri)))))]
mod unknown {
    #[derive(Debug, Default)]
    pub(in crate::pool::threads) struct Affinity;

    impl Affinity {
        pub(in crate::pool::threads) fn inherited() -> Self {
            Self
        }

        pub(in crate::pool::threads) fn sleeps(&self) {}

        pub(in crate::pool::threads) fn avoid_this_processor(&self) {}

        pub(in crate::pool::threads) fn restore(&self) {}
    }
}
