//! Uninitialised memory for the values of a loop, each written once to where it stays.
//!
//! A part of the loop gets a stretch of slots, one per iteration. A slot that is let go without a value (by
//! `continue`, by an iteration that leaves the loop, by a panic) is a gap; gaps are closed at the end. Until
//! then [`Slots`] owns all values, and drops each once if the loop does not finish.
#![allow(unsafe_code)]

use crate::sync::Mutex;
use std::cell::RefCell;
use std::mem::{self, MaybeUninit};
use std::ops::Range;
use std::{iter, ptr};

/// How many values a stretch with memory of its own has room for, if their number is not known.
const LONGEST_OWN: usize = 4096;

/// The values of one loop.
pub(super) struct Slots<T> {
    /// A slot for every iteration, where their number is known and there is memory for as many. Its length is
    /// zero until the end.
    whole: Option<Vec<T>>,
    /// The number of iterations, where it is known.
    len: usize,
    stretches: Mutex<Vec<Stretch<T>>>,
}

/// The slots of one part, after it ran.
struct Stretch<T> {
    /// The first iteration.
    start: usize,
    first: *mut T,
    /// How many iterations were begun.
    begun: usize,
    /// Those of them that left no value, counted from `start`, ascending.
    gaps: Vec<usize>,
    /// The memory itself, where it is not part of the whole.
    _memory: Option<Vec<T>>,
}

// SAFETY: a stretch owns the values it points to, all of which came by `Slot::write`, which asks for `Send`
// ones.
unsafe impl<T> Send for Stretch<T> {}
// SAFETY: shared access hands out stretches only, each to one thread, and the list of them is behind a lock.
// That values are `Send` is asked where they are written: there it is one error, at the user's own value.
unsafe impl<T> Sync for Slots<T> {}

impl<T> Stretch<T> {
    /// The values without gaps in between, counted from `first`.
    fn runs(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = iter::once(0).chain(self.gaps.iter().map(|gap| gap + 1));
        let ends = self.gaps.iter().copied().chain([self.begun]);
        starts.zip(ends).map(|(start, end)| start..end).filter(|run| !run.is_empty())
    }

    /// # Safety
    /// The values must not have been moved or dropped.
    unsafe fn drop_values(&self) {
        for run in self.runs() {
            let values = ptr::slice_from_raw_parts_mut(self.first.wrapping_add(run.start), run.len());
            // SAFETY: a run is initialised memory; by the caller's promise it is dropped here only.
            unsafe { ptr::drop_in_place(values) };
        }
    }
}

impl<T> Slots<T> {
    pub(super) fn new(len: Option<usize>) -> Self {
        // `0..u64::MAX` may be left after ten iterations.
        let reserved = |len| {
            let mut whole = Vec::new();
            whole.try_reserve_exact(len).ok().map(|()| whole)
        };
        Slots { whole: len.and_then(reserved), len: len.unwrap_or(0), stretches: Mutex::default() }
    }

    /// The most iterations a part may have: each has memory of its own where there is none for all.
    pub(super) fn longest_part(&self) -> usize {
        if self.whole.is_some() { usize::MAX } else { LONGEST_OWN }
    }

    /// Pairs the items of a part with the slots of its iterations, `range`. Within one loop no iteration may
    /// be in two ranges: `range` comes from the loop's feed.
    #[inline]
    pub(super) fn stretch<'s, P: ExactSizeIterator>(
        &'s self,
        range: Range<usize>,
        part: P,
        gaps: &'s Gaps,
    ) -> Slotted<'s, P, T> {
        let (first, own) = match &self.whole {
            Some(whole) => {
                assert!(range.end <= self.len);
                (whole.as_ptr().cast_mut().wrapping_add(range.start), None)
            }
            None => {
                let mut own = Vec::with_capacity(range.len());
                (own.as_mut_ptr(), Some(own))
            }
        };
        let stretch = Stretch { start: range.start, first, begun: 0, gaps: Vec::new(), _memory: own };
        Slotted { slots: self, first, end: range.len(), begun: 0, stretch: Some(stretch), part, gaps }
    }

    /// The values of all iterations before `left_at`, or of all there are.
    pub(super) fn into_vec(mut self, left_at: Option<usize>) -> Vec<T> {
        let mut stretches = mem::take(self.stretches.get_mut());
        stretches.sort_unstable_by_key(|stretch| stretch.start);
        let count: usize = stretches.iter().map(|stretch| stretch.begun - stretch.gaps.len()).sum();
        let whole = self.whole.take();
        let in_place = whole.is_some();
        let mut values = whole.unwrap_or_else(|| Vec::with_capacity(count));
        if in_place && count == self.len {
            // SAFETY: every slot has its value.
            unsafe { values.set_len(count) };
            return values;
        }
        let target = values.as_mut_ptr();
        let mut len = 0;
        let kept = stretches.partition_point(|stretch| left_at.is_none_or(|left| stretch.start <= left));
        for stretch in &stretches[..kept] {
            for run in stretch.runs() {
                // SAFETY: the run is initialised and moved from here only. In place it moves towards the
                // front, over slots that are gaps or were moved already; else there is room for all values.
                unsafe {
                    ptr::copy(stretch.first.wrapping_add(run.start), target.wrapping_add(len), run.len());
                }
                len += run.len();
            }
        }
        // SAFETY: `len` values were moved to the front.
        unsafe { values.set_len(len) };
        for stretch in &stretches[kept..] {
            // SAFETY: these were not moved: they ran after the iteration that left the loop.
            unsafe { stretch.drop_values() };
        }
        // Only now: what was dropped lay in the same memory.
        if len < values.capacity() / 2 {
            values.shrink_to_fit();
        }
        values
    }
}

impl<T> Drop for Slots<T> {
    fn drop(&mut self) {
        for stretch in self.stretches.get_mut() {
            // SAFETY: values that were moved out are no longer in the list.
            unsafe { stretch.drop_values() };
        }
    }
}

/// The slots of one participant that were let go without a value, by address.
#[derive(Default)]
pub(super) struct Gaps(RefCell<Vec<usize>>);

/// A part of a loop whose items come with the slots for what becomes of them.
pub struct Slotted<'s, P: ExactSizeIterator, T> {
    slots: &'s Slots<T>,
    part: P,
    first: *mut T,
    /// How many items came, each with its slot.
    begun: usize,
    /// How many slots there are.
    end: usize,
    stretch: Option<Stretch<T>>,
    gaps: &'s Gaps,
}

impl<'s, P: ExactSizeIterator, T> Iterator for Slotted<'s, P, T> {
    type Item = (Slot<'s, T>, P::Item);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // The item first: if this panics, no slot counts as written.
        let item = self.part.next()?;
        debug_assert!(self.begun < self.end);
        // SAFETY: a part gives no more items than its share has indices, and there is a slot for each; this
        // one is given once. `MaybeUninit` asks for nothing.
        let place = unsafe { &mut *self.first.add(self.begun).cast::<MaybeUninit<T>>() };
        self.begun += 1;
        Some((Slot { place, gaps: self.gaps }, item))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.part.size_hint()
    }
}

impl<P: ExactSizeIterator, T> ExactSizeIterator for Slotted<'_, P, T> {}

impl<P: ExactSizeIterator, T> Drop for Slotted<'_, P, T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(mut stretch) = self.stretch.take() {
            stretch.begun = self.begun;
            let mut gaps = self.gaps.0.borrow_mut();
            if !gaps.is_empty() {
                stretch.gaps = gap_indices(&mut gaps, stretch.first);
            }
            self.slots.stretches.lock().push(stretch);
        }
    }
}

#[cold]
fn gap_indices<T>(gaps: &mut Vec<usize>, first: *mut T) -> Vec<usize> {
    match size_of::<T>() {
        // Zero-sized values are all alike: only the number of gaps counts.
        0 => (0..mem::take(gaps).len()).collect(),
        size => gaps.drain(..).map(|address| (address - first.addr()) / size).collect(),
    }
}

/// Where one iteration's value goes. Must be written or dropped: a forgotten slot would count as written.
pub struct Slot<'s, T> {
    place: &'s mut MaybeUninit<T>,
    gaps: &'s Gaps,
}

impl<T> Slot<'_, T> {
    /// Writes the value, which is `Send` or part of a value that is.
    #[inline]
    pub(super) fn write(self, value: T) {
        let mut slot = mem::ManuallyDrop::new(self);
        slot.place.write(value);
    }
}

impl<T> Drop for Slot<'_, T> {
    #[cold]
    fn drop(&mut self) {
        self.gaps.0.borrow_mut().push(self.place.as_ptr().addr());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes those of `range` that are even, as text, which has a destructor.
    fn fill_even(slots: &Slots<String>, range: Range<usize>) {
        let gaps = Gaps::default();
        for (slot, i) in slots.stretch(range.clone(), range, &gaps) {
            if i % 2 == 0 {
                slot.write(i.to_string());
            }
        }
    }

    #[test]
    fn gaps_close_in_loop_order() {
        for len in [Some(10), None] {
            let slots = Slots::new(len);
            fill_even(&slots, 5..10);
            fill_even(&slots, 0..5);
            assert_eq!(slots.into_vec(None), ["0", "2", "4", "6", "8"]);
        }
    }

    #[test]
    fn values_after_the_exit_are_dropped() {
        for len in [Some(10), None] {
            let slots = Slots::new(len);
            fill_even(&slots, 6..8);
            fill_even(&slots, 0..4);
            assert_eq!(slots.into_vec(Some(3)), ["0", "2"]);
        }
    }

    #[test]
    fn an_abandoned_stretch_keeps_what_was_written() {
        let slots = Slots::new(Some(4));
        let gaps = Gaps::default();
        let mut part = slots.stretch(0..4, 0..4, &gaps);
        let (slot, i) = part.next().unwrap();
        slot.write(i);
        let abandoned = part.next();
        drop(abandoned);
        drop(part);
        assert_eq!(slots.into_vec(None), [0]);
    }

    #[test]
    fn values_without_size_are_counted() {
        let slots = Slots::new(Some(5));
        let gaps = Gaps::default();
        for (slot, i) in slots.stretch(0..5, 0..5, &gaps) {
            if i != 2 {
                slot.write(());
            }
        }
        assert_eq!(slots.into_vec(None).len(), 4);
    }
}
