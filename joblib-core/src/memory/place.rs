//! What the process knows about one cache location.
//!
//! However many `Memory` values and functions name a directory, the process opens it once: single flight and the
//! hot tier are shared, and two functions of one identity are one.

use super::flight::Flights;
use super::hot::HotTier;
use super::tally::Tally;
use crate::Result;
use crate::fork::{ForkMutex, PerProcess};
use crate::home;
use crate::store::{FunctionId, FunctionStore, Limits, LocalStore, Store};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// One location and the functions used in it so far.
pub(crate) struct Place {
    root: Root,
    functions: PerProcess<Mutex<HashMap<FunctionId, Arc<Slot>>>>,
}

enum Root {
    /// Opened on first use: naming a directory creates nothing.
    Directory { path: PathBuf, store: PerProcess<Arc<dyn Store>> },
    /// Below a `~` for which no directory is known.
    Unknown(PathBuf),
    /// Given by the user.
    Custom(Arc<dyn Store>),
    /// Nothing is stored.
    Nowhere,
}

impl Place {
    /// The place of a directory, one for the whole process. A leading `~` is the home directory.
    pub(crate) fn directory(path: &Path) -> Arc<Self> {
        static KNOWN: ForkMutex<Option<HashMap<PathBuf, Weak<Place>>>> = ForkMutex::new(None);
        let Ok(path) = home::expand(path) else {
            return Arc::new(Self::new(Root::Unknown(path.to_owned())));
        };
        let path = std::path::absolute(&path).unwrap_or(path);
        let look_up = |known: &mut HashMap<_, Weak<Place>>| known.get(&path).and_then(Weak::upgrade);
        // These outlive the lock: what a place holds in memory is dropped without it.
        let former = look_up(KNOWN.lock().get_or_insert_default());
        if let Some(place) = &former
            && place.is_intact()
        {
            return Arc::clone(place);
        }
        let fresh = Arc::new(Self::new(Root::Directory { path: path.clone(), store: PerProcess::new() }));
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
                known.insert(path, Arc::downgrade(&fresh));
                fresh
            }
        }
    }

    /// False where somebody has deleted the directory since it was opened: what is open then leads nowhere.
    fn is_intact(&self) -> bool {
        match &self.root {
            Root::Directory { path, store } => store.get().is_none() || path.is_dir(),
            Root::Unknown(_) | Root::Custom(_) | Root::Nowhere => true,
        }
    }

    pub(crate) fn custom(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self::new(Root::Custom(store)))
    }

    pub(crate) fn nowhere() -> Arc<Self> {
        Arc::new(Self::new(Root::Nowhere))
    }

    fn new(root: Root) -> Self {
        Self { root, functions: PerProcess::new() }
    }

    /// The directory, where there is one.
    pub(crate) fn location(&self) -> Option<&Path> {
        match &self.root {
            Root::Directory { path, .. } => Some(path),
            Root::Custom(store) => store.location(),
            Root::Unknown(_) | Root::Nowhere => None,
        }
    }

    /// The store, opened now if it was not; `None` where nothing is stored.
    pub(crate) fn store(&self) -> Result<Option<Arc<dyn Store>>> {
        match &self.root {
            Root::Nowhere => Ok(None),
            // Says why, unless it is known by now.
            Root::Unknown(path) => Ok(Some(Arc::new(LocalStore::open(path)?))),
            Root::Custom(store) => Ok(Some(Arc::clone(store))),
            Root::Directory { path, store } => {
                if let Some(store) = store.get() {
                    return Ok(Some(Arc::clone(store)));
                }
                // Without a lock: opening may take long, and reports to subscribers that may come back here.
                let opened = Arc::new(LocalStore::open(path)?);
                Ok(Some(Arc::clone(store.get_or_init(|| opened))))
            }
        }
    }

    /// The slot of a function, the same for all who ask.
    pub(crate) fn slot(&self, id: FunctionId, limits: &Limits) -> Arc<Slot> {
        let known = lock(&self.functions).get(&id).cloned();
        if let Some(slot) = known {
            slot.warn_of_other_limits(limits);
            return slot;
        }
        let opened = self.store().and_then(|store| store.map(|store| store.open(&id, limits)).transpose());
        let store = opened.unwrap_or_else(|error| {
            crate::event!(WARN, function = %id, %error, "the cache cannot be used: results are not kept");
            None
        });
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
        f.debug_tuple("Place").field(&self.location()).finish()
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

    /// The first user of a function in the process settles its limits; says so to another that asks for others.
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

    /// Whether a result of this function was found not to read back: from then on each is tried before it is stored.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    pub(crate) fn doubt(&self) {
        self.doubtful.store(true, Ordering::Relaxed);
    }

    /// Says once per function that results are not kept.
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
    mutex.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_that_is_not_known_is_an_error_and_no_directory() {
        let place = Place::directory(Path::new("~nobody-of-this-name/cache"));
        let error = place.store().unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains("~nobody-of-this-name"), "{error}");
        assert!(place.location().is_none());
        let id = FunctionId { path: vec!["f".into()], fingerprint: 1 };
        assert!(place.slot(id, &Limits::NONE).store.is_none());
        assert!(!Path::new("~nobody-of-this-name").exists());
    }
}
