//! Elements of a strided array in C order.
//!
//! Rows are gathered several at a time, into a tile that fits the cache, and along the axis whose elements
//! lie closer: reading a Fortran-ordered matrix row by row would touch a new cache line for every element,
//! and each line again for every row.
//!
//! Unsafe where an element is read, at an index inside the shape: there is one, as [`RawArray`] promises.

use super::{Order, RawArray};

/// Bytes gathered at a time.
const TILE: usize = 1 << 20;

/// More rows than this bring nothing: they fill whole cache lines of the narrowest elements.
const ROWS: usize = 64;

impl RawArray<'_> {
    /// Hands out all elements in C order, as little-endian bytes, in chunks of bounded size.
    ///
    /// An array that lies in C order is handed out whole where the machine is little-endian; anything else is
    /// gathered into a buffer of at most 1 MiB. The chunks' boundaries carry no meaning.
    ///
    /// # Errors
    ///
    /// The first error of `visit`.
    pub fn for_each_chunk<E>(&self, mut visit: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        if cfg!(target_endian = "little")
            && let Some((Order::C, bytes)) = self.contiguous()
        {
            return if bytes.is_empty() { Ok(()) } else { visit(bytes) };
        }
        for_each_tile(self, &mut visit)
    }
}

/// Hands out all elements in C order, as little-endian bytes, in chunks of at most about [`TILE`].
fn for_each_tile<E>(array: &RawArray<'_>, visit: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    if array.is_empty() {
        return Ok(());
    }
    match array.dtype().size() {
        1 => Gather::<1>::new(array).run(visit),
        2 => Gather::<2>::new(array).run(visit),
        4 => Gather::<4>::new(array).run(visit),
        8 => Gather::<8>::new(array).run(visit),
        _ => Gather::<16>::new(array).run(visit),
    }
}

/// For elements of `N` bytes. The last two axes are rows and columns; missing ones have one element.
struct Gather<'a, const N: usize> {
    array: &'a RawArray<'a>,
    outer: usize,
    rows: Axis,
    columns: Axis,
}

#[derive(Clone, Copy)]
struct Axis {
    len: usize,
    stride: isize,
}

impl<'a, const N: usize> Gather<'a, N> {
    fn new(array: &'a RawArray<'a>) -> Self {
        assert_eq!(array.dtype().size(), N);
        let ndim = array.shape().len();
        let axis = |at: Option<usize>| match at {
            Some(at) => Axis { len: array.shape()[at], stride: array.strides()[at] },
            None => Axis { len: 1, stride: 0 },
        };
        Self {
            array,
            outer: ndim.saturating_sub(2),
            rows: axis(ndim.checked_sub(2)),
            columns: axis(ndim.checked_sub(1)),
        }
    }

    /// An odometer over the outer axes, around the matrices of the last two.
    fn run<E>(&self, visit: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let (shape, strides) = (self.array.shape(), self.array.strides());
        let mut index = [0usize; super::MAX_NDIM];
        let mut tile: Vec<[u8; N]> = Vec::new();
        loop {
            let offset = (0..self.outer).map(|axis| index[axis] as isize * strides[axis]).sum();
            self.matrix(offset, &mut tile, visit)?;
            let Some(axis) = (0..self.outer).rev().find(|&axis| {
                index[axis] += 1;
                index[axis] < shape[axis]
            }) else {
                return flush(&mut tile, self.array.dtype().unit(), visit);
            };
            index[axis + 1..self.outer].fill(0);
        }
    }

    /// Adds one matrix to the tile, which is handed out whenever it is full.
    fn matrix<E>(
        &self,
        offset: isize,
        tile: &mut Vec<[u8; N]>,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let full = TILE / N;
        let rows_at_once = (full / self.columns.len).clamp(1, ROWS);
        let columns_at_once = self.columns.len.min(full);
        for row in (0..self.rows.len).step_by(rows_at_once) {
            let rows = rows_at_once.min(self.rows.len - row);
            // More than one piece only where a row alone is more than a tile.
            for column in (0..self.columns.len).step_by(columns_at_once) {
                let columns = columns_at_once.min(self.columns.len - column);
                if tile.len() + rows * columns > full {
                    flush(tile, self.array.dtype().unit(), visit)?;
                }
                let corner = offset + row as isize * self.rows.stride + column as isize * self.columns.stride;
                self.block(corner, rows, columns, tile);
            }
        }
        Ok(())
    }

    /// Appends `rows` times `columns` elements from `corner` on.
    fn block(&self, corner: isize, rows: usize, columns: usize, tile: &mut Vec<[u8; N]>) {
        let start = tile.len();
        tile.resize(start + rows * columns, [0; N]);
        let slots = &mut tile[start..];
        let first = self.array.first_element().cast::<[u8; N]>();
        let element = |row: usize, column: usize| {
            let at = corner + row as isize * self.rows.stride + column as isize * self.columns.stride;
            // SAFETY: row and column are inside the last two axes and `corner` is inside the array, so this
            // is the place of an initialised element of `N` bytes; bytes have no alignment.
            #[allow(unsafe_code)]
            unsafe {
                first.offset(at).read()
            }
        };
        if self.rows.stride.unsigned_abs() < self.columns.stride.unsigned_abs() && rows > 1 {
            for column in 0..columns {
                for row in 0..rows {
                    slots[row * columns + column] = element(row, column);
                }
            }
        } else {
            for (row, slots) in slots.chunks_exact_mut(columns).enumerate() {
                for (column, slot) in slots.iter_mut().enumerate() {
                    *slot = element(row, column);
                }
            }
        }
    }
}

fn flush<const N: usize, E>(
    tile: &mut Vec<[u8; N]>,
    unit: usize,
    visit: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    if cfg!(target_endian = "big") {
        tile.as_flattened_mut().chunks_exact_mut(unit).for_each(<[u8]>::reverse);
    }
    if !tile.is_empty() {
        visit(tile.as_flattened())?;
        tile.clear();
    }
    Ok(())
}

#[cfg(test)]
#[cfg(feature = "ndarray")]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Array3, ArrayView, Dimension, s};

    #[track_caller]
    fn assert_reads<T: super::super::Element + PartialEq, D: Dimension>(
        view: ArrayView<'_, T, D>,
        bytes: fn(T) -> Vec<u8>,
    ) {
        let mut all = Vec::new();
        let raw = RawArray::from_array(&view).unwrap();
        for_each_tile(&raw, &mut |tile| {
            assert!(!tile.is_empty() && tile.len() <= TILE);
            all.extend_from_slice(tile);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert!(all == view.iter().flat_map(|&value| bytes(value)).collect::<Vec<u8>>());
    }

    #[test]
    fn more_than_one_tile_in_every_direction() {
        let number = |i: usize| i.wrapping_mul(2_654_435_761) as u16;
        let bytes: fn(u16) -> Vec<u8> = |value| value.to_le_bytes().into();
        // Many tiles of several rows; rows of more than a tile; matrices smaller than a tile.
        assert_reads(Array2::from_shape_fn((700, 1300), |(i, j)| number(i * 1300 + j)).t(), bytes);
        assert_reads(Array2::from_shape_fn((600_001, 3), |(i, j)| number(i * 3 + j)).t(), bytes);
        assert_reads(Array1::from_shape_fn(1_300_000, number).slice(s![..;-2]), bytes);
        let cube = Array3::from_shape_fn((90, 80, 90), |(i, j, k)| number(i * 7200 + j * 90 + k));
        assert_reads(cube.view().permuted_axes([2, 0, 1]), bytes);
        assert_reads(cube.slice(s![..;2, ..;-3, ..]), bytes);
    }

    #[test]
    fn a_failing_visit_ends_it() {
        let array = Array2::<u128>::zeros((300, 300));
        let mut calls = 0;
        let result = for_each_tile(&RawArray::from_array(&array.t()).unwrap(), &mut |_| {
            calls += 1;
            Err("full")
        });
        assert_eq!((result, calls), (Err("full"), 1));
    }
}
