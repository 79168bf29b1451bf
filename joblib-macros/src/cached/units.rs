//! Sizes and spans of time as text, checked where they are written.

use std::time::Duration;

/// `"10G"`, `"1.5M"`, `"64k"`, `"512"`: powers of 1024.
pub(super) fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let power = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    Some((number * 1024f64.powi(power)) as u64)
}

/// `"7d"`, `"12h"`, `"30m"`, `"45s"`, `"250ms"`, `"2w"`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "w" => 604_800.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * seconds).ok()
}

fn split(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_run_time_reads() {
        assert_eq!(bytes("1.5M"), Some(3 << 19));
        assert_eq!(bytes("64 KiB"), Some(64 << 10));
        assert_eq!(duration("7d"), Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        for bad in ["", "G", "-1", "1X", "1.2.3"] {
            assert!(bytes(bad).is_none() && duration(bad).is_none(), "{bad}");
        }
    }
}
