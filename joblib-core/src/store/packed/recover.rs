//! Putting a function's directory in order: after a process died, after damage, after directories were
//! merged.

use super::Packed;
use super::directory::Listing;
use super::evict::recount;
use super::index::{FIRST_SLOTS, Index, Published};
use super::location::{MAX_SIZE_LOG2, SegmentId};
use super::segment::Segment;
use super::slot::Slot;
use super::view::{Look, View};
use crate::Result;
use crate::store::draft;
use crate::store::locks::Held;
use crate::store::record::{self, Body, Parsed};
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

impl Packed {
    /// Leaves one index and its segments; entries of segments that it does not know are taken over into it.
    ///
    /// `None` where the directory has nothing.
    pub(super) fn recover(&self, held: &Held) -> Result<Option<Arc<Index>>> {
        let listing = Listing::read(&self.dir)?;
        let (current, plain) = listing.current()?;
        if plain || current.as_ref().is_some_and(|index| !index.is_writable()) {
            return Ok(current.map(Arc::new));
        }
        let newest = listing.indexes.first().map_or(0, |index| index.0);
        let index = match current {
            Some(index) => index,
            // Above all there are, so that no remainder is taken for newer.
            None => self.new_index(FIRST_SLOTS, draft::unique_number(), newest + 1, |_| {})?,
        };
        for (_, path) in listing.indexes.iter().filter(|(generation, _)| *generation != index.generation) {
            Index::retire_file(path);
            let _ = fs::remove_file(path);
        }
        self.mend_table(held, &index, &listing);
        for (lineage, number, path) in &listing.segments {
            if *lineage == index.lineage && index.table().segment(*number).is_none() {
                // Never used, or emptied already.
                let _ = fs::remove_file(path);
            }
        }
        let foreign: Vec<_> = listing.segments.iter().filter(|segment| segment.0 != index.lineage).collect();
        self.view.store(Some(Arc::new(View::new(Arc::new(index), None))));
        if !foreign.is_empty() {
            let entries = self.take_over(held, &foreign)?;
            crate::event!(
                WARN, function = %self.function, entries,
                "entries without an index found and taken over: it was damaged, or directories were merged"
            );
        }
        Ok(self.view.load_full().map(|view| Arc::clone(&view.index)))
    }

    /// Makes the index's table name no segment that is not there, and each that entries are in.
    pub(super) fn mend_table(&self, _held: &Held, index: &Index, listing: &Listing) {
        let mut mended = index.table().mend(|id| listing.numbers_of(index.lineage).any(|n| n == id.number));
        if mended {
            // What they refer to is gone, and the number may be given to another segment.
            let is_listed = |number: u32| listing.numbers_of(index.lineage).any(|n| n == number);
            for slot in index.slots() {
                if let Some(place) = slot.location().filter(|place| !is_listed(place.segment)) {
                    index.withdraw(slot, place);
                }
            }
        }
        let is_left_out = |number: u32| index.table().segment(number).is_none();
        if listing.numbers_of(index.lineage).any(is_left_out) {
            let used: HashSet<u32> =
                index.slots().iter().filter_map(Slot::location).map(|place| place.segment).collect();
            for (lineage, number, path) in &listing.segments {
                let entry = index.table().entry(*number);
                if *lineage == index.lineage && used.contains(number) && entry.is_free() {
                    let len = fs::metadata(path).map_or(0, |data| data.len());
                    let size_log2 = len.max(1).ilog2().min(MAX_SIZE_LOG2);
                    entry.set(Some(SegmentId { number: *number, size_log2 }));
                    mended = true;
                }
            }
        }
        if mended {
            recount(index);
            index.announce_change();
            crate::event!(WARN, function = %self.function, "the table of segments was put in order");
        }
    }

    /// Copies the entries of segments of another lineage, then removes those.
    fn take_over(&self, held: &Held, foreign: &[&(u64, u32, PathBuf)]) -> Result<u64> {
        let mut entries = 0;
        for (lineage, number, path) in foreign {
            match Segment::open(path, *lineage, *number, false) {
                Ok(segment) => {
                    for record in segment.records() {
                        entries += u64::from(self.insert_locked(held, &record)?);
                    }
                }
                Err(error) if error.is_corrupt() => {
                    crate::event!(WARN, function = %self.function, %error, "entries are lost");
                }
                Err(error) => return Err(error),
            }
        }
        for (_, _, path) in foreign {
            let _ = fs::remove_file(path);
        }
        Ok(entries)
    }

    /// Stores a copy of a record unless there is a newer one; tells whether it did.
    fn insert_locked(&self, held: &Held, record: &Parsed<'_>) -> Result<bool> {
        let meta = record.meta();
        let mut encoded = vec![0; record::encoded_len(&meta, &record.body)];
        record::encode(&mut encoded, record.key, &meta, &record.body);
        for _ in 0..super::ATTEMPTS {
            let Some(view) = self.view.load_full() else { break };
            match view.look(record.key) {
                Look::Found(found) if found.record.time() >= record.time() => return Ok(false),
                Look::Unmapped(place) => {
                    self.map_segment(&view, place.segment)?;
                    continue;
                }
                _ => {}
            }
            let is_file = matches!(record.body, Body::File(_));
            let place = self.append_locked(held, &view.index, &encoded, is_file)?;
            match view.index.publish(record.key, place, record.body.size()) {
                Published::Replaced(_) => return Ok(true),
                Published::Crowded => self.grow_locked(held, &view)?,
            };
        }
        Err(self.too_busy())
    }
}
