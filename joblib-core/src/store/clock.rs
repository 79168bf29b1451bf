//! Stamps of use: cheap, and in order within a thread.
//!
//! A stamp is nanoseconds of the Unix epoch, read from the system's coarse clock (some milliseconds a tick, a
//! few nanoseconds a reading) and stepped within a tick, so that of two uses by one thread the later has the
//! later stamp.

use std::cell::Cell;
use std::time::{Duration, SystemTime};

thread_local! {
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// How far ahead of the clock a stamp may be and still be believed: a clock may have been set back.
const AHEAD: u64 = 24 * 3_600_000_000_000;

/// The stamp for an entry used now whose stamp is `former`; `None` where that is the latest already.
///
/// So an entry that some threads use again and again is written once a tick, not at each use.
#[inline]
pub(super) fn stamp_after(former: u64) -> Option<u64> {
    let floor = floor();
    // Earlier ones wrap around; the others are too late to be true.
    (former.wrapping_sub(floor) > AHEAD).then(|| issue(floor))
}

/// The stamp, or the earliest where it is too late to be true.
pub(super) fn believable(stamp: u64, now: u64) -> u64 {
    if stamp > now.saturating_add(AHEAD) { 0 } else { stamp }
}

/// A stamp for an entry stored now.
pub(super) fn new_stamp() -> u64 {
    issue(floor())
}

#[inline]
fn floor() -> u64 {
    LAST.get().max(coarse_now())
}

#[inline]
fn issue(floor: u64) -> u64 {
    LAST.set(floor + 1);
    floor + 1
}

#[cfg(target_os = "linux")]
#[inline]
pub(super) fn coarse_now() -> u64 {
    nanos(crate::sys::clock(libc::CLOCK_REALTIME_COARSE))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn coarse_now() -> u64 {
    since_epoch(SystemTime::now())
}

/// The time this many nanoseconds after the Unix epoch.
pub(super) fn time_of(nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos)
}

/// Nanoseconds since the Unix epoch, at most `u64::MAX`.
pub(super) fn since_epoch(time: SystemTime) -> u64 {
    nanos(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

/// Nanoseconds, at most `u64::MAX`.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_use_later_stamp() {
        let a = new_stamp();
        let b = new_stamp();
        assert!(a < b);
        let again = stamp_after(a).unwrap();
        assert!(again > b);
        assert!(stamp_after(again + 10_000_000_000).is_none());
        for damaged in [0, again + 2 * AHEAD, u64::MAX] {
            assert!(stamp_after(damaged).is_some_and(|stamp| stamp > again));
            assert_eq!(believable(damaged, again), 0);
        }
    }
}
