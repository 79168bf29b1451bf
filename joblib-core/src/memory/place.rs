//! What the process knows about one cache location.
//!
//! However many `Memory` values and functions name a directory, the process opens it once: single flight and the
//! hot tier are shared, and two functions of one identity are one.

use super::flight::Flights;
use super::hot::HotTier;
use crate::Result;
use crate::store::{FunctionId, FunctionStore, Limits, LocalStore, Store};
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

/// One location and the functions used in it so far.
pub(crate) struct Place {
    root: Root,
    functions: Mutex<HashMap<FunctionId, Arc<Slot>>>,
}

enum Root {
    /// Opened on first use: naming a directory creates nothing.
    Directory { path: PathBuf, store: Mutex<Option<Arc<dyn Store>>> },
    /// Given by the user.
    Custom(Arc<dyn Store>),
    /// Nothing is stored.
    Nowhere,
}

impl Place {
    /// The place of a directory, one for the whole process.
    pub(crate) fn directory(path: &Path) -> Arc<Self> {
        static KNOWN: Mutex<Option<HashMap<PathBuf, Weak<Place>>>> = Mutex::new(None);
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut known = lock(&KNOWN);
        let known = known.get_or_insert_default();
        if let Some(place) = known.get(&path).and_then(Weak::upgrade)
            && place.is_intact()
        {
            return place;
        }
        known.retain(|_, place| place.strong_count() > 0);
        let place = Arc::new(Self::new(Root::Directory { path: path.clone(), store: Mutex::new(None) }));
        known.insert(path, Arc::downgrade(&place));
        place
    }

    /// False where somebody has deleted the directory since it was opened: what is open then leads nowhere.
    fn is_intact(&self) -> bool {
        match &self.root {
            Root::Directory { path, store } => lock(store).is_none() || path.is_dir(),
            Root::Custom(_) | Root::Nowhere => true,
        }
    }

    pub(crate) fn custom(store: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self::new(Root::Custom(store)))
    }

    pub(crate) fn nowhere() -> Arc<Self> {
        Arc::new(Self::new(Root::Nowhere))
    }

    fn new(root: Root) -> Self {
        Self { root, functions: Mutex::default() }
    }

    /// The directory, where there is one.
    pub(crate) fn location(&self) -> Option<&Path> {
        match &self.root {
            Root::Directory { path, .. } => Some(path),
            Root::Custom(store) => store.location(),
            Root::Nowhere => None,
        }
    }

    /// The store, opened now if it was not; `None` where nothing is stored.
    pub(crate) fn store(&self) -> Result<Option<Arc<dyn Store>>> {
        match &self.root {
            Root::Nowhere => Ok(None),
            Root::Custom(store) => Ok(Some(Arc::clone(store))),
            Root::Directory { path, store } => {
                let mut store = lock(store);
                if store.is_none() {
                    *store = Some(Arc::new(LocalStore::open(path)?));
                }
                Ok(store.clone())
            }
        }
    }

    /// The slot of a function, the same for all who ask.
    pub(crate) fn slot(&self, id: FunctionId, limits: &Limits) -> Arc<Slot> {
        if let Some(slot) = lock(&self.functions).get(&id) {
            slot.warn_of_other_limits(limits);
            return Arc::clone(slot);
        }
        let opened = self.store().and_then(|store| store.map(|store| store.open(&id, limits)).transpose());
        let store = opened.unwrap_or_else(|error| {
            tracing::warn!(target: "joblib", function = %id, %error, "the cache cannot be used: results are not kept");
            None
        });
        let mut functions = lock(&self.functions);
        let slot = functions.entry(id.clone()).or_insert_with(|| Arc::new(Slot::new(id, store, *limits)));
        slot.warn_of_other_limits(limits);
        Arc::clone(slot)
    }

    /// Drops what is held in memory of every function.
    pub(crate) fn forget_hot(&self) {
        for slot in lock(&self.functions).values() {
            slot.forget_hot();
        }
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
    hot: OnceLock<HotTier>,
    limits: Limits,
    warned: AtomicBool,
}

impl Slot {
    fn new(id: FunctionId, store: Option<Arc<dyn FunctionStore>>, limits: Limits) -> Self {
        let (flights, hot, warned) = (Flights::default(), OnceLock::new(), AtomicBool::new(false));
        Self { id, store, flights, hot, limits, warned }
    }

    /// The first user of a function in the process settles its limits; says so to another that asks for others.
    fn warn_of_other_limits(&self, asked: &Limits) {
        if *asked != self.limits && !asked.is_none() {
            tracing::warn!(
                target: "joblib", function = %self.id, ?asked, kept = ?self.limits,
                "this process has used the function with other limits: they stay"
            );
        }
    }

    /// The values in memory; the first size asked for holds.
    pub(crate) fn hot(&self, capacity: u64) -> &HotTier {
        self.hot.get_or_init(|| HotTier::new(capacity))
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

    /// Says once per function that results are not kept.
    pub(crate) fn warn_once(&self, error: &crate::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(target: "joblib", function = %self.id, %error, "a result could not be kept");
        }
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("id", &self.id).field("store", &self.store).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
