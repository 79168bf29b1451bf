//! What a participant pulls its ranges from.

use super::job::Job;
use super::join::Registration;
use super::pacer::Pacer;
use super::participant::Participant;
use super::partition::Pattern;
use super::sharing::Sharing;
use super::team::{Team, TeamCell};
use crate::pool::clock;
use crate::pool::site::Site;
use std::fmt;
use std::ops::Range;

/// Hands one participant of a loop its iterations, range by range.
///
/// The participant's whole loop is `while let Some(range) = ranges.next() { .. }` with a plain loop over the
/// range inside, which the compiler can unroll and vectorise. It goes on until there is no range left, also
/// after [`leave_at`](Self::leave_at).
///
/// ```
/// use joblib::pool::{Pool, Region};
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let (numbers, first) = ([3, 1, -2, 5, -4], AtomicUsize::new(usize::MAX));
/// Pool::global().run(&Region::new(numbers.len()), |ranges| {
///     while let Some(mut range) = ranges.next() {
///         if let Some(index) = range.find(|&index| numbers[index] < 0) {
///             first.fetch_min(index, Ordering::Relaxed);
///             ranges.leave_at(index);
///         }
///     }
/// });
/// assert_eq!(first.into_inner(), 2);
/// ```
pub struct RangeSource<'r> {
    job: &'r Job<'r>,
    mode: Mode<'r>,
    slot: usize,
    /// The worker slot of the participant's thread, once the loop is shared.
    worker: usize,
    /// The slot whose range is drawn from: the own one, except where static shares are taken over.
    drawn_from: usize,
    pacer: Pacer,
    /// Where the range in hand started, or how far the participant said it is: 0 before the first,
    /// `usize::MAX` after the last.
    position: usize,
    /// How long the range in hand is, for the clock.
    in_hand: usize,
    /// The rest of a run that is handed out in several ranges.
    rest: Range<usize>,
    registration: Option<Registration<'r>>,
}

enum Mode<'r> {
    /// The owner runs alone so far, and calls others in when the loop turns out to be worth it.
    Solo {
        team: &'r TeamCell<'r>,
        done: u32,
        started: u64,
    },
    /// The owner runs alone to the end.
    Alone {
        done: u32,
    },
    Shared(&'r Team<'r>),
    Done,
}

impl<'r> RangeSource<'r> {
    /// The owner's, before anything is shared.
    pub(super) fn of_owner(job: &'r Job<'r>, team: &'r TeamCell<'r>) -> Self {
        let alone = job.slots == 1 || !job.pool.registry().is_native();
        let mode = if alone { Mode::Alone { done: 0 } } else { Mode::Solo { team, done: 0, started: 0 } };
        Self::new(job, mode, 0, Pacer::UNTIMED)
    }

    /// That of a participant who came later.
    pub(super) fn of_team(team: &'r Team<'r>, slot: usize, worker: usize) -> Self {
        Self { worker, ..Self::new(team.job, Mode::Shared(team), slot, Pacer::new(team.job)) }
    }

    fn new(job: &'r Job<'r>, mode: Mode<'r>, slot: usize, pacer: Pacer) -> Self {
        Self {
            job,
            mode,
            slot,
            worker: 0,
            drawn_from: slot,
            pacer,
            position: 0,
            in_hand: 0,
            rest: 0..0,
            registration: None,
        }
    }

    /// The next iterations to run; `None` when there are none left for this participant.
    #[expect(
        clippy::should_implement_trait,
        reason = "a loop over the ranges would not be able to call leave_at"
    )]
    pub fn next(&mut self) -> Option<Range<usize>> {
        match self.mode {
            Mode::Solo { .. } => self.next_solo(),
            Mode::Shared(team) => self.next_shared(team),
            Mode::Alone { done } => {
                self.mode = Mode::Done;
                let range = self.job.clip(self.job.iterations(done, self.job.units));
                self.hand_out(range)
            }
            Mode::Done => self.hand_out(0..0),
        }
    }

    /// Notes what the participant is about to run.
    #[inline]
    fn hand_out(&mut self, range: Range<usize>) -> Option<Range<usize>> {
        if range.is_empty() {
            self.position = usize::MAX;
            return None;
        }
        self.position = range.start;
        Some(range)
    }

    /// The participant's number: below the loop's `n_jobs`, and nobody else's while the loop runs.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// Iteration `index` leaves the loop. Iterations after it that have not started are skipped; earlier ones
    /// still run.
    pub fn leave_at(&self, index: usize) {
        self.job.leave_at(index);
    }

    /// Iterations from here on need not run: the smallest index the loop was left at, or its length.
    #[must_use]
    pub fn bound(&self) -> usize {
        self.job.bound()
    }

    /// Where a panic that comes out of the participant now belongs in loop order.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Ticks and iterations so far.
    pub(super) fn spent(&self) -> (u64, u64) {
        self.pacer.spent()
    }

    /// The owner's place in the team, once the loop is shared.
    pub(super) fn registration(&mut self) -> Option<Registration<'r>> {
        self.registration.take()
    }

    fn shared(&self) -> Option<&'r Team<'r>> {
        if let Mode::Shared(team) = self.mode { Some(team) } else { None }
    }

    /// A piece for the owner alone; or, if the rest seems worth it, the first piece of a shared loop.
    fn next_solo(&mut self) -> Option<Range<usize>> {
        let Mode::Solo { team, done, mut started } = self.mode else { return self.hand_out(0..0) };
        let now = clock::ticks();
        let job = self.job;
        let policy = job.pool.sharing();
        let known = job.site.and_then(|site| site.rate());
        // Ticks per item to decide by, and to size the next piece by.
        let (rate, slowest);
        if done == 0 {
            started = now;
            slowest = known;
            rate = known.map(|known| if Site::is_in_doubt(now) { 0.0 } else { known });
        } else {
            let (spent, items) = (now.saturating_sub(started), job.start_of(done));
            if done == job.units {
                job.record(spent, items);
                self.mode = Mode::Done;
                return self.hand_out(0..0);
            }
            let (seen, known) = (spent as f32 / items as f32, known.unwrap_or(0.0));
            slowest = Some(known.max(seen));
            // So short a time is mostly that of reading the clock: it can only show that a loop is cheap.
            rate = Some(if spent < policy.trust { known.min(seen) } else { known.max(seen) });
        }
        let left = (job.len - job.start_of(done)) as f32;
        let sharing = job.judge(rate.map(|rate| rate * left));
        if sharing != Sharing::Keep {
            self.share(team, done, sharing);
            self.in_hand = 0;
            return self.next();
        }
        let end = done + self.solo_piece(slowest.unwrap_or(0.0) * left, job.units - done);
        self.mode = Mode::Solo { team, done: end, started };
        self.hand_out(job.clip(job.iterations(done, end)))
    }

    /// The owner's first unit without a look at what it costs, unless what is known says that the loop is
    /// worth sharing. For loops over participants rather than iterations: see
    /// [`call_others`](Self::call_others).
    pub(super) fn next_alone(&mut self) -> Option<Range<usize>> {
        let Mode::Solo { team, done: 0, .. } = self.mode else { return self.next() };
        let job = self.job;
        let expected = job.site.and_then(|site| site.rate()).map(|rate| rate * job.len as f32);
        match job.judge(expected) {
            Sharing::Keep => {
                self.mode = Mode::Solo { team, done: 1, started: clock::ticks() };
                self.hand_out(job.iterations(0, 1))
            }
            sharing => {
                self.share(team, 0, sharing);
                self.in_hand = 0;
                self.next()
            }
        }
    }

    /// The first unit is done, and with it the loop: what it took is what the next one may take.
    pub(super) fn end_alone(&mut self) {
        match self.mode {
            Mode::Solo { started, .. } => self.job.record(clock::since(started), self.job.len),
            Mode::Shared(_) => self.pacer.lap(1),
            Mode::Alone { .. } | Mode::Done => {}
        }
    }

    /// One unit first, then half of the rest, until what is left is too short to be worth a look at the
    /// clock.
    fn solo_piece(&self, ticks_left: f32, units_left: u32) -> u32 {
        let Mode::Solo { done, .. } = self.mode else { return units_left };
        let policy = self.job.pool.sharing();
        if done == 0 {
            1
        } else if ticks_left < policy.inline as f32 * 0.25 {
            units_left
        } else {
            let half = units_left.div_ceil(2);
            let pieces = ticks_left / policy.piece as f32;
            if pieces > 2.0 { ((units_left as f32 / pieces) as u32).clamp(1, half) } else { half }
        }
    }

    /// Lets others in on the units from `first` on; if there is no worker slot for the thread, goes on alone.
    #[cold]
    fn share(&mut self, cell: &'r TeamCell<'r>, first: u32, sharing: Sharing) {
        match Registration::new(self.job, cell, first, sharing) {
            Some(registration) => {
                self.worker = registration.team.owner;
                self.pacer = Pacer::new(self.job);
                self.mode = Mode::Shared(registration.team);
                self.registration = Some(registration);
            }
            None => self.mode = Mode::Alone { done: first },
        }
    }

    fn next_shared(&mut self, team: &'r Team<'r>) -> Option<Range<usize>> {
        if self.in_hand == 0 {
            self.pacer.begin();
        } else {
            self.pacer.lap(self.in_hand);
        }
        let range = self.piece_of_rest().or_else(|| {
            loop {
                let (start, end) = self.claim(team)?;
                let (start, end) = team.partition.units(self.drawn_from, start, end);
                self.rest = self.job.iterations(start, end);
                if self.rest.start < self.job.bound() {
                    break self.piece_of_rest();
                }
                // What follows in this run is past the bound too.
                team.slots[self.drawn_from].range.clear();
            }
        });
        let range = range.unwrap_or(0..0);
        self.in_hand = range.len();
        self.hand_out(range)
    }

    /// What to hand out of the run in hand: all of it, unless its units are larger than grains.
    fn piece_of_rest(&mut self) -> Option<Range<usize>> {
        let rest = self.job.clip(std::mem::replace(&mut self.rest, 0..0));
        if self.job.unit == self.job.grain {
            return (!rest.is_empty()).then_some(rest);
        }
        let end = rest.start.saturating_add(self.pacer.iterations(self.job.grain)).min(rest.end);
        self.rest = end..rest.end;
        (rest.start < end).then_some(rest.start..end)
    }

    /// Takes the next run out of the own range, or out of another's when it is empty.
    fn claim(&mut self, team: &'r Team<'r>) -> Option<(u32, u32)> {
        let unit = self.job.unit;
        match team.partition.pattern() {
            Pattern::Counter => {
                self.drawn_from = 0;
                team.slots[0].range.take_front(|left| self.pacer.units(left, unit))
            }
            Pattern::Stealing => loop {
                let own = &team.slots[self.slot].range;
                if let Some(run) = own.take_front(|left| self.pacer.units(left, unit)) {
                    return Some(run);
                }
                let (start, end) = team.steal_half(self.slot)?;
                own.refill(start, end);
            },
            pattern => loop {
                let single = pattern == Pattern::RoundRobin;
                let want = |left| if single { 1 } else { self.pacer.units(left, unit) };
                if let Some(run) = team.slots[self.drawn_from].range.take_front(want) {
                    return Some(run);
                }
                self.drawn_from = team.slots.iter().position(|slot| slot.take())?;
            },
        }
    }
}

impl Participant for RangeSource<'_> {
    fn next(&mut self) -> Option<Range<usize>> {
        RangeSource::next(self)
    }

    fn resume_at(&mut self, index: usize) {
        self.position = index;
    }

    fn leave_at(&self, index: usize) {
        RangeSource::leave_at(self, index);
    }

    fn bound(&self) -> usize {
        RangeSource::bound(self)
    }

    fn call_others(&mut self) {
        // Lets others in on the units after the first, if that has taken long enough: the best guess is that
        // as much is still to come as has been.
        let Mode::Solo { team, done, started } = self.mode else { return };
        let so_far = clock::since(started) as f32;
        let sharing = self.job.judge(Some(so_far));
        if sharing != Sharing::Keep {
            self.share(team, done, sharing);
            self.pacer.begin();
        }
    }

    fn is_shared(&self) -> bool {
        self.shared().is_some()
    }

    fn wait_until(&self, ready: &mut dyn FnMut() -> bool) {
        match self.mode {
            Mode::Shared(team) => team.wait_in(self.slot, self.worker, ready),
            Mode::Solo { .. } | Mode::Alone { .. } | Mode::Done => {
                assert!(ready(), "there are no others to wait for");
            }
        }
    }

    fn wake_one(&self) -> bool {
        self.shared().is_some_and(Team::wake_one)
    }
}

impl fmt::Debug for RangeSource<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RangeSource").field("slot", &self.slot).finish_non_exhaustive()
    }
}
