//! A loop that has been shared: its participants and what each has left to run.
#![allow(unsafe_code)]

use super::help_link::HelpLink;
use super::job::Job;
use super::latch::Latch;
use super::partition::Partition;
use super::sharing::Sharing;
use super::unit_range::UnitRange;
use super::unwind::Payload;
use crate::pool::current::{self, Frame};
use crate::pool::threads::sync::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use crate::pool::threads::{Registry, WorkerThread};
use crate::sync::Mutex;
use crossbeam_utils::CachePadded;
use std::cell::OnceCell;
use std::ptr;

/// Runs the participant in a slot, on the thread with a worker slot, until the loop has nothing left to hand
/// out.
pub(super) type Participate<'r> = dyn Fn(&Team<'_>, usize, usize) + Sync + 'r;

/// Where the team of a loop will be, if it is shared.
pub(super) struct TeamCell<'r> {
    participate: &'r Participate<'r>,
    team: OnceCell<Team<'r>>,
}

/// The shared side of a loop. It lives on its owner's stack: `join.rs` says who may look at it for how long.
pub(super) struct Team<'r> {
    pub(super) job: &'r Job<'r>,
    pub(super) partition: Partition,
    pub(super) slots: Box<[CachePadded<Slot>]>,
    pub(super) participate: &'r Participate<'r>,
    pub(super) joined: AtomicUsize,
    pub(super) latch: Latch,
    /// The owner's worker slot.
    pub(super) owner: usize,
    /// The loop of the same pool that the owner runs an iteration of, and its slot there.
    outer: (*const Team<'static>, usize),
    /// The panic of the earliest range so far.
    pub(super) panic: Mutex<Option<(usize, Payload)>>,
}

/// One participant's part of a team.
pub(super) struct Slot {
    pub(super) range: UnitRange,
    taken: AtomicBool,
    /// To the loop that the participant waits for at present.
    pub(super) inner: HelpLink<Team<'static>>,
    /// One more than the worker slot its participant sleeps on, waiting for other participants; else zero.
    pub(super) asleep: AtomicUsize,
    pub(super) ticks: AtomicU64,
    pub(super) items: AtomicU64,
}

// SAFETY: all parts are `Sync` but the pointer `outer`. It is followed by the owner and by holders of a claim
// only, and while there is a claim the owner stays in its iteration of the outer loop, whose team is `Sync`
// in turn.
unsafe impl Sync for Team<'_> {}

impl<'r> TeamCell<'r> {
    pub(super) fn new(participate: &'r Participate<'r>) -> Self {
        Self { participate, team: OnceCell::new() }
    }

    /// A team for the units of `job` from `first` on, owned by the thread with the worker slot `owner`.
    pub(super) fn form(
        &'r self,
        job: &'r Job<'r>,
        first: u32,
        owner: usize,
        outer: (*const Team<'static>, usize),
    ) -> &'r Team<'r> {
        self.team.get_or_init(|| {
            let partition = Partition::new(job, first);
            let slots =
                (0..job.slots).map(|slot| CachePadded::new(Slot::new(partition.share(slot), slot == 0)));
            Team {
                job,
                partition,
                slots: slots.collect(),
                participate: self.participate,
                joined: AtomicUsize::new(1),
                latch: Latch::new(0),
                owner,
                outer,
                panic: Mutex::new(None),
            }
        })
    }
}

impl<'r> Team<'r> {
    pub(super) fn registry(&self) -> &'r Registry {
        self.job.pool.registry()
    }

    pub(super) fn erased(&self) -> *const Team<'static> {
        ptr::from_ref(self).cast()
    }

    /// The enclosing loop. It outlives this one, whose owner runs inside it.
    pub(super) fn outer(&self) -> Option<(&Team<'r>, usize)> {
        let (team, slot) = self.outer;
        // SAFETY: the owner of `self` runs an iteration of `outer` until `self` ends.
        unsafe { team.cast::<Team<'r>>().as_ref() }.map(|team| (team, slot))
    }

    /// Moves the thread with the worker slot `worker` into the loop.
    pub(super) fn enter(&self, slot: usize, worker: usize) -> current::Entered {
        let (pool, registry) = (self.job.pool, self.registry());
        current::enter(Frame { pool, registry, worker, team: self.erased().cast(), slot })
    }

    /// Lets others in: offers a job, and wakes a thread for it if that is asked for. Moves the owner's thread
    /// into the loop.
    pub(super) fn open(&self, owner: &WorkerThread<'_>, sharing: Sharing) -> current::Entered {
        if let Some((outer, slot)) = self.outer() {
            // SAFETY: `finish` cuts the link and then waits for whoever came by it.
            unsafe { outer.slots[slot].inner.lead_to(self.erased()) };
        }
        owner.push(self.job_ref());
        match sharing {
            Sharing::Call => {
                self.call_worker();
                self.call_extra_threads();
            }
            Sharing::Offer | Sharing::Keep => fence(Ordering::SeqCst),
        }
        self.enter(0, self.owner)
    }

    fn call_worker(&self) {
        if self.registry().wake_one() || self.registry().sleepers.anyone_searching() {
            return;
        }
        // Nobody idle: whoever sleeps in an outer loop, waiting for its end or for others, may help with
        // this one.
        let mut outer = self.outer();
        while let Some((team, _)) = outer {
            if self.registry().slot(team.owner).waiter.wake() || team.wake_one() {
                break;
            }
            outer = team.outer();
        }
    }

    /// Sends threads beyond the pool's own in, if more jobs are asked for than it has.
    fn call_extra_threads(&self) {
        for _ in self.job.pool.num_threads()..self.slots.len() {
            if self.job.pool.extra_threads().send(self.job_ref()).is_err() {
                self.release();
                return;
            }
        }
    }

    /// Whether a thread that joined now would find something to run.
    pub(super) fn has_work(&self) -> bool {
        let bound = self.job.bound_unit();
        self.slots.iter().enumerate().any(|(index, slot)| {
            let (start, end) = slot.range.get();
            start < end && self.partition.units(index, start, end).0 < bound
        })
    }

    /// Takes the later half of the longest run that is left, for the participant in `thief`, whose own is
    /// empty.
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
}

impl Slot {
    fn new((start, end): (u32, u32), taken: bool) -> Self {
        Self {
            range: UnitRange::new(start, end),
            taken: AtomicBool::new(taken),
            inner: HelpLink::cut_off(),
            asleep: AtomicUsize::new(0),
            ticks: AtomicU64::new(0),
            items: AtomicU64::new(0),
        }
    }

    /// Claims the slot, if it is free.
    pub(super) fn take(&self) -> bool {
        !self.taken.load(Ordering::Relaxed) && !self.taken.swap(true, Ordering::Relaxed)
    }
}
