//! Types recognised by the beginning of their names, where their ids cannot be compared without knowing their
//! parameters.

use std::any::type_name;

/// Whether `name` begins with one of these.
macro_rules! begins {
    ($name:expr, $($prefix:literal)|+) => { $($name.starts_with($prefix))||+ };
}
pub(super) use begins;

/// `name` without the first of these that it begins with.
macro_rules! strip {
    ($name:expr, $($prefix:literal)|+) => { None$(.or($name.strip_prefix($prefix)))+ };
}

/// Whether [`find`] can find something: false for most types. A type's name is a constant, and in optimised
/// builds so is this result, as long as the function is short.
#[inline(always)]
pub(super) fn is_worth_a_look<T: ?Sized>() -> bool {
    let name = type_name::<T>();
    let name = name.strip_prefix('&').unwrap_or(name);
    let name = name.strip_prefix('&').unwrap_or(name);
    let name = strip!(name, "alloc::boxed::Box<" | "alloc::sync::Arc<" | "alloc::rc::Rc<").unwrap_or(name);
    begins!(
        name,
        "&" | "mut "
            | "alloc::boxed::"
            | "alloc::sync::"
            | "alloc::rc::"
            | "alloc::borrow::"
            | "core::cell::"
            | "core::sync::"
            | "core::net::socket_addr::SocketAddr"
            | "core::ops::range::RangeInclusive<"
            | "core::num::wrapping::"
            | "core::num::saturating::"
            | "core::cmp::Reverse<"
            | "std::sync::"
            | "lock_api::"
            | "ndarray::ArrayBase<ndarray::ViewRepr<&mut "
    )
}

/// The first result of `test` for a type's name, or for what is left of it without the wrappers that serde
/// looks through without saying so.
pub(super) fn find<R>(mut name: &'static str, test: impl Fn(&'static str) -> Option<R>) -> Option<R> {
    loop {
        if let Some(found) = test(name) {
            return Some(found);
        }
        name = strip!(
            name,
            "&mut "
                | "&"
                | "alloc::boxed::Box<"
                | "alloc::sync::Arc<"
                | "alloc::rc::Rc<"
                | "alloc::borrow::Cow<'_, "
                | "alloc::borrow::Cow<"
                | "core::num::wrapping::Wrapping<"
                | "core::num::saturating::Saturating<"
                | "core::cmp::Reverse<"
                | "core::cell::Cell<"
                | "core::cell::RefCell<"
                | "std::sync::poison::mutex::Mutex<"
                | "std::sync::poison::rwlock::RwLock<"
        )?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::net::SocketAddrV6;
    use std::ops::RangeInclusive;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex, RwLock};

    #[test]
    fn the_first_look_misses_nothing() {
        macro_rules! each {
            ($($ty:ty),*) => {$(
                assert!(is_worth_a_look::<$ty>(), "{}", type_name::<$ty>());
                assert!(is_worth_a_look::<&$ty>() && is_worth_a_look::<&&$ty>() && is_worth_a_look::<&&&$ty>());
                assert!(is_worth_a_look::<Box<$ty>>() && is_worth_a_look::<&Box<$ty>>());
                assert!(is_worth_a_look::<Arc<$ty>>() && is_worth_a_look::<&mut Rc<$ty>>());
                assert!(is_worth_a_look::<Arc<Box<Rc<$ty>>>>() && is_worth_a_look::<Rc<&mut &$ty>>());
                assert!(is_worth_a_look::<std::num::Wrapping<$ty>>() && is_worth_a_look::<std::cmp::Reverse<$ty>>());
            )*};
        }
        each!(
            Cell<u8>,
            RefCell<u8>,
            Mutex<u8>,
            RwLock<u8>,
            std::sync::atomic::AtomicBool,
            &mut u8,
            SocketAddrV6,
            RangeInclusive<u8>,
            ndarray::ArrayViewMut1<'static, u8>
        );
        assert!(is_worth_a_look::<std::borrow::Cow<'static, SocketAddrV6>>());
    }

    #[test]
    fn most_types_are_not_looked_at() {
        macro_rules! each {
            ($($ty:ty),*) => {$(
                assert!(!is_worth_a_look::<$ty>(), "{}", type_name::<$ty>());
                assert!(!is_worth_a_look::<&$ty>() && !is_worth_a_look::<&&$ty>() && !is_worth_a_look::<&Arc<$ty>>());
            )*};
        }
        each!(
            u8,
            f64,
            str,
            String,
            Vec<Cell<u8>>,
            Option<Mutex<u8>>,
            (u8, &mut u8),
            [f64],
            ndarray::Array2<f64>
        );
    }
}
