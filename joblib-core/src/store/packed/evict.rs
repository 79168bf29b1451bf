//! Removing entries in bulk, by scanning the index alone, and taking back the space of what is gone.

use super::Packed;
use super::index::Index;
use super::location::{Location, SegmentId};
use super::segment;
use super::slot::Slot;
use super::view::View;

use crate::store::locks::Held;
use crate::store::record;
use crate::store::reduce::{Cut, Surveyed, reduce};
use crate::store::value_file;
use crate::store::{Limits, Reduced, clock};
use crate::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::{fs, io, ptr};

/// If a function has more entries than this, a sixteenth more is removed, so that one scan serves many
/// insertions.
const EXACT: u64 = 1024;
/// Bytes of dead records below which nothing is moved.
const WORTHWHILE: u64 = 64 << 10;

impl Packed {
    /// Keeps to the limits after an insertion. Looks only at counters, unless something has to go.
    pub(super) fn enforce_limits(&self) {
        if self.limits.is_none() {
            return;
        }
        let Some(view) = self.view.load_full() else { return };
        let (entries, bytes) = view.index.counts();
        let over = |limit: Option<u64>, count| limit.is_some_and(|limit| count > limit);
        let crowded = over(self.limits.items, entries) || over(self.limits.bytes, bytes);
        if !crowded && !self.is_sweep_due() {
            return;
        }
        // Whoever holds the lock is doing this, or will with the next insertion.
        let Ok(Some(held)) = self.root.lock_maintenance(self.locks, Duration::ZERO) else { return };
        let slack = |limit: u64| if entries > EXACT { limit - limit / 16 } else { limit };
        let target = Limits {
            items: self.limits.items.map(slack),
            bytes: self.limits.bytes.map(slack),
            age: self.limits.age,
        };
        match reduce(&[&Locked { packed: self, held: &held }], &target) {
            // The counters were off, or others were faster.
            Ok(reduced) if reduced.items == 0 => self.count_again(&view),
            Err(error) if !error.is_not_found() => {
                crate::event!(WARN, function = %self.function, %error, "cannot remove old entries");
            }
            _ => {}
        }
    }

    /// Whether it is time to look for entries that nobody used for long.
    fn is_sweep_due(&self) -> bool {
        let Some(age) = self.limits.age else { return false };
        let now = clock::coarse_now();
        let due = now >= self.next_sweep.load(Ordering::Relaxed);
        if due {
            let pause = (clock::nanos(age) / 16).min(3_600_000_000_000);
            self.next_sweep.store(now.saturating_add(pause), Ordering::Relaxed);
        }
        due
    }

    fn evict_locked(&self, held: &Held, cut: &mut Cut) -> Result<Reduced> {
        let mut reduced = Reduced::default();
        let Some(view) = self.mapped_view()? else { return Ok(reduced) };
        if !view.index.is_writable() {
            self.writable_view()?;
        }
        let (mut kept, mut kept_bytes) = (0, 0);
        let mut outcome = Ok(());
        let now = clock::coarse_now();
        for slot in view.index.slots() {
            let Some(place) = slot.location() else { continue };
            let size = size_of(&view, slot, place);
            if !cut.takes(clock::believable(slot.stamp(), now), size) {
                (kept, kept_bytes) = (kept + 1, size.saturating_add(kept_bytes));
                continue;
            }
            let is_right = |key| view.index.find(key).is_some_and(|found| ptr::eq(found, slot));
            outcome = outcome.and(self.remove_file_of(&view, place, is_right));
            if view.index.withdraw(slot, place) {
                reduced += Reduced { items: 1, bytes: size };
            }
        }
        view.index.set_counts(kept, kept_bytes);
        if self.is_mostly_dead(&view) {
            self.compact(held)?;
        }
        outcome.map(|()| reduced)
    }

    /// Sets the counters to what the slots say.
    fn count_again(&self, view: &View) {
        let (mut entries, mut bytes) = (0, 0);
        for slot in view.index.slots() {
            if let Some(place) = slot.location() {
                (entries, bytes) = (entries + 1, size_of(view, slot, place).saturating_add(bytes));
            }
        }
        view.index.set_counts(entries, bytes);
    }

    /// A view with all segments mapped.
    pub(super) fn mapped_view(&self) -> Result<Option<Arc<View>>> {
        let Some(mut view) = self.present_view()? else { return Ok(None) };
        for (_, id) in view.clone().index.table().segments() {
            if view.segment(id.number).is_some() {
                continue;
            }
            match self.open_segment(&view.index, id.number) {
                Ok(segment) => {
                    view = Arc::new(view.with_segment(segment));
                    self.view.store(Some(Arc::clone(&view)));
                }
                // Its entries are dealt with when they are asked for.
                Err(error) if error.is_not_found() || error.is_corrupt() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Some(view))
    }

    /// Whether more than half of the space is taken by records that no slot refers to.
    pub(super) fn is_mostly_dead(&self, view: &View) -> bool {
        let (mut size, mut live) = (0, 0);
        for (id, entry_live) in sealed(&view.index) {
            size += id.size();
            live += entry_live;
        }
        size > WORTHWHILE + 2 * live
    }

    /// Moves what lives out of segments that are mostly dead, then drops those.
    pub(super) fn compact(&self, held: &Held) -> Result<()> {
        // Entries of segments that cannot be mapped for lack of memory or descriptors must not be taken for
        // lost.
        let Some(view) = self.mapped_view()? else { return Ok(()) };
        let (view, index) = (&*view, &view.index);
        recount(index);
        let victims: Vec<SegmentId> =
            sealed(index).filter(|(id, live)| live * 2 < id.size()).map(|(id, _)| id).collect();
        let is_victim = |place: Location| victims.iter().any(|id| id.number == place.segment);
        let move_out = || -> Result<()> {
            for slot in index.slots() {
                if let Some(place) = slot.location().filter(|&place| is_victim(place)) {
                    self.move_record(held, view, slot, place)?;
                }
            }
            Ok(())
        };
        move_out()?;
        for id in &victims {
            if let Some((entry, _)) = index.table().segment(id.number) {
                entry.set(None);
            }
        }
        index.announce_change();
        // What was stored there while the first pass went by; whoever comes later sees the announcement.
        move_out()?;
        for id in &victims {
            let path = segment::path(&self.dir, index.lineage, id.number);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::io("cannot remove a segment", &path, error));
                }
                _ => {}
            }
        }
        crate::event!(DEBUG, function = %self.function, segments = victims.len(), "compacted");
        self.renew().map(drop)
    }

    /// Copies a record to the active segment and makes its slot refer to the copy.
    fn move_record(&self, held: &Held, view: &View, slot: &Slot, place: Location) -> Result<()> {
        let whole = view.segment(place.segment).and_then(|segment| segment.record(place));
        let Some(record) = whole else {
            view.index.withdraw(slot, place);
            return Ok(());
        };
        let mut encoded = vec![0; record::encoded_len(&record.meta(), &record.body)];
        record::encode(&mut encoded, record.key, &record.meta(), &record.body);
        let copy = self.append_locked(held, &view.index, &encoded, place.is_file)?;
        view.index.relocate(slot, place, copy);
        Ok(())
    }

    /// Removes value files that no record names.
    pub(super) fn remove_stray_files(&self) {
        value_file::remove_strays(&self.dir, |key| {
            let file = self.peek(key).and_then(|(file, _)| file);
            // Only what a view in force shows is to be trusted.
            self.view.load().as_ref().is_some_and(|view| view.is_live()).then_some(file)
        });
    }
}

/// Bytes of a slot's value; where the slot does not tell any more, its record does.
fn size_of(view: &View, slot: &Slot, place: Location) -> u64 {
    slot.size().unwrap_or_else(|| {
        let record = view.segment(place.segment).and_then(|segment| segment.record(place));
        let size = record.map_or(0, |record| record.body.size());
        if view.index.is_writable() {
            slot.set_size(size);
        }
        size
    })
}

/// All segments but the active one, with their live bytes: none where their number cannot be right, so that
/// they are counted.
fn sealed(index: &Index) -> impl Iterator<Item = (SegmentId, u64)> {
    let active = index.active();
    let believable = |live: u64, id: SegmentId| if live <= id.size() { live } else { 0 };
    let entries = index.table().segments();
    let entries = entries.map(move |(entry, id)| (id, believable(entry.live.load(Ordering::Relaxed), id)));
    entries.filter(move |(id, _)| id.number != active)
}

/// Sets the live bytes of all segments to what the slots refer to.
pub(super) fn recount(index: &Index) {
    let mut live: HashMap<u32, u64> = HashMap::new();
    for place in index.slots().iter().filter_map(Slot::location) {
        *live.entry(place.segment).or_default() += u64::from(place.len());
    }
    for (entry, id) in index.table().segments() {
        entry.live.store(live.get(&id.number).copied().unwrap_or(0), Ordering::Relaxed);
    }
}

impl Surveyed for Packed {
    fn scan(&self, visit: &mut dyn FnMut(u64, u64)) {
        let Ok(Some(view)) = self.present_view() else { return };
        let now = clock::coarse_now();
        for slot in view.index.slots() {
            if let Some(place) = slot.location() {
                visit(clock::believable(slot.stamp(), now), size_of(&view, slot, place));
            }
        }
    }

    fn evict(&self, cut: &mut Cut) -> Result<Reduced> {
        let held = self.lock()?;
        match self.evict_locked(&held, cut) {
            // Cleared meanwhile.
            Err(error) if error.is_not_found() => Ok(Reduced::default()),
            evicted => evicted,
        }
    }

    fn forget(&self) {
        self.view.store(None);
    }
}

/// The function's entries while the maintenance lock is held.
struct Locked<'a> {
    packed: &'a Packed,
    held: &'a Held,
}

impl Surveyed for Locked<'_> {
    fn scan(&self, visit: &mut dyn FnMut(u64, u64)) {
        self.packed.scan(visit);
    }

    fn evict(&self, cut: &mut Cut) -> Result<Reduced> {
        self.packed.evict_locked(self.held, cut)
    }
}
