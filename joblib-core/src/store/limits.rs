//! How much a cache may hold.

use crate::Error;
use std::time::Duration;

/// Bounds on a function's or a whole cache's entries; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    /// Whether nothing is bounded.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// What [`reduce_size`](crate::store::Store::reduce_size) removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reduced {
    /// Entries removed.
    pub items: u64,
    /// Bytes of their values.
    pub bytes: u64,
}

/// Reads a size such as `"10G"`, `"1.5M"`, `"64k"` or `"512"`: Python's suffixes, powers of 1024.
///
/// # Errors
///
/// Text that is no non-negative number with an optional suffix of `K`, `M`, `G`, `T` (and `B`, `iB`).
pub fn parse_bytes(text: &str) -> Result<u64, Error> {
    let bad = || Error::invalid(format!("`{text}` is not a size such as \"64M\" or \"10G\""));
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, suffix) = trimmed.split_at(split);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let power = match suffix.trim().to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(bad()),
    };
    Ok((number * 1024f64.powi(power)) as u64)
}

/// Reads a span of time such as `"7d"`, `"12h"`, `"30m"`, `"45s"` or `"250ms"`.
///
/// # Errors
///
/// Text that is no non-negative number with a unit of `ms`, `s`, `m`, `h`, `d` or `w`.
pub fn parse_duration(text: &str) -> Result<Duration, Error> {
    let bad = || Error::invalid(format!("`{text}` is not a span of time such as \"7d\", \"12h\" or \"30s\""));
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
    let (number, unit) = trimmed.split_at(split);
    let number: f64 = number.parse().map_err(|_| bad())?;
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return Err(bad()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_bytes("512").unwrap(), 512);
        assert_eq!(parse_bytes("1.5M").unwrap(), 3 << 19);
        assert_eq!(parse_bytes("10G").unwrap(), 10 << 30);
        assert_eq!(parse_bytes("64 KiB").unwrap(), 64 << 10);
        for bad in ["", "G", "-1", "1X", "1.2.3"] {
            assert!(parse_bytes(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spans() {
        assert_eq!(parse_duration("7d").unwrap(), Duration::from_secs(7 * 86_400));
        assert_eq!(parse_duration("250ms").unwrap(), Duration::from_millis(250));
        for bad in ["", "7", "d", "-1s", "1y"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
