//! Types through which a value can be changed though it is only borrowed, or borrowed mutably.
//!
//! A function may change such an argument, and a stored result does not; several owners of such a result
//! share it, and copies made by decoding do not. The types are known by their names, as hash sets are.

use super::names::{self, begins, is_worth_a_look};
use std::any::type_name;
use std::cell::Cell;

/// The type through which a value of type `T` can be changed, looking through pointers but not into fields:
/// `RefCell` for `&Arc<RefCell<u8>>`.
#[inline(always)]
#[must_use]
pub fn is_mutable<T: ?Sized>() -> Option<&'static str> {
    if is_worth_a_look::<T>() { names::find(type_name::<T>(), constructor) } else { None }
}

/// As [`is_mutable`], also where the name of `T` has such a type among its parameters: what a type of the
/// user's does with it cannot be seen everywhere (`#[serde(transparent)]`). What a type of the standard
/// library does with it can.
#[inline(always)]
pub(super) fn mentions_mutable<T: ?Sized>() -> Option<&'static str> {
    if let Some(found) = is_mutable::<T>() {
        return Some(found);
    }
    let name = type_name::<T>();
    let transparent = begins!(name, "&" | "core::" | "alloc::" | "std::" | "ndarray::" | "hashbrown::");
    if transparent || !name.ends_with('>') { None } else { parameter(name) }
}

/// Whether anything noted while `work` ran can be changed.
pub fn watch<R>(work: impl FnOnce() -> R) -> (R, bool) {
    let before = NOTED.replace(false);
    let result = work();
    (result, NOTED.replace(before))
}

/// Tells [`watch`] that a value of this type is met.
#[inline(always)]
pub fn note<T: ?Sized>() {
    if is_mutable::<T>().is_some() {
        NOTED.set(true);
    }
}

thread_local!(static NOTED: Cell<bool> = const { Cell::new(false) });

/// What the outermost type of this name is called, if it is one of those.
fn constructor(name: &'static str) -> Option<&'static str> {
    if name.starts_with("&mut ") {
        return Some("&mut");
    }
    if name.starts_with("ndarray::ArrayBase<ndarray::ViewRepr<&mut ") {
        return Some("ArrayViewMut");
    }
    begins!(name, "core::cell::" | "core::sync::atomic::" | "std::sync::" | "lock_api::")
        .then(|| last_segment(name))
}

fn last_segment(name: &'static str) -> &'static str {
    let path = name.split(['<', '>', ',', ')', ']']).next().unwrap_or(name);
    path.rsplit("::").next().unwrap_or(path)
}

/// The first of a type's parameters that is such a type. What a pointer to a function takes is not held.
fn parameter(name: &'static str) -> Option<&'static str> {
    let held = name.find("fn(").map_or(name, |at| &name[..at]);
    let starts = held.match_indices(['<', ' ', '(', '[', '&']).map(|(at, _)| at);
    starts
        .filter(|&at| !held[..at].ends_with("PhantomData"))
        .find_map(|at| constructor(&held[at..]).or_else(|| constructor(&held[at + 1..])))
}
