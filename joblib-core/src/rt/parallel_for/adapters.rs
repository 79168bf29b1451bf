//! Std's adapters, such that a source that can be cut stays one, and any other becomes std's own adapter.

use std::iter;
use std::ops::Range;

use super::indexed::{Indexed, IntoIndexed, Share};

/// Defines an adapter of one source, as an `IntoIterator` (std's adapter of what it holds) and an
/// `IntoIndexed`.
macro_rules! adapter {
    ($(#[$doc:meta])* $name:ident($($field:ident),*) as $std:ty $(where $bound:path)?, by $method:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<I> {
            inner: I,
            $($field: usize,)*
        }

        impl<I> $name<I> {
            #[inline]
            pub(super) fn new(inner: I, $($field: usize),*) -> Self {
                $name { inner, $($field),* }
            }
        }

        impl<I: IntoIterator> IntoIterator for $name<I> $(where I::IntoIter: $bound)? {
            type Item = I::Item;
            type IntoIter = $std;

            #[inline]
            fn into_iter(self) -> Self::IntoIter {
                self.inner.into_iter().$method($(self.$field),*)
            }
        }

        adapter!(@indexed $name($($field),*));
    };
    (@indexed $name:ident($($field:ident),*)) => {
        impl<I: IntoIndexed> IntoIndexed for $name<I>
        where
            $name<I::Indexed>: Indexed,
        {
            type Indexed = $name<I::Indexed>;

            #[inline]
            fn into_indexed(self) -> Self::Indexed {
                $name::new(self.inner.into_indexed(), $(self.$field),*)
            }
        }
    };
}

/// What adapters of one source take over from it.
macro_rules! like_inner {
    () => {
        const RUNS_CODE: bool = S::RUNS_CODE;

        #[inline]
        fn longest_share(&self) -> usize {
            self.inner.longest_share()
        }
    };
}

adapter! {
    /// `rev()`.
    Rev() as iter::Rev<I::IntoIter> where DoubleEndedIterator, by rev
}

impl<S: Indexed<Part: DoubleEndedIterator>> Indexed for Rev<S> {
    type Item = S::Item;
    type Part = iter::Rev<S::Part>;

    like_inner!();

    #[inline]
    fn len(&self) -> u128 {
        self.inner.len()
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        self.inner.part_from_end(share).rev()
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        self.inner.part(share).rev()
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        let len = self.inner.len();
        self.inner.pass_by_from_end(len - range.end..len - range.start);
    }

    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        let len = self.inner.len();
        self.inner.pass_by(len - range.end..len - range.start);
    }
}

adapter! {
    /// `skip(n)`.
    Skip(n) as iter::Skip<I::IntoIter>, by skip
}

impl<S: Indexed> Indexed for Skip<S> {
    type Item = S::Item;
    type Part = S::Part;

    like_inner!();

    #[inline]
    fn len(&self) -> u128 {
        self.inner.len().saturating_sub(self.n as u128)
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let (n, start) = (self.n as u128, share.start());
        if start == 0 {
            self.inner.pass_by(0..n.min(self.inner.len()));
        }
        self.inner.part(share.moved_to(n + start))
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        self.inner.part_from_end(share)
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        if !range.is_empty() {
            let n = self.n as u128;
            // What is skipped belongs to the first item.
            let start = if range.start == 0 { 0 } else { n + range.start };
            self.inner.pass_by(start..n + range.end);
        }
    }

    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        let n = self.n as u128;
        self.inner.pass_by_from_end(n + range.start..n + range.end);
    }
}

adapter! {
    /// `take(n)`.
    Take(n) as iter::Take<I::IntoIter>, by take
}

impl<S: Indexed> Indexed for Take<S> {
    type Item = S::Item;
    type Part = S::Part;

    like_inner!();

    #[inline]
    fn len(&self) -> u128 {
        self.inner.len().min(self.n as u128)
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        self.inner.part(share)
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        let len = self.len();
        if share.start() == 0 {
            self.inner.pass_by(len..self.inner.len());
        }
        self.inner.part(share.mirrored(len))
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        self.inner.pass_by(range);
    }

    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        // What is not taken belongs to the last item.
        let end = if range.end == self.len() && !range.is_empty() { self.inner.len() } else { range.end };
        self.inner.pass_by(range.start..end);
    }
}

adapter! {
    /// `step_by(step)`.
    StepBy(step) as iter::StepBy<I::IntoIter>, by step_by
}

impl<S: Indexed> Indexed for StepBy<S> {
    type Item = S::Item;
    type Part = iter::StepBy<S::Part>;

    const RUNS_CODE: bool = S::RUNS_CODE;

    #[inline]
    fn len(&self) -> u128 {
        self.inner.len().div_ceil(self.step as u128)
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let share = share.stretched(self.step);
        self.inner.pass_by(self.after_the_one_before(share.start())..share.start());
        // Up to the last item of the share: what follows may be beyond the end, and belongs to the next
        // share.
        self.inner.part(share).step_by(self.step)
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        let share = share.mirrored(self.len()).stretched(self.step);
        let end = share.end();
        self.inner.pass_by(end..(end + self.step as u128 - 1).min(self.inner.len()));
        self.inner.part(share).step_by(self.step)
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        if !range.is_empty() {
            let step = self.step as u128;
            self.inner.pass_by(self.after_the_one_before(range.start * step)..(range.end - 1) * step + 1);
        }
    }

    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        if !range.is_empty() {
            let step = self.step as u128;
            self.inner.pass_by(range.start * step..(range.end * step).min(self.inner.len()));
        }
    }

    #[inline]
    fn longest_share(&self) -> usize {
        (self.inner.longest_share() - 1) / self.step + 1
    }
}

impl<S> StepBy<S> {
    /// Where the items that are stepped over before `index` begin.
    #[inline]
    fn after_the_one_before(&self, index: u128) -> u128 {
        (index + 1).saturating_sub(self.step as u128)
    }
}

/// `enumerate()`.
#[derive(Clone, Debug)]
pub struct Enumerate<I> {
    inner: I,
}

impl<I> Enumerate<I> {
    #[inline]
    pub(super) fn new(inner: I) -> Self {
        Enumerate { inner }
    }
}

impl<I: IntoIterator> IntoIterator for Enumerate<I> {
    type Item = (usize, I::Item);
    type IntoIter = iter::Enumerate<I::IntoIter>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.inner.into_iter().enumerate()
    }
}

adapter!(@indexed Enumerate());

impl<S: Indexed> Indexed for Enumerate<S> {
    type Item = (usize, S::Item);
    type Part = iter::Zip<Range<usize>, S::Part>;

    like_inner!();

    #[inline]
    fn len(&self) -> u128 {
        self.inner.len()
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let (numbers, share) = share.of_both();
        numbers.into_range().zip(self.inner.part(share))
    }

    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        let (numbers, share) = share.of_both();
        numbers.mirrored(self.len()).into_range().zip(self.inner.part_from_end(share))
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        self.inner.pass_by(range);
    }

    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        self.inner.pass_by_from_end(range);
    }
}

/// Defines `copied()` and `cloned()`.
macro_rules! by_value {
    ($($(#[$doc:meta])* $name:ident: $bound:ident, by $method:ident, runs code: $runs_code:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<I> {
            inner: I,
        }

        impl<I> $name<I> {
            #[inline]
            pub(super) fn new(inner: I) -> Self {
                $name { inner }
            }
        }

        impl<'a, T: $bound + 'a, I: IntoIterator<Item = &'a T>> IntoIterator for $name<I> {
            type Item = T;
            type IntoIter = iter::$name<I::IntoIter>;

            #[inline]
            fn into_iter(self) -> Self::IntoIter {
                self.inner.into_iter().$method()
            }
        }

        adapter!(@indexed $name());

        impl<'a, T: $bound + 'a, S: Indexed<Item = &'a T>> Indexed for $name<S> {
            type Item = T;
            type Part = iter::$name<S::Part>;

            const RUNS_CODE: bool = S::RUNS_CODE || $runs_code;

            #[inline]
            fn len(&self) -> u128 {
                self.inner.len()
            }

            #[inline]
            fn part(&self, share: Share) -> Self::Part {
                self.inner.part(share).$method()
            }

            #[inline]
            fn part_from_end(&self, share: Share) -> Self::Part {
                self.inner.part_from_end(share).$method()
            }

            #[inline]
            fn longest_share(&self) -> usize {
                self.inner.longest_share()
            }
        }
    )*};
}

by_value! {
    /// `copied()`.
    Copied: Copy, by copied, runs code: false;
    /// `cloned()`.
    Cloned: Clone, by cloned, runs code: true;
}

/// `zip(..)`.
#[derive(Clone, Debug)]
pub struct Zip<A, B> {
    first: A,
    second: B,
}

impl<A, B> Zip<A, B> {
    #[inline]
    pub(super) fn new(first: A, second: B) -> Self {
        Zip { first, second }
    }
}

impl<A: IntoIterator, B: IntoIterator> IntoIterator for Zip<A, B> {
    type Item = (A::Item, B::Item);
    type IntoIter = iter::Zip<A::IntoIter, B::IntoIter>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().zip(self.second)
    }
}

impl<A: IntoIndexed, B: IntoIndexed> IntoIndexed for Zip<A, B> {
    type Indexed = Zip<A::Indexed, B::Indexed>;

    #[inline]
    fn into_indexed(self) -> Self::Indexed {
        Zip { first: self.first.into_indexed(), second: self.second.into_indexed() }
    }
}

impl<A: Indexed, B: Indexed> Indexed for Zip<A, B> {
    type Item = (A::Item, B::Item);
    type Part = iter::Zip<A::Part, B::Part>;

    const RUNS_CODE: bool = A::RUNS_CODE || B::RUNS_CODE;

    #[inline]
    fn len(&self) -> u128 {
        self.first.len().min(self.second.len())
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let (first, second) = share.of_both();
        self.first.part(first).zip(self.second.part(second))
    }

    #[inline]
    fn pass_by(&self, range: Range<u128>) {
        self.first.pass_by(range.clone());
        self.second.pass_by(range);
    }

    #[inline]
    fn longest_share(&self) -> usize {
        self.first.longest_share().min(self.second.longest_share())
    }
}

#[cfg(test)]
mod tests;
