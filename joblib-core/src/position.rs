//! Where the running code is: in which iteration of which loop, inside of which iteration of which other.
//!
//! A loop and a run of tasks are the same here: both have iterations, numbered in the order of the plain
//! loop. The numbers of the iterations around the running code, outermost first, are the same wherever and
//! whenever it runs; random streams belong to them.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// The positions in all loops around a place, outermost first, as 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Positions([u64; 2]);

impl Positions {
    /// Those of a place outside of every loop: none. A number that no path is likely to have.
    pub const OUTSIDE: Self = Self([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);

    /// Those around the running code.
    #[inline]
    pub fn here() -> Self {
        FRAME.try_with(|frame| frame.positions()).unwrap_or(Self::OUTSIDE)
    }

    /// These, and then that of an iteration inside of them.
    ///
    /// One-to-one in the index for the same path, and in the path for the same index.
    #[cold]
    pub fn then(self, index: u64) -> Self {
        // Zeros outside: two lanes that begin as the streams of single tasks have been since version 0.1.
        let [a, b] = [self.0[0] ^ Self::OUTSIDE.0[0], self.0[1] ^ Self::OUTSIDE.0[1]];
        Self([
            mix((a ^ b.rotate_left(17)).wrapping_add(index.wrapping_mul(GOLDEN))),
            mix(b.wrapping_add(index ^ GOLDEN)),
        ])
    }

    /// As they travel to other processes, and as the start of streams.
    #[must_use]
    pub fn digest(self) -> [u64; 2] {
        self.0
    }

    /// As they were before [`digest`](Self::digest).
    pub fn from_digest(digest: [u64; 2]) -> Self {
        Self(digest)
    }

    /// Takes the running thread to these positions, to run iterations of a loop that stands there, until the
    /// guard is dropped.
    #[inline]
    pub fn enter(self) -> Position {
        // A thread that is being torn down has no frame any more, and nothing that asks for it.
        let frame = FRAME.try_with(Rc::clone).unwrap_or_default();
        let outer = (Self([frame.outer[0].get(), frame.outer[1].get()]), frame.index.get());
        frame.set(self, BETWEEN);
        Position { frame, outer }
    }
}

/// A thread's place in a loop. Dropped, the thread is where it was before, be it in an iteration of another
/// loop.
#[must_use]
#[derive(Debug)]
pub struct Position {
    frame: Rc<Frame>,
    outer: (Positions, u64),
}

impl Position {
    /// The thread runs this iteration from now on.
    #[inline]
    pub fn set(&self, index: usize) {
        self.frame.index.set(index as u64);
    }

    /// The thread is between two iterations: where the loop stands.
    #[inline]
    pub fn leave(&self) {
        self.frame.index.set(BETWEEN);
    }

    /// Counts the iterations of `range` as the thread runs them. Between two, and when this is dropped, it is
    /// where the loop stands.
    #[inline]
    pub fn iterations(&self, range: Range<usize>) -> Iterations<'_> {
        Iterations { index: &self.frame.index, next: range.start }
    }
}

impl Drop for Position {
    #[inline]
    fn drop(&mut self) {
        let (outer, index) = self.outer;
        self.frame.set(outer, index);
    }
}

/// Consecutive iterations. What it costs is a store for each, or two where code runs between them; the macro
/// leaves them out where a body calls nothing that may ask.
#[must_use]
#[derive(Debug)]
pub struct Iterations<'p> {
    index: &'p Cell<u64>,
    next: usize,
}

impl Iterations<'_> {
    /// The thread runs none at the moment.
    #[inline]
    pub fn between(&mut self) {
        self.index.set(BETWEEN);
    }

    /// The thread runs the next one from now on.
    #[inline]
    pub fn begin_next(&mut self) {
        self.index.set(self.next as u64);
        self.next = self.next.wrapping_add(1);
    }
}

impl Drop for Iterations<'_> {
    #[inline]
    fn drop(&mut self) {
        self.between();
    }
}

/// Where a thread is in the innermost loop it runs. On cache lines of its own: others write theirs as often.
#[derive(Debug)]
#[repr(align(128))]
struct Frame {
    /// The positions in loops around that.
    outer: [Cell<u64>; 2],
    index: Cell<u64>,
}

/// Instead of an index: no loop has as many iterations.
const BETWEEN: u64 = u64::MAX;

thread_local! {
    // Shared with the guards, which then reach it without looking it up.
    static FRAME: Rc<Frame> = Rc::default();
}

impl Default for Frame {
    fn default() -> Self {
        Frame { outer: Positions::OUTSIDE.0.map(Cell::new), index: Cell::new(BETWEEN) }
    }
}

impl Frame {
    #[inline]
    fn positions(&self) -> Positions {
        let outer = Positions([self.outer[0].get(), self.outer[1].get()]);
        match self.index.get() {
            BETWEEN => outer,
            index => outer.then(index),
        }
    }

    #[inline]
    fn set(&self, outer: Positions, index: u64) {
        self.outer[0].set(outer.0[0]);
        self.outer[1].set(outer.0[1]);
        self.index.set(index);
    }
}

/// The step of SplitMix64.
pub const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output function: one-to-one.
#[must_use]
pub fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use std::collections::HashSet;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn of(path: &[u64]) -> Positions {
        path.iter().fold(Positions::OUTSIDE, |outer, &index| outer.then(index))
    }

    #[test]
    fn frames_nest_and_unwind() {
        let outer = Positions::here().enter();
        outer.set(3);
        assert_eq!(Positions::here(), of(&[3]));
        let inner = Positions::here();
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let position = inner.enter();
            let mut iterations = position.iterations(7..9);
            assert_eq!(Positions::here(), of(&[3]));
            iterations.begin_next();
            iterations.begin_next();
            assert_eq!(Positions::here(), of(&[3, 8]));
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(unwound.is_err());
        assert_eq!(Positions::here(), of(&[3]));
        outer.leave();
        assert_eq!(Positions::here(), Positions::OUTSIDE);
        outer.set(0);
        drop(outer);
        assert_eq!(Positions::here(), Positions::OUTSIDE);
    }

    #[test]
    fn a_thread_that_ends_has_no_position() {
        struct AtTheEnd;
        impl Drop for AtTheEnd {
            fn drop(&mut self) {
                let position = Positions::here().then(1).enter();
                position.set(2);
            }
        }
        thread_local!(static LATE: AtTheEnd = const { AtTheEnd });
        let thread = std::thread::spawn(|| {
            // Dropped after the frame, which is made later.
            LATE.with(|_| Positions::here())
        });
        assert_eq!(thread.join().ok(), Some(Positions::OUTSIDE));
    }

    #[test]
    fn short_paths_differ_in_both_lanes() {
        // Streams start alike if the first lane does: zeros, where mixing gives zero, are the case to fear.
        let mut paths = vec![vec![]];
        for depth in 0..4 {
            let longest: Vec<_> = paths.iter().filter(|path| path.len() == depth).cloned().collect();
            paths.extend(longest.iter().flat_map(|path| (0..16).map(|i| [&path[..], &[i]].concat())));
        }
        for lane in 0..2 {
            let lanes: HashSet<u64> = paths.iter().map(|path| of(path).digest()[lane]).collect();
            assert_eq!(lanes.len(), paths.len());
        }
    }

    proptest! {
        #[test]
        fn different_paths_are_told_apart(a in vec(any::<u64>(), 0..5), b in vec(any::<u64>(), 0..5)) {
            prop_assert_eq!(of(&a) == of(&b), a == b);
            prop_assert_eq!(Positions::from_digest(of(&a).digest()), of(&a));
            prop_assert_ne!(of(&a).then(b.len() as u64), of(&a));
        }
    }
}
