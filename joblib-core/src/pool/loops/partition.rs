//! How the units of a shared loop are divided among its slots.

use super::job::Job;
use crate::pool::region::Schedule;

/// The mapping between what a slot's range counts and the units of the loop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partition {
    pattern: Pattern,
    first: u32,
    units: u32,
    slots: u32,
    /// Units per block of a round robin.
    chunk: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// One contiguous run per slot; a participant that is done takes half of another's.
    Stealing,
    /// One contiguous run per slot, which is taken over only if nobody has the slot.
    Shares,
    /// Blocks in turn; a slot's range counts its blocks.
    RoundRobin,
    /// One run, in the first slot's range, from which everybody takes: guided schedules as much as half of an
    /// equal share, after Polychronopoulos and Kuck, "Guided self-scheduling" (IEEE Transactions on
    /// Computers, 1987).
    Counter,
}

impl Partition {
    /// Divides the units of `job` from `first` on.
    pub(super) fn new(job: &Job<'_>, first: u32) -> Self {
        let pattern = match job.schedule {
            Schedule::Auto => Pattern::Stealing,
            Schedule::Static if job.chunk.is_none() => Pattern::Shares,
            Schedule::Static => Pattern::RoundRobin,
            Schedule::Dynamic | Schedule::Guided => Pattern::Counter,
        };
        let (slots, chunk) = (job.slots.min(u32::MAX as usize) as u32, job.chunk.unwrap_or(1));
        Self { pattern, first, units: job.units, slots, chunk }
    }

    pub(super) fn pattern(&self) -> Pattern {
        self.pattern
    }

    /// What the range of `slot` holds at the beginning.
    pub(super) fn share(&self, slot: usize) -> (u32, u32) {
        let (slot, slots) = (slot as u64, u64::from(self.slots));
        let left = u64::from(self.units - self.first);
        let (start, end) = match self.pattern {
            Pattern::Stealing | Pattern::Shares => {
                let border = |slot| u64::from(self.first) + left * slot / slots;
                (border(slot), border(slot + 1))
            }
            Pattern::RoundRobin => {
                (0, left.div_ceil(u64::from(self.chunk)).saturating_sub(slot).div_ceil(slots))
            }
            Pattern::Counter if slot == 0 => (u64::from(self.first), u64::from(self.units)),
            Pattern::Counter => (0, 0),
        };
        (start as u32, end as u32)
    }

    /// The units that `start..end` of the range of `slot` stands for. A round robin range is taken block by
    /// block.
    pub(super) fn units(&self, slot: usize, start: u32, end: u32) -> (u32, u32) {
        if self.pattern != Pattern::RoundRobin {
            return (start, end);
        }
        let block = u64::from(start) * u64::from(self.slots) + slot as u64;
        let unit = u64::from(self.first) + block * u64::from(self.chunk);
        let end = (unit + u64::from(self.chunk)).min(u64::from(self.units));
        (unit as u32, end as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::{Partition, Pattern};

    /// Every unit is in one share, whatever the pattern.
    #[test]
    fn every_unit_is_in_one_share() {
        for pattern in [Pattern::Stealing, Pattern::Shares, Pattern::RoundRobin, Pattern::Counter] {
            for (first, units, slots, chunk) in
                [(0, 10, 3, 1), (2, 17, 4, 3), (0, 1, 1, 5), (5, 9, 4, 2), (0, 7, 7, 7)]
            {
                let partition = Partition { pattern, first, units, slots, chunk };
                let mut seen: Vec<u32> = (0..slots as usize)
                    .flat_map(|slot| {
                        let (start, end) = partition.share(slot);
                        (start..end).map(move |at| partition.units(slot, at, at + 1)).flat_map(|(s, e)| s..e)
                    })
                    .collect();
                seen.sort_unstable();
                assert_eq!(seen, (first..units).collect::<Vec<_>>(), "{partition:?}");
            }
        }
    }
}
