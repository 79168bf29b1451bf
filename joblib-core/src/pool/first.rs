//! Of what several threads find, the earliest in loop order counts.

use std::sync::{Mutex, PoisonError};

/// Puts what belongs to `at` into `kept`, unless something earlier is there. The loser comes back, to be
/// dropped without the lock: it may be the user's value, with anything in its `drop`.
pub fn keep_first<T>(kept: &Mutex<Option<(usize, T)>>, at: usize, value: T) -> Option<T> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((earliest, _)) if *earliest <= at => Some(value),
        _ => kept.replace((at, value)).map(|(_, loser)| loser),
    }
}
