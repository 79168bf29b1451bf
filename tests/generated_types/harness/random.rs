//! Random choices for values, and how long things are: about every size at which a format does something
//! else.

use crate::mix::mix;

/// Random numbers, and how much may still be made of them.
pub struct Random {
    state: u64,
    /// In bytes, roughly.
    left: usize,
}

/// Of elements.
const FEW: &[usize] = &[7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 63, 64, 65];
const SOME: &[usize] = &[127, 128, 129, 255, 256, 257];
/// Of bytes.
const MANY: &[usize] = &[4 << 10, 16 << 10, 64 << 10];
const MOST: usize = 1 << 20;

impl Random {
    pub fn new(seed: u64) -> Self {
        let state = mix(seed);
        // A large value is printed and made smaller with more trouble, and takes longer.
        let left = [1 << 10, 1 << 10, 16 << 10, 16 << 10, 16 << 10, 150 << 10, 150 << 10, 2 << 20]
            [(mix(state) % 8) as usize];
        Random { state, left }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.state)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end.max(1) as u64) as usize
    }

    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// How many elements of this type to make.
    pub fn length<T>(&mut self) -> usize {
        let size = size_of::<T>().max(1);
        // What owns something else takes longer to make and to compare.
        let cost = if std::mem::needs_drop::<T>() || size > 16 { 8 * size } else { size };
        let wanted = match self.below(100) {
            0..45 => self.below(4),
            45..60 => self.below(13),
            60..82 => self.one(FEW),
            82..90 => self.one(SOME),
            90..99 => {
                let bytes = self.one(MANY);
                self.about(bytes, size)
            }
            _ => self.about(MOST, size),
        };
        let length = if wanted * cost <= self.left { wanted } else { self.below(3) };
        self.left = self.left.saturating_sub(length * cost);
        length
    }

    /// As many as take this many bytes, or one less or more.
    fn about(&mut self, bytes: usize, size: usize) -> usize {
        (bytes / size + self.below(3)).saturating_sub(1)
    }
}
