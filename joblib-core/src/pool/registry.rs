//! What the threads of one pool share: the seats, who sleeps, and the times that decide when to share a loop.

use super::clock;
use super::extras::Extras;
use super::missed::Missed;
use super::seat::Seat;
use super::sleep::Sleepers;
use super::sync::{AtomicBool, AtomicUsize, Ordering, fence};
use super::team::Ticket;
use crate::fork::Process;
use crossbeam_utils::CachePadded;
use std::sync::OnceLock;

/// Seats for threads that are not workers of the pool. More callers than this at once run their loops alone.
const GUEST_SEATS: usize = 1024;

/// The shared state of a pool.
pub(super) struct Registry {
    workers: usize,
    /// Workers' seats, then guests', which are made when first used.
    seats: Box<[CachePadded<OnceLock<Seat>>]>,
    pub(super) extras: Extras,
    /// Seats from here on have never been used.
    high_water: AtomicUsize,
    pub(super) sleepers: Sleepers,
    pub(super) tuning: Tuning,
    missed: Missed,
    /// How many workers could be started.
    alive: AtomicUsize,
    closing: AtomicBool,
    born: Process,
}

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

/// The times that decide, in clock ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tuning {
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
    /// How long a thread looks around before it sleeps.
    pub(super) search: u64,
}

impl Tuning {
    fn measured() -> Self {
        let rate = clock::ticks_per_ns();
        let ticks = |ns: f64| (ns * rate).ceil() as u64;
        Self {
            inline: ticks(4_000.0),
            trust: ticks(500.0),
            wake: ticks(40_000.0),
            offer: ticks(100_000.0),
            piece: ticks(10_000.0),
            search: ticks(20_000.0),
        }
    }
}

impl Registry {
    /// Seats for `workers` threads and for guests.
    pub(super) fn new(workers: usize) -> Self {
        let seats: Box<[_]> = (0..workers + GUEST_SEATS).map(|_| CachePadded::new(OnceLock::new())).collect();
        for seat in &seats[..workers] {
            seat.get_or_init(Seat::new).sit();
        }
        Self {
            workers,
            seats,
            extras: Extras::default(),
            high_water: AtomicUsize::new(workers),
            sleepers: Sleepers::new(workers),
            tuning: Tuning::measured(),
            missed: Missed::default(),
            alive: AtomicUsize::new(workers),
            closing: AtomicBool::new(false),
            born: Process::current(),
        }
    }

    pub(super) fn seat(&self, index: usize) -> &Seat {
        self.seats[index].get_or_init(Seat::new)
    }

    /// The seats that have been used so far.
    fn used_seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats[..self.high_water.load(Ordering::Relaxed)].iter().filter_map(|seat| seat.get())
    }

    /// How many threads can be in one loop.
    pub(super) fn capacity(&self) -> usize {
        self.seats.len()
    }

    pub(super) fn workers_alive(&self) -> usize {
        self.alive.load(Ordering::Relaxed)
    }

    pub(super) fn set_workers_alive(&self, workers: usize) {
        self.alive.store(workers, Ordering::Relaxed);
    }

    /// Whether the pool's threads exist in this process: they do not in a child made by `fork`.
    pub(super) fn is_native(&self) -> bool {
        self.born.is_current()
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    /// Tells every worker to end.
    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Release);
        for worker in 0..self.workers {
            self.seat(worker).waiter.unpark();
        }
        self.extras.close();
    }

    /// A place for the calling thread, which is no worker; `None` if all are taken.
    pub(super) fn borrow_seat(&self) -> Option<usize> {
        let index = (self.workers..self.seats.len()).find(|&index| self.seat(index).sit())?;
        if self.high_water.load(Ordering::Relaxed) <= index {
            self.high_water.fetch_max(index + 1, Ordering::Relaxed);
        }
        Some(index)
    }

    /// What to do with a loop expected to take `left` ticks more (`None`: no idea).
    pub(super) fn judge(&self, left: Option<f32>) -> Sharing {
        let Some(left) = left else { return Sharing::Call };
        if left <= self.tuning.inline as f32 {
            return Sharing::Keep;
        }
        if left > self.tuning.wake as f32
            && (left > self.tuning.offer as f32 || self.sleepers.anyone_asleep())
        {
            Sharing::Call
        } else if self.sleepers.anyone_searching() {
            Sharing::Offer
        } else if self.sleepers.anyone_asleep() && self.missed.add(left as u64, &self.tuning) {
            Sharing::Call
        } else {
            Sharing::Keep
        }
    }

    /// Panics in a child of `fork` that came back into a loop begun by its parent: the threads that run the
    /// rest of it do not exist here.
    pub(super) fn check_not_forked(&self) {
        assert!(self.is_native(), "a process forked inside a parallel loop cannot finish the loop");
    }

    /// Looks for a ticket in everybody else's deque, beginning with the next seat.
    pub(super) fn find_ticket(&self, me: usize) -> Option<Ticket> {
        let used = self.high_water.load(Ordering::Relaxed);
        let (before, after) = self.seats[..used].split_at(me.min(used));
        after.iter().skip(1).chain(before).find_map(|seat| seat.get()?.steal())
    }

    /// The last worker that looked around has found a ticket: if there are more, another one shall look.
    pub(super) fn keep_a_lookout(&self) {
        fence(Ordering::SeqCst);
        if self.sleepers.anyone_asleep() && self.used_seats().any(Seat::is_offering) {
            self.wake_one();
        }
    }

    /// After a ticket was pushed: wakes one sleeping worker, if nobody looks around anyhow.
    pub(super) fn wake_one(&self) -> bool {
        let picked = self.sleepers.pick_after_publishing();
        if let Some(worker) = picked {
            let seat = self.seat(worker);
            seat.berth.make_room();
            seat.waiter.unpark();
        }
        picked.is_some()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Registry, Sharing};

    /// The table in `README.md`.
    #[test]
    fn a_loop_is_shared_if_it_pays() {
        let registry = Registry::new(2);
        let times = registry.tuning;
        let between = |a: u64, b: u64| Some((a + b) as f32 / 2.0);
        let tiny = between(0, times.inline);
        let short = between(times.inline, times.wake);
        let middling = between(times.wake, times.offer);
        let long = Some(times.offer as f32 * 2.0);
        let judge = || [None, tiny, short, middling, long].map(|left| registry.judge(left));
        use Sharing::{Call, Keep, Offer};

        // Nobody is registered as looking or asleep: everybody is busy.
        assert_eq!(judge(), [Call, Keep, Keep, Keep, Call]);
        registry.sleepers.begin_search();
        assert_eq!(judge(), [Call, Keep, Offer, Offer, Call]);
        registry.sleepers.announce(0);
        assert_eq!(judge(), [Call, Keep, Keep, Call, Call]);
    }

    /// Short loops that follow each other closely wake somebody in the end.
    #[test]
    fn a_stream_of_short_loops_is_shared() {
        let registry = Registry::new(1);
        registry.sleepers.begin_search();
        registry.sleepers.announce(0);
        let short = Some(registry.tuning.wake as f32 / 2.0);
        assert!((0..1000).any(|_| registry.judge(short) == Sharing::Call));
    }
}
