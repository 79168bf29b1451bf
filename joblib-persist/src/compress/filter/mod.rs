//! Reversible rearrangements that make arrays of numbers easier to compress.
//!
//! *Shuffle*: all first bytes of the elements, then all second bytes, and so on. Neighbouring numbers share
//! their signs, exponents and leading digits; side by side these compress well.
//!
//! *Differences*, before the shuffle: each element, as an unsigned integer, is replaced by its difference to
//! the one before, up to [`MAX_ORDER`] times over. What is left of a smooth field is small in every byte but
//! the lowest ones. The sign moves to the lowest bit, so that small negative differences have zero bytes,
//! too.
//!
//! *Decimals*, before both: floats that are decimal fractions are replaced by whole numbers; see [`decimal`].

mod decimal;
mod difference;
mod transpose;
mod wide;

pub(crate) use decimal::MAX_DECIMALS;
pub(crate) use difference::MAX_ORDER;
use difference::{TILE, Word, best_order};

/// How the elements of an array are rearranged. What is left over at the end, less than one element, stays as
/// it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Bytes per element: 1, 2, 4, 8 or 16.
    pub(crate) unit: usize,
    /// How many times differences are taken.
    pub(crate) order: u8,
    /// Of the floats that are written as whole numbers; only for units of 4 and 8.
    pub(crate) decimals: Option<u8>,
}

macro_rules! by_unit {
    ($unit:expr, $function:ident($($argument:expr),*)) => {
        match $unit {
            1 => $function::<u8, 1>($($argument),*),
            2 => $function::<u16, 2>($($argument),*),
            4 => $function::<u32, 4>($($argument),*),
            8 => $function::<u64, 8>($($argument),*),
            16 => $function::<u128, 16>($($argument),*),
            unit => unreachable!("elements of {unit} bytes"),
        }
    };
}

impl Filter {
    /// Writes the rearranged `raw` to `planes`, which is as long; `false` if that cannot be done with
    /// decimals.
    pub(crate) fn apply(self, raw: &[u8], planes: &mut [u8]) -> bool {
        by_unit!(self.unit, apply(self, raw, planes))
    }

    /// Undoes [`apply`](Self::apply).
    pub(crate) fn undo(self, planes: &[u8], raw: &mut [u8]) {
        by_unit!(self.unit, undo(self, planes, raw))
    }

    /// How many decimals nearly all of such elements have, which are floats.
    pub(crate) fn best_decimals(unit: usize, sample: &[u8]) -> Option<u8> {
        match unit {
            4 => decimal::find::<4>(sample),
            8 => decimal::find::<8>(sample),
            _ => None,
        }
    }

    /// How often differences should be taken of such elements, by the bits that are left.
    pub(crate) fn best_order(unit: usize, sample: &[u8]) -> u8 {
        by_unit!(unit, best_order(sample))
    }
}

fn apply<W: Word<UNIT>, const UNIT: usize>(filter: Filter, raw: &[u8], planes: &mut [u8]) -> bool {
    let (elements, rest) = raw.as_chunks::<UNIT>();
    let (planes, tail) = planes.split_at_mut(elements.len() * UNIT);
    tail.copy_from_slice(rest);
    let mut taker = difference::Taker::<W, UNIT>::new(filter.order);
    let (mut whole, mut tile) = ([[0; UNIT]; TILE], [[0; UNIT]; TILE]);
    for (index, mut piece) in elements.chunks(TILE).enumerate() {
        if let Some(decimals) = filter.decimals {
            if !decimal::encode(decimals, piece, &mut whole[..piece.len()]) {
                return false;
            }
            piece = &whole[..piece.len()];
        }
        if filter.order > 0 {
            taker.take(piece, &mut tile);
            piece = &tile[..piece.len()];
        }
        transpose::split(piece, planes, elements.len(), index * TILE);
    }
    true
}

fn undo<W: Word<UNIT>, const UNIT: usize>(filter: Filter, planes: &[u8], raw: &mut [u8]) {
    let (elements, rest) = raw.as_chunks_mut::<UNIT>();
    let (planes, tail) = planes.split_at(elements.len() * UNIT);
    rest.copy_from_slice(tail);
    let mut summer = difference::Summer::<W, UNIT>::new(filter.order);
    let len = elements.len();
    for (index, piece) in elements.chunks_mut(TILE).enumerate() {
        transpose::join(planes, len, index * TILE, piece);
        summer.sum(piece);
        if let Some(decimals) = filter.decimals {
            decimal::decode(decimals, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn planes_come_one_after_the_other() {
        let mut planes = [0; 9];
        Filter { unit: 4, order: 0, decimals: None }.apply(&[1, 2, 3, 4, 11, 12, 13, 14, 99], &mut planes);
        assert_eq!(planes, [1, 11, 2, 12, 3, 13, 4, 14, 99]);
    }

    #[test]
    fn differences_are_small_and_unsigned() {
        let mut planes = [0; 8];
        let raw: Vec<u8> = [1000u16, 1003, 1001, 1001].into_iter().flat_map(u16::to_le_bytes).collect();
        Filter { unit: 2, order: 1, decimals: None }.apply(&raw, &mut planes);
        assert_eq!(planes, [(2000 % 256) as u8, 6, 3, 0, (2000 / 256) as u8, 0, 0, 0]);
    }

    #[test]
    fn the_order_follows_the_data() {
        let bytes = |f: &dyn Fn(u64) -> u64| (0..2000).flat_map(|i| f(i).to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(Filter::best_order(8, &bytes(&|_| 7)), 1);
        assert_eq!(Filter::best_order(8, &bytes(&|i| i * 12_345)), 2);
        assert_eq!(Filter::best_order(8, &bytes(&|i| i * i * 12_345)), 3);
        assert_eq!(
            Filter::best_order(8, &bytes(&|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(i as u32))),
            0
        );
        assert_eq!(Filter::best_order(8, b"short"), 0);
    }

    proptest! {
        #[test]
        fn every_length_unit_and_order_comes_back(
            raw in proptest::collection::vec(any::<u8>(), 0..3000),
            repeat in 1usize..8,
            unit in proptest::sample::select(vec![1usize, 2, 4, 8, 16]),
            order in 0..=MAX_ORDER,
            decimals in proptest::option::of(0..=MAX_DECIMALS),
        ) {
            let raw = raw.repeat(repeat);
            let mut planes = vec![0; raw.len()];
            let mut back = vec![0; raw.len()];
            let mut filter = Filter { unit, order, decimals };
            if !filter.apply(&raw, &mut planes) {
                filter.decimals = None;
                prop_assert!(filter.apply(&raw, &mut planes));
            }
            filter.undo(&planes, &mut back);
            prop_assert_eq!(&back, &raw);
        }
    }
}
