//! `collapse = N`: nested loops as one, over all pairs of their items.

use super::cut::Cut;
use super::indexed::{Indexed, Share};

/// A source whose items can be given more than once: where a source can be cloned, its items are shared or copies
/// anyway, and nothing rests on each index being in one share only.
pub trait Repeatable: Indexed<Item: Clone> + Clone {}

impl<S: Indexed<Item: Clone> + Clone> Repeatable for S {}

/// What a collapsed loop can run over.
#[diagnostic::on_unimplemented(
    message = "`collapse` needs sources that can be read more than once and cut by index: ranges, shared slices, their chunks and windows",
    label = "this one is read once, or item by item; leave `collapse` out"
)]
pub trait Collapsible {
    /// The source.
    type Indexed: Repeatable;

    /// The source.
    fn into_repeatable(self) -> Self::Indexed;
}

impl<S: Repeatable> Collapsible for Cut<S> {
    type Indexed = S;

    #[inline]
    fn into_repeatable(self) -> S {
        self.into_inner()
    }
}

/// Two nested loops as one.
#[inline]
pub fn collapse<A: Collapsible, B: Collapsible>(outer: A, inner: B) -> Cut<Product<A::Indexed, B::Indexed>> {
    Cut::new(Product { outer: outer.into_repeatable(), inner: inner.into_repeatable() })
}

/// All pairs of an item of `outer` and one of `inner`, the inner one changing faster.
#[derive(Clone, Debug)]
pub struct Product<A, B> {
    outer: A,
    inner: B,
}

impl<A: Repeatable, B: Repeatable> Indexed for Product<A, B> {
    type Item = (A::Item, B::Item);
    type Part = ProductPart<A, B>;

    /// # Panics
    /// If there are more pairs than a `usize` counts.
    #[inline]
    fn len(&self) -> usize {
        match self.outer.len().checked_mul(self.inner.len()) {
            Some(len) => len,
            None => panic!("the collapsed loops have more than usize::MAX iterations"),
        }
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let range = share.into_range();
        let width = self.inner.len();
        if range.is_empty() {
            return ProductPart {
                rows: self.outer.part(Share::new(0..0)),
                row: None,
                inner: self.inner.clone(),
                first: 0,
                left: 0,
            };
        }
        let rows = range.start / width..(range.end - 1) / width + 1;
        ProductPart {
            rows: self.outer.part(Share::new(rows)),
            row: None,
            inner: self.inner.clone(),
            first: range.start % width,
            left: range.len(),
        }
    }
}

/// Consecutive pairs.
pub struct ProductPart<A: Repeatable, B: Repeatable> {
    /// The outer items not begun.
    rows: A::Part,
    /// The outer item in hand, and what is left of the inner ones for it.
    row: Option<(A::Item, B::Part)>,
    inner: B,
    /// Where the first row begins.
    first: usize,
    left: usize,
}

impl<A: Repeatable, B: Repeatable> Iterator for ProductPart<A, B> {
    type Item = (A::Item, B::Item);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((outer, inner)) = &mut self.row
                && let Some(item) = inner.next()
            {
                self.left -= 1;
                return Some((outer.clone(), item));
            }
            if self.left == 0 {
                return None;
            }
            let outer = self.rows.next()?;
            let end = self.inner.len().min(self.first + self.left);
            self.row = Some((outer, self.inner.part(Share::new(self.first..end))));
            self.first = 0;
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<A: Repeatable, B: Repeatable> ExactSizeIterator for ProductPart<A, B> {}

#[cfg(test)]
mod tests {
    use super::super::indexed::IntoIndexed;
    use super::*;

    #[test]
    fn every_cut_gives_its_pairs() {
        let names = ["a", "b", "c"];
        let source = Product { outer: names.iter().into_indexed(), inner: (0..4).into_indexed() };
        let all: Vec<_> = names.iter().flat_map(|name| (0..4).map(move |i| (name, i))).collect();
        for start in 0..12 {
            for end in start..=12 {
                let part = source.part(Share::new(start..end));
                assert_eq!(part.len(), end - start);
                assert_eq!(part.collect::<Vec<_>>(), all[start..end]);
            }
        }
    }

    #[test]
    fn an_empty_side_leaves_no_pairs() {
        assert_eq!(Product { outer: (0..5).into_indexed(), inner: (0..0).into_indexed() }.len(), 0);
        assert_eq!(Product { outer: (0..0).into_indexed(), inner: (0..5).into_indexed() }.len(), 0);
    }
}
