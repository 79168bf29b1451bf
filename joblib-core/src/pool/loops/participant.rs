//! What a participant of a loop asks of the pool.

use super::range_source::RangeSource;
use std::ops::Range;

/// A [`RangeSource`] of any lifetime.
pub(crate) trait Participant {
    /// The next iterations to run.
    fn next(&mut self) -> Option<Range<usize>>;

    /// It goes on at `index` of the range in hand: where a panic belongs from now on.
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

    /// Has one of those that wait look again. To be called after what it shall see.
    fn wake_one(&self) -> bool;
}

impl Participant for RangeSource<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        RangeSource::next(self)
    }

    fn resume_at(&mut self, index: usize) {
        RangeSource::resume_at(self, index);
    }

    fn leave_at(&self, index: usize) {
        RangeSource::leave_at(self, index);
    }

    fn bound(&self) -> usize {
        RangeSource::bound(self)
    }

    fn call_others(&mut self) {
        RangeSource::call_others(self);
    }

    fn is_shared(&self) -> bool {
        RangeSource::is_shared(self)
    }

    fn wait_until(&self, ready: &mut dyn FnMut() -> bool) {
        RangeSource::wait_until(self, ready);
    }

    fn wake_one(&self) -> bool {
        RangeSource::wake_one(self)
    }
}
