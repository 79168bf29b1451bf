//! A loop that has been shared: its participants, what each has left to run, and how the last one out is waited for.
//!
//! The one unsafe idea here: a [`Ticket`] is a pointer to a `Team` on its owner's stack. It may be followed while a
//! claim on the team's latch is held; the owner does not return before all claims are given back.
#![allow(unsafe_code)]

use super::clock;
use super::current::{self, Frame};
use super::deal::Deal;
use super::door::Door;
use super::feeder::Feeder;
use super::job::Job;
use super::latch::Latch;
use super::ranges::UnitRange;
use super::registry::{Registry, Sharing};
use super::seat::SeatOwner;
use super::sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use super::unwind::{self, Payload};
use crossbeam_utils::CachePadded;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The longest sleep of a participant that waits for others, who may tell it without a fence.
const LOOKS_AGAIN: Duration = Duration::from_millis(10);

/// The shared side of a loop.
pub(super) struct Team<'r> {
    pub(super) job: &'r Job<'r>,
    pub(super) deal: Deal,
    pub(super) slots: Box<[CachePadded<Slot>]>,
    joined: AtomicUsize,
    latch: Latch,
    /// The owner's seat.
    pub(super) seat: usize,
    /// The loop of the same pool that the owner runs an iteration of, and its slot there.
    outer: (*const Team<'static>, usize),
    /// The panic of the earliest range so far.
    panic: Mutex<Option<(usize, Payload)>>,
}

/// One participant's part of a team.
pub(super) struct Slot {
    pub(super) range: UnitRange,
    taken: AtomicBool,
    /// The loop that the participant waits for at present, for helpers.
    inner: Door<Team<'static>>,
    /// One more than the seat its participant sleeps on, waiting for other participants; else zero.
    asleep: AtomicUsize,
    ticks: AtomicU64,
    items: AtomicU64,
}

/// Permission to join a team, together with one claim on it.
pub(super) struct Ticket(*const Team<'static>);

// SAFETY: it gives access to a `Team`, which is `Sync`.
unsafe impl Send for Ticket {}
// SAFETY: all parts are `Sync` but the pointer `outer`. It is followed by the owner and by holders of a claim only, and
// while there is a claim the owner stays in its iteration of the outer loop, whose team is `Sync` in turn.
unsafe impl Sync for Team<'_> {}

impl<'r> Team<'r> {
    /// A team for the units of `job` from `first` on, owned by the thread on `seat`.
    pub(super) fn new(
        job: &'r Job<'r>,
        first: u32,
        seat: usize,
        outer: (*const Team<'static>, usize),
    ) -> Self {
        let deal = Deal::new(job, first);
        let slots = (0..job.slots).map(|slot| CachePadded::new(Slot::new(deal.share(slot), slot == 0)));
        Self {
            job,
            deal,
            slots: slots.collect(),
            joined: AtomicUsize::new(1),
            latch: Latch::new(0),
            seat,
            outer,
            panic: Mutex::new(None),
        }
    }

    fn registry(&self) -> &'r Registry {
        self.job.pool.registry()
    }

    fn erased(&self) -> *const Team<'static> {
        ptr::from_ref(self).cast()
    }

    fn frame(&self, seat: usize, slot: usize) -> Frame {
        let registry = self.registry();
        Frame { pool: self.job.pool, registry, seat, team: self.erased(), slot }
    }

    /// Lets others in: offers a ticket, and wakes a thread for it if that is asked for. Moves the owner's thread into the loop.
    pub(super) fn open(&self, seat: &SeatOwner<'_>, sharing: Sharing) -> current::Entered {
        if let Some((outer, slot)) = self.outer() {
            // SAFETY: `finish` closes the door and then waits for whoever was let in.
            unsafe { outer.slots[slot].inner.open(self.erased()) };
        }
        self.latch.add();
        seat.push(Ticket(self.erased()));
        self.call_for_help(sharing);
        current::enter(self.frame(self.seat, 0))
    }

    fn call_for_help(&self, sharing: Sharing) {
        if sharing != Sharing::Call {
            fence(Ordering::SeqCst);
        } else if !self.registry().wake_one() && !self.registry().sleepers.anyone_searching() {
            // Nobody idle: whoever sleeps in an outer loop, waiting for its end or for others, may help with
            // this one.
            let mut inner = self.outer();
            while let Some((team, _)) = inner {
                if self.registry().seat(team.seat).waiter.wake() || team.wake_one() {
                    break;
                }
                inner = team.outer();
            }
        }
        if sharing == Sharing::Call {
            self.call_extras();
        }
    }

    /// Sends threads beyond the pool's own in, if more jobs are asked for than it has.
    fn call_extras(&self) {
        let registry = self.job.pool.shared_registry();
        for _ in registry.workers_alive() + 1..self.slots.len() {
            let Some(seat) = registry.borrow_seat() else { return };
            self.latch.add();
            if let Err((_, seat)) = registry.extras.send(registry, Ticket(self.erased()), seat) {
                registry.seat(seat).leave();
                self.release();
                return;
            }
        }
    }

    /// The enclosing loop. It outlives this one, whose owner runs inside it.
    fn outer(&self) -> Option<(&Team<'r>, usize)> {
        let (team, slot) = self.outer;
        // SAFETY: the owner of `self` runs an iteration of `outer` until `self` ends.
        unsafe { team.cast::<Team<'r>>().as_ref() }.map(|team| (team, slot))
    }

    /// Whether somebody who joined now would find something to run.
    pub(super) fn has_work(&self) -> bool {
        let bound = self.job.bound_unit();
        self.slots.iter().enumerate().any(|(index, slot)| {
            let (start, end) = slot.range.get();
            start < end && self.deal.units(index, start, end).0 < bound
        })
    }

    /// Takes the later half of the longest run that is left, for the participant in `thief`, whose own is empty.
    pub(super) fn steal_half(&self, thief: usize) -> Option<(u32, u32)> {
        let bound = self.job.bound_unit();
        loop {
            let runs =
                self.slots.iter().enumerate().filter(|&(slot, _)| slot != thief).map(|(slot, victim)| {
                    let (start, end) = victim.range.get();
                    (end.min(bound).saturating_sub(start), slot, (start, end))
                });
            let (left, victim, seen) = runs.max_by_key(|run| run.0).filter(|run| run.0 > 0)?;
            let split = seen.0 + left / 2;
            if self.slots[victim].range.steal_back(seen, split) {
                return Some((split, seen.1));
            }
        }
    }

    /// Takes a free slot, `preferred` if possible.
    pub(super) fn join(&self, preferred: usize) -> Option<usize> {
        let count = self.slots.len();
        if self.joined.load(Ordering::Relaxed) >= count || !self.has_work() {
            return None;
        }
        let preferred = preferred % count;
        let slot = (preferred..count).chain(0..preferred).find(|&slot| self.slots[slot].take())?;
        self.joined.fetch_add(1, Ordering::Relaxed);
        Some(slot)
    }

    /// Runs the participant in `slot` until the loop has nothing left to hand out.
    pub(super) fn participate(&self, slot: usize, seat: usize) {
        let _inside = current::enter(self.frame(seat, slot));
        let mut feeder = Feeder::joined(self, slot, seat);
        let first = unwind::halt(|| (self.job.body)(&mut feeder));
        self.carry_on(&mut feeder, first);
    }

    /// After a participant returned or panicked: keeps the panic, and runs on as long as earlier iterations are left.
    fn carry_on(&self, feeder: &mut Feeder<'_>, first: Result<(), Payload>) {
        let mut outcome = first;
        while let Err(payload) = outcome {
            self.record_panic(feeder.position(), payload);
            if !self.has_work() {
                break;
            }
            outcome = unwind::halt(|| (self.job.body)(feeder));
        }
        let (ticks, items) = feeder.spent();
        let slot = &self.slots[feeder.slot()];
        slot.ticks.store(ticks, Ordering::Relaxed);
        slot.items.store(items, Ordering::Relaxed);
    }

    fn record_panic(&self, at: usize, payload: Payload) {
        self.job.leave_at(at);
        unwind::keep_first_panic(&self.panic, at, payload);
    }

    /// The owner's way out: finishes its own part, waits for the others, learns from the times.
    /// Returns the panic to re-throw, and where it belongs.
    pub(super) fn finish(
        &self,
        feeder: &mut Feeder<'_>,
        seat: &SeatOwner<'_>,
        outcome: Result<(), Payload>,
    ) -> Result<(), (usize, Payload)> {
        self.carry_on(feeder, outcome);
        if seat.pop().is_some() {
            self.release();
        }
        self.wait(self.seat, seat, None, &mut || self.latch.is_free());
        if let Some((outer, slot)) = self.outer() {
            outer.slots[slot].inner.close();
            // Whoever came in before that.
            self.wait(self.seat, seat, None, &mut || self.latch.is_free());
        }
        if let Some(site) = self.job.site {
            let sum = |part: fn(&Slot) -> &AtomicU64| {
                self.slots.iter().map(|slot| part(slot).load(Ordering::Relaxed)).fold(0, u64::saturating_add)
            };
            site.record(sum(|slot| &slot.ticks), sum(|slot| &slot.items));
        }
        match self.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // An iteration before the panicking one may have left the loop: then the panic never happened.
            Some((at, payload)) if at != usize::MAX && at > self.job.bound() => unwind::discard(payload),
            Some(panic) => return Err(panic),
            None => {}
        }
        Ok(())
    }

    fn release(&self) {
        // SAFETY: only called with a claim in hand, by the owner, whose team it is.
        unsafe { Latch::release(&raw const self.latch, &self.registry().seat(self.seat).waiter) }
    }

    /// The participant in `slot`, whose thread sits on `seat`, waits for something that other participants do
    /// and then [tell](Self::wake_one).
    pub(super) fn wait_in(&self, slot: usize, seat: usize, ready: &mut dyn FnMut() -> bool) {
        // SAFETY: the thread sits there for as long as it takes part.
        let owner = unsafe { SeatOwner::new(self.registry().seat(seat)) };
        let mut is_ready = false;
        self.wait(seat, &owner, Some(&self.slots[slot].asleep), &mut || {
            is_ready = is_ready || ready();
            is_ready
        });
    }

    /// Wakes one participant that waits for others. Says whether there was one.
    pub(super) fn wake_one(&self) -> bool {
        fence(Ordering::SeqCst);
        let sleeping = |slot: &CachePadded<Slot>| match slot.asleep.load(Ordering::Relaxed) {
            0 => None,
            _ => slot.asleep.swap(0, Ordering::Relaxed).checked_sub(1),
        };
        match self.slots.iter().find_map(sleeping) {
            Some(seat) => {
                self.registry().seat(seat).waiter.wake();
                true
            }
            None => false,
        }
    }

    /// Waits until `ready`. Runs iterations of loops nested in this one meanwhile, and nothing else.
    fn wait(
        &self,
        seat: usize,
        owner: &SeatOwner<'_>,
        asleep: Option<&AtomicUsize>,
        ready: &mut dyn FnMut() -> bool,
    ) {
        let sleeps_on = |seat| {
            if let Some(asleep) = asleep {
                asleep.store(seat, Ordering::Relaxed);
            }
        };
        let search = self.registry().tuning.search;
        let longest = asleep.map(|_| LOOKS_AGAIN);
        let mut started = None;
        let mut rounds = 0;
        while !ready() {
            if self.help_nested(seat, ready) {
                (started, rounds) = (None, 0);
                continue;
            }
            let began = *started.get_or_insert_with(clock::ticks);
            if clock::since(began) < search {
                relax(&mut rounds);
                continue;
            }
            self.registry().check_not_forked();
            sleeps_on(seat + 1);
            owner.park_unless(longest, || ready() || self.help_nested(seat, ready));
            sleeps_on(0);
        }
    }

    /// Joins a loop nested in this one, at any depth. Says whether there was something to do.
    fn help_nested(&self, seat: usize, ready: &mut dyn FnMut() -> bool) -> bool {
        self.slots.iter().any(|slot| slot.help(self.registry(), seat, ready))
    }
}

impl Slot {
    fn new((start, end): (u32, u32), taken: bool) -> Self {
        Self {
            range: UnitRange::new(start, end),
            taken: AtomicBool::new(taken),
            inner: Door::shut(),
            asleep: AtomicUsize::new(0),
            ticks: AtomicU64::new(0),
            items: AtomicU64::new(0),
        }
    }

    /// Claims the slot, if it is free.
    pub(super) fn take(&self) -> bool {
        !self.taken.load(Ordering::Relaxed) && !self.taken.swap(true, Ordering::Relaxed)
    }

    /// Joins the loop that this slot's participant waits for, or one nested in that.
    fn help(&self, registry: &Registry, seat: usize, ready: &mut dyn FnMut() -> bool) -> bool {
        let Some(team) = self.inner.visit(|inner| inner.latch.add()) else { return false };
        // SAFETY: the claim just made keeps it alive.
        let inner = unsafe { &*team };
        // Once more: the loop may wait for what this participant can do since just before it was opened.
        let helped = ready()
            || match inner.join(seat) {
                Some(slot) => {
                    inner.participate(slot, seat);
                    true
                }
                None => inner.help_nested(seat, ready),
            };
        // SAFETY: the claim made above is given back; `inner` is not used any more.
        unsafe { Ticket(team).release(registry) };
        helped
    }
}

impl Ticket {
    /// Runs a participant of the ticket's team, if there is something left for one, and gives the claim back.
    pub(super) fn redeem(self, registry: &Registry, me: usize, seat: &SeatOwner<'_>) {
        // SAFETY: the ticket holds a claim until it is released below.
        let team = unsafe { &*self.0 };
        // Worker 0 comes after the owner, who has slot 0: consecutive loops give a thread the same share.
        if let Some(slot) = team.join(me + 1) {
            let more = team.joined.load(Ordering::Relaxed) < team.slots.len();
            if more {
                team.latch.add();
                seat.push(Ticket(self.0));
                registry.wake_one();
            }
            team.participate(slot, me);
            if more && let Some(back) = seat.pop() {
                // SAFETY: the claim of the ticket just taken back; `self` holds another one.
                unsafe { back.release(registry) };
            }
        }
        // SAFETY: `team` is not used any more.
        unsafe { self.release(registry) };
    }

    /// Runs a participant on a seat that the team's owner has borrowed for this thread, and gives seat and claim back.
    pub(super) fn redeem_as_guest(self, registry: &Registry, seat: usize) {
        // SAFETY: as above.
        let team = unsafe { &*self.0 };
        if let Some(slot) = team.join(seat) {
            team.participate(slot, seat);
        }
        registry.seat(seat).leave();
        // SAFETY: `team` is not used any more.
        unsafe { self.release(registry) };
    }

    /// # Safety
    /// The caller holds a claim on the team and uses no reference into it afterwards.
    unsafe fn release(self, registry: &Registry) {
        // SAFETY: the claim keeps the team alive for these two reads; the pointer is made without a reference to the latch.
        let (latch, owner) = unsafe { (&raw const (*self.0).latch, (*self.0).seat) };
        // SAFETY: the caller's claim, as promised.
        unsafe { Latch::release(latch, &registry.seat(owner).waiter) };
    }
}

/// One round of looking around: short pauses first, then the processor is offered to others. Never only pauses: a
/// thread that shares its processor with the one it waits for would take its time.
pub(crate) fn relax(rounds: &mut u32) {
    if *rounds < 8 {
        *rounds += 1;
        for _ in 0..8 {
            std::hint::spin_loop();
        }
    } else {
        std::thread::yield_now();
    }
}
