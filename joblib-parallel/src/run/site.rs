//! What is remembered of each task function: how long a task took.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Mean nanoseconds of a task, by the type of its function: every closure has its own.
static SITES: RwLock<Option<HashMap<TypeId, f64>>> = RwLock::new(None);

/// Mean nanoseconds of a task of `C` in the last run; `None` before the first.
pub(super) fn expected<C>() -> Option<f64> {
    let sites = SITES.read().unwrap_or_else(PoisonError::into_inner);
    sites.as_ref()?.get(&typeid::of::<C>()).copied()
}

/// Notes what a task of `C` took in this run. Small changes are not worth the lock.
pub(super) fn record<C>(before: Option<f64>, nanoseconds: f64) {
    if before.is_some_and(|before| (0.5..2.0).contains(&(nanoseconds / before.max(1.0)))) {
        return;
    }
    let mut sites = SITES.write().unwrap_or_else(PoisonError::into_inner);
    sites.get_or_insert_default().insert(typeid::of::<C>(), nanoseconds);
}
