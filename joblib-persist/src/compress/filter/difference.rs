//! Differences of neighbouring elements, and sums to undo them.

/// Differences are taken at most so many times over.
pub(crate) const MAX_ORDER: u8 = 6;

/// Elements are worked on in pieces that stay in the first cache.
pub(super) const TILE: usize = 512;

/// An unsigned integer of `SIZE` bytes.
pub(super) trait Word<const SIZE: usize>: Copy + Default {
    fn from_bytes(bytes: [u8; SIZE]) -> Self;
    fn to_bytes(self) -> [u8; SIZE];
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// Moves the sign of a two's complement to the lowest bit: 0, -1, 1, -2, .. become 0, 1, 2, 3, ..
    fn fold(self) -> Self;
    fn unfold(self) -> Self;
    /// Bits up to the highest one set.
    fn bits(self) -> u32;
}

macro_rules! words {
    ($($unsigned:ty as $signed:ty: $size:literal),*) => {$(
        impl Word<$size> for $unsigned {
            #[inline(always)]
            fn from_bytes(bytes: [u8; $size]) -> Self {
                Self::from_le_bytes(bytes)
            }

            #[inline(always)]
            fn to_bytes(self) -> [u8; $size] {
                self.to_le_bytes()
            }

            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            #[inline(always)]
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            #[inline(always)]
            fn fold(self) -> Self {
                (self << 1) ^ (self as $signed >> (Self::BITS - 1)) as Self
            }

            #[inline(always)]
            fn unfold(self) -> Self {
                (self >> 1) ^ (self & 1).wrapping_neg()
            }

            #[inline(always)]
            fn bits(self) -> u32 {
                Self::BITS - self.leading_zeros()
            }
        }
    )*};
}

words!(u8 as i8: 1, u16 as i16: 2, u32 as i32: 4, u64 as i64: 8, u128 as i128: 16);

/// Takes differences tile by tile.
pub(super) struct Taker<W, const SIZE: usize> {
    order: usize,
    /// The last element of the tile before, in each order.
    last: [W; MAX_ORDER as usize],
    words: [W; TILE],
    differences: [W; TILE],
}

impl<W: Word<SIZE>, const SIZE: usize> Taker<W, SIZE> {
    pub(super) fn new(order: u8) -> Self {
        let order = usize::from(order.min(MAX_ORDER));
        let zero = W::default();
        Self { order, last: [zero; MAX_ORDER as usize], words: [zero; TILE], differences: [zero; TILE] }
    }

    /// Writes the folded differences of `elements` (at most a tile, at least one) to `tile`.
    pub(super) fn take(&mut self, elements: &[[u8; SIZE]], tile: &mut [[u8; SIZE]; TILE]) {
        let len = elements.len();
        for (word, element) in self.words.iter_mut().zip(elements) {
            *word = W::from_bytes(*element);
        }
        for last in &mut self.last[..self.order] {
            self.differences[0] = self.words[0].minus(*last);
            *last = self.words[len - 1];
            for ((difference, before), word) in
                self.differences[1..len].iter_mut().zip(&self.words).zip(&self.words[1..len])
            {
                *difference = word.minus(*before);
            }
            std::mem::swap(&mut self.words, &mut self.differences);
        }
        for (slot, word) in tile.iter_mut().zip(&self.words[..len]) {
            *slot = word.fold().to_bytes();
        }
    }
}

/// Sums differences up again, tile by tile.
pub(super) struct Summer<W, const SIZE: usize> {
    order: u8,
    /// The sum so far, in each order.
    sums: [W; MAX_ORDER as usize],
}

impl<W: Word<SIZE>, const SIZE: usize> Summer<W, SIZE> {
    pub(super) fn new(order: u8) -> Self {
        Self { order: order.min(MAX_ORDER), sums: [W::default(); MAX_ORDER as usize] }
    }

    /// Replaces folded differences by the elements they were taken of.
    pub(super) fn sum(&mut self, elements: &mut [[u8; SIZE]]) {
        match self.order {
            0 => {}
            1 => self.sum_by::<1>(elements),
            2 => self.sum_by::<2>(elements),
            3 => self.sum_by::<3>(elements),
            4 => self.sum_by::<4>(elements),
            5 => self.sum_by::<5>(elements),
            _ => self.sum_by::<6>(elements),
        }
    }

    /// The order is a constant so that the sums stay in registers; elements overlap in the pipeline.
    fn sum_by<const ORDER: usize>(&mut self, elements: &mut [[u8; SIZE]]) {
        let mut sums: [W; ORDER] = std::array::from_fn(|order| self.sums[order]);
        for element in elements {
            let mut value = W::from_bytes(*element).unfold();
            for sum in &mut sums {
                *sum = sum.plus(value);
                value = *sum;
            }
            *element = value.to_bytes();
        }
        self.sums[..ORDER].copy_from_slice(&sums);
    }
}

/// The order whose differences have the fewest bits in all; each further order must save half a bit per
/// element.
pub(super) fn best_order<W: Word<SIZE>, const SIZE: usize>(sample: &[u8]) -> u8 {
    let (elements, _) = sample.as_chunks::<SIZE>();
    let mut words: Vec<W> = elements.iter().map(|element| W::from_bytes(*element)).collect();
    if words.len() < 64 {
        return 0;
    }
    let bits = |words: &[W]| words.iter().map(|word| word.bits()).sum::<u32>();
    let worth_it = words.len() as u32 / 2;
    let (mut best, mut fewest) = (0, bits(&words));
    for order in 1..=MAX_ORDER {
        for index in (1..words.len()).rev() {
            words[index] = words[index].minus(words[index - 1]);
        }
        let folded: Vec<W> = words.iter().map(|word| word.fold()).collect();
        let left = bits(&folded[usize::from(order)..]);
        if left + worth_it < fewest {
            (best, fewest) = (order, left);
        }
    }
    best
}
