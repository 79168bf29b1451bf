//! How much a cache may hold.

use super::units;
use crate::Error;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use std::time::Duration;

/// Bounds on a function's or a whole cache's entries; `None` is no bound.
///
/// ```
/// use joblib::store::Limits;
///
/// let limits = Limits::NONE.with_bytes(10 << 30).with_items(1_000);
/// assert_eq!(limits.items, Some(1_000));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Limits {
    /// Total bytes of the values.
    pub bytes: Option<u64>,
    /// Number of entries.
    pub items: Option<u64>,
    /// Time since the last use.
    pub age: Option<Duration>,
}

impl Limits {
    /// No bound at all.
    pub const NONE: Limits = Limits { bytes: None, items: None, age: None };

    /// The same with this bound on the total bytes of the values.
    #[must_use]
    pub const fn with_bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// The same with this bound on the number of entries.
    #[must_use]
    pub const fn with_items(mut self, items: u64) -> Self {
        self.items = Some(items);
        self
    }

    /// The same with this bound on the time since the last use.
    #[must_use]
    pub const fn with_age(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// Whether nothing is bounded.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// What [`reduce_size`](crate::store::Store::reduce_size) removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reduced {
    /// Entries removed.
    pub items: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

impl Reduced {
    /// So many entries, of so many bytes together.
    #[must_use]
    pub const fn new(items: u64, bytes: u64) -> Self {
        Self { items, bytes }
    }
}

impl AddAssign for Reduced {
    fn add_assign(&mut self, more: Self) {
        self.items += more.items;
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}

/// Reads a size such as `"10G"`, `"1.5M"`, `"64k"` or `"512"`: Python's suffixes, powers of 1024.
///
/// # Errors
///
/// Text that is no non-negative number with an optional suffix of `K`, `M`, `G`, `T`, alone or before `B` or `iB`; a
/// size of more than 64 bits.
pub fn parse_bytes(text: &str) -> Result<u64, Error> {
    let bad = || Error::invalid(format!("`{text}` is not a size such as \"64M\" or \"10G\""));
    units::bytes(text).ok_or_else(bad)
}

/// Reads a span of time such as `"7d"`, `"12h"`, `"30m"`, `"45s"` or `"250ms"`.
///
/// # Errors
///
/// Text that is no non-negative number with a unit of `ms`, `s`, `m`, `h`, `d` or `w`; more seconds than 64 bits hold.
pub fn parse_duration(text: &str) -> Result<Duration, Error> {
    let bad = || Error::invalid(format!("`{text}` is not a span of time such as \"7d\", \"12h\" or \"30s\""));
    units::duration(text).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_cannot_be_read_is_named() {
        assert_eq!(parse_bytes("64 KiB").unwrap(), 64 << 10);
        assert_eq!(parse_duration("7d").unwrap(), Duration::from_secs(7 * 86_400));
        assert!(parse_bytes("1ibB").unwrap_err().to_string().contains("`1ibB` is not a size"));
        assert!(parse_duration("1y").unwrap_err().to_string().contains("`1y` is not a span of time"));
    }
}
