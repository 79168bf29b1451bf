//! Running code of the user's on a cache's behalf: `Serialize`, `Deserialize`, `Clone`, `Drop`, `validate`,
//! `Debug`, stores.
//!
//! A plain function runs none of it, so whatever it does, a call answers as if it had not run. A panic
//! becomes an error. It may call anything, the cached function included: code that runs for one call does not
//! run for the same call within itself, and code that nests too deeply does not run, so that an argument's
//! `Serialize` that calls the function with that argument comes to an end. No lock may be held meanwhile.

use crate::events::is_reporting;
use crate::{Error, Result};
use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How deep user code may nest: where each level calls the function twice, the work doubles with each.
const DEPTH: usize = 16;

/// One call of one function: an address that is the function's own, and the key.
pub(crate) type Call = (usize, u128);

/// Code that runs for no call of a function, or for one whose key is not known yet.
const NO_CALL: Call = (0, 0);

struct Running {
    depth: Cell<usize>,
    calls: [Cell<Call>; DEPTH],
}

thread_local! {
    static RUNNING: Running =
        const { Running { depth: Cell::new(0), calls: [const { Cell::new(NO_CALL) }; DEPTH] } };
}

impl Running {
    #[inline]
    fn refuses(&self, call: Call) -> bool {
        let depth = self.depth.get();
        depth > 0 && (depth == DEPTH || self.calls.iter().take(depth).any(|running| running.get() == call))
    }
}

/// Runs `code`, which `what` names in errors.
///
/// # Errors
///
/// Where it panics ([`Error::is_panic`]) or nests too deeply ([`Error::is_limit`]).
#[inline]
pub(crate) fn run<T>(what: &'static str, code: impl FnOnce() -> T) -> Result<T> {
    // Any number of these nest.
    guarded(NO_CALL, what, code, RUNNING.with(|running| running.depth.get() == DEPTH))
}

/// As [`run`], for a call; an error too where the same call is what user code runs for already.
#[inline]
pub(crate) fn run_for<T>(call: Call, what: &'static str, code: impl FnOnce() -> T) -> Result<T> {
    guarded(call, what, code, is_within(call))
}

/// As [`run_for`], where the caller has asked [`is_within`].
#[inline]
pub(crate) fn run_asked<T>(call: Call, what: &'static str, code: impl FnOnce() -> T) -> Result<T> {
    guarded(call, what, code, false)
}

/// Whether the calling thread is in user code that runs for this call, too deep in any, or in a subscriber:
/// then the cache is not used.
#[inline]
pub(crate) fn is_within(call: Call) -> bool {
    is_reporting() || RUNNING.with(|running| running.refuses(call))
}

#[inline]
fn guarded<T>(call: Call, what: &'static str, code: impl FnOnce() -> T, refused: bool) -> Result<T> {
    if refused {
        return Err(nested(what));
    }
    RUNNING.with(|running| {
        let depth = running.depth.get();
        if let Some(place) = running.calls.get(depth) {
            place.set(call);
        }
        running.depth.set(depth + 1);
        let outcome = catch_unwind(AssertUnwindSafe(code));
        running.depth.set(depth);
        outcome.map_err(|payload| panicked(what, payload))
    })
}

#[cold]
fn nested(what: &str) -> Error {
    Error::limit(format!("{what} calls the cached function that it runs for"))
}

#[cold]
fn panicked(what: &str, payload: Box<dyn Any + Send>) -> Error {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let error = Error::panicked(format!("{what} panicked: {}", text.unwrap_or("no text")));
    crate::events::quietly(|| drop(payload));
    error
}

/// A value of the user's whose `Drop` may panic, or call anything, where nobody expects it.
pub(crate) struct Held<T>(Option<T>);

impl<T> Held<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        if std::mem::needs_drop::<T>()
            && let Some(value) = self.0.take()
            && let Err(error) = run("`Drop` of a result", || drop(value))
        {
            crate::event!(WARN, %error, "a result kept in memory was dropped");
        }
    }
}

/// Whether nothing of the type is the user's: cloning, dropping and serialising it run code of `std` and
/// serde alone.
#[inline]
pub(crate) fn is_plain<T: ?Sized>() -> bool {
    let id = typeid::of::<T>();
    macro_rules! any_of {
        ($($number:ty)*) => {
            $(id == typeid::of::<$number>() || id == typeid::of::<Vec<$number>>() || id == typeid::of::<Option<$number>>())||*
        };
    }
    any_of!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool char)
        || id == typeid::of::<()>()
        || id == typeid::of::<str>()
        || id == typeid::of::<&str>()
        || id == typeid::of::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_code_and_its_message() {
        let error = run::<()>("`Clone` of a result", || panic!("at {}", 7)).unwrap_err();
        assert_eq!(error.to_string(), "`Clone` of a result panicked: at 7");
        assert!(error.is_panic());
        let error = run::<()>("x", || std::panic::panic_any(7)).unwrap_err();
        assert_eq!(error.to_string(), "x panicked: no text");
        assert_eq!(run("x", || 7).unwrap(), 7);
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_let_go() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(Bomb);
            }
        }
        assert!(run::<()>("x", || std::panic::panic_any(Bomb)).unwrap_err().is_panic());
    }

    #[test]
    fn the_same_call_does_not_run_within_itself_and_others_do() {
        let inner =
            |call| run_for((1, 2), "x", || (is_within(call), run_for(call, "x", || ()).is_err())).unwrap();
        assert_eq!(inner((1, 2)), (true, true));
        assert_eq!(inner((1, 3)), (false, false));
        assert_eq!(inner((2, 2)), (false, false));
        assert!(!is_within((1, 2)));
    }

    #[test]
    fn nesting_ends_and_begins_anew_after_panics() {
        fn descend() -> usize {
            run("x", descend).map_or(0, |below| below + 1)
        }
        for _ in 0..2 {
            assert_eq!(descend(), DEPTH);
            let error = run("x", || run::<()>("y", || panic!("inside")).unwrap_err()).unwrap();
            assert!(error.is_panic());
            assert!(!is_within((0, 1)));
        }
    }

    #[test]
    fn types_of_the_user_are_not_plain() {
        struct Own;
        assert!(is_plain::<f64>() && is_plain::<str>() && is_plain::<Vec<u8>>() && is_plain::<Option<u8>>());
        assert!(!is_plain::<Own>() && !is_plain::<Vec<Own>>() && !is_plain::<Box<dyn Any>>());
    }
}
