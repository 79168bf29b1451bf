//! A clock read in nanoseconds, for cost estimates, and for how long to look before sleeping.
//!
//! `Instant::now` costs 20-50 ns, a third of a tiny loop's budget, so where the processor has a cheap
//! monotonic counter that one is read. Ticks are converted once, by watching both clocks for a moment.
#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The counter's value now. Differences are meaningful, and only between readings of one thread.
#[cfg(all(target_arch = "x86_64", not(any(loom, miri))))]
#[inline]
pub(super) fn ticks() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

/// The counter's value now. Differences are meaningful, and only between readings of one thread.
#[cfg(all(target_arch = "aarch64", not(any(loom, miri))))]
#[inline]
pub(super) fn ticks() -> u64 {
    let count: u64;
    // SAFETY: the virtual counter is readable from user mode on every system Rust runs on.
    unsafe {
        std::arch::asm!("mrs {}, cntvct_el0", out(reg) count, options(nomem, nostack, preserves_flags))
    };
    count
}

/// The counter's value now. Differences are meaningful, and only between readings of one thread.
#[cfg(not(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(any(loom, miri)))))]
pub(super) fn ticks() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Ticks since an earlier reading; zero if the counter went back (a virtual machine that moved).
#[inline]
pub(super) fn since(earlier: u64) -> u64 {
    ticks().saturating_sub(earlier)
}

/// This many nanoseconds in ticks.
pub(super) fn ticks_in(nanoseconds: f64) -> u64 {
    static RATE: OnceLock<f64> = OnceLock::new();
    let rate = RATE.get_or_init(|| {
        // The middle of three: an interruption between the readings of the two clocks spoils one.
        let mut rates = [watch(), watch(), watch()];
        rates.sort_unstable_by(f64::total_cmp);
        // Outside of all known counters (1 MHz .. 10 GHz) nothing can be trusted.
        rates[1].clamp(1e-3, 10.0)
    });
    (nanoseconds * rate).ceil() as u64
}

/// Both clocks, watched for a moment.
fn watch() -> f64 {
    let (started, first) = (Instant::now(), ticks());
    while started.elapsed() < Duration::from_micros(7) {
        std::hint::spin_loop();
    }
    since(first) as f64 / started.elapsed().as_nanos() as f64
}
