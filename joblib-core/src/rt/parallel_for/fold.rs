//! One accumulator of a loop: a value per block while it runs, merged in loop order at its end.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use smallvec::SmallVec;

use super::reduce::Reduction;

/// One accumulator of a loop: the reduction of `variable` by `reduction`.
#[inline]
pub fn fold<A: Send, O: Reduction<A>>(reduction: O, variable: &mut A) -> impl Accumulator<Value = A> {
    Fold::new(reduction, variable)
}

/// One accumulator of a loop, shared by the participants.
pub trait Accumulator: Sync {
    /// Its type.
    type Value;
    /// One participant's side.
    type Worker<'w>: AccumulatorWorker<Value = Self::Value>
    where
        Self: 'w;

    /// Whether blocks must be fixed for the result to be.
    fn needs_blocks(&self) -> bool;

    /// One participant's side.
    fn worker(&self) -> Self::Worker<'_>;

    /// The accumulated value of all iterations up to the one that left the loop, or of all there are.
    fn finish(self, left_at: Option<usize>) -> Self::Value;
}

/// One participant's side of an [`Accumulator`].
pub trait AccumulatorWorker {
    /// The accumulator's type.
    type Value;

    /// What a block starts with.
    fn identity(&self) -> Self::Value;

    /// Adds the value of the iterations `range`.
    fn add(&mut self, range: Range<usize>, value: Self::Value);
}

/// The only kind of [`Accumulator`].
struct Fold<O: Reduction<A>, A> {
    reduction: O,
    seed: Mutex<O::Seed>,
    /// The value before the loop, until the first block takes it.
    initial: Mutex<Option<A>>,
    /// What the participants have finished.
    blocks: Mutex<Blocks<A>>,
}

/// One block is what a loop has that runs alone: it needs no memory of its own.
type Blocks<A> = SmallVec<[Block<A>; 1]>;

/// The accumulated value of consecutive iterations.
struct Block<A> {
    range: Range<usize>,
    value: A,
}

impl<O: Reduction<A>, A: Send> Fold<O, A> {
    fn new(reduction: O, variable: &mut A) -> Self {
        let initial = reduction.take(variable);
        Fold {
            seed: Mutex::new(reduction.seed(&initial)),
            initial: Mutex::new(Some(initial)),
            blocks: Mutex::new(Blocks::new()),
            reduction,
        }
    }
}

impl<O: Reduction<A>, A: Send> Accumulator for Fold<O, A> {
    type Value = A;
    type Worker<'w>
        = FoldWorker<'w, O, A>
    where
        Self: 'w;

    #[inline]
    fn needs_blocks(&self) -> bool {
        !self.reduction.is_exact()
    }

    #[inline]
    fn worker(&self) -> FoldWorker<'_, O, A> {
        let seed = self.seed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        FoldWorker { fold: self, seed, blocks: Blocks::new() }
    }

    #[inline]
    fn finish(self, left_at: Option<usize>) -> A {
        let mut blocks = self.blocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        blocks.sort_unstable_by_key(|block| block.range.start);
        let initial = self.initial.into_inner().unwrap_or_else(PoisonError::into_inner);
        let ran = blocks.into_iter().take_while(|block| left_at.is_none_or(|left| block.range.start <= left));
        // The first block, where there is one, has the initial value in it.
        let values = initial.into_iter().chain(ran.map(|block| block.value));
        match values.reduce(|value, next| self.reduction.merge(value, next)) {
            Some(value) => value,
            None => unreachable!("the initial value is here or in the first block"),
        }
    }
}

/// One participant's side of a [`Fold`].
struct FoldWorker<'f, O: Reduction<A>, A: Send> {
    fold: &'f Fold<O, A>,
    seed: O::Seed,
    blocks: Blocks<A>,
}

impl<O: Reduction<A>, A: Send> AccumulatorWorker for FoldWorker<'_, O, A> {
    type Value = A;

    #[inline]
    fn identity(&self) -> A {
        self.fold.reduction.identity(&self.seed)
    }

    #[inline]
    fn add(&mut self, range: Range<usize>, value: A) {
        let reduction = &self.fold.reduction;
        // In one piece with the block before? Only from the loop's beginning on is merging now the order of
        // the final merge too, which rounding may depend on.
        let joins = |last: &mut Block<A>| {
            last.range.end == range.start && (last.range.start == 0 || reduction.is_exact())
        };
        let before = if self.blocks.last_mut().is_some_and(joins) { self.blocks.pop() } else { None };
        let block = match before {
            Some(before) => {
                Block { range: before.range.start..range.end, value: reduction.merge(before.value, value) }
            }
            None if range.start == 0 => Block { value: self.with_initial(value), range },
            None => Block { range, value },
        };
        self.blocks.push(block);
    }
}

impl<O: Reduction<A>, A: Send> FoldWorker<'_, O, A> {
    fn with_initial(&self, value: A) -> A {
        let initial = self.fold.initial.lock().unwrap_or_else(PoisonError::into_inner).take();
        match initial {
            Some(initial) => self.fold.reduction.merge(initial, value),
            None => value,
        }
    }
}

impl<O: Reduction<A>, A: Send> Drop for FoldWorker<'_, O, A> {
    fn drop(&mut self) {
        let mut blocks = self.fold.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        blocks.append(&mut self.blocks);
    }
}

#[cfg(test)]
mod tests {
    use super::super::reduce::{Max, Sum, With};
    use super::*;

    #[test]
    fn blocks_merge_in_loop_order_whoever_ran_them() {
        let mut text = String::from("<");
        let fold = Fold::new(With::new(|a: String, b: String| a + &b, String::new), &mut text);
        let (mut one, mut two) = (fold.worker(), fold.worker());
        two.add(2..3, "c".into());
        one.add(0..1, "a".into());
        one.add(1..2, "b".into());
        two.add(3..4, "d".into());
        drop((two, one));
        assert_eq!(fold.finish(None), "<abcd");
    }

    #[test]
    fn what_ran_after_the_exit_does_not_count() {
        let fold = Fold::new(Sum, &mut 100);
        let mut worker = fold.worker();
        worker.add(6..8, 1000);
        worker.add(0..2, 1);
        worker.add(2..4, 2);
        drop(worker);
        assert_eq!(fold.finish(Some(3)), 103);
    }

    #[test]
    fn float_blocks_are_those_of_the_plain_loop() {
        let xs = [0.1, 0.7, -0.3, 1e16, 1.0, -1e16];
        let fold = Fold::new(Sum, &mut 0.3);
        let (mut one, mut two) = (fold.worker(), fold.worker());
        for (i, x) in xs.iter().enumerate() {
            let worker = if i % 3 == 0 { &mut one } else { &mut two };
            let value = worker.identity() + x;
            worker.add(i..i + 1, value);
        }
        drop((one, two));
        let plain = xs.iter().fold(0.3_f64, |sum, x| sum + x);
        assert_eq!(fold.finish(None).to_bits(), plain.to_bits());
    }

    #[test]
    fn empty_sums_keep_negative_zero() {
        let fold = Fold::new(Sum, &mut -0.0_f64);
        assert_eq!(fold.worker().identity().to_bits(), (-0.0_f64).to_bits());
        assert_eq!(fold.finish(None).to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn nan_gives_way_to_numbers() {
        let mut highest = f64::NAN;
        let fold = Fold::new(Max, &mut highest);
        let mut worker = fold.worker();
        worker.add(1..2, f64::NAN);
        worker.add(2..3, 2.0);
        drop(worker);
        assert_eq!(fold.finish(None), 2.0);
    }
}
