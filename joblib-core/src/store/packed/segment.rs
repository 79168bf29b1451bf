//! Segments: files of records, appended to by everyone, never rewritten, dropped as a whole.
#![allow(unsafe_code)]

use super::location::{Location, MAX_NUMBER, MAX_SIZE_LOG2, SegmentId, UNIT};
use crate::store::draft::Draft;
use crate::store::identity::Identity;
use crate::store::mapping::{self, Mapping};
use crate::store::record::{self, Parsed};
use crate::{Error, Key, Result};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 8] = b"JLSEGM2\n";
/// Bytes before the first record.
pub(super) const HEADER: usize = 64;
/// Where the header counts the bytes handed out.
const USED: usize = 32;
/// What the count starts from, and what it grows by for each byte, so that few numbers are counts.
const START: u64 = 0x6a6f_626c_6962_2d31;
const STEP: u64 = 0x9e37_79b1;
const PREFIX: &str = "seg-";

/// A mapped segment.
#[derive(Debug)]
pub(super) struct Segment {
    mapping: Mapping,
    pub(super) id: SegmentId,
    /// Whether its count of bytes handed out can be trusted.
    is_whole: bool,
}

impl Segment {
    /// Creates the file of a segment, complete with its blocks, and maps it.
    pub(super) fn create(dir: &Path, scratch: &Path, lineage: u64, id: SegmentId) -> Result<Self> {
        let path = path(dir, lineage, id.number);
        let failed = |error| Error::io("cannot create a segment", &path, error);
        let draft = Draft::unnamed(dir, scratch)?;
        mapping::preallocate(draft.file(), id.size()).map_err(failed)?;
        draft.file().write_all(&encode_header(lineage, id)).map_err(failed)?;
        let mapping = Mapping::new(draft.file(), id.size(), true).map_err(failed)?;
        draft.publish(&path).map_err(failed)?;
        Ok(Self { mapping, id, is_whole: true })
    }

    /// Maps a segment of this name; reading only where it may not be written.
    ///
    /// Records say themselves whether they are whole: where the header is damaged, nothing is appended any
    /// more, and what there is can be read.
    ///
    /// # Errors
    ///
    /// I/O errors; [`is_corrupt`](Error::is_corrupt) for a file that has not even a header.
    pub(super) fn open(path: &Path, lineage: u64, number: u32, writable: bool) -> Result<Self> {
        let failed = |error| Error::io("cannot map a segment", path, error);
        let corrupt = || Error::corrupt("the segment is damaged").with_path(path);
        let file = OpenOptions::new().read(true).write(writable).open(path).map_err(failed)?;
        // Of a file cut short, what is left is good.
        let mapping = Mapping::between(&file, HEADER as u64, 1 << MAX_SIZE_LOG2, writable).map_err(failed)?;
        let mapping = mapping.ok_or_else(corrupt)?;
        let named = |found: &(u64, SegmentId)| found.0 == lineage && found.1.number == number;
        let (id, is_whole) = match read_header(&mapping).filter(named) {
            Some((_, id)) => (id, true),
            None => {
                crate::event!(WARN, path = %path.display(), "the header of a segment is damaged");
                (SegmentId { number, size_log2: mapping.len().ilog2() }, false)
            }
        };
        Ok(Self { mapping, id, is_whole })
    }

    /// Which file it is.
    pub(super) fn identity(&self) -> Identity {
        self.mapping.identity()
    }

    /// Appends a record, encoded but for its first word, whose value is or is not a file; `None` where it is
    /// full.
    pub(super) fn append(&self, encoded: &[u8], is_file: bool) -> Option<Location> {
        self.write(self.reserve(encoded.len(), is_file)?, encoded)
    }

    /// Space for a record of `len` bytes, if that much is left.
    fn reserve(&self, len: usize, is_file: bool) -> Option<Reservation> {
        if !self.mapping.is_writable() || !self.is_whole {
            return None;
        }
        let taken = len.next_multiple_of(UNIT) as u64;
        // Counted in the segment, not in the index: no two generations of that can hand out the same space.
        let count = self.mapping.shared::<AtomicU64>(USED, 1)?.first()?;
        // A damaged count would hand out what is taken.
        let offset = used_in(count.fetch_add(taken.wrapping_mul(STEP), Ordering::Relaxed))?;
        let end = (self.mapping.len() as u64).min(self.id.size());
        let fits = offset >= HEADER as u64 && offset.checked_add(taken)? <= end;
        fits.then(|| Location::new(self.id.number, offset, len, is_file).map(Reservation))?
    }

    /// Copies a record, encoded but for its first word, to a place reserved for it; says whether it fitted.
    fn write(&self, place: Reservation, encoded: &[u8]) -> Option<Location> {
        let place = place.0;
        if encoded.len() > place.len() as usize || place.segment != self.id.number {
            return None;
        }
        let first = self.first_word(place.offset())?;
        // SAFETY: a reservation is made of writable segments only; it was handed to this caller alone, and
        // nothing refers to its range before it is published.
        let fits = unsafe { self.mapping.write(place.offset() + 4, encoded.get(4..)?) };
        first.store(record::MAGIC, Ordering::Release);
        fits.then_some(place)
    }

    /// The published record at this place; `None` where there is none or it is damaged.
    #[inline]
    pub(super) fn record(&self, place: Location) -> Option<Parsed<'_>> {
        self.record_at(place.offset(), place.len() as usize)
    }

    #[inline]
    fn record_at(&self, offset: usize, len: usize) -> Option<Parsed<'_>> {
        if self.first_word(offset)?.load(Ordering::Acquire) != record::MAGIC {
            return None;
        }
        // SAFETY: the first word, set after all others, says that this record is complete; nobody writes to a
        // complete record but to its first word, which is not part of the slice.
        let bytes = unsafe { self.mapping.bytes(offset + 4, len.saturating_sub(4)) };
        record::parse(bytes).ok()
    }

    /// Marks the key's record at this place, if it is there, so that rebuilding the index leaves it out.
    pub(super) fn mark_dead(&self, key: Key, place: Location) {
        let (low, high) = (key.0 as u64, (key.0 >> 64) as u64);
        let word = |word: &AtomicU64| u64::from_le(word.load(Ordering::Relaxed));
        // Of a damaged place this is not true; another record's bytes must not change.
        if let Some([found_low, found_high]) = self.mapping.shared(place.offset() + record::KEY, 2)
            && (word(found_low), word(found_high)) == (low, high)
            && let Some(first) = self.first_word(place.offset()).filter(|_| self.mapping.is_writable())
        {
            let (alive, dead) = (record::MAGIC, record::DEAD);
            let _ = first.compare_exchange(alive, dead, Ordering::Release, Ordering::Relaxed);
        }
    }

    /// All complete records, with their places' bytes.
    pub(super) fn records(&self) -> impl Iterator<Item = Parsed<'_>> {
        let mut offset = HEADER;
        std::iter::from_fn(move || {
            while offset < self.mapping.len() {
                let found = self.record_at(offset, self.mapping.len() - offset);
                offset += found.map_or(UNIT, |record| record.len.next_multiple_of(UNIT));
                if found.is_some() {
                    return found;
                }
            }
            None
        })
    }

    #[inline]
    fn first_word(&self, offset: usize) -> Option<&AtomicU32> {
        self.mapping.shared(offset, 1)?.first()
    }
}

/// Space that nobody else writes to; made by [`Segment::reserve`] alone.
#[derive(Debug)]
struct Reservation(Location);

/// Where a segment stands.
pub(super) fn path(dir: &Path, lineage: u64, number: u32) -> PathBuf {
    dir.join(format!("{PREFIX}{lineage:016x}-{number}"))
}

/// Lineage and number of a segment's file name.
pub(super) fn parse_name(name: &str) -> Option<(u64, u32)> {
    let (lineage, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let number = number.parse().ok().filter(|&number| number < MAX_NUMBER)?;
    Some((u64::from_str_radix(lineage, 16).ok()?, number))
}

fn encode_header(lineage: u64, id: SegmentId) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&lineage.to_le_bytes());
    header[16..24].copy_from_slice(&id.word().to_le_bytes());
    let check = xxh3_64(&header[..24]);
    header[24..32].copy_from_slice(&check.to_le_bytes());
    header[USED..USED + 8].copy_from_slice(&used_word(HEADER as u64).to_ne_bytes());
    header
}

fn used_word(bytes: u64) -> u64 {
    bytes.wrapping_mul(STEP).wrapping_add(START)
}

fn used_in(word: u64) -> Option<u64> {
    let steps = word.wrapping_sub(START);
    steps.is_multiple_of(STEP).then_some(steps / STEP)
}

fn read_header(mapping: &Mapping) -> Option<(u64, SegmentId)> {
    let words: &[AtomicU64; 4] = mapping.shared(0, 4)?.first_chunk()?;
    let header: [u8; 32] = words
        .each_ref()
        .map(|word| word.load(Ordering::Relaxed).to_ne_bytes())
        .as_flattened()
        .try_into()
        .ok()?;
    let word = |at: usize| header[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
    let whole = header.starts_with(MAGIC) && word(24)? == xxh3_64(&header[..24]);
    whole.then_some((word(8)?, SegmentId::from_word(word(16)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back_and_damage_is_seen() {
        for bytes in [64, 176, 16 << 10, 1 << MAX_SIZE_LOG2] {
            let word = used_word(bytes);
            assert_eq!(used_in(word), Some(bytes));
            assert_eq!(used_in(word.wrapping_add(STEP.wrapping_mul(112))), Some(bytes + 112));
            let flipped = (0..64).map(|bit| word ^ 1 << bit);
            for damaged in flipped.chain([0, 1, u64::MAX, word / 2, !word, word + 1, bytes]) {
                assert_eq!(used_in(damaged), None, "{bytes}, {damaged:x}");
            }
        }
    }
}
