//! ndarray's producers: rows, lanes, axes, windows, chunks and whole arrays, cut where the participants need
//! it.

use crate::sync::Mutex;
use std::mem;
use std::ops::Range;
use std::vec;

use ndarray::iter::{
    AxisChunksIter, AxisChunksIterMut, AxisIter, AxisIterMut, AxisWindows, ExactChunks, ExactChunksMut,
    Lanes, LanesMut, Windows,
};
use ndarray::{
    ArrayBase, ArrayRef, ArrayView, ArrayViewMut, Axis, Data, DataMut, Dimension, Ix1, NdProducer,
};

use super::Producer;
use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// A grid of items, iterated over in row-major order, that can be split along its axes.
pub trait Grid: IntoIterator + Sized {
    /// The grid's dimension.
    type Dim: Dimension;

    /// The number of items along each axis.
    fn dim(&self) -> Self::Dim;

    /// The items before `index` along `axis`, and the others.
    fn split(self, axis: Axis, index: usize) -> (Self, Self);
}

macro_rules! producers {
    ($( [$($generics:tt)*] $type:ty; )*) => {$(
        impl<$($generics)*> Grid for $type {
            type Dim = <Self as NdProducer>::Dim;

            fn dim(&self) -> Self::Dim {
                self.raw_dim()
            }

            fn split(self, axis: Axis, index: usize) -> (Self, Self) {
                NdProducer::split_at(self, axis, index)
            }
        }

        cut_as_itself!([$($generics)*] $type);
    )*};
}

macro_rules! cut_as_itself {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> IntoIndexed for $type {
            type Indexed = Pieces<Self>;

            fn into_indexed(self) -> Pieces<Self> {
                Pieces::new(self)
            }
        }

        impl<$($generics)*> Producer for $type {}
    };
}

producers! {
    ['a, A, D: Dimension] AxisIter<'a, A, D>;
    ['a, A, D: Dimension] AxisIterMut<'a, A, D>;
    ['a, A, D: Dimension] Lanes<'a, A, D>;
    ['a, A, D: Dimension] LanesMut<'a, A, D>;
    ['a, A, D: Dimension] Windows<'a, A, D>;
    ['a, A, D: Dimension] AxisWindows<'a, A, D>;
    ['a, A, D: Dimension] ExactChunks<'a, A, D>;
    ['a, A, D: Dimension] ExactChunksMut<'a, A, D>;
    ['a, A, D: Dimension] ArrayView<'a, A, D>;
    ['a, A, D: Dimension] ArrayViewMut<'a, A, D>;
}

macro_rules! axis_chunks {
    ($($type:ident),*) => {$(
        impl<'a, A, D: Dimension> Grid for $type<'a, A, D> {
            type Dim = Ix1;

            fn dim(&self) -> Ix1 {
                Ix1(self.len())
            }

            fn split(self, _axis: Axis, index: usize) -> (Self, Self) {
                self.split_at(index)
            }
        }

        cut_as_itself!(['a, A, D: Dimension] $type<'a, A, D>);
    )*};
}

axis_chunks!(AxisChunksIter, AxisChunksIterMut);

/// Implements [`IntoIndexed`] for references to arrays by their views.
macro_rules! by_view {
    ($( [$($generics:tt)*] $type:ty as $view:ident, by $method:ident; )*) => {$(
        impl<'a, $($generics)*> IntoIndexed for $type {
            type Indexed = Pieces<$view<'a, A, D>>;

            fn into_indexed(self) -> Self::Indexed {
                Pieces::new(self.$method())
            }
        }

        impl<'a, $($generics)*> Producer for $type {}
    )*};
}

by_view! {
    [A, S: Data<Elem = A>, D: Dimension] &'a ArrayBase<S, D> as ArrayView, by view;
    [A, S: DataMut<Elem = A>, D: Dimension] &'a mut ArrayBase<S, D> as ArrayViewMut, by view_mut;
    [A, D: Dimension] &'a ArrayRef<A, D> as ArrayView, by view;
    [A, D: Dimension] &'a mut ArrayRef<A, D> as ArrayViewMut, by view_mut;
}

/// A grid of which shares are cut out. Needs a lock per share, and no promise about what the grid is made of.
#[derive(Debug)]
pub struct Pieces<G> {
    len: usize,
    /// What is left, in order.
    left: Mutex<Vec<Piece<G>>>,
}

#[derive(Debug)]
struct Piece<G> {
    /// The index of the first item.
    start: usize,
    /// How many items there are.
    len: usize,
    grid: G,
}

impl<G: Grid> Pieces<G> {
    fn new(grid: G) -> Self {
        let len = grid.dim().size();
        let left = if len == 0 { Vec::new() } else { vec![Piece { start: 0, len, grid }] };
        Pieces { len, left: Mutex::new(left) }
    }

    /// The pieces that make up `range`, which is taken once.
    fn take(&self, range: &Range<usize>) -> Vec<Piece<G>> {
        let mut left = self.left.lock();
        let first = left.partition_point(|piece| piece.start + piece.len <= range.start);
        let last = left.partition_point(|piece| piece.start < range.end);
        let (mut before, mut inside, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for piece in left.splice(first..last, []) {
            let (start, rest) = piece.split(range.start);
            before.extend(start);
            for piece in rest {
                let (here, end) = piece.split(range.end);
                inside.extend(here);
                after.extend(end);
            }
        }
        before.append(&mut after);
        left.splice(first..first, before);
        inside
    }
}

impl<G: Grid> Piece<G> {
    /// The items before the index `at`, and the others.
    fn split(self, at: usize) -> (Vec<Self>, Vec<Self>) {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        self.split_along(Axis(0), at, &mut before, &mut after);
        (before, after)
    }

    /// Splits along `axis`, before which every axis has one item, and the row that lies across along the
    /// next.
    fn split_along(self, axis: Axis, at: usize, before: &mut Vec<Self>, after: &mut Vec<Self>) {
        if at <= self.start {
            return after.push(self);
        }
        if at >= self.start + self.len {
            return before.push(self);
        }
        let row_len: usize = self.grid.dim().slice()[axis.index() + 1..].iter().product();
        let (row, across) = ((at - self.start) / row_len, (at - self.start) % row_len);
        let (above, rest) = self.split_at_row(axis, row, row_len);
        before.extend(above);
        if across == 0 {
            after.extend(rest);
        } else if let Some(rest) = rest {
            let (row, below) = rest.split_at_row(axis, 1, row_len);
            if let Some(row) = row {
                row.split_along(Axis(axis.index() + 1), at, before, after);
            }
            after.extend(below);
        }
    }

    fn split_at_row(self, axis: Axis, row: usize, row_len: usize) -> (Option<Self>, Option<Self>) {
        let Piece { start, len, grid } = self;
        let (above, below) = grid.split(axis, row);
        let middle = row * row_len;
        let piece = |start, len, grid| (len > 0).then_some(Piece { start, len, grid });
        (piece(start, middle, above), piece(start + middle, len - middle, below))
    }
}

impl<G: Grid> Indexed for Pieces<G> {
    type Item = G::Item;
    type Part = PiecesPart<G>;

    const RUNS_CODE: bool = false;

    #[inline]
    fn len(&self) -> u128 {
        self.len as u128
    }

    fn part(&self, share: Share) -> PiecesPart<G> {
        let range = share.into_range();
        let pieces = self.take(&range);
        PiecesPart { len: range.len(), front: None, pieces: pieces.into_iter(), back: None }
    }
}

/// The items of several pieces, one after the other.
pub struct PiecesPart<G: Grid> {
    len: usize,
    front: Option<G::IntoIter>,
    pieces: vec::IntoIter<Piece<G>>,
    back: Option<G::IntoIter>,
}

impl<G: Grid> Iterator for PiecesPart<G> {
    type Item = G::Item;

    #[inline]
    fn next(&mut self) -> Option<G::Item> {
        loop {
            if let Some(item) = self.front.as_mut().and_then(Iterator::next) {
                self.len -= 1;
                return Some(item);
            }
            self.front = match self.pieces.next() {
                Some(piece) => Some(piece.grid.into_iter()),
                None => Some(mem::take(&mut self.back)?),
            };
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len, Some(self.len))
    }
}

impl<G: Grid<IntoIter: DoubleEndedIterator>> DoubleEndedIterator for PiecesPart<G> {
    fn next_back(&mut self) -> Option<G::Item> {
        loop {
            if let Some(item) = self.back.as_mut().and_then(DoubleEndedIterator::next_back) {
                self.len -= 1;
                return Some(item);
            }
            self.back = match self.pieces.next_back() {
                Some(piece) => Some(piece.grid.into_iter()),
                None => Some(mem::take(&mut self.front)?),
            };
        }
    }
}

impl<G: Grid> ExactSizeIterator for PiecesPart<G> {}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;

    /// Cuts `grid` into shares of `step` items, taken in an order of their own, and puts them together again.
    fn cut<G: Grid>(grid: G, step: usize) -> Vec<G::Item> {
        let len = grid.dim().size();
        let pieces = Pieces::new(grid);
        assert_eq!(pieces.len(), len as u128);
        let odd = (0..len.div_ceil(step)).filter(|i| i % 2 == 1);
        let even = (0..len.div_ceil(step)).rev().filter(|i| i % 2 == 0);
        let mut parts: Vec<(usize, Vec<G::Item>)> = odd
            .chain(even)
            .map(|i| (i, pieces.part(Share::new(i * step..len.min((i + 1) * step))).collect()))
            .collect();
        parts.sort_by_key(|(i, _)| *i);
        parts.into_iter().flat_map(|(_, items)| items).collect()
    }

    #[test]
    fn any_cut_gives_every_item_in_order() {
        let array = Array3::from_shape_fn((3, 4, 5), |(i, j, k)| 100 * i + 10 * j + k);
        let turned = array.view().reversed_axes();
        for step in 1..=61 {
            assert_eq!(cut(array.view(), step), array.iter().collect::<Vec<_>>());
            assert_eq!(cut(turned, step), turned.iter().collect::<Vec<_>>());
            assert_eq!(cut(array.rows(), step), array.rows().into_iter().collect::<Vec<_>>());
            assert_eq!(cut(array.lanes(Axis(1)), step), array.lanes(Axis(1)).into_iter().collect::<Vec<_>>());
            assert_eq!(
                cut(array.windows((2, 2, 3)), step),
                array.windows((2, 2, 3)).into_iter().collect::<Vec<_>>()
            );
            assert_eq!(cut(array.axis_iter(Axis(2)), step), array.axis_iter(Axis(2)).collect::<Vec<_>>());
            let chunks = || array.axis_chunks_iter(Axis(1), 3);
            assert_eq!(cut(chunks(), step), chunks().collect::<Vec<_>>());
        }
    }

    #[test]
    fn parts_run_backwards_too() {
        let array = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| 100 * i + 10 * j + k);
        let columns = || array.axis_iter(Axis(2));
        let pieces = Pieces::new(columns());
        assert_eq!(pieces.part(Share::new(3..4)).next_back(), columns().nth(3));
        let mut part = pieces.part(Share::new(0..3));
        assert_eq!(part.next(), columns().next());
        assert_eq!(part.len(), 2);
        assert!(part.rev().eq(columns().skip(1).take(2).rev()));
    }

    #[test]
    fn arrays_without_items_or_axes() {
        assert_eq!(Pieces::new(ndarray::aview0(&5)).part(Share::new(0..1)).next(), Some(&5));
        assert_eq!(Pieces::new(ndarray::Array2::<u8>::zeros((0, 3)).view()).len(), 0);
    }
}
