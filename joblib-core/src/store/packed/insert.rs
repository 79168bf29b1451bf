//! Storing and removing one entry.

use super::index::Published;
use super::location::Location;
use super::slot::Slot;
use super::view::{Look, View};
use super::{ATTEMPTS, Packed};
use crate::store::EntryMeta;
use crate::store::record::{self, Body};
use crate::{Error, Key, Result};
use std::cell::Cell;
use std::sync::Arc;

/// Records up to this size are put together on the stack.
const ON_STACK: usize = 512;

impl Packed {
    /// Appends a record to the active segment and makes the key's slot refer to it.
    pub(super) fn insert(&self, key: Key, meta: &EntryMeta, body: &Body<'_>) -> Result<()> {
        let len = record::encoded_len(meta, body);
        let (mut on_stack, mut on_heap);
        let encoded = if len <= ON_STACK {
            on_stack = [0; ON_STACK];
            &mut on_stack[..len]
        } else {
            on_heap = vec![0; len];
            &mut on_heap[..]
        };
        let now = record::encode(encoded, key, meta, body);
        self.look_around_at(now)?;
        self.repeat(|| Ok(self.try_insert(key, encoded, body)?.then_some(())))
    }

    /// `false` where the files had to be rearranged first, or were meanwhile.
    fn try_insert(&self, key: Key, encoded: &[u8], body: &Body<'_>) -> Result<bool> {
        let view = self.writable_view()?;
        self.remove_former_file(&view, key)?;
        let active = view.index.active();
        let Some(segment) = view.segment(active) else {
            self.map_active(&view)?;
            return Ok(false);
        };
        let Some(place) = segment.append(encoded, matches!(body, Body::File(_))) else {
            self.advance(active, encoded.len())?;
            return Ok(false);
        };
        match view.index.publish(key, place, body.size()) {
            Published::Replaced(former) => self.discard_record(&view, key, former)?,
            Published::Crowded => {
                self.grow(&view)?;
                return Ok(false);
            }
        }
        Ok(view.is_live() || self.is_stored(key, place)?)
    }

    /// Removes the key's entry; tells whether there was one.
    pub(super) fn withdraw(&self, key: Key) -> Result<bool> {
        let removed = Cell::new(false);
        self.repeat(|| {
            // Nothing is created in order to remove something.
            if self.mapped_view()?.is_none() {
                return Ok(Some(()));
            }
            let view = self.writable_view()?;
            let (slot, place) = match view.look(key) {
                Look::Absent => return Ok(Some(())),
                Look::Unmapped(place) => {
                    self.map_segment(&view, place.segment)?;
                    return Ok(None);
                }
                Look::Damaged(slot, place) => (slot, place),
                Look::Found(found) => (found.slot, found.place),
            };
            self.remove_file_of(&view, place, |found| found == key)?;
            if view.index.withdraw(slot, place) {
                self.discard_record(&view, key, Some(place))?;
                removed.set(true);
            }
            if view.is_live() {
                return Ok(Some(()));
            }
            // Whoever rearranged the files may have copied the entry before.
            self.settle()?;
            Ok(None)
        })?;
        Ok(removed.get())
    }

    /// Repeats what others interrupt by rearranging the files (`None`) or clearing them (an error that says
    /// so).
    pub(super) fn repeat<R>(&self, attempt: impl Fn() -> Result<Option<R>>) -> Result<R> {
        for _ in 0..ATTEMPTS {
            match attempt() {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => {}
                Err(error) if error.is_not_found() => self.view.store(None),
                Err(error) => return Err(error),
            }
        }
        Err(self.too_busy())
    }

    /// A value file is removed before its record is replaced, so that a process killed in between leaves no
    /// file that no record names.
    fn remove_former_file(&self, view: &View, key: Key) -> Result<()> {
        match view.index.find(key).and_then(Slot::location) {
            Some(place) => self.remove_file_of(view, place, |found| found == key),
            None => Ok(()),
        }
    }

    /// Removes the value file that the record at this place names, if it names one and is the right key's.
    pub(super) fn remove_file_of(
        &self,
        view: &View,
        place: Location,
        is_right: impl FnOnce(Key) -> bool,
    ) -> Result<()> {
        if !place.is_file {
            return Ok(());
        }
        let opened;
        let segment = match view.segment(place.segment) {
            Some(segment) => segment,
            None => match self.open_segment(&view.index, place.segment) {
                Ok(segment) => {
                    opened = segment;
                    &opened
                }
                Err(error) if error.is_not_found() || error.is_corrupt() => return Ok(()),
                Err(error) => return Err(error),
            },
        };
        match segment.record(place).map(|record| (record.key, record.body)) {
            Some((key, Body::File(reference))) if is_right(key) => self.remove_file(key, reference),
            _ => Ok(()),
        }
    }

    /// Whether the entry survived what others rearranged while it was stored.
    fn is_stored(&self, key: Key, place: Location) -> Result<bool> {
        let view: Arc<View> = self.settle()?;
        let slot = view.index.find(key);
        Ok(slot.and_then(Slot::location) == Some(place)
            && view.index.table().segment(place.segment).is_some())
    }

    /// Leaves a record that no slot refers to any more, and its file: that of someone who stored meanwhile.
    ///
    /// Where the files are being rearranged the next index may refer to the record: then it is left when the
    /// change is made there.
    fn discard_record(&self, view: &View, key: Key, place: Option<Location>) -> Result<()> {
        let Some(place) = place else { return Ok(()) };
        self.remove_file_of(view, place, |found| found == key)?;
        if view.is_live()
            && let Some(segment) = view.segment(place.segment)
        {
            segment.mark_dead(key, place);
        }
        Ok(())
    }

    pub(super) fn too_busy(&self) -> Error {
        let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
        Error::io("others keep rearranging the entries", &self.dir, busy)
    }
}
