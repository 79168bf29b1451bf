//! What one process has mapped of a function: its index and segments, as of one word of the index.

use super::index::Index;
use super::location::{Location, SEGMENTS};
use super::segment::Segment;
use super::slot::Slot;
use crate::Key;
use crate::store::record::Parsed;
use std::sync::Arc;

/// A snapshot, replaced as a whole. Holding it keeps its mappings valid, also of files that were unlinked.
#[derive(Debug)]
pub(super) struct View {
    pub(super) index: Arc<Index>,
    /// The index's word when this was made.
    word: u64,
    /// By number, modulo the size of the index's table.
    segments: Vec<Option<Arc<Segment>>>,
}

/// What a look-up finds.
#[derive(Debug)]
pub(super) enum Look<'v> {
    Absent,
    Found(Found<'v>),
    /// The slot refers to a segment that is not mapped yet.
    Unmapped(Location),
    /// The slot refers to what is no record of its key.
    Damaged(&'v Slot, Location),
}

/// An entry whose checksum holds.
#[derive(Debug)]
pub(super) struct Found<'v> {
    pub(super) slot: &'v Slot,
    pub(super) place: Location,
    pub(super) record: Parsed<'v>,
}

impl View {
    /// A view of an index, with what can be used of a former view's mappings.
    pub(super) fn new(index: Arc<Index>, former: Option<&View>) -> Self {
        // The word first: what changes later makes the view out of date.
        let word = index.word();
        let same_lineage = former.filter(|former| former.index.lineage == index.lineage);
        let kept = same_lineage.into_iter().flat_map(|former| former.segments.iter().flatten());
        let mut view = Self { word, segments: vec![None; SEGMENTS], index };
        for segment in kept.filter(|segment| view.index.table().segment(segment.id.number).is_some()) {
            view.segments[segment.id.place()] = Some(Arc::clone(segment));
        }
        view
    }

    /// This view with one more segment mapped.
    pub(super) fn with_segment(&self, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        let at = segment.id.place();
        segments[at] = Some(Arc::new(segment));
        Self { index: Arc::clone(&self.index), word: self.word, segments }
    }

    /// Whether reading through this view shows what is in the store.
    #[inline]
    pub(super) fn is_current(&self) -> bool {
        self.index.word() == self.word && !Index::is_moved(self.word)
    }

    /// Whether what is written through this view is in the store.
    #[inline]
    pub(super) fn is_live(&self) -> bool {
        self.index.word() == self.word && Index::is_live(self.word)
    }

    #[inline]
    pub(super) fn segment(&self, number: u32) -> Option<&Segment> {
        let segment = self.segments[number as usize % SEGMENTS].as_deref()?;
        (segment.id.number == number).then_some(segment)
    }

    /// The key's entry.
    #[inline]
    pub(super) fn look(&self, key: Key) -> Look<'_> {
        let Some(slot) = self.index.find(key) else { return Look::Absent };
        let Some(place) = slot.location() else { return Look::Absent };
        let Some(segment) = self.segment(place.segment) else { return Look::Unmapped(place) };
        match segment.record(place) {
            Some(record) if record.key == key => Look::Found(Found { slot, place, record }),
            // Marked dead because it was just replaced: that is seen in the slot first.
            _ if slot.location() != Some(place) => self.look(key),
            _ => Look::Damaged(slot, place),
        }
    }
}
