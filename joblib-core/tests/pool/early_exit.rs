//! Leaving a loop: the earliest exit in loop order decides, and everything before it runs.

use joblib_core::pool::{Pool, Region, Schedule};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[test]
fn the_earliest_exit_decides_and_all_before_it_run() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for schedule in [Schedule::Auto, Schedule::Static, Schedule::Dynamic, Schedule::Guided] {
        for exit in [0, 1, 499, 500, 998, 999] {
            let ran: Vec<AtomicBool> = (0..1000).map(|_| AtomicBool::new(false)).collect();
            let earliest = AtomicUsize::new(usize::MAX);
            pool.run(&Region::new(1000).n_jobs(4).schedule(schedule), |ranges| {
                while let Some(range) = ranges.next() {
                    for index in range {
                        ran[index].store(true, Ordering::Relaxed);
                        // Every iteration from `exit` on would leave.
                        if index >= exit {
                            ranges.leave_at(index);
                            earliest.fetch_min(index, Ordering::Relaxed);
                            break;
                        }
                    }
                }
                assert!(ranges.bound() >= exit);
            });
            assert_eq!(earliest.into_inner(), exit);
            assert!(ran[..=exit].iter().all(|ran| ran.load(Ordering::Relaxed)), "{schedule:?} {exit}");
        }
    }
}
