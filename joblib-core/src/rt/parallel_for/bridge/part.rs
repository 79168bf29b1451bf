//! What a participant runs in one piece.

use super::batch::Batch;
use super::lazy::Lazy;

/// Items in loop order.
pub enum Part<I: Iterator> {
    /// A single item.
    One(Option<I::Item>),
    /// Items that were pulled together.
    Batch(Batch<I::Item>),
    /// Items that are pulled as the body asks for them.
    Lazy(Lazy<I>),
}

impl<I: Iterator> Iterator for Part<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        match self {
            Part::One(item) => item.take(),
            Part::Batch(batch) => batch.next(),
            Part::Lazy(lazy) => lazy.next(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match self {
            Part::One(item) => usize::from(item.is_some()),
            Part::Batch(batch) => batch.len(),
            Part::Lazy(lazy) => lazy.len(),
        };
        (len, Some(len))
    }
}

impl<I: Iterator> ExactSizeIterator for Part<I> {}
