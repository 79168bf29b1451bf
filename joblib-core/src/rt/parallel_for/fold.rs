//! One accumulator of a loop: a block per part of the loop while it runs, merged into the variable in loop
//! order.

use std::mem::ManuallyDrop;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use smallvec::SmallVec;

use super::accumulator::Accumulator;
use super::reduce::{Before, Reduction};

/// How many blocks that cannot be merged with one another a participant keeps to itself.
const KEPT: usize = 64;

/// One accumulator of a loop, shared by the participants.
pub struct Fold<'v, A, O: Reduction<A>> {
    reduction: O,
    seed: O::Seed,
    /// How many iterations are merged into the variable, for those who do not hold it.
    merged: AtomicUsize,
    /// Held by the participant whose blocks are the next ones; nobody waits for it.
    front: Mutex<Front<'v, A, O>>,
    /// Blocks that came before those in front of them.
    waiting: Mutex<Vec<Piece<O::Block>>>,
}

/// What the blocks from the loop's beginning on are merged into.
struct Front<'v, A, O: Reduction<A>> {
    target: Target<'v, A, O>,
    /// The iteration that comes next.
    next: usize,
    /// Whether an iteration has left the loop, or panicked: what comes behind it does not count.
    closed: bool,
}

enum Target<'v, A, O: Reduction<A>> {
    /// A variable of the user's.
    Value(&'v mut A),
    /// The block of a loop around.
    Block(&'v mut O::Block),
}

/// The accumulated value of consecutive iterations.
struct Piece<B> {
    range: Range<usize>,
    block: B,
    /// Whether its last iteration left the loop.
    last: bool,
}

type Pieces<B> = SmallVec<[Piece<B>; 1]>;

impl<'v, A, O: Reduction<A>> Fold<'v, A, O> {
    /// Into a variable.
    #[inline]
    pub(super) fn new(variable: &'v mut A, reduction: O) -> Self {
        let seed = reduction.seed(variable);
        Fold::into_target(Target::Value(variable), reduction, seed)
    }

    /// Into a block of a loop around this one.
    #[inline]
    pub(super) fn nested(block: &'v mut O::Block, reduction: O, seed: O::Seed) -> Self {
        Fold::into_target(Target::Block(block), reduction, seed)
    }

    #[inline]
    fn into_target(target: Target<'v, A, O>, reduction: O, seed: O::Seed) -> Self {
        Fold {
            reduction,
            seed,
            merged: AtomicUsize::new(0),
            front: Mutex::new(Front { target, next: 0, closed: false }),
            waiting: Mutex::default(),
        }
    }

    /// Whether blocks must be fixed for the result to be.
    #[inline]
    pub fn needs_blocks(&self) -> bool {
        !self.reduction.is_exact()
    }

    /// One participant's side.
    #[inline]
    pub fn worker(&self) -> FoldWorker<'_, 'v, A, O> {
        FoldWorker { fold: self, front: None, pieces: Pieces::new() }
    }

    /// What every block starts with.
    #[inline]
    pub fn empty(&self) -> O::Block {
        self.reduction.empty(&self.seed)
    }

    /// Merges what is left into the variable, up to the iteration that left the loop.
    ///
    /// # Panics
    /// If an integer overflows, as the plain loop would have.
    #[inline]
    #[track_caller]
    pub fn finish(self) {
        let mut front = self.front.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self.waiting.into_inner().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() {
            return;
        }
        waiting.sort_unstable_by_key(|piece| piece.range.start);
        for piece in waiting {
            // If iterations are missing, one before them has left the loop.
            if front.closed || piece.range.start != front.next {
                break;
            }
            front.merge(&self.reduction, piece);
        }
    }
}

impl<A, O: Reduction<A>> Target<'_, A, O> {
    #[inline]
    fn so_far(&self) -> Before<'_, A, O::Block> {
        match self {
            Target::Value(value) => Before::Value(value),
            Target::Block(block) => Before::Block(block),
        }
    }
}

impl<A, O: Reduction<A>> Front<'_, A, O> {
    #[inline]
    #[track_caller]
    fn merge(&mut self, reduction: &O, piece: Piece<O::Block>) {
        self.next = piece.range.end;
        // It stays so if this panics.
        self.closed = true;
        match &mut self.target {
            Target::Value(value) => reduction.apply(value, piece.block),
            Target::Block(block) => reduction.join(block, piece.block),
        }
        self.closed = piece.last;
    }
}

/// One participant's side of a [`Fold`].
pub struct FoldWorker<'f, 'v, A, O: Reduction<A>> {
    fold: &'f Fold<'v, A, O>,
    /// While this participant's blocks are the next ones.
    front: Option<MutexGuard<'f, Front<'v, A, O>>>,
    pieces: Pieces<O::Block>,
}

impl<'f, 'v, A, O: Reduction<A>> FoldWorker<'f, 'v, A, O> {
    /// A block for the iterations from `start` on.
    #[inline]
    pub fn begin(&mut self, start: usize) -> OpenBlock<'_, 'f, 'v, A, O> {
        if O::FOLLOWS {
            self.come_to_the_front(start);
        }
        let Fold { reduction, seed, .. } = self.fold;
        let block = match &self.front {
            Some(front) if O::FOLLOWS && front.next == start && !front.closed => {
                reduction.follow(seed, front.target.so_far())
            }
            _ => reduction.empty(seed),
        };
        OpenBlock { worker: self, start, block: ManuallyDrop::new(Some(block)) }
    }

    /// Takes the variable, if the next iteration to merge is `start` and nobody else has it.
    #[inline]
    fn come_to_the_front(&mut self, start: usize) {
        if self.front.is_none() && self.fold.merged.load(Ordering::Relaxed) == start {
            self.front = match self.fold.front.try_lock() {
                Ok(front) => Some(front),
                Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => None,
            };
        }
    }

    /// Adds what was accumulated over the iterations `range`; `last`, if the last of them left the loop.
    #[inline]
    pub fn add(&mut self, range: Range<usize>, block: O::Block, last: bool) {
        let piece = Piece { range, block, last };
        self.come_to_the_front(piece.range.start);
        match &mut self.front {
            Some(front) if front.next == piece.range.start && !front.closed => {
                front.merge(&self.fold.reduction, piece);
            }
            _ => self.keep(piece),
        }
    }

    /// Keeps a piece that others come before.
    fn keep(&mut self, piece: Piece<O::Block>) {
        self.let_go();
        let reduction = &self.fold.reduction;
        match self.pieces.last_mut() {
            Some(before) if reduction.is_exact() && before.range.end == piece.range.start && !before.last => {
                reduction.join(&mut before.block, piece.block);
                before.range.end = piece.range.end;
                before.last = piece.last;
            }
            _ => self.pieces.push(piece),
        }
        if self.pieces.len() >= KEPT && !reduction.is_exact() {
            self.hand_over();
        }
    }

    fn let_go(&mut self) {
        if let Some(front) = self.front.take() {
            self.fold.merged.store(front.next, Ordering::Relaxed);
        }
    }

    /// Gives up the pieces kept so far, and merges those that can be if nobody else does.
    fn hand_over(&mut self) {
        let mut waiting = self.fold.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(self.pieces.drain(..));
        let Ok(mut front) = self.fold.front.try_lock() else { return };
        waiting.sort_unstable_by_key(|piece| piece.range.start);
        let mut next = front.next;
        let run = waiting.iter().take_while(|piece| {
            let joins = piece.range.start == next;
            next = piece.range.end;
            joins
        });
        let run = run.count();
        for piece in waiting.drain(..run) {
            if !front.closed {
                front.merge(&self.fold.reduction, piece);
            }
        }
        self.fold.merged.store(front.next, Ordering::Relaxed);
    }
}

impl<A, O: Reduction<A>> Drop for FoldWorker<'_, '_, A, O> {
    #[inline]
    fn drop(&mut self) {
        self.let_go();
        if !self.pieces.is_empty() {
            let mut waiting = self.fold.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.extend(self.pieces.drain(..));
        }
    }
}

/// A block whose iterations are running.
pub struct OpenBlock<'w, 'f, 'v, A, O: Reduction<A>> {
    worker: &'w mut FoldWorker<'f, 'v, A, O>,
    start: usize,
    /// `None` once it has ended, which is when it is dropped at the latest: there is nothing else to drop, so
    /// that the compiler keeps a block in registers while its iterations run.
    block: ManuallyDrop<Option<O::Block>>,
}

impl<A, O: Reduction<A>> OpenBlock<'_, '_, '_, A, O> {
    /// What the body has in the variable's place.
    #[inline]
    pub fn accumulator<const N: usize>(&mut self) -> Accumulator<'_, A, O, N> {
        match &mut *self.block {
            Some(block) => Accumulator::new(block, &self.worker.fold.reduction),
            None => unreachable!("a block that has ended"),
        }
    }

    /// Its iterations have run, and `range` is what they turned out to be; `last`, if one of them left the
    /// loop.
    #[inline(always)]
    pub fn end(mut self, range: Range<usize>, last: bool) {
        self.close(range, last);
    }

    #[inline(always)]
    fn close(&mut self, range: Range<usize>, last: bool) {
        if let Some(block) = self.block.take() {
            self.worker.add(range, block, last);
        }
    }
}

impl<A, O: Reduction<A>> Drop for OpenBlock<'_, '_, '_, A, O> {
    /// After a panic: what was accumulated before it counts.
    #[inline(always)]
    fn drop(&mut self) {
        self.close(self.start..self.start + 1, true);
    }
}

#[cfg(test)]
mod tests {
    use super::super::reduce::Sum;
    use super::super::variable::{AnyVariable, Variable};

    #[test]
    fn blocks_merge_in_loop_order_whoever_ran_them() {
        let mut text = String::from("<");
        let fold = Variable(&mut text).fold_with(|a: String, b: String| a + &b, String::new);
        let (mut one, mut two) = (fold.worker(), fold.worker());
        two.add(2..3, "c".into(), false);
        one.add(0..1, "a".into(), false);
        one.add(1..2, "b".into(), false);
        two.add(3..4, "d".into(), false);
        drop((two, one));
        fold.finish();
        assert_eq!(text, "<abcd");
    }

    #[test]
    fn many_blocks_out_of_order_are_merged_on_the_way() {
        let mut text = String::new();
        let fold = Variable(&mut text).fold_with(|a: String, b: String| a + &b, String::new);
        let (mut one, mut two) = (fold.worker(), fold.worker());
        for i in (0..1000).step_by(2) {
            two.add(i + 1..i + 2, format!("{} ", i + 1), false);
            one.add(i..i + 1, format!("{i} "), false);
        }
        drop((two, one));
        fold.finish();
        assert_eq!(text, (0..1000).map(|i| format!("{i} ")).collect::<String>());
    }

    #[test]
    fn what_ran_after_the_exit_does_not_count() {
        let mut sum = 100;
        let fold = Variable(&mut sum).fold(Sum::<false>);
        let mut worker = fold.worker();
        worker.add(6..8, 1000, false);
        worker.add(0..2, 1, false);
        worker.add(2..4, 2, true);
        worker.add(4..6, 500, false);
        drop(worker);
        fold.finish();
        assert_eq!(sum, 103);
    }

    #[test]
    fn a_panicking_block_counts_as_far_as_it_came() {
        let mut sum = 100;
        let fold = Variable(&mut sum).fold(Sum::<true>);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut worker = fold.worker();
            let mut open = worker.begin(0);
            let mut sum = open.accumulator::<0>();
            sum += 5;
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(outcome.is_err());
        fold.finish();
        assert_eq!(sum, 105);
    }

    #[test]
    fn float_blocks_are_those_of_the_plain_loop() {
        let xs = [0.1, 0.7, -0.3, 1e16, 1.0, -1e16];
        let mut sum = 0.3_f64;
        let fold = Variable(&mut sum).fold(Sum::<false>);
        let (mut one, mut two) = (fold.worker(), fold.worker());
        for (i, x) in xs.iter().enumerate() {
            let worker = if i % 3 == 0 { &mut one } else { &mut two };
            let value = fold.empty() + x;
            worker.add(i..i + 1, value, false);
        }
        drop((one, two));
        fold.finish();
        let plain = xs.iter().fold(0.3_f64, |sum, x| sum + x);
        assert_eq!(sum.to_bits(), plain.to_bits());
    }

    #[test]
    fn empty_sums_keep_negative_zero() {
        let mut sum = -0.0_f64;
        let fold = Variable(&mut sum).fold(Sum::<false>);
        let mut worker = fold.worker();
        worker.add(0..1, fold.empty(), false);
        drop(worker);
        fold.finish();
        assert_eq!(sum.to_bits(), (-0.0_f64).to_bits());
    }

    #[test]
    fn nothing_is_merged_behind_what_overflowed() {
        let mut sum = 100_i8;
        let fold = Variable(&mut sum).fold(Sum::<true>);
        let (mut one, mut two, mut three) = (fold.worker(), fold.worker(), fold.worker());
        let mut open = two.begin(1);
        {
            let mut acc = open.accumulator::<0>();
            acc += 100;
        }
        one.begin(0).end(0..1, false);
        drop(one);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| open.end(1..2, false)));
        assert!(outcome.is_err());
        drop(two);
        let mut open = three.begin(2);
        {
            let mut acc = open.accumulator::<0>();
            acc += -100;
        }
        open.end(2..3, false);
        drop(three);
        fold.finish();
        assert_eq!(sum, 100);
    }
}
