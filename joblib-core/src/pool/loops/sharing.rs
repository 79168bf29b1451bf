//! When to share a loop, and whether to wake somebody for it.

use super::wake_credit::WakeCredit;
use crate::pool::clock;
use crate::pool::threads::Sleepers;

/// Whether a loop is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Too short, or everybody is busy: the caller runs it, for now.
    Keep,
    /// With threads that are awake and have nothing to do; not worth waking one.
    Offer,
    /// With whoever can be had.
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
    /// How long a piece of a loop shall take.
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
