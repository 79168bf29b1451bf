//! Sources that can be cut by index: what each participant of a loop iterates over is a part of them.

use std::ops::Range;

/// Indices that nobody else has. The soundness of the sources that hand out `&mut` or owned items rests on
/// it: within one loop no index of a source is in two shares, and a part never outlives its source.
///
/// Only a range of integers has indices that do not fit into a `usize`; adapters of one may ask it for them.
#[derive(Debug)]
pub struct Share {
    start: u128,
    len: usize,
}

impl Share {
    /// Only the loop itself may call this, with ranges the pool hands out once, and [`Indexed`] adapters,
    /// which map the indices of one share one to one.
    #[inline]
    pub(super) fn new(range: Range<usize>) -> Self {
        Share { start: range.start as u128, len: range.len() }
    }

    /// The same number of indices, from `start` on.
    #[inline]
    pub(super) fn moved_to(self, start: u128) -> Self {
        Share { start, len: self.len }
    }

    /// What was counted from one end of `source_len` indices, counted from the other.
    #[inline]
    pub(super) fn mirrored(self, source_len: u128) -> Self {
        let start = source_len - self.end();
        self.moved_to(start)
    }

    /// The indices of every `step`th item, and those in between, of the source that a stepping adapter has.
    #[inline]
    pub(super) fn stretched(self, step: usize) -> Self {
        let len = if self.len == 0 { 0 } else { (self.len - 1) * step + 1 };
        Share { start: self.start * step as u128, len }
    }

    /// For two sources that are zipped.
    #[inline]
    pub(super) fn of_both(self) -> (Self, Self) {
        (Share { ..self }, self)
    }

    #[inline]
    pub(super) fn start(&self) -> u128 {
        self.start
    }

    #[inline]
    pub(super) fn end(&self) -> u128 {
        self.start + self.len as u128
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The indices, of a source that fits into memory.
    #[inline]
    pub(super) fn into_range(self) -> Range<usize> {
        let end = usize::try_from(self.start).ok().and_then(|start| start.checked_add(self.len));
        match end {
            Some(end) => end - self.len..end,
            None => too_long(),
        }
    }
}

/// A plain loop would be running for centuries, where a `usize` has 64 bits.
#[cold]
pub(super) fn too_long() -> ! {
    panic!("a parallel loop cannot have more than usize::MAX iterations");
}

/// A source of known length whose items can be reached by index at no cost per item.
pub trait Indexed {
    /// What the loop's pattern binds.
    type Item;
    /// The items of a share, in order and no more; dropping it drops the items it did not give.
    type Part: ExactSizeIterator<Item = Self::Item>;

    /// Whether giving an item may run code of the user's, such as `clone` and `drop`.
    const RUNS_CODE: bool = true;

    /// The number of items, which may be more than any loop can reach.
    fn len(&self) -> u128;

    /// The items of `share`, which lies within `0..len`.
    fn part(&self, share: Share) -> Self::Part;

    /// The items of `share` counted from the end, but still in their own order: for a loop that runs
    /// backwards.
    #[inline]
    fn part_from_end(&self, share: Share) -> Self::Part {
        self.part(share.mirrored(self.len()))
    }

    /// The loop passes the items of `range`, which are in no share; called once for each. Std drops these
    /// now, not at the end.
    #[inline]
    fn pass_by(&self, _range: Range<u128>) {}

    /// The same for a loop that runs backwards and takes its shares by
    /// [`part_from_end`](Self::part_from_end): what lies between two items is passed before the later one.
    /// `range` is still counted from the start.
    #[inline]
    fn pass_by_from_end(&self, range: Range<u128>) {
        self.pass_by(range);
    }

    /// The most items a share may have.
    #[inline]
    fn longest_share(&self) -> usize {
        usize::MAX
    }
}

/// Conversion of the expression after `in` into an [`Indexed`] source.
///
/// Implemented for the types of std and ndarray themselves, so the choice between cutting by index and
/// pulling under a lock is the type's, whatever the expression looks like.
///
/// An implementation promises that several threads may share the source, and each take items from it, if
/// `Self` is
/// `Send`. All are in this module's own files.
pub trait IntoIndexed {
    /// The source.
    type Indexed: Indexed;

    /// Converts at no cost per item.
    fn into_indexed(self) -> Self::Indexed;
}

/// What a parallel loop may run over.
#[diagnostic::on_unimplemented(
    message = "a parallel loop can only run over what is `Send`: its items go to other threads",
    label = "this is not `Send`: write `Arc` for `Rc`, an atomic or a `Mutex` for `Cell` and `RefCell`, `+ Send` for a type \
             parameter; or collect the items before the loop"
)]
pub trait GoesToThreads {}

#[diagnostic::do_not_recommend]
impl<T: Send> GoesToThreads for T {}
