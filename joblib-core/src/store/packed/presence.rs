//! Noticing that the mapped files are no longer those in the directory: deleted, moved away, or replaced by a
//! copy.
//!
//! It is done before an entry is stored, so that the next process finds what this one stores.

use super::Packed;
use super::directory::index_path;
use super::index::Index;
use super::segment;
use super::slot::Slot;
use super::view::View;
use crate::{Error, Result};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Packed {
    /// Before an entry is stored at this time: drops mapped files that are no longer the directory's, if it
    /// is time to look.
    pub(super) fn look_around_at(&self, now: u64) -> Result<()> {
        if self.pace.is_due(now) { self.look_around() } else { Ok(()) }
    }

    /// Drops mapped files that are no longer the directory's, so that what follows uses those that are.
    #[cold]
    pub(super) fn look_around(&self) -> Result<()> {
        let Some(view) = self.view.load_full() else { return Ok(()) };
        // The segment first: where both are gone, they went together and nothing is lost.
        let active = view.index.active();
        let path = segment::path(&self.dir, view.index.lineage, active);
        let is_lost = view.segment(active).is_some_and(|segment| !segment.identity().is_at(&path));
        if !self.is_in_place(&view.index) {
            crate::event!(DEBUG, function = %self.function, "the files were removed or replaced: starting anew");
            self.view.store(None);
            self.is_recorded.store(false, Ordering::Relaxed);
            return self.root.renew();
        }
        if is_lost {
            self.lose_segment(&view, active, &Error::not_found("the segment was removed").with_path(path));
            match self.advance(active, 0) {
                // Cleared meanwhile.
                Err(error) if error.is_not_found() => self.view.store(None),
                advanced => return advanced,
            }
        }
        Ok(())
    }

    /// A view of what is in the directory now.
    pub(super) fn present_view(&self) -> Result<Option<Arc<View>>> {
        match self.view.load_full() {
            Some(view) if !self.is_in_place(&view.index) => self.view.store(None),
            Some(view) if view.is_current() => return Ok(Some(view)),
            _ => {}
        }
        self.renew()
    }

    /// Whether this is the index that the next process finds.
    pub(super) fn is_in_place(&self, index: &Index) -> bool {
        index.identity().is_at(&index_path(&self.dir, index.generation))
    }

    /// Removes the entries in a segment that no longer exists; the next calls store them again.
    pub(super) fn lose_segment(&self, view: &View, number: u32, error: &Error) {
        if !view.is_current() {
            return;
        }
        let refers = |slot: &&Slot| {
            let place = slot.location().filter(|place| place.segment == number);
            place.is_some_and(|place| view.index.withdraw(slot, place))
        };
        let entries = view.index.slots().iter().filter(refers).count();
        if entries > 0 {
            crate::event!(WARN, function = %self.function, %error, entries, "entries are lost");
        }
    }
}
