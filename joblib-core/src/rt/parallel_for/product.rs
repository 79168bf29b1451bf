//! `collapse = N`: nested loops as one, over all pairs of their items.

use super::cut::Cut;
use super::indexed::{Indexed, Share};

/// A source whose items can be given more than once: if a source can be cloned, its items are shared or
/// copies anyway, so an index may be in several shares.
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

/// Two nested loops as one, cut by index. The inner source is evaluated once, if the outer one has items.
#[inline]
pub fn collapse<A: Collapsible, B: Collapsible>(
    outer: A,
    inner: impl FnOnce() -> B,
) -> Cut<Product<A::Indexed, B::Indexed>> {
    let outer = outer.into_repeatable();
    let inner = (outer.len() > 0).then(|| inner().into_repeatable());
    Cut::new(Product { outer, inner })
}

/// The same for plain iterators, which one thread asks for items.
pub fn product<A, B>(outer: A, inner: impl FnOnce() -> B) -> impl Iterator<Item = (A::Item, B::Item)>
where
    A: IntoIterator<Item: Clone>,
    B: Iterator + Clone,
{
    let (outer, inner) = (outer.into_iter(), Some(inner));
    let mut pairs = Pairs { outer, inner, looked_at: None, row: None };
    // If it is known to have items, the number of pairs can be known, too.
    if pairs.outer.size_hint().0 > 0 {
        pairs.look();
    }
    pairs
}

struct Pairs<A: Iterator, B, F> {
    outer: A,
    /// Until it is evaluated.
    inner: Option<F>,
    looked_at: Option<B>,
    row: Option<(A::Item, B)>,
}

impl<A: Iterator, B: Clone, F: FnOnce() -> B> Pairs<A, B, F> {
    fn look(&mut self) {
        if let Some(inner) = self.inner.take() {
            self.looked_at = Some(inner());
        }
    }
}

impl<A, B, F> Iterator for Pairs<A, B, F>
where
    A: Iterator<Item: Clone>,
    B: Iterator + Clone,
    F: FnOnce() -> B,
{
    type Item = (A::Item, B::Item);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((a, inner)) = &mut self.row
                && let Some(b) = inner.next()
            {
                return Some((a.clone(), b));
            }
            let a = self.outer.next()?;
            self.look();
            self.row = Some((a, self.looked_at.clone()?));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (rows, most_rows) = self.outer.size_hint();
        let (len, most) = self.looked_at.as_ref().map_or((0, None), Iterator::size_hint);
        let (left, most_left) = self.row.as_ref().map_or((0, Some(0)), |(_, inner)| inner.size_hint());
        let all = || most_rows?.checked_mul(most?)?.checked_add(most_left?);
        (rows.saturating_mul(len).saturating_add(left), all())
    }
}

/// An inner source that was evaluated beforehand, since that has no effect.
#[inline]
pub fn evaluated<B>(inner: B) -> impl FnOnce() -> B {
    || inner
}

/// All pairs of an item of `outer` and one of `inner`, the inner one changing faster.
#[derive(Clone, Debug)]
pub struct Product<A, B> {
    outer: A,
    /// `None` if `outer` is empty.
    inner: Option<B>,
}

impl<A: Repeatable, B: Repeatable> Indexed for Product<A, B> {
    type Item = (A::Item, B::Item);
    type Part = ProductPart<A, B>;

    #[inline]
    fn len(&self) -> u128 {
        self.inner.as_ref().map_or(0, |inner| self.outer.len().saturating_mul(inner.len()))
    }

    #[inline]
    fn part(&self, share: Share) -> Self::Part {
        let range = share.into_range();
        // No index is beyond the first row if a row is longer than `usize::MAX`.
        let width = self.inner.as_ref().map_or(0, |inner| usize::try_from(inner.len()).unwrap_or(usize::MAX));
        let rows = if range.is_empty() { 0..0 } else { range.start / width..(range.end - 1) / width + 1 };
        ProductPart {
            first: range.start - rows.start * width,
            rows: self.outer.part(Share::new(rows)),
            row: None,
            inner: self.inner.clone(),
            width,
            left: range.len(),
        }
    }

    #[inline]
    fn longest_share(&self) -> usize {
        let of_inner = self.inner.as_ref().map_or(usize::MAX, Indexed::longest_share);
        self.outer.longest_share().min(of_inner)
    }
}

/// Consecutive pairs.
pub struct ProductPart<A: Repeatable, B: Repeatable> {
    /// The outer items not begun.
    rows: A::Part,
    /// The outer item in hand, and what is left of the inner ones for it.
    row: Option<(A::Item, B::Part)>,
    inner: Option<B>,
    /// How long a row is.
    width: usize,
    /// Where the first one begins.
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
            let (outer, inner) = (self.rows.next()?, self.inner.as_ref()?);
            let end = self.width.min(self.first.saturating_add(self.left));
            self.row = Some((outer, inner.part(Share::new(self.first..end))));
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

    fn product<A: IntoIndexed<Indexed: Repeatable>, B: IntoIndexed<Indexed: Repeatable>>(
        outer: A,
        inner: B,
    ) -> Product<A::Indexed, B::Indexed> {
        collapse(Cut::new(outer.into_indexed()), || Cut::new(inner.into_indexed())).into_inner()
    }

    #[test]
    fn every_cut_gives_its_pairs() {
        let names = ["a", "b", "c"];
        let source = product(names.iter(), 0..4);
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
        assert_eq!(product(0..5, 0..0).len(), 0);
        assert_eq!(product(0..0, 0..5).len(), 0);
    }

    #[test]
    fn the_inner_source_is_looked_at_once_if_the_outer_has_items() {
        for (rows, looks) in [(0, 0), (1, 1), (5, 1)] {
            let mut seen = 0;
            let inner = || {
                seen += 1;
                Cut::new((0..3).into_indexed())
            };
            assert_eq!(collapse(Cut::new((0..rows).into_indexed()), inner).into_inner().len(), 3 * rows);
            assert_eq!(seen, looks);
        }
    }

    #[test]
    fn more_pairs_than_memory_begin_like_others() {
        let wide = product(5..7, 0..=u64::MAX);
        assert_eq!(wide.part(Share::new(1..3)).collect::<Vec<_>>(), [(5, 1), (5, 2)]);
        assert_eq!(wide.len(), 2 << 64);
        assert_eq!(product(0..=u128::MAX, 0..=u128::MAX).len(), u128::MAX);
    }

    #[test]
    fn products_are_in_loop_order() {
        let pairs = super::product(0..2, || ["a", "b"].into_iter());
        assert_eq!(pairs.collect::<Vec<_>>(), [(0, "a"), (0, "b"), (1, "a"), (1, "b")]);
    }

    #[test]
    fn the_inner_source_of_no_items_is_not_looked_at() {
        let inner = || -> std::ops::Range<u8> { unreachable!("the outer loop has no items") };
        assert_eq!(super::product(0..0, inner).count(), 0);
        // And is not read ahead: this one has no end.
        assert_eq!(super::product(0..2, || 0_u64..).nth(3), Some((0, 3)));
    }
}
