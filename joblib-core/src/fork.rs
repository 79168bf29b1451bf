//! Which process this is.
//!
//! A child made by `fork` has its parent's memory, but none of its threads, and what the parent holds in the
//! world is not the child's: its claims, its locked files, its workers. Everything in the workspace that
//! outlives a call asks here:
//!
//! - [`Process`] remembers who made something. What a child has inherited it neither releases, ends nor
//!   removes.
//! - [`PerProcess`] is made again in a child. Its threads are not there, and its locks may be held by them.
//! - [`ForkMutex`] guards what a child inherits whole: a fork waits until no thread holds it.
//! - [`Uninherited`] is a file or socket whose meaning ends with its last descriptor, which a child must not
//!   keep.
//!
//! `fork` itself tells, by handlers of `pthread_atfork`: asking costs one load. A bare `clone` system call
//! goes unnoticed.

#![allow(unsafe_code)]

use crate::sync::Mutex;
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::ptr;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::time::Duration;

#[cfg(unix)]
mod descriptors;
#[cfg(not(unix))]
#[path = "fork/no_descriptors.rs"]
mod descriptors;

pub use descriptors::Uninherited;

/// How many forks lie between this process and the one that first asked.
static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// One process of a line of forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process(usize);

impl Process {
    /// The running one. Forks count from the first call on.
    #[must_use]
    pub fn current() -> Self {
        watch();
        Self(GENERATION.load(Ordering::Relaxed))
    }

    /// Whether it is the running one.
    #[inline]
    #[must_use]
    pub fn is_current(self) -> bool {
        self.0 == GENERATION.load(Ordering::Relaxed)
    }
}

/// The user on whose behalf this process runs.
#[cfg(unix)]
pub(crate) fn user() -> u32 {
    // SAFETY: reads a number of the process, and cannot fail.
    unsafe { libc::geteuid() }
}

/// A value that each process makes for itself; what a child has inherited is neither used nor dropped there.
///
/// Making it blocks nobody: of threads that make one at the same time one succeeds, and the others' is
/// dropped.
pub struct PerProcess<T>(AtomicPtr<Made<T>>);

struct Made<T> {
    by: Process,
    value: T,
}

impl<T: Send + Sync> PerProcess<T> {
    /// Nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    /// This process's value, if it has been made.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        own(self.0.load(Ordering::Acquire))
    }

    /// This process's value, made now if it was not yet.
    #[inline]
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.init(make()),
        }
    }

    #[cold]
    fn init(&self, value: T) -> &T {
        let fresh = Box::into_raw(Box::new(Made { by: Process::current(), value }));
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            if let Some(value) = own(seen) {
                // SAFETY: made above, and seen by nobody else.
                drop(unsafe { Box::from_raw(fresh) });
                return value;
            }
            match self.0.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
                // SAFETY: made above, and freed by `drop` alone.
                Ok(_) => return unsafe { &(*fresh).value },
                Err(now) => seen = now,
            }
        }
    }
}

/// What is there, if this process has made it.
#[inline]
fn own<'a, T>(made: *mut Made<T>) -> Option<&'a T> {
    // SAFETY: null, or a value that is freed by the `drop` of what lends it, for as long as which `'a` lasts
    // at the callers'.
    unsafe { made.as_ref() }.filter(|made| made.by.is_current()).map(|made| &made.value)
}

impl<T: Send + Sync> Default for PerProcess<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let made = *self.0.get_mut();
        if own(made).is_some() {
            // SAFETY: made by `init`, and nobody borrows it any more.
            drop(unsafe { Box::from_raw(made) });
        }
    }
}

impl<T: fmt::Debug + Send + Sync> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PerProcess").field(&self.get()).finish()
    }
}

/// A mutex, for a `static`, that no fork finds held, so that a child has what it guards, whole.
///
/// It is held briefly, and no code of the user's runs meanwhile.
#[derive(Debug)]
pub struct ForkMutex<T> {
    mutex: Mutex<T>,
    listed: AtomicBool,
}

impl<T: Send + 'static> ForkMutex<T> {
    /// Guards `value`.
    pub const fn new(value: T) -> Self {
        Self { mutex: Mutex::new(value), listed: AtomicBool::new(false) }
    }

    /// Waits for the mutex; that a holder panicked is of no interest.
    pub fn lock(&'static self) -> MutexGuard<'static, T> {
        if !self.listed.load(Ordering::Acquire) {
            self.list();
        }
        self.mutex.lock()
    }

    #[cold]
    fn list(&'static self) {
        watch();
        let mut all = LISTED.lock();
        if !self.listed.swap(true, Ordering::Release) {
            all.push(self);
        }
    }
}

/// What a fork holds.
trait Hold: Sync {
    /// The guard, unless another thread has it.
    fn try_hold(&'static self) -> Option<Box<dyn Any>>;
}

impl<T: Send + 'static> Hold for ForkMutex<T> {
    fn try_hold(&'static self) -> Option<Box<dyn Any>> {
        let guard = self.mutex.try_lock()?;
        Some(Box::new(guard))
    }
}

/// Every [`ForkMutex`] that was ever used.
static LISTED: Mutex<Vec<&'static dyn Hold>> = Mutex::new(Vec::new());

thread_local! {
    /// The guards that this thread holds while it forks.
    static HELD: RefCell<Vec<Box<dyn Any>>> = const { RefCell::new(Vec::new()) };
}

/// How long a fork waits for mutexes, which are held for some microseconds at most, in pauses.
const PAUSES: usize = 2000;
const PAUSE: Duration = Duration::from_micros(500);

/// Makes forks count, and wait, from now on.
#[cfg(all(unix, not(any(loom, miri))))]
fn watch() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: the handlers keep to what is allowed where they run: before the fork and in the parent
    // anything, in the child atomics, the system calls of `descriptors`, and giving up locks and memory that
    // this thread took before the fork.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(Some(before), Some(after), Some(in_child));
    });
}

/// Processes do not fork here.
#[cfg(not(all(unix, not(any(loom, miri)))))]
fn watch() {
    let _ = (hold_all as fn(), release_all as fn());
}

#[cfg(all(unix, not(any(loom, miri))))]
extern "C" fn before() {
    hold_all();
}

#[cfg(all(unix, not(any(loom, miri))))]
extern "C" fn after() {
    release_all();
}

#[cfg(all(unix, not(any(loom, miri))))]
extern "C" fn in_child() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
    descriptors::sever();
    release_all();
}

/// All at once or none, so that the order in which others take two of them does not matter.
fn hold_all() {
    for _ in 0..PAUSES {
        let all = LISTED.lock();
        let mut held: Vec<Box<dyn Any>> = Vec::with_capacity(all.len() + 1);
        if all.iter().all(|one| one.try_hold().map(|guard| held.push(guard)).is_some()) {
            held.push(Box::new(all));
            // On a thread that is being torn down nothing can be held: the fork goes on without.
            let _ = HELD.try_with(|place| place.replace(held));
            return;
        }
        drop(held);
        drop(all);
        std::thread::sleep(PAUSE);
    }
}

fn release_all() {
    let _ = HELD.try_with(|place| drop(place.take()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_dropped_with_its_place() {
        struct Counted<'a>(&'a AtomicUsize);
        impl Drop for Counted<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let drops = AtomicUsize::new(0);
        let place = PerProcess::new();
        assert!(place.get().is_none());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| place.get_or_init(|| Counted(&drops)));
            }
        });
        let made_in_vain = drops.load(Ordering::Relaxed);
        assert!(made_in_vain < 4);
        let first = ptr::from_ref(place.get().unwrap());
        assert_eq!(ptr::from_ref(place.get_or_init(|| unreachable!())), first);
        drop(place);
        assert_eq!(drops.into_inner(), made_in_vain + 1);
    }
}
