//! Sizes and spans of time as text: exact, and never more than 64 bits.
//!
//! The same file stands in `joblib-core` and in `joblib-macros`, which have no crate below them: what the one
//! checks where it is written, the other reads at run time.

use std::time::Duration;

/// `"10G"`, `"1.5M"`, `"64 KiB"`, `"512"`: powers of 1024, a fraction of a byte is dropped.
pub(crate) const fn bytes(text: &str) -> Option<u64> {
    let Some((number, unit)) = split(text) else { return None };
    let power = match unit {
        b"" | b"b" | b"B" => 0,
        [letter] | [letter, b'b' | b'B'] | [letter, b'i' | b'I', b'b' | b'B'] => match letter {
            b'k' | b'K' => 1,
            b'm' | b'M' => 2,
            b'g' | b'G' => 3,
            b't' | b'T' => 4,
            _ => return None,
        },
        _ => return None,
    };
    match number.times(1 << (10 * power)) {
        Some(bytes) if bytes <= u64::MAX as u128 => Some(bytes as u64),
        _ => None,
    }
}

/// `"7d"`, `"12h"`, `"30m"`, `"45s"`, `"250ms"`, `"2w"`: a fraction of a nanosecond is dropped.
pub(crate) const fn duration(text: &str) -> Option<Duration> {
    const SECOND: u128 = 1_000_000_000;
    let Some((number, unit)) = split(text) else { return None };
    let unit = match unit {
        b"ms" => SECOND / 1000,
        b"s" => SECOND,
        b"m" => 60 * SECOND,
        b"h" => 3600 * SECOND,
        b"d" => 86_400 * SECOND,
        b"w" => 604_800 * SECOND,
        _ => return None,
    };
    match number.times(unit) {
        Some(nanos) if nanos / SECOND <= u64::MAX as u128 => {
            Some(Duration::new((nanos / SECOND) as u64, (nanos % SECOND) as u32))
        }
        _ => None,
    }
}

/// `digits / 10^decimals`.
struct Decimal {
    digits: u128,
    decimals: u32,
}

impl Decimal {
    const fn times(&self, unit: u128) -> Option<u128> {
        match (self.digits.checked_mul(unit), 10u128.checked_pow(self.decimals)) {
            (Some(product), Some(divisor)) => Some(product / divisor),
            _ => None,
        }
    }
}

/// A number and what follows it.
const fn split(text: &str) -> Option<(Decimal, &[u8])> {
    let mut rest = text.trim_ascii().as_bytes();
    let mut number = Decimal { digits: 0, decimals: 0 };
    let (mut is_fraction, mut is_empty) = (false, true);
    while let [next @ (b'0'..=b'9' | b'.'), after @ ..] = rest {
        if *next == b'.' {
            if is_fraction {
                return None;
            }
            is_fraction = true;
        } else {
            let Some(shifted) = number.digits.checked_mul(10) else { return None };
            let Some(digits) = shifted.checked_add((*next - b'0') as u128) else { return None };
            number = Decimal { digits, decimals: number.decimals + is_fraction as u32 };
            is_empty = false;
        }
        rest = after;
    }
    if is_empty { None } else { Some((number, rest.trim_ascii_start())) }
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
