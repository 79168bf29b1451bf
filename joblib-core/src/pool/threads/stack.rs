//! How much stack a pool's threads have: what runs on the main thread shall run on them.

use std::sync::OnceLock;

/// The least, where the address space has room: a main thread has this much nearly everywhere. It is memory
/// only once it is used.
const USUAL: u64 = 8 << 20;
/// The most: a limit may be set for one deep recursion, which is no reason for as many such stacks as there
/// are threads.
const LARGEST: u64 = 64 << 20;

/// Bytes for a thread's stack: `asked` if somebody did, else by the environment; `None` for as much as std
/// gives its threads.
pub(in crate::pool) fn size(asked: Option<usize>) -> Option<usize> {
    static DEFAULT: OnceLock<Option<usize>> = OnceLock::new();
    asked.or_else(|| *DEFAULT.get_or_init(by_environment))
}

fn by_environment() -> Option<usize> {
    let wanted =
        std::env::var("JOBLIB_STACK_SIZE").ok().and_then(|text| crate::Size::from(text).bytes().ok());
    let bytes = match wanted {
        Some(bytes) if bytes > 0 => bytes,
        // Std reads it itself.
        _ if std::env::var_os("RUST_MIN_STACK").is_some() => return None,
        // Address space is what is scarce there.
        _ if usize::BITS < 64 => return None,
        _ => limit().map_or(USUAL, |limit| limit.clamp(USUAL, LARGEST)),
    };
    usize::try_from(bytes).ok()
}

/// What the main thread's stack may grow to, if that has a limit.
#[cfg(all(unix, not(miri)))]
fn limit() -> Option<u64> {
    crate::sys::stack_limit()
}

#[cfg(not(all(unix, not(miri))))]
fn limit() -> Option<u64> {
    None
}
