//! Storing and removing one entry.

use super::index::Published;
use super::location::Location;
use super::view::{Look, View};
use super::{ATTEMPTS, Packed};
use crate::store::EntryMeta;
use crate::store::record::{self, Body};
use crate::{Error, Key, Result};
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
        record::encode(encoded, key, meta, body);
        for _ in 0..ATTEMPTS {
            let view = self.writable_view()?;
            self.remove_former_file(&view, key)?;
            let Some(place) = self.append(&view, encoded)? else { continue };
            match view.index.publish(key, place, body) {
                Published::Replaced(former) => self.mark_replaced(&view, former),
                Published::Crowded => {
                    self.grow(&view)?;
                    continue;
                }
            }
            if view.is_live() || self.is_stored(key, place)? {
                return Ok(());
            }
        }
        Err(self.too_busy())
    }

    /// Removes the key's entry; tells whether there was one.
    pub(super) fn withdraw(&self, key: Key) -> Result<bool> {
        let mut removed = false;
        for _ in 0..ATTEMPTS {
            // Nothing is created for the sake of removing.
            if self.mapped_view()?.is_none() {
                return Ok(removed);
            }
            let view = self.writable_view()?;
            let (slot, place) = match view.look(key) {
                Look::Absent => return Ok(removed),
                Look::Unmapped(slot, place) => {
                    self.map_segment(&view, slot, place)?;
                    continue;
                }
                Look::Damaged(slot, place) => (slot, place),
                Look::Found(found) => {
                    if let Body::File(reference) = found.record.body {
                        self.remove_file(key, reference)?;
                    }
                    (found.slot, found.place)
                }
            };
            if view.index.withdraw(slot, place) {
                self.mark_replaced(&view, Some(place));
                removed = true;
            }
            if view.is_live() {
                return Ok(removed);
            }
            // Whoever rearranged the files may have copied the entry before.
            self.settle()?;
        }
        Err(self.too_busy())
    }

    /// Writes the record where no one else does; `None` where that took a new segment, or the view is out of date.
    fn append(&self, view: &View, encoded: &[u8]) -> Result<Option<Location>> {
        let active = view.index.active();
        let Some(segment) = view.segment(active) else {
            self.map_active(view)?;
            return Ok(None);
        };
        let Some(reserved) = segment.reserve(encoded.len()) else {
            self.advance(active, encoded.len())?;
            return Ok(None);
        };
        Ok(segment.write(reserved, encoded))
    }

    /// A value file goes before its record is replaced, lest a process killed in between leave it to nobody.
    fn remove_former_file(&self, view: &View, key: Key) -> Result<()> {
        if !view.index.find(key).is_some_and(|slot| slot.location().is_some() && slot.is_file()) {
            return Ok(());
        }
        match self.peek(key) {
            Some((Some(former), _)) => self.remove_file(key, former),
            _ => Ok(()),
        }
    }

    /// Whether the entry survived what others rearranged while it was stored.
    fn is_stored(&self, key: Key, place: Location) -> Result<bool> {
        let view: Arc<View> = self.settle()?;
        let slot = view.index.find(key);
        Ok(slot.and_then(super::index::Slot::location) == Some(place)
            && view.index.segment(place.segment).is_some())
    }

    fn mark_replaced(&self, view: &View, former: Option<Location>) {
        if let Some(former) = former
            && let Some(segment) = view.segment(former.segment)
        {
            segment.mark_dead(former);
        }
    }

    pub(super) fn too_busy(&self) -> Error {
        let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
        Error::io("others keep rearranging the entries", &self.dir, busy)
    }
}
