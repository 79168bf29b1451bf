//! Types through which a value can be changed: those with interior mutability, and mutable references.
//!
//! A function may change such an argument, but a stored result does not; and while several owners of such a
//! result share it, copies made by decoding do not. The types are recognised by their names, as hash sets
//! are.

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

/// As [`is_mutable`], also where such a type is among the parameters in the name of `T`: what a user's type
/// does with it cannot always be seen (`#[serde(transparent)]`). For types of the standard library it can.
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

/// Tells [`watch`] that a value of this type has been met.
#[inline(always)]
pub fn note<T: ?Sized>() {
    if is_mutable::<T>().is_some() {
        NOTED.set(true);
    }
}

thread_local!(static NOTED: Cell<bool> = const { Cell::new(false) });

/// The short name of the outermost type in this name, if it is one of those types.
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

/// The first of a type's parameters that is such a type. The arguments of a function pointer are not held, so
/// they do not count.
fn parameter(name: &'static str) -> Option<&'static str> {
    let held = name.find("fn(").map_or(name, |at| &name[..at]);
    let starts = held.match_indices(['<', ' ', '(', '[', '&']).map(|(at, _)| at);
    starts
        .filter(|&at| !held[..at].ends_with("PhantomData"))
        .find_map(|at| constructor(&held[at..]).or_else(|| constructor(&held[at + 1..])))
}
