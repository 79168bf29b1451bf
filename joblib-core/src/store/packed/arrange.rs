//! Rearranging a function's files: creating them, a larger index, another segment.
//!
//! All of it under the maintenance lock, which the kernel releases when its holder dies; whoever takes it
//! next learns from the files how far the former holder got.

use super::directory::{Listing, index_path};
use super::index::{self, FIRST_SLOTS, Index};
use super::location::{Location, MAX_NUMBER, MAX_SIZE_LOG2, SEGMENTS, SegmentId};
use super::segment::{self, Segment};
use super::view::View;
use super::{ATTEMPTS, Packed};
use crate::store::draft::{self, Draft};
use crate::store::function_record;
use crate::store::locks::Held;
use crate::store::mapping;
use crate::{Error, Result};
use std::fs::{self, OpenOptions};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Longest wait for somebody else's rearranging.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// A new function's first segment: 16 KiB.
const MIN_SIZE_LOG2: u32 = 14;
/// Segments stay below this until there are many.
const USUAL_SIZE_LOG2: u32 = 26;

impl Packed {
    /// What is stored now; `None` where the function has no entries yet.
    #[cold]
    pub(super) fn renew(&self) -> Result<Option<Arc<View>>> {
        let former = self.view.load_full();
        let index = match &former {
            Some(view) if !Index::is_moved(view.index.word()) => Some(Arc::clone(&view.index)),
            _ => self.open_index()?,
        };
        let view = index.map(|index| Arc::new(View::new(index, former.as_deref())));
        self.view.store(view.clone());
        Ok(view)
    }

    fn open_index(&self) -> Result<Option<Arc<Index>>> {
        let (index, plain) = Listing::read(&self.dir)?.current()?;
        if plain {
            return Ok(index.map(Arc::new));
        }
        // Left over from a process that died, or copied here: put in order, unless somebody does so already.
        match self.root.lock_maintenance(self.locks, Duration::from_millis(100)) {
            Ok(Some(held)) => self.recover(&held),
            _ => Ok(index.map(Arc::new)),
        }
    }

    /// A view to write through, of files that exist.
    pub(super) fn writable_view(&self) -> Result<Arc<View>> {
        for _ in 0..ATTEMPTS {
            let current = self.view.load_full().filter(|view| view.is_current());
            let view = match current {
                Some(view) => view,
                None => match self.renew()? {
                    Some(view) => view,
                    None => self.create()?,
                },
            };
            if !view.index.is_writable() {
                return Err(self.why_not_writable(&view));
            }
            if view.is_live() {
                self.ensure_record()?;
                return Ok(view);
            }
            self.settle()?;
        }
        Err(self.too_busy())
    }

    /// Once for each directory, so that a damaged record does not keep the function out of listings.
    fn ensure_record(&self) -> Result<()> {
        if !self.is_recorded.load(Ordering::Relaxed) {
            function_record::ensure(&self.dir, &self.root.scratch(), &self.function)?;
            self.is_recorded.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Waits for whoever rearranges the files; finishes their work if they died.
    pub(super) fn settle(&self) -> Result<Arc<View>> {
        let held = self.lock()?;
        match self.renew()? {
            Some(view) if Index::is_frozen(view.index.word()) => self.grow_locked(&held, &view),
            Some(view) => Ok(view),
            None => self.create_locked(&held),
        }
    }

    fn create(&self) -> Result<Arc<View>> {
        let failed = |error| Error::io("cannot create a function's directory", &self.dir, error);
        for _ in 0..ATTEMPTS {
            self.root.ensure()?;
            draft::create_dir(&self.dir).map_err(failed)?;
            let created = function_record::ensure(&self.dir, &self.root.scratch(), &self.function)
                .and_then(|()| self.lock())
                .and_then(|held| self.create_locked(&held));
            match created {
                // Cleared meanwhile.
                Err(error) if error.is_not_found() => {}
                created => return created,
            }
        }
        Err(self.too_busy())
    }

    fn create_locked(&self, held: &Held) -> Result<Arc<View>> {
        if let Some(index) = self.recover(held)? {
            return Ok(self.show(index));
        }
        let index = self.new_index(FIRST_SLOTS, draft::unique_number(), 1, |_| {})?;
        Ok(self.show(Arc::new(index)))
    }

    /// Writes an index file that `fill` completes before anyone sees it.
    pub(super) fn new_index(
        &self,
        slots: u64,
        lineage: u64,
        generation: u64,
        fill: impl FnOnce(&Index),
    ) -> Result<Index> {
        let path = index_path(&self.dir, generation);
        let failed = |error| Error::io("cannot create an index", &path, error);
        let draft = Draft::unnamed(&self.dir, &self.root.scratch())?;
        mapping::preallocate(draft.file(), index::file_len(slots)).map_err(failed)?;
        let index = Index::create(draft.file(), slots, lineage, generation).map_err(failed)?;
        fill(&index);
        draft.publish(&path).map_err(failed)?;
        Ok(index)
    }

    /// Makes room in the index, unless somebody did.
    #[cold]
    pub(super) fn grow(&self, crowded: &View) -> Result<()> {
        let held = self.lock()?;
        match self.renew()? {
            Some(view) if view.index.is_same(&crowded.index) => self.grow_locked(&held, &view).map(drop),
            _ => Ok(()),
        }
    }

    /// Copies the entries into an index of the next generation, with room for as many again.
    pub(super) fn grow_locked(&self, _held: &Held, view: &View) -> Result<Arc<View>> {
        let old = &view.index;
        old.freeze();
        let live = old.slots().iter().filter(|slot| slot.location().is_some()).count() as u64;
        // At 70 % of the next power of two and above, twice as large; small ones grow faster.
        let slots =
            (if live < 10_000 { live * 5 } else { live * 5 / 2 }).next_power_of_two().max(FIRST_SLOTS);
        let mut left_out = 0;
        let copied = self.new_index(slots, old.lineage, old.generation + 1, |new| {
            new.set_active(old.active());
            old.table().segments().for_each(|(_, id)| new.table().entry(id.number).set(Some(id)));
            left_out = new.adopt(old);
        });
        let new = copied.inspect_err(|_| old.thaw())?;
        if !self.is_in_place(old) {
            // The directory was removed, and another has the name.
            let path = index_path(&self.dir, new.generation);
            new.retire();
            let _ = fs::remove_file(&path);
            self.view.store(None);
            return Err(Error::not_found("the index was removed").with_path(path));
        }
        old.retire();
        let _ = fs::remove_file(index_path(&self.dir, old.generation));
        crate::event!(DEBUG, function = %self.function, entries = live, slots, "index grown");
        if left_out > 0 {
            crate::event!(WARN, function = %self.function, entries = left_out, "entries are lost: no room in the index");
        }
        Ok(self.show(Arc::new(new)))
    }

    /// Maps the active segment, or makes the first one.
    #[cold]
    pub(super) fn map_active(&self, view: &View) -> Result<()> {
        let active = view.index.active();
        if active == 0 {
            return self.advance(0, 0);
        }
        match self.open_segment(&view.index, active) {
            Ok(segment) => {
                self.view.store(Some(Arc::new(view.with_segment(segment))));
                Ok(())
            }
            Err(error) if !error.is_not_found() && !error.is_corrupt() => Err(error),
            // Damaged, or removed by someone else: go on in another.
            _ => self.advance(active, 0),
        }
    }

    /// Goes on in a new segment, unless somebody did.
    #[cold]
    pub(super) fn advance(&self, full: u32, len: usize) -> Result<()> {
        let held = self.lock()?;
        let Some(view) = self.renew()? else { return Ok(()) };
        if view.index.active() != full || !view.is_live() {
            return Ok(());
        }
        if self.is_mostly_dead(&view) {
            self.compact(&held)?;
        }
        self.advance_locked(&held, &view.index, len)
    }

    /// Creates a segment and makes it the active one.
    fn advance_locked(&self, held: &Held, index: &Index, len: usize) -> Result<()> {
        if !self.is_in_place(index) {
            let path = index_path(&self.dir, index.generation);
            return Err(Error::not_found("the index was removed").with_path(path));
        }
        let listing = Listing::read(&self.dir)?;
        let listed = listing.numbers_of(index.lineage).max().unwrap_or(0);
        // Others may have one mapped that is no longer listed. If a damaged table has left no number, only
        // the files count.
        let highest = index.table().segments().map(|(_, id)| id.number).max().unwrap_or(0).max(listed);
        self.mend_table(held, index, &listing);
        let total = index.table().segments().map(|(_, id)| id.size()).sum();
        let above = |number: u32| (number + 1..).take(SEGMENTS).filter(|&number| number < MAX_NUMBER);
        let mut numbers = above(highest).chain(above(listed));
        let free = |number: &u32| index.table().entry(*number).is_free();
        let number = numbers.find(free);
        let number = number.ok_or_else(|| {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            Error::io("no further segment can be made: clear the function", &self.dir, full)
        })?;
        let id = SegmentId { number, size_log2: size_log2(total, len) };
        let segment = Segment::create(&self.dir, &self.root.scratch(), index.lineage, id)?;
        index.table().entry(number).set(Some(id));
        index.set_active(number);
        if let Some(view) = self.view.load_full()
            && view.index.is_same(index)
        {
            self.view.store(Some(Arc::new(view.with_segment(segment))));
        }
        Ok(())
    }

    /// Appends a record while the lock is held, in a new segment if need be.
    pub(super) fn append_locked(
        &self,
        held: &Held,
        index: &Index,
        encoded: &[u8],
        is_file: bool,
    ) -> Result<Location> {
        for _ in 0..ATTEMPTS {
            let active = index.active();
            let view = self.view.load_full().filter(|view| view.index.is_same(index));
            let opened;
            let segment = match view.as_ref().and_then(|view| view.segment(active)) {
                Some(segment) => Some(segment),
                None => {
                    opened = self.open_segment(index, active).ok();
                    opened.as_ref()
                }
            };
            if let Some(place) = segment.and_then(|segment| segment.append(encoded, is_file)) {
                return Ok(place);
            }
            self.advance_locked(held, index, encoded.len())?;
        }
        Err(self.too_busy())
    }

    pub(super) fn lock(&self) -> Result<Held> {
        self.root.lock_maintenance(self.locks, LOCK_WAIT)?.ok_or_else(|| self.too_busy())
    }

    fn show(&self, index: Arc<Index>) -> Arc<View> {
        let view = Arc::new(View::new(index, self.view.load().as_deref()));
        self.view.store(Some(Arc::clone(&view)));
        view
    }

    fn why_not_writable(&self, view: &View) -> Error {
        let path = index_path(&self.dir, view.index.generation);
        match OpenOptions::new().write(true).open(&path) {
            Err(error) => Error::io("cannot store entries", &path, error),
            Ok(_) => {
                // By now the segment exists: map it.
                self.view.store(None);
                Error::read_only("the cache was opened for reading").with_path(&path)
            }
        }
    }
}

/// A quarter of what there is, so that little is left unused; more where segments would become too many.
fn size_log2(total: u64, len: usize) -> u32 {
    let needed = (len + segment::HEADER).next_power_of_two().ilog2();
    let usual = (total / 4).max(1).ilog2().clamp(MIN_SIZE_LOG2, USUAL_SIZE_LOG2);
    let many = (total / 64).max(1).ilog2();
    usual.max(many).max(needed).min(MAX_SIZE_LOG2)
}
