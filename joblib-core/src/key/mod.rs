//! The 128-bit key that stands for a call's arguments: a canonical encoding, streamed into XXH3-128.
//!
//! The encoding, byte by byte, and what it promises: `docs/key-format.md`.

mod array;
mod error;
mod gather;
mod hasher;
mod map;
pub mod mutable;
mod names;
mod ndarray;
mod serializer;
mod shape;
mod sizes;
mod stream;
mod tag;
mod tree;
pub mod unsaid;

pub use hasher::{KeyHasher, hash};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// XXH3-128 over a call's arguments, in the canonical encoding.
///
/// `Display` and `FromStr` use 32 hexadecimal digits, and so do serde's formats for humans; to others it is a
/// `u128`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub(crate) u128);

impl Key {
    /// The key of this number.
    #[must_use]
    pub const fn from_u128(number: u128) -> Self {
        Self(number)
    }

    /// The key as a number.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        self.0
    }

    /// The key of these bytes, in the order of its digits.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// The key as bytes, in the order of its digits.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

impl FromStr for Key {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(crate::Error::invalid(format!("`{text}` is not a key of 32 hexadecimal digits")));
        }
        u128::from_str_radix(text, 16).map(Key).map_err(|error| crate::Error::invalid(error.to_string()))
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
        } else {
            u128::deserialize(deserializer).map(Key)
        }
    }
}
