//! Every unit of a loop is handed out once.

use super::unit_range::UnitRange;
use crate::explore;
use crate::pool::threads::sync::{AtomicUsize, Ordering};
use loom::sync::Arc;
use loom::thread;

/// Two participants, one of them without a share of its own: it lives on what it takes from the other.
#[test]
fn owner_and_thief_share_a_range() {
    explore(|| {
        const UNITS: usize = 4;
        let ranges = Arc::new([UnitRange::new(0, UNITS as u32), UnitRange::new(0, 0)]);
        let counts: Arc<[AtomicUsize; UNITS]> = Arc::new(std::array::from_fn(|_| AtomicUsize::new(0)));
        let participant = |me: usize| {
            let (ranges, counts) = (ranges.clone(), counts.clone());
            move || loop {
                while let Some((start, end)) = ranges[me].take_front(|left| left.div_ceil(2)) {
                    for unit in start..end {
                        counts[unit as usize].fetch_add(1, Ordering::Relaxed);
                    }
                }
                let other = &ranges[1 - me];
                let (start, end) = other.get();
                if start >= end {
                    break;
                }
                let split = start + (end - start) / 2;
                if other.steal_back((start, end), split) {
                    ranges[me].refill(split, end);
                }
            }
        };
        let thief = thread::spawn(participant(1));
        participant(0)();
        thief.join().unwrap();
        assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
    });
}
