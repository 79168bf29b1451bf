//! `reduce(with(merge, init) = ..)`: by functions of the user's.
//!
//! Unsafe, for an accumulator is moved out of its place: something is written there before anybody looks
//! again, even after a panic.
#![allow(unsafe_code)]

use std::{mem, ptr};

use super::reduce::Reduction;

/// `reduce(with(merge, init) = ..)`
#[derive(Debug)]
pub struct With<M, I> {
    merge: M,
    init: I,
}

impl<I> With<(), I> {
    /// For a block whose values are merged elsewhere.
    #[inline]
    pub fn of_block<A>(_: &A, init: I) -> With<fn(A, A) -> A, I>
    where
        I: Fn() -> A,
    {
        With { merge: |block, _| block, init }
    }
}

impl<M, I> With<M, I> {
    /// `merge` joins two accumulators in loop order, `init` makes the one a block starts with.
    #[inline]
    pub(super) fn new(merge: M, init: I) -> Self {
        With { merge, init }
    }

    /// An accumulator that nothing was added to.
    #[inline]
    pub(super) fn init<A>(&self) -> A
    where
        I: Fn() -> A,
    {
        (self.init)()
    }
}

impl<A: Send, M: Fn(A, A) -> A + Sync, I: Fn() -> A + Sync> Reduction<A> for With<M, I> {
    type Block = A;
    type Seed = ();

    fn is_exact(&self) -> bool {
        false
    }

    fn seed(&self, _value: &A) {}

    #[inline]
    fn empty(&self, (): &()) -> A {
        (self.init)()
    }

    #[inline]
    fn join(&self, block: &mut A, next: A) {
        let empty = OnPanic { place: block, init: &self.init };
        // SAFETY: the value is moved out of a place that nobody looks at before something is written there:
        // what was merged, or if merging panics an empty one.
        let before = unsafe { ptr::read(empty.place) };
        let merged = (self.merge)(before, next);
        let empty = &mut *mem::ManuallyDrop::new(empty);
        // SAFETY: as above; what is overwritten was moved out.
        unsafe { ptr::write(empty.place, merged) };
    }

    #[inline]
    fn apply(&self, value: &mut A, block: A) {
        self.join(value, block);
    }
}

/// Leaves an empty accumulator in a place whose own is lost.
struct OnPanic<'p, A, I: Fn() -> A> {
    place: &'p mut A,
    init: &'p I,
}

impl<A, I: Fn() -> A> Drop for OnPanic<'_, A, I> {
    fn drop(&mut self) {
        // SAFETY: what was there has been moved out.
        unsafe { ptr::write(self.place, (self.init)()) };
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn a_merge_that_panics_leaves_an_empty_one() {
        let merge = |a: String, b: String| if b.is_empty() { panic!("nothing to add") } else { a + &b };
        let with = With::new(merge, || "empty".to_owned());
        let mut text = "a".to_owned();
        with.join(&mut text, "b".to_owned());
        assert_eq!(text, "ab");
        let outcome = catch_unwind(AssertUnwindSafe(|| with.join(&mut text, String::new())));
        assert!(outcome.is_err());
        assert_eq!(text, "empty");
    }
}
