//! The index's table of segments. Each stands at the place that its number says; what stands elsewhere, or
//! says a number that no segment has, is damage.

use super::location::{SEGMENTS, SegmentId};
use crate::store::mapping::shared;
use std::sync::atomic::{AtomicU64, Ordering};

shared! {
    /// All segments of a function, as its index knows them.
    pub(super) struct Table {
        entries: [TableEntry; SEGMENTS],
    }
}

shared! {
    /// One segment, as the index knows it.
    pub(super) struct TableEntry {
        /// A [`SegmentId`]; 0 for none.
        pub(super) id: AtomicU64,
        /// Bytes of records that slots refer to; roughly, until recounted.
        pub(super) live: AtomicU64,
    }
}

impl Table {
    /// All segments of the table.
    pub(super) fn segments(&self) -> impl Iterator<Item = (&TableEntry, SegmentId)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(at, entry)| Some((entry, entry.segment()?)).filter(|(_, id)| at == id.place()))
    }

    /// Where the table has a segment of this number, or would.
    pub(super) fn entry(&self, number: u32) -> &TableEntry {
        &self.entries[number as usize % SEGMENTS]
    }

    /// The table's entry for a segment, if it is there.
    #[inline]
    pub(super) fn segment(&self, number: u32) -> Option<(&TableEntry, SegmentId)> {
        let entry = self.entry(number);
        let id = entry.segment()?;
        (id.number == number).then_some((entry, id))
    }

    /// Empties what in the table is no segment, or none that `exists`; tells whether there was any.
    pub(super) fn mend(&self, exists: impl Fn(SegmentId) -> bool) -> bool {
        let mut mended = false;
        for (at, entry) in self.entries.iter().enumerate() {
            let is_sound = |id: SegmentId| at == id.place() && exists(id);
            if !entry.is_free() && !entry.segment().is_some_and(is_sound) {
                entry.set(None);
                mended = true;
            }
        }
        mended
    }

    /// Whether all there is in the table are segments that `exists`.
    pub(super) fn is_sound(&self, exists: impl Fn(SegmentId) -> bool) -> bool {
        let mut entries = self.entries.iter().enumerate().filter(|(_, entry)| !entry.is_free());
        entries.all(|(at, entry)| entry.segment().is_some_and(|id| at == id.place() && exists(id)))
    }
}

impl TableEntry {
    pub(super) fn segment(&self) -> Option<SegmentId> {
        SegmentId::from_word(self.id.load(Ordering::SeqCst))
    }

    pub(super) fn is_free(&self) -> bool {
        self.id.load(Ordering::SeqCst) == 0
    }

    /// Enters a segment nothing refers to yet, or takes one out.
    pub(super) fn set(&self, id: Option<SegmentId>) {
        self.live.store(0, Ordering::Relaxed);
        self.id.store(id.map_or(0, SegmentId::word), Ordering::SeqCst);
    }
}
