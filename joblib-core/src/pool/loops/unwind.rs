//! Where panics of user code are caught: around the loop body, never inside the pool's own code.

use crate::pool::order::keep_first;
use crate::sync::Mutex;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Calls `body`, turning a panic into its payload.
///
/// Asserting unwind safety is sound: whoever catches a payload either re-throws it at the loop, after which
/// nothing of the loop is looked at again, or drops it because an earlier iteration decided.
pub(super) fn halt<R>(body: impl FnOnce() -> R) -> Result<R, Payload> {
    catch_unwind(AssertUnwindSafe(body))
}

/// Drops a payload nobody will see. Its destructor may panic in turn, and so may that panic's; the eighth is
/// leaked.
pub(crate) fn discard(mut payload: Payload) {
    for _ in 0..8 {
        match halt(move || drop(payload)) {
            Ok(()) => return,
            Err(next) => payload = next,
        }
    }
    std::mem::forget(payload);
}

/// Puts a panic that belongs to `at` into `kept`, unless an earlier one is there. The loser is dropped.
pub(crate) fn keep_first_panic(kept: &Mutex<Option<(usize, Payload)>>, at: usize, payload: Payload) {
    if let Some(loser) = keep_first(kept, at, payload) {
        discard(loser);
    }
}
