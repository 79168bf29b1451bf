//! The fingerprint's parts that are known at run time only, and how parts become one.
//!
//! Used by the expansion of `#[cached]` and `#[tracked]`.

use crate::toolchain::toolchain;
use crate::{Error, Key, KeyHasher, Result};
use serde::Serialize;
use std::sync::OnceLock;
use xxhash_rust::xxh3::xxh3_128;

/// An item whose code has a fingerprint that other crates can depend on.
///
/// `#[tracked]` and `#[cached]` implement it: for a type itself, and for a function or constant on a type of
/// the same name that stands beside it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not tracked, so nobody can tell whether its code has changed",
    note = "put `#[joblib::tracked]` on the item that `depends` names"
)]
pub trait Tracked {
    /// The hash of the item and of all that it reaches.
    const FINGERPRINT: u128;
}

/// One fingerprint of several; their order counts.
#[must_use]
pub const fn combine(parts: &[u128]) -> u128 {
    // Multiply-xorshift over 128 bits, odd constants from the digits of pi; the parts are hashes already.
    const SPREAD: u128 = 0x2438_6a88_85a3_08d3_1319_8a2e_0370_7345;
    const FINISH: u128 = 0xa409_3822_299f_31d0_082e_fa98_ec4e_6c89;
    // Not the bare length: a first part equal to it would cancel it out.
    const START: u128 = 0x4528_21e6_38d0_1377_be54_66cf_34e9_0c6c;
    let mut state = START ^ parts.len() as u128;
    let mut at = 0;
    while at < parts.len() {
        state = (state ^ parts[at]).wrapping_mul(SPREAD).rotate_left(47);
        state ^= state >> 64;
        at += 1;
    }
    state = state.wrapping_mul(FINISH);
    state ^ (state >> 61)
}

/// The fingerprint of an environment variable that code was compiled with.
#[must_use]
pub const fn of_variable(value: Option<&str>) -> u128 {
    let Some(value) = value else { return 0 };
    let bytes = value.as_bytes();
    let mut hash = combine(&[bytes.len() as u128]);
    let mut at = 0;
    while at < bytes.len() {
        hash = combine(&[hash, bytes[at] as u128]);
        at += 1;
    }
    hash
}

/// As [`combine`], for parts that may have failed.
///
/// # Errors
///
/// That of the first part that failed.
pub fn combine_results<const N: usize>(constant: u128, computed: [Result<u128>; N]) -> Result<u128> {
    let mut all = constant;
    for part in computed {
        all = combine(&[all, part?]);
    }
    Ok(all)
}

/// The fingerprint of a `salt`.
///
/// # Errors
///
/// If its `Serialize` fails ([`Error::is_unhashable`]).
pub fn of_salt<T: Serialize + ?Sized>(salt: &T) -> Result<u128> {
    let mut hasher = KeyHasher::new();
    hasher.named_value("salt", salt);
    hasher.finish().map(|Key(hash)| hash)
}

/// The hash of the toolchain that built the program.
#[must_use]
pub fn of_toolchain() -> u128 {
    xxh3_128(toolchain().as_bytes())
}

/// The hash of the running executable's bytes, computed once per process.
///
/// # Errors
///
/// If the executable cannot be found or read.
pub fn of_executable() -> Result<u128> {
    // No lock is held while reading: a child made by `fork` might wait for it for ever.
    static KNOWN: OnceLock<u128> = OnceLock::new();
    if let Some(hash) = KNOWN.get() {
        return Ok(*hash);
    }
    let path = std::env::current_exe().map_err(|error| Error::io("cannot find", "the executable", error))?;
    let bytes = std::fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    let Key(hash) = crate::hash(&bytes)?;
    Ok(*KNOWN.get_or_init(|| hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_and_their_order_count() {
        let all = [
            combine(&[]),
            combine(&[0]),
            combine(&[0, 0]),
            combine(&[1, 2]),
            combine(&[2, 1]),
            combine(&[1]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|b| a != b));
        }
        const CONSTANT: u128 = combine(&[1, 2]);
        assert_eq!(CONSTANT, all[3]);
    }

    #[test]
    fn a_failed_part_fails_the_whole() {
        assert!(combine_results(1, [Ok(2), Err(Error::invalid("no"))]).is_err());
        assert_eq!(combine_results(1, []).unwrap(), 1);
        assert_ne!(combine_results(1, [Ok(2)]).unwrap(), 1);
    }

    #[test]
    fn the_executable_has_one_hash() {
        assert_eq!(of_executable().unwrap(), of_executable().unwrap());
    }
}
