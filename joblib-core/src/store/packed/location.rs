//! Where records are, in one word, so that it can be changed atomically.

/// Records lie on multiples of this and take multiples of it.
pub(super) const UNIT: usize = 16;
/// Largest segment, as a power of two.
pub(super) const MAX_SIZE_LOG2: u32 = 28;
/// Segments a function may have at a time.
pub(super) const SEGMENTS: usize = 224;
/// Segment numbers are below this.
pub(super) const MAX_NUMBER: u32 = 1 << 24;

/// A record's place: segment (24 bits), offset (24) and length (15), the latter two in units, and whether the
/// record's value is a file of its own (1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Location {
    pub(super) segment: u32,
    offset: u32,
    len: u16,
    pub(super) is_file: bool,
}

const IS_FILE: u16 = 1 << 15;

impl Location {
    /// A place of `len` bytes, rounded up, at `offset` in a segment; `None` where that cannot be said in one
    /// word.
    pub(super) fn new(segment: u32, offset: u64, len: usize, is_file: bool) -> Option<Self> {
        let offset_units = u32::try_from(offset / UNIT as u64).ok()?;
        let len = u16::try_from(len.div_ceil(UNIT)).ok()?;
        let fits = segment < MAX_NUMBER
            && offset.is_multiple_of(UNIT as u64)
            && (1..1 << 24).contains(&offset_units)
            && len < IS_FILE;
        fits.then_some(Self { segment, offset: offset_units, len, is_file })
    }

    #[inline]
    pub(super) fn from_word(word: u64) -> Option<Self> {
        // Offset 0 is inside the segment's header.
        (word != 0).then_some(Self {
            segment: (word >> 40) as u32,
            offset: (word >> 16) as u32 & 0xFF_FFFF,
            len: word as u16 & !IS_FILE,
            is_file: word as u16 & IS_FILE != 0,
        })
    }

    pub(super) fn word(self) -> u64 {
        let flag = if self.is_file { IS_FILE } else { 0 };
        u64::from(self.segment) << 40 | u64::from(self.offset) << 16 | u64::from(self.len | flag)
    }

    /// Bytes from the segment's start.
    #[inline]
    pub(super) fn offset(self) -> usize {
        self.offset as usize * UNIT
    }

    /// Bytes taken, padding included.
    #[inline]
    pub(super) fn len(self) -> u32 {
        u32::from(self.len) * UNIT as u32
    }
}

/// A segment's number and size, as the index's table has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentId {
    /// Never used twice within a lineage.
    pub(super) number: u32,
    pub(super) size_log2: u32,
}

impl SegmentId {
    #[inline]
    pub(super) fn from_word(word: u64) -> Option<Self> {
        let id = Self { number: u32::try_from(word >> 8).ok()?, size_log2: word as u32 & 0xFF };
        (id.number != 0 && id.number < MAX_NUMBER && id.size_log2 <= MAX_SIZE_LOG2).then_some(id)
    }

    pub(super) fn word(self) -> u64 {
        u64::from(self.number) << 8 | u64::from(self.size_log2)
    }

    pub(super) fn size(self) -> u64 {
        1 << self.size_log2
    }

    /// Its place in the index's table.
    #[inline]
    pub(super) fn place(self) -> usize {
        self.number as usize % SEGMENTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_come_back(word: u64) {
            prop_assert_eq!(Location::from_word(word).map_or(0, Location::word), word);
            if let Some(id) = SegmentId::from_word(word) {
                prop_assert_eq!(SegmentId::from_word(id.word()), Some(id));
            }
        }

        #[test]
        fn places_come_back(segment in 0..MAX_NUMBER, units in 1u64..1 << 24, len in 1usize..1 << 20, file: bool) {
            if let Some(place) = Location::new(segment, units * 16, len, file) {
                prop_assert_eq!(Location::from_word(place.word()), Some(place));
                prop_assert_eq!((place.segment, place.offset() as u64, place.is_file), (segment, units * 16, file));
                prop_assert!(place.len() as usize >= len && (place.len() as usize) < len + UNIT);
            } else {
                prop_assert!(len > 32_767 * UNIT);
            }
        }
    }
}
