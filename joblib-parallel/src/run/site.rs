//! What is remembered of each task function: how long a task took.

use joblib_core::fork::ForkMutex;
use std::any::TypeId;
use std::collections::HashMap;

/// Mean nanoseconds of a task, by the type of its function: every closure has its own.
static SITES: ForkMutex<Option<HashMap<TypeId, f64>>> = ForkMutex::new(None);

/// Mean nanoseconds of a task of `C` in the last run; `None` before the first.
pub(super) fn expected<C>() -> Option<f64> {
    SITES.lock().as_ref()?.get(&typeid::of::<C>()).copied()
}

/// Notes what a task of `C` took in this run. Small changes are not worth the lock.
pub(super) fn record<C>(before: Option<f64>, nanoseconds: f64) {
    if before.is_some_and(|before| (0.5..2.0).contains(&(nanoseconds / before.max(1.0)))) {
        return;
    }
    SITES.lock().get_or_insert_default().insert(typeid::of::<C>(), nanoseconds);
}
