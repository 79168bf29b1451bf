//! The index: a header of 4 KiB and a table of slots with open addressing, mapped by every process.
//!
//! It is derived data, in the machine's byte order: where it is damaged or foreign it is rebuilt from the
//! segments. Only its first numbers have a checksum, since the others change all the time: each of those is
//! checked where it is used.

use super::location::Location;
use super::slot::Slot;
use super::table::Table;
use crate::store::identity::Identity;
use crate::store::mapping::{Mapping, shared};
use crate::{Error, Key, Result};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Reads "JLINDEX2" on a little-endian machine; the other order does not match.
const MAGIC: u64 = u64::from_le_bytes(*b"JLINDEX2");
/// Bytes before the slots.
const HEADER: usize = 4096;
/// Slots of a new index.
pub(super) const FIRST_SLOTS: u64 = 128;
/// No probing goes further: a table this crowded is rebuilt.
const LONGEST_PROBE: u64 = 4096;

/// State of an index: the two low bits of its word; the others count changes of the segment table.
const STATE: u64 = 3;
const LIVE: u64 = 0;
/// Being copied into the next generation: whoever changes it must wait and look again.
const FROZEN: u64 = 1;
/// No longer the function's index. The state above, which nobody sets, is taken for this one.
const MOVED: u64 = 2;
const CHANGE: u64 = 4;

/// A mapped index.
#[derive(Debug)]
pub(super) struct Index {
    mapping: Mapping,
    slots: usize,
    /// Ties segments to the index they belong to.
    pub(super) lineage: u64,
    /// Of two indexes of a function the one with the higher number counts.
    pub(super) generation: u64,
}

shared! {
    struct Header {
        magic: AtomicU64,
        slots: AtomicU64,
        lineage: AtomicU64,
        generation: AtomicU64,
        check: AtomicU64,
        _identity: [AtomicU64; 3],
        word: AtomicU64,
        _word: [AtomicU64; 7],
        active: AtomicU64,
        _active: [AtomicU64; 7],
        claimed: AtomicU64,
        entries: AtomicU64,
        bytes: AtomicU64,
        _counts: [AtomicU64; 5],
        _reserved: [AtomicU64; 32],
        table: Table,
    }
}
const _: () = assert!(size_of::<Header>() == HEADER);

/// What became of an attempt to publish.
#[derive(Debug)]
pub(super) enum Published {
    /// The slot refers to the new record now, and to this one before.
    Replaced(Option<Location>),
    /// The table is too crowded: it must grow.
    Crowded,
}

impl Index {
    /// Maps an index file; reading only where it may not be written.
    ///
    /// # Errors
    ///
    /// I/O errors, and [`is_corrupt`](Error::is_corrupt) for a file that is no whole index.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let failed = |error| Error::io("cannot map an index", path, error);
        let corrupt =
            || Error::corrupt("the index is damaged or from another kind of machine").with_path(path);
        let (file, writable) = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => (file, true),
            Err(error) if may_read_only(&error) => (File::open(path).map_err(failed)?, false),
            Err(error) => return Err(failed(error)),
        };
        let mapping = Mapping::between(&file, HEADER as u64, u64::MAX, writable).map_err(failed)?;
        mapping.and_then(Self::of).ok_or_else(corrupt)
    }

    /// Makes a new index of an empty, preallocated file of [`file_len`] bytes.
    pub(super) fn create(file: &File, slots: u64, lineage: u64, generation: u64) -> std::io::Result<Self> {
        let mapping = Mapping::new(file, file_len(slots), true)?;
        if let Some([header]) = mapping.shared::<Header>(0, 1) {
            let identity = [MAGIC, slots, lineage, generation];
            let fields = [&header.magic, &header.slots, &header.lineage, &header.generation];
            fields.iter().zip(identity).for_each(|(field, value)| field.store(value, Ordering::Relaxed));
            header.check.store(check(identity), Ordering::Relaxed);
        }
        Self::of(mapping).ok_or_else(|| std::io::Error::other("a new index does not read back"))
    }

    fn of(mapping: Mapping) -> Option<Self> {
        let [header] = mapping.shared::<Header>(0, 1)? else { return None };
        let fields = [&header.magic, &header.slots, &header.lineage, &header.generation];
        let identity @ [magic, slots, lineage, generation] =
            fields.map(|field| field.load(Ordering::Acquire));
        let whole = magic == MAGIC
            && header.check.load(Ordering::Acquire) == check(identity)
            && slots.is_power_of_two()
            && slots.checked_mul(32)?.checked_add(HEADER as u64)? <= mapping.len() as u64;
        whole.then_some(Self { slots: slots as usize, mapping, lineage, generation })
    }

    pub(super) fn is_writable(&self) -> bool {
        self.mapping.is_writable()
    }

    /// Which file it is.
    pub(super) fn identity(&self) -> Identity {
        self.mapping.identity()
    }

    #[inline]
    fn header(&self) -> &Header {
        match self.mapping.shared(0, 1) {
            Some([header]) => header,
            _ => unreachable!("the mapping holds a header, as checked when it was made"),
        }
    }

    #[inline]
    pub(super) fn slots(&self) -> &[Slot] {
        self.mapping.shared(HEADER, self.slots).unwrap_or_default()
    }

    // ---- state

    /// Changes whenever the segments or the state do.
    #[inline]
    pub(super) fn word(&self) -> u64 {
        self.header().word.load(Ordering::SeqCst)
    }

    pub(super) fn is_live(word: u64) -> bool {
        word & STATE == LIVE
    }

    pub(super) fn is_frozen(word: u64) -> bool {
        word & STATE == FROZEN
    }

    pub(super) fn is_moved(word: u64) -> bool {
        word & STATE >= MOVED
    }

    /// From here on changes by others are repeated in the next generation. Takes the maintenance lock.
    pub(super) fn freeze(&self) {
        self.header().word.store(self.next_word() | FROZEN, Ordering::SeqCst);
        std::sync::atomic::fence(Ordering::SeqCst);
    }

    /// Undoes [`freeze`](Self::freeze) where the next generation could not be made.
    pub(super) fn thaw(&self) {
        self.header().word.store(self.next_word() | LIVE, Ordering::SeqCst);
    }

    fn next_word(&self) -> u64 {
        (self.word() & !STATE).wrapping_add(CHANGE)
    }

    /// Tells everyone to look for the function's index again.
    pub(super) fn retire(&self) {
        if self.is_writable() {
            retire(self.header());
        }
    }

    /// As [`retire`](Self::retire), of a file that may be damaged, so that it cannot be opened.
    pub(super) fn retire_file(path: &Path) {
        let file = OpenOptions::new().read(true).write(true).open(path).ok();
        let mapping = file.and_then(|file| Mapping::new(&file, HEADER as u64, true).ok());
        if let Some([header]) = mapping.as_ref().and_then(|mapping| mapping.shared(0, 1)) {
            retire(header);
        }
    }

    /// Tells everyone that a segment went. Takes the maintenance lock.
    pub(super) fn announce_change(&self) {
        self.header().word.fetch_add(CHANGE, Ordering::SeqCst);
        std::sync::atomic::fence(Ordering::SeqCst);
    }

    // ---- space

    /// Number of the segment that records go to; 0 for none, or none that the table has.
    pub(super) fn active(&self) -> u32 {
        let number = u32::try_from(self.header().active.load(Ordering::Acquire)).unwrap_or(0);
        if self.table().segment(number).is_some() { number } else { 0 }
    }

    pub(super) fn set_active(&self, number: u32) {
        self.header().active.store(number.into(), Ordering::Release);
    }

    /// Whether this is that index, mapped once more perhaps.
    pub(super) fn is_same(&self, other: &Index) -> bool {
        (self.lineage, self.generation) == (other.lineage, other.generation)
    }

    /// Its segments.
    #[inline]
    pub(super) fn table(&self) -> &Table {
        &self.header().table
    }

    // ---- slots

    /// The key's slot, if it ever had an entry.
    #[inline]
    pub(super) fn find(&self, key: Key) -> Option<&Slot> {
        self.find_tag(tag(key))
    }

    #[inline]
    fn find_tag(&self, tag: u64) -> Option<&Slot> {
        let slots = self.slots();
        let mut at = tag as usize;
        for _ in 0..LONGEST_PROBE {
            let slot = slots.get(at & (self.slots - 1))?;
            match slot.tag() {
                found if found == tag => return Some(slot),
                0 => return None,
                _ => at = at.wrapping_add(1),
            }
        }
        None
    }

    /// Makes the key's slot refer to a complete record.
    pub(super) fn publish(&self, key: Key, location: Location, size: u64) -> Published {
        match self.claim_slot(tag(key)) {
            Some(slot) => {
                let former = slot.put(location, size);
                self.account(former, Some((location, size)));
                Published::Replaced(former.map(|(location, _)| location))
            }
            None => Published::Crowded,
        }
    }

    /// The slot with this tag, or a free one made so; `None` where the table is too full.
    fn claim_slot(&self, tag: u64) -> Option<&Slot> {
        let slots = self.slots();
        let mut at = tag as usize;
        for _ in 0..LONGEST_PROBE.min(self.slots as u64) {
            let slot = slots.get(at & (self.slots - 1))?;
            let mut found = slot.tag();
            if found == 0 {
                if self.is_crowded() {
                    return None;
                }
                match slot.claim(tag) {
                    Ok(_) => {
                        self.header().claimed.fetch_add(1, Ordering::Relaxed);
                        return Some(slot);
                    }
                    Err(other) => found = other,
                }
            }
            if found == tag {
                return Some(slot);
            }
            at = at.wrapping_add(1);
        }
        None
    }

    /// Whether 70 % of the slots are taken.
    pub(super) fn is_crowded(&self) -> bool {
        self.header().claimed.load(Ordering::Relaxed).saturating_mul(10) >= self.slots as u64 * 7
    }

    /// Takes the record out of the slot, unless it has another by now.
    pub(super) fn withdraw(&self, slot: &Slot, location: Location) -> bool {
        let taken = slot.change_location(location, None);
        if taken {
            self.account(Some((location, slot.size().unwrap_or(0))), None);
        }
        taken
    }

    /// Makes the slot refer to a copy of its record, unless it has another by now.
    pub(super) fn relocate(&self, slot: &Slot, from: Location, to: Location) -> bool {
        let moved = slot.change_location(from, Some(to));
        if moved {
            self.account(Some((from, 0)), Some((to, 0)));
        }
        moved
    }

    /// Copies the slots of the former generation, before anyone else uses this one; tells for how many there
    /// was no room.
    pub(super) fn adopt(&self, former: &Index) -> usize {
        // After damage two slots may have one tag. What look-ups found must not give way to what they did
        // not.
        let is_found =
            |slot: &Slot| former.find_tag(slot.tag()).is_none_or(|found| std::ptr::eq(found, slot));
        let slots = former.slots().iter().filter(|slot| slot.tag() != 0 && is_found(slot));
        let left_out =
            |slot: &&Slot| slot.location().is_some_and(|location| !self.adopt_slot(slot, location));
        slots.filter(left_out).count()
    }

    fn adopt_slot(&self, former: &Slot, location: Location) -> bool {
        let Some(slot) = self.claim_slot(former.tag()) else { return false };
        let replaced = slot.copy(former, location);
        self.account(replaced.map(|replaced| (replaced, 0)), Some((location, former.size().unwrap_or(0))));
        true
    }

    // ---- counts

    /// Entries and bytes of their values; wrong by what killed processes were changing, until recounted.
    ///
    /// Far too many where subtractions are seen before the additions they belong to, and after damage.
    pub(super) fn counts(&self) -> (u64, u64) {
        let header = self.header();
        (header.entries.load(Ordering::Relaxed), header.bytes.load(Ordering::Relaxed))
    }

    pub(super) fn set_counts(&self, entries: u64, bytes: u64) {
        self.header().entries.store(entries, Ordering::Relaxed);
        self.header().bytes.store(bytes, Ordering::Relaxed);
    }

    fn account(&self, gone: Option<(Location, u64)>, new: Option<(Location, u64)>) {
        let header = self.header();
        let (entries, bytes) = (new.is_some() as u64, new.map_or(0, |new| new.1));
        let (entries_gone, bytes_gone) = (gone.is_some() as u64, gone.map_or(0, |gone| gone.1));
        if entries != entries_gone {
            header.entries.fetch_add(entries.wrapping_sub(entries_gone), Ordering::Relaxed);
        }
        if bytes != bytes_gone {
            header.bytes.fetch_add(bytes.wrapping_sub(bytes_gone), Ordering::Relaxed);
        }
        if let Some((location, _)) = new
            && let Some((entry, _)) = self.table().segment(location.segment)
        {
            entry.live.fetch_add(location.len().into(), Ordering::Relaxed);
        }
        if let Some((location, _)) = gone
            && let Some((entry, _)) = self.table().segment(location.segment)
        {
            entry.live.fetch_sub(location.len().into(), Ordering::Relaxed);
        }
    }
}

fn retire(header: &Header) {
    header.word.store((header.word.load(Ordering::SeqCst) & !STATE) | MOVED, Ordering::SeqCst);
}

/// Length of an index file.
pub(super) fn file_len(slots: u64) -> u64 {
    HEADER as u64 + slots * 32
}

fn check(identity: [u64; 4]) -> u64 {
    xxh3_64(identity.map(u64::to_le_bytes).as_flattened())
}

/// Keys are uniform already where they are hashes; mixing makes any keys so (Steele et al., SplitMix64).
#[inline]
fn tag(key: Key) -> u64 {
    let mut mixed = (key.0 as u64) ^ ((key.0 >> 64) as u64).rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)).max(1)
}

fn may_read_only(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}
