//! Running a loop, from the call to its end.

use super::job::Job;
use super::range_source::RangeSource;
use super::team::{Team, TeamCell};
use super::unwind::{self, Payload};
use crate::computation;
use crate::pool::handle::Pool;
use crate::pool::region::Region;
use crate::pool::threads::sync::Ordering;
use std::panic::resume_unwind;

/// What every participant of a loop executes.
type Body<'r> = &'r (dyn Fn(&mut RangeSource<'_>) + Sync + 'r);

impl Pool {
    /// Runs a loop: calls `participant` on this thread, and on others as they come, until all ranges are
    /// handed out and everybody has left.
    ///
    /// Nothing but iterations of this loop, and of loops started by them, runs on this thread meanwhile: a
    /// lock may be held around the call. From any thread, inside of other loops, and from many threads at
    /// once; if more than 1,024 threads that are not the pool's own share loops at once, the others run
    /// theirs alone.
    ///
    /// # Panics
    /// When a participant panics, later ranges are skipped, earlier ones still run, by calling `participant`
    /// again if need be; then the panic of the earliest range is re-thrown with its payload. It is dropped if
    /// an earlier iteration [left](RangeSource::leave_at) the loop, because then the sequential loop would
    /// never have reached it.
    pub fn run<P: Fn(&mut RangeSource<'_>) + Sync>(&self, region: &Region<'_>, participant: P) {
        if let Err((_, payload)) = self.try_run(region, participant) {
            resume_unwind(payload);
        }
    }

    /// Like [`run`](Self::run), but returns the panic, with the start of the range it happened in.
    pub(crate) fn try_run<P>(&self, region: &Region<'_>, participant: P) -> Result<(), (usize, Payload)>
    where
        P: Fn(&mut RangeSource<'_>) + Sync,
    {
        self.run_body(region, &participant)
    }

    fn run_body(&self, region: &Region<'_>, body: Body<'_>) -> Result<(), (usize, Payload)> {
        if region.len == 0 {
            return Ok(());
        }
        let job = Job::new(self, region);
        let computation = computation::current();
        let participate = |team: &Team<'_>, slot, worker| {
            // Who waits in an iteration waits on behalf of the cached function that the loop is part of.
            let _part = computation::enter(computation.clone());
            let _inside = team.enter(slot, worker);
            let mut ranges = RangeSource::of_team(team, slot, worker);
            participate(team, &mut ranges, body);
        };
        let team = TeamCell::new(&participate);
        let mut ranges = RangeSource::of_owner(&job, &team);
        let outcome = unwind::halt(|| body(&mut ranges));
        match ranges.registration() {
            None => outcome.map_err(|payload| (ranges.position(), payload)),
            Some(registration) => {
                carry_on(registration.team, &mut ranges, body, outcome);
                registration.team.finish(&registration.worker)
            }
        }
    }
}

/// Runs a participant.
fn participate(team: &Team<'_>, ranges: &mut RangeSource<'_>, body: Body<'_>) {
    let outcome = unwind::halt(|| body(ranges));
    carry_on(team, ranges, body, outcome);
}

/// After a participant returned or panicked: keeps the panic, and runs on as long as earlier iterations are
/// left.
fn carry_on(team: &Team<'_>, ranges: &mut RangeSource<'_>, body: Body<'_>, mut outcome: Result<(), Payload>) {
    while let Err(payload) = outcome {
        let at = ranges.position();
        team.job.leave_at(at);
        unwind::keep_first_panic(&team.panic, at, payload);
        if !team.has_work() {
            break;
        }
        outcome = unwind::halt(|| body(ranges));
    }
    let (ticks, items) = ranges.spent();
    let slot = &team.slots[ranges.slot()];
    slot.ticks.store(ticks, Ordering::Relaxed);
    slot.items.store(items, Ordering::Relaxed);
}
