//! What the process knows about one cache location.
//!
//! However many `Memory` values and functions name a directory or a URL, the process opens it once: single
//! flight and the hot tier are shared, and two functions of one identity are one.

use super::flight::Flights;
use super::guarded_store::GuardedStore;
use super::hot::HotTier;
use super::location::Location;
use super::tally::Tally;
use crate::Result;
use crate::fork::{ForkMutex, PerProcess};
use crate::store::{self, FunctionId, FunctionStore, Limits, LocalStore, Store};
use crate::sync::Mutex;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, Weak};

/// One location and the functions used in it so far.
pub(crate) struct Place {
    location: Location,
    /// Opened by the user, who may never have named it.
    given: Option<Arc<dyn Store>>,
    /// Opened on first use: naming a place creates nothing.
    opened: PerProcess<Arc<dyn Store>>,
    functions: PerProcess<Mutex<HashMap<FunctionId, Arc<Slot>>>>,
}

impl Place {
    /// The place of this name, one for the whole process; of a store that has none, one of its own.
    pub(crate) fn at(location: Location, given: Option<Arc<dyn Store>>) -> Arc<Self> {
        static KNOWN: ForkMutex<Option<HashMap<Location, Weak<Place>>>> = ForkMutex::new(None);
        let new = |location, given| {
            Arc::new(Self { location, given, opened: PerProcess::new(), functions: PerProcess::new() })
        };
        if !matches!(location, Location::Directory(_) | Location::Url(_)) {
            return new(location, given);
        }
        let look_up = |known: &mut HashMap<_, Weak<Place>>| known.get(&location).and_then(Weak::upgrade);
        // These outlive the lock: what a place holds in memory is dropped without it.
        let former = look_up(KNOWN.lock().get_or_insert_default());
        if let Some(place) = &former
            && place.is_intact()
        {
            if let Some(store) = given {
                // Already named by someone who has not used it yet.
                place.opened.get_or_init(|| store);
            }
            return Arc::clone(place);
        }
        let fresh = new(location.clone(), given);
        let present;
        let mut known = KNOWN.lock();
        let known = known.get_or_insert_default();
        present = look_up(known);
        match &present {
            // Another thread was faster.
            Some(place) if !former.as_ref().is_some_and(|former| Arc::ptr_eq(former, place)) => {
                Arc::clone(place)
            }
            _ => {
                known.retain(|_, place| place.strong_count() > 0);
                known.insert(location, Arc::downgrade(&fresh));
                fresh
            }
        }
    }

    /// The place of a store that the user has opened.
    pub(crate) fn of(store: Arc<dyn Store>) -> Arc<Self> {
        let store = Arc::new(GuardedStore(store)) as Arc<dyn Store>;
        let location = store.url().map_or(Location::Unnamed, |url| Location::parse(Path::new(&url)));
        Self::at(location, Some(store))
    }

    /// False where somebody has deleted the directory since it was opened: its open files then lead nowhere.
    fn is_intact(&self) -> bool {
        match &self.location {
            Location::Directory(path) => self.known_store().is_none() || path.is_dir(),
            _ => self.known_store().and_then(|store| store.location()).is_none_or(Path::is_dir),
        }
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }

    /// The directory, where there is one.
    pub(crate) fn dir(&self) -> Option<&Path> {
        match &self.location {
            Location::Directory(path) => Some(path),
            _ => self.known_store()?.location(),
        }
    }

    fn known_store(&self) -> Option<&Arc<dyn Store>> {
        self.given.as_ref().or_else(|| self.opened.get())
    }

    /// The store, opened now if it was not; `None` where nothing is stored.
    pub(crate) fn store(&self) -> Result<Option<Arc<dyn Store>>> {
        if let Some(store) = self.known_store() {
            return Ok(Some(Arc::clone(store)));
        }
        // Without a lock: opening may take long, and reports to subscribers that may come back here.
        let opened: Arc<dyn Store> = match &self.location {
            Location::Nowhere | Location::Unnamed => return Ok(None),
            Location::Url(url) => Arc::new(GuardedStore(store::open(url)?)),
            // For an unknown home, says why; it may be known by now.
            Location::Unknown(path) => return Ok(Some(Arc::new(LocalStore::open(path)?))),
            Location::Directory(path) => Arc::new(LocalStore::open(path)?),
        };
        Ok(Some(Arc::clone(self.opened.get_or_init(|| opened))))
    }

    /// Where a function's results are stored; `None` where nothing is.
    pub(crate) fn open(&self, id: &FunctionId, limits: &Limits) -> Result<Option<Arc<dyn FunctionStore>>> {
        self.store()?.map(|store| store.open(id, limits)).transpose()
    }

    /// The slot of a function, the same for all who ask.
    pub(crate) fn slot(&self, id: FunctionId, limits: &Limits) -> Arc<Slot> {
        let known = lock(&self.functions).get(&id).cloned();
        if let Some(slot) = known {
            slot.warn_of_other_limits(limits);
            return slot;
        }
        let store = match self.open(&id, limits) {
            Ok(store) => store,
            Err(error) => {
                crate::event!(WARN, function = %id, %error, "the cache cannot be used: results are not kept");
                // The next caller may succeed.
                return Arc::new(Slot::new(id, None, *limits));
            }
        };
        let make = || Arc::new(Slot::new(id.clone(), store, *limits));
        let slot = Arc::clone(lock(&self.functions).entry(id.clone()).or_insert_with(make));
        slot.warn_of_other_limits(limits);
        slot
    }

    /// Drops what is held in memory of every function.
    pub(crate) fn forget_hot(&self) {
        let slots: Vec<_> = lock(&self.functions).values().cloned().collect();
        slots.iter().for_each(|slot| slot.forget_hot());
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Place").field(&self.location).finish()
    }
}

/// One function at one version in one place.
pub(crate) struct Slot {
    pub(crate) id: FunctionId,
    /// `None` where nothing is stored, or nothing can be.
    pub(crate) store: Option<Arc<dyn FunctionStore>>,
    pub(crate) flights: Flights,
    pub(crate) tally: Tally,
    hot: PerProcess<HotTier>,
    limits: Limits,
    doubtful: AtomicBool,
    warned_of_storing: AtomicBool,
    warned_of_reading: AtomicBool,
}

impl Slot {
    fn new(id: FunctionId, store: Option<Arc<dyn FunctionStore>>, limits: Limits) -> Self {
        Self {
            id,
            store,
            flights: Flights::default(),
            tally: Tally::default(),
            hot: PerProcess::new(),
            limits,
            doubtful: AtomicBool::new(false),
            warned_of_storing: AtomicBool::new(false),
            warned_of_reading: AtomicBool::new(false),
        }
    }

    /// The first user of a function in the process sets its limits; a later one that asks for others is told
    /// so.
    fn warn_of_other_limits(&self, asked: &Limits) {
        if *asked != self.limits && !asked.is_none() {
            crate::event!(
                WARN, function = %self.id, ?asked, kept = ?self.limits,
                "this process has used the function with other limits: they stay"
            );
        }
    }

    /// The values in memory; the first size asked for holds.
    pub(crate) fn hot(&self, capacity: u64) -> &HotTier {
        self.hot.get_or_init(|| HotTier::new(capacity))
    }

    pub(crate) fn hot_hits(&self) -> u64 {
        self.hot.get().map_or(0, HotTier::hits)
    }

    pub(crate) fn forget_hot(&self) {
        if let Some(hot) = self.hot.get() {
            hot.clear();
        }
    }

    /// Drops what is held in memory of one entry.
    pub(crate) fn forget(&self, key: crate::Key) {
        if let Some(hot) = self.hot.get() {
            hot.remove(key);
        }
    }

    /// Whether a result of this function could not be read back: from then on each is tried before it is
    /// stored.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    pub(crate) fn doubt(&self) {
        self.doubtful.store(true, Ordering::Relaxed);
    }

    /// Says once per function that results are not stored.
    pub(crate) fn warn_once(&self, error: &crate::Error) {
        if !self.warned_of_storing.swap(true, Ordering::Relaxed) {
            crate::event!(WARN, function = %self.id, %error, "a result could not be kept");
        }
    }

    /// Says once per function that what is stored is of no use.
    #[cold]
    pub(crate) fn warn_of_reading(&self, key: crate::Key, error: &crate::Error) {
        if !self.warned_of_reading.swap(true, Ordering::Relaxed) {
            crate::event!(WARN, function = %self.id, %key, %error, "an entry cannot be read: computing it again");
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("id", &self.id).field("store", &self.store).finish_non_exhaustive()
    }
}

fn lock<T: Default + Send>(mutex: &PerProcess<Mutex<T>>) -> MutexGuard<'_, T> {
    mutex.get_or_init(Mutex::default).lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_is_not_known_is_an_error_and_no_directory() {
        let place = Place::at(Location::parse(Path::new("~nobody-of-this-name/cache")), None);
        let error = place.store().unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains("~nobody-of-this-name"), "{error}");
        assert!(place.dir().is_none());
        let id = FunctionId { path: vec!["f".into()], fingerprint: 1 };
        assert!(place.slot(id, &Limits::NONE).store.is_none());
        assert!(!Path::new("~nobody-of-this-name").exists());
    }
}
