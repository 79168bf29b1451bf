//! Sources that can be cut by index: what each participant of a loop iterates over is a part of them.

use std::ops::Range;

/// Indices that nobody else has. The soundness of the sources that hand out `&mut` or owned items rests on it:
/// within one loop no index of a source is in two shares, and a part never outlives its source.
#[derive(Debug)]
pub struct Share {
    range: Range<usize>,
}

impl Share {
    /// Only the loop itself may call this, with ranges the pool hands out once, and [`Indexed`] adapters, which
    /// map the indices of one share one to one.
    #[inline]
    pub(super) fn new(range: Range<usize>) -> Self {
        Share { range }
    }

    #[inline]
    pub(super) fn start(&self) -> usize {
        self.range.start
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.range.len()
    }

    #[inline]
    pub(super) fn into_range(self) -> Range<usize> {
        self.range
    }
}

/// A source of known length whose items can be reached by index at no cost per item.
pub trait Indexed {
    /// What the loop's pattern binds.
    type Item;
    /// The items of a share, in order and no more; dropping it drops the items it did not give.
    type Part: ExactSizeIterator<Item = Self::Item>;

    /// The number of iterations.
    fn len(&self) -> usize;

    /// The items of `share`, which lies within `0..len`.
    fn part(&self, share: Share) -> Self::Part;
}

/// Conversion of what stands after `in` into an [`Indexed`] source.
///
/// Implemented for the types of std and ndarray themselves, so the choice between cutting by index and pulling
/// under a lock is the type's, whatever the expression looks like.
///
/// An implementation promises that several threads may share the source, and each take items from it, if `Self` is
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
