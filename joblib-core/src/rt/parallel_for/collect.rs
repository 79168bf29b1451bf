//! Collecting the values of a loop in loop order.

use std::marker::PhantomData;
use std::ops::{ControlFlow, Range};

use super::exits::Leaving;
use super::from_loop::{Collected, FromLoop};
use super::slots::{Gaps, Slot, Slots, Slotted};

/// The values of a loop, on their way into a `C`.
pub struct Collector<C: FromLoop<V>, V> {
    slots: Slots<C::Kept>,
    values: PhantomData<fn(V)>,
}

impl<C: FromLoop<V>, V> Collector<C, V> {
    /// For a loop of `len` iterations, if the number is known.
    #[inline]
    #[must_use]
    pub fn new(len: Option<usize>) -> Self {
        Collector { slots: Slots::new(len), values: PhantomData }
    }

    /// The most iterations a part of the loop may have.
    #[inline]
    pub fn longest_part(&self) -> usize {
        self.slots.longest_part()
    }

    /// One participant's side.
    #[inline]
    pub fn worker(&self) -> CollectWorker<'_, C, V> {
        CollectWorker { collector: self, gaps: Gaps::default() }
    }

    /// A collection, in code that says its type and never runs.
    ///
    /// # Panics
    /// Always.
    #[must_use]
    pub fn never(&self) -> C {
        unreachable!("this only says the type of what a loop is collected into")
    }

    /// What the loop is when a value has stopped it.
    #[inline]
    pub fn stopped(self, stop: C::Stop) -> C {
        C::stopped(stop)
    }
}

impl Collector<(), ()> {
    /// The value of a loop without values. Found before [`AnyCollector::finish`]: nothing else has to say
    /// what they are collected into.
    #[inline]
    pub fn finish(self, left_at: Option<usize>) {
        AnyCollector::finish(self, left_at);
    }
}

/// A collector of any type.
pub trait AnyCollector {
    /// What it collects into.
    type Collection;

    /// The collection of all values, or of those before the iteration that left the loop.
    #[track_caller]
    fn finish(self, left_at: Option<usize>) -> Self::Collection;
}

impl<C: FromLoop<V>, V> AnyCollector for Collector<C, V> {
    type Collection = C;

    #[inline]
    fn finish(self, left_at: Option<usize>) -> C {
        C::build(self.slots.into_vec(left_at))
    }
}

/// One participant's side of a [`Collector`].
pub struct CollectWorker<'c, C: FromLoop<V>, V> {
    collector: &'c Collector<C, V>,
    gaps: Gaps,
}

impl<C: FromLoop<V>, V> CollectWorker<'_, C, V> {
    /// The items of `part`, whose iterations are `range`, each with the slot for its value.
    #[inline]
    pub fn part<P: ExactSizeIterator>(&self, range: Range<usize>, part: P) -> Slotted<'_, P, C::Kept> {
        self.collector.slots.stretch(range, part, &self.gaps)
    }

    /// The value of an iteration, which is expected to be of the collection's type of values.
    #[inline]
    pub fn value(&self, value: V) -> V {
        value
    }

    /// Keeps the value of an iteration in its slot, or ends the loop with it.
    #[inline]
    pub fn keep(&self, slot: Slot<'_, C::Kept>, value: V) -> ControlFlow<Leaving<C::Stop>>
    where
        V: Collected,
    {
        // Both are parts of the value, which is `Send`.
        C::keep(value).map_continue(|kept| slot.write(kept)).map_break(Leaving::of_sent)
    }
}
