//! When to share a loop, and whether to wake somebody for it.

use crate::pool::clock;
use crate::pool::threads::Sleepers;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long a sequence of short loops may pause before it counts as ended, in nanoseconds.
const PAUSE: f64 = 20_000.0;

/// Whether a loop is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Too short, or everybody is busy: the caller runs it, for now.
    Keep,
    /// With threads that are awake and have nothing to do; not worth waking one.
    Offer,
    /// With all threads, waking them if need be.
    Call,
}

/// How a pool decides, by times in clock ticks.
#[derive(Debug)]
pub(in crate::pool) struct SharingPolicy {
    /// A loop predicted to be shorter runs on the caller alone.
    pub(super) inline: u64,
    /// A shorter time says nothing about how expensive a loop is.
    pub(super) trust: u64,
    /// A loop with less left than this is not worth waking a sleeping thread for.
    pub(super) wake: u64,
    /// A loop with more left than this is offered even if every thread is busy at the moment.
    pub(super) offer: u64,
    /// How long a piece of a loop is to take.
    pub(super) piece: u64,
    wake_credit: WakeCredit,
}

impl SharingPolicy {
    pub(in crate::pool) fn new() -> Self {
        let wake = clock::ticks_in(40_000.0);
        Self {
            inline: clock::ticks_in(4_000.0),
            trust: clock::ticks_in(500.0),
            wake,
            offer: clock::ticks_in(100_000.0),
            piece: clock::ticks_in(10_000.0),
            wake_credit: WakeCredit::new(2 * wake),
        }
    }

    /// What to do with a loop expected to take `left` ticks more (`None`: no idea).
    pub(super) fn judge(&self, left: Option<f32>, sleepers: &Sleepers) -> Sharing {
        let Some(left) = left else { return Sharing::Call };
        if left <= self.inline as f32 {
            return Sharing::Keep;
        }
        if left > self.wake as f32 && (left > self.offer as f32 || sleepers.anyone_asleep()) {
            Sharing::Call
        } else if sleepers.anyone_searching() {
            Sharing::Offer
        } else if sleepers.anyone_asleep() && self.wake_credit.add(left as u64) {
            Sharing::Call
        } else {
            Sharing::Keep
        }
    }
}

/// Recent work that was too short to wake anybody for: when many short loops follow each other, waking a
/// thread pays although it pays for none of them alone. Races lose some of it, which does no harm.
#[derive(Debug)]
pub(super) struct WakeCredit {
    /// How much pays for a wake-up.
    enough: u64,
    pause: u64,
    since: AtomicU64,
    ticks: AtomicU64,
}

impl WakeCredit {
    /// Where as many ticks of work pay for a wake-up.
    pub(super) fn new(enough: u64) -> Self {
        let (since, ticks) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { enough, pause: clock::ticks_in(PAUSE), since, ticks }
    }

    /// Adds a loop about to run alone. True if such loops have taken up enough of the recent time to outweigh
    /// waking a thread, which then stays awake while more keep coming.
    pub(super) fn add(&self, ticks: u64) -> bool {
        let now = clock::ticks();
        let (since, before) = (self.since.load(Ordering::Relaxed), self.ticks.load(Ordering::Relaxed));
        if now.saturating_sub(since) > 2 * before + self.pause {
            self.since.store(now, Ordering::Relaxed);
            self.ticks.store(ticks, Ordering::Relaxed);
            return false;
        }
        let enough = before + ticks > self.enough;
        self.ticks.store(if enough { 0 } else { before + ticks }, Ordering::Relaxed);
        enough
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Sharing, SharingPolicy};
    use crate::pool::threads::Sleepers;

    /// The table in `README.md`.
    #[test]
    fn a_loop_is_shared_if_it_pays() {
        let (policy, sleepers) = (SharingPolicy::new(), Sleepers::new(2));
        let between = |a: u64, b: u64| Some((a + b) as f32 / 2.0);
        let tiny = between(0, policy.inline);
        let short = between(policy.inline, policy.wake);
        let middling = between(policy.wake, policy.offer);
        let long = Some(policy.offer as f32 * 2.0);
        let judge = || [None, tiny, short, middling, long].map(|left| policy.judge(left, &sleepers));
        use Sharing::{Call, Keep, Offer};

        // Nobody is registered as looking or asleep: everybody is busy.
        assert_eq!(judge(), [Call, Keep, Keep, Keep, Call]);
        sleepers.begin_search();
        assert_eq!(judge(), [Call, Keep, Offer, Offer, Call]);
        sleepers.announce(0);
        assert_eq!(judge(), [Call, Keep, Keep, Call, Call]);
    }

    /// Short loops that follow each other closely wake somebody in the end.
    #[test]
    fn a_stream_of_short_loops_is_shared() {
        let (policy, sleepers) = (SharingPolicy::new(), Sleepers::new(1));
        sleepers.begin_search();
        sleepers.announce(0);
        let short = Some(policy.wake as f32 / 2.0);
        assert!((0..1000).any(|_| policy.judge(short, &sleepers) == Sharing::Call));
    }
}
