//! Which computation of a cached function the running code is part of, and which computation waits for which.
//!
//! A computation *depends* on those begun inside it and on those that code inside it waits for. A wait that
//! would make one depend on itself would never end, and is recognised before it begins. What can be known
//! here, and what cannot, is explained in `memory/README.md`.

use crate::fork::PerProcess;
use crate::sync::Mutex;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::{Arc, MutexGuard};

/// A computation that has begun. Its address is its identity.
pub(crate) trait Computation: Send + Sync {
    /// The computation inside which it was begun.
    fn outer(&self) -> Option<&Arc<dyn Computation>>;
}

type Shared = Arc<dyn Computation>;

thread_local! {
    static CURRENT: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// The innermost one that the running code is part of.
#[inline]
pub(crate) fn current() -> Option<Shared> {
    // Thread-local values may call functions when they are dropped, after this one is gone.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// The thread runs code of this computation, or of none, until the guard is dropped.
#[inline]
pub(crate) fn enter(computation: Option<Shared>) -> Inside {
    let outer = CURRENT.try_with(|current| current.replace(computation)).ok().flatten();
    Inside { outer, on_this_thread: PhantomData }
}

/// `work`, for another thread to run as part of the computation that the calling code is part of.
pub fn carrying<R>(work: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let computation = current();
    move || {
        let _inside = enter(computation);
        work()
    }
}

/// As [`carrying`], for any number of threads.
pub fn carrying_all<A, R>(work: impl Fn(A) -> R) -> impl Fn(A) -> R {
    let computation = current();
    move |argument| {
        let _inside = enter(computation.clone());
        work(argument)
    }
}

/// Whether the calling code is part of a computation.
#[must_use]
pub fn is_inside() -> bool {
    current().is_some()
}

/// Runs `work`, which a computation of another process depends on.
pub fn awaited_elsewhere<R>(work: impl FnOnce() -> R) -> R {
    let _inside = enter(Some(Arc::new(Elsewhere(current()))));
    work()
}

/// What another process awaits.
struct Elsewhere(Option<Shared>);

impl Computation for Elsewhere {
    fn outer(&self) -> Option<&Shared> {
        self.0.as_ref()
    }
}

/// The thread's former computation, to go back to.
#[must_use]
pub(crate) struct Inside {
    outer: Option<Shared>,
    on_this_thread: PhantomData<*const ()>,
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        let outer = self.outer.take();
        // Dropped once the place is free again: it may be the last to hold a value of the user.
        let _inner = CURRENT.try_with(|current| current.replace(outer));
    }
}

/// The running code waits for this computation until the guard is dropped; `None` where that would be for
/// ever.
///
/// Code that is part of no computation may always wait: nothing depends on it.
pub(crate) fn wait(awaited: Shared) -> Option<Waiting> {
    let Some(waiter) = current() else { return Some(Waiting(None)) };
    let mut waits = waits();
    if depends_on(&waits, &awaited, &waiter) {
        return None;
    }
    waits.push((Arc::clone(&waiter), Arc::clone(&awaited)));
    Some(Waiting(Some((waiter, awaited))))
}

/// Whether a computation waits for this one.
pub(crate) fn is_awaited(computation: &Shared) -> bool {
    waits().iter().any(|(_, awaited)| is(awaited, computation))
}

/// A computation's wait for another.
pub(crate) struct Waiting(Option<Wait>);

type Wait = (Shared, Shared);

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some((waiter, awaited)) = &self.0 else { return };
        let mut waits = waits();
        let at = waits.iter().position(|wait| is(&wait.0, waiter) && is(&wait.1, awaited));
        // Dropped without the lock, as above.
        let _gone = at.map(|at| waits.swap_remove(at));
        drop(waits);
    }
}

/// Whether `one` depends on `other`, searched from `other` towards those that depend on it.
fn depends_on(waits: &[Wait], one: &Shared, other: &Shared) -> bool {
    let (mut known, mut at) = (vec![other], 0);
    while let Some(&next) = known.get(at) {
        if is(next, one) {
            return true;
        }
        let waiters = waits.iter().filter(|(_, awaited)| is(awaited, next)).map(|(waiter, _)| waiter);
        for dependent in next.outer().into_iter().chain(waiters) {
            if !known.iter().any(|known| is(known, dependent)) {
                known.push(dependent);
            }
        }
        at += 1;
    }
    false
}

fn is(one: &Shared, other: &Shared) -> bool {
    ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}

/// All waits of computations. A forked child has none of the threads that wait here.
fn waits() -> MutexGuard<'static, Vec<Wait>> {
    static WAITS: PerProcess<Mutex<Vec<Wait>>> = PerProcess::new();
    WAITS.get_or_init(Mutex::default).lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Begun(Option<Shared>);

    impl Computation for Begun {
        fn outer(&self) -> Option<&Shared> {
            self.0.as_ref()
        }
    }

    fn begin() -> Shared {
        Arc::new(Begun(current()))
    }

    fn wait_in(waiter: &Shared, awaited: &Shared) -> Option<Waiting> {
        let _inside = enter(Some(Arc::clone(waiter)));
        wait(Arc::clone(awaited))
    }

    #[test]
    fn a_computation_does_not_wait_for_what_it_is_inside_of() {
        let outer = begin();
        let _in_outer = enter(Some(Arc::clone(&outer)));
        let inner = begin();
        assert!(wait_in(&inner, &inner).is_none() && wait_in(&inner, &outer).is_none());
        let other = std::thread::scope(|scope| scope.spawn(begin).join().unwrap());
        assert!(wait_in(&inner, &other).is_some());
    }

    #[test]
    fn two_that_would_wait_for_each_other_through_a_third() {
        let [a, b, c] = [begin(), begin(), begin()];
        let (first, second) = (wait_in(&a, &b), wait_in(&b, &c));
        assert!(first.is_some() && second.is_some());
        assert!(wait_in(&c, &a).is_none());
        drop(second);
        assert!(wait_in(&c, &a).is_some());
    }

    #[test]
    fn what_waits_inside_counts_for_what_it_is_inside_of() {
        let [a, b] = [begin(), begin()];
        let inside_a = {
            let _in_a = enter(Some(Arc::clone(&a)));
            begin()
        };
        let waits = wait_in(&inside_a, &b);
        assert!(waits.is_some() && wait_in(&b, &a).is_none());
        drop(waits);
        assert!(wait_in(&b, &a).is_some());
    }

    #[test]
    fn what_is_part_of_no_computation_may_always_wait() {
        assert!(current().is_none() && wait(begin()).is_some());
    }
}
