//! What a participant of a loop asks of the pool.

use std::ops::Range;

/// A [`RangeSource`](super::RangeSource) of any lifetime.
pub(crate) trait Participant {
    /// The next iterations to run.
    fn next(&mut self) -> Option<Range<usize>>;

    /// It continues at `index` of its range: a panic from now on belongs there.
    fn resume_at(&mut self, index: usize);

    /// Iteration `index` leaves the loop.
    fn leave_at(&self, index: usize);

    /// Iterations from here on need not run.
    fn bound(&self) -> usize;

    /// Lets others in if it pays by now.
    fn call_others(&mut self);

    /// Whether others have been let in: they may be there by now.
    fn is_shared(&self) -> bool;

    /// Waits until `ready` says so, without the processor if that takes long. Runs iterations of loops nested
    /// in this one meanwhile, and nothing else. Whoever makes it ready says so by
    /// [`wake_one`](Self::wake_one); `ready` is not called again after a `true`.
    fn wait_until(&self, ready: &mut dyn FnMut() -> bool);

    /// Has one of those that wait look again. To be called after the change that it is to see.
    fn wake_one(&self) -> bool;
}
