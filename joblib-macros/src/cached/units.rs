//! Sizes and spans of time as text: exact, and never more than 64 bits.
//!
//! `joblib-core` and `joblib-macros` have this file each, word for word: what one checks where it is written, the other
//! reads at run time.

use std::time::Duration;

/// `"10G"`, `"1.5M"`, `"64 KiB"`, `"512"`: powers of 1024, a fraction of a byte is dropped.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let unit = unit.to_ascii_lowercase();
    let power = match unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit) {
        "" if unit != "ib" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    u64::try_from(number.times(1 << (10 * power))?).ok()
}

/// `"7d"`, `"12h"`, `"30m"`, `"45s"`, `"250ms"`, `"2w"`: a fraction of a nanosecond is dropped.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    const SECOND: u128 = 1_000_000_000;
    let (number, unit) = split(text)?;
    let unit = match unit {
        "ms" => SECOND / 1000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        "d" => 86_400 * SECOND,
        "w" => 604_800 * SECOND,
        _ => return None,
    };
    let nanos = number.times(unit)?;
    Some(Duration::new(u64::try_from(nanos / SECOND).ok()?, u32::try_from(nanos % SECOND).ok()?))
}

/// `digits / 10^decimals`.
struct Decimal {
    digits: u128,
    decimals: u32,
}

impl Decimal {
    fn times(&self, unit: u128) -> Option<u128> {
        Some(self.digits.checked_mul(unit)? / 10u128.checked_pow(self.decimals)?)
    }
}

/// A number and what follows it.
fn split(text: &str) -> Option<(Decimal, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((Decimal { digits, decimals: u32::try_from(fraction.len()).ok()? }, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact() {
        for (text, size) in [
            ("512", 512),
            ("1.5M", 3 << 19),
            ("10G", 10 << 30),
            (" 64 KiB ", 64 << 10),
            ("1kb", 1 << 10),
            ("2tIb", 2 << 40),
            ("7B", 7),
            ("0.9", 0),
            (".5k", 512),
            ("9007199254740993", (1 << 53) + 1),
            ("18446744073709551615", u64::MAX),
            ("16777215.5T", u64::MAX - (1 << 39) + 1),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in [
            "",
            "G",
            "-1",
            "+1",
            "1X",
            "1.2.3",
            ".",
            "1i",
            "1ib",
            "1iB",
            "1Ki",
            "1bb",
            "1kbb",
            "1ibB",
            "1kiib",
            "1e3",
            "inf",
            "18446744073709551616",
            "16777216T",
            "99999999999999999999999999999999999999999",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_exact() {
        for (text, span) in [
            ("7d", Duration::from_secs(7 * 86_400)),
            ("250ms", Duration::from_millis(250)),
            ("0.1 s", Duration::from_millis(100)),
            ("1.5h", Duration::from_secs(5400)),
            ("2w", Duration::from_secs(1_209_600)),
            ("9007199254740993s", Duration::from_secs((1 << 53) + 1)),
            ("18446744073709551615.999999999s", Duration::MAX),
        ] {
            assert_eq!(duration(text), Some(span), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in
            ["", "7", "d", "-1s", "1y", "1.2.3s", ".s", "1S", "18446744073709551616s", "30500568904944w"]
        {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
