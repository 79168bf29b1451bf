//! Types known by the beginning of their names, where their ids cannot be asked for without knowing their parameters'.
//!
//! Names are constants, and so is in optimised builds what is asked of their beginnings.

/// `name` without one pointer or other wrapper that serde looks through without telling.
#[inline(always)]
fn strip(name: &'static str) -> Option<&'static str> {
    macro_rules! strip {
        ($($wrapper:literal)*) => {$(
            if let Some(rest) = name.strip_prefix($wrapper) {
                return Some(rest);
            }
        )*};
    }
    strip! {
        "&mut " "&" "alloc::boxed::Box<" "alloc::sync::Arc<" "alloc::rc::Rc<" "alloc::borrow::Cow<'_, " "alloc::borrow::Cow<"
        "core::num::wrapping::Wrapping<" "core::num::saturating::Saturating<" "core::cmp::Reverse<"
        "core::cell::Cell<" "core::cell::RefCell<" "std::sync::poison::mutex::Mutex<"
        "std::sync::poison::rwlock::RwLock<"
    }
    None
}

/// The first that `test` says of a type's name or of what is left without the wrappers around it.
#[inline(always)]
pub(super) fn find<R>(name: &'static str, test: impl Fn(&'static str) -> Option<R>) -> Option<R> {
    // Spelt out, so that it folds; few types have more than two wrappers.
    if let Some(found) = test(name) {
        return Some(found);
    }
    let name = strip(name)?;
    if let Some(found) = test(name) {
        return Some(found);
    }
    let name = strip(name)?;
    if let Some(found) = test(name) {
        return Some(found);
    }
    strip(name)?;
    find_deep(name, test)
}

#[inline(never)]
fn find_deep<R>(mut name: &'static str, test: impl Fn(&'static str) -> Option<R>) -> Option<R> {
    while let Some(inner) = strip(name) {
        name = inner;
        if let Some(found) = test(name) {
            return Some(found);
        }
    }
    None
}

/// Whether `name` begins with one of these.
macro_rules! begins {
    ($name:expr, $($prefix:literal)|+) => { $($name.starts_with($prefix))||+ };
}
pub(super) use begins;
