//! Panics in participants.

use joblib_core::pool::{Pool, Region, Schedule};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const SCHEDULES: [Schedule; 4] = [Schedule::Auto, Schedule::Static, Schedule::Dynamic, Schedule::Guided];

/// The payload of the panic that `loop_` ends with.
fn payload_of(loop_: impl FnOnce()) -> Option<usize> {
    let payload = catch_unwind(AssertUnwindSafe(loop_)).err()?;
    Some(*payload.downcast::<usize>().expect("the payload is re-thrown as it was"))
}

#[test]
fn the_earliest_panic_is_rethrown_after_all_earlier_iterations_ran() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for schedule in SCHEDULES {
        for n_jobs in [1, 2, 4, 7] {
            for first in [0, 1, 250, 499, 999] {
                let ran: Vec<AtomicBool> = (0..1000).map(|_| AtomicBool::new(false)).collect();
                let region = Region::new(1000).n_jobs(n_jobs).schedule(schedule);
                let thrown = payload_of(|| {
                    pool.run(&region, |ranges| {
                        while let Some(range) = ranges.next() {
                            for index in range {
                                if index >= first {
                                    panic_any(index);
                                }
                                ran[index].store(true, Ordering::Relaxed);
                            }
                        }
                    });
                });
                assert_eq!(thrown, Some(first), "{schedule:?} {n_jobs}");
                assert!(
                    ran[..first].iter().all(|ran| ran.load(Ordering::Relaxed)),
                    "{schedule:?} {n_jobs} {first}"
                );
            }
        }
    }
}

#[test]
fn a_panic_after_an_exit_never_happened() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for _ in 0..100 {
        let exits = AtomicUsize::new(0);
        pool.run(&Region::new(1000).n_jobs(4).grain(10), |ranges| {
            while let Some(range) = ranges.next() {
                for index in range {
                    if index == 420 {
                        ranges.leave_at(index);
                        exits.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    assert!(index < 430, "in another grain than the exit, and later");
                }
            }
        });
        assert_eq!(exits.into_inner(), 1);
    }
}

#[test]
fn the_pool_works_on_after_panics() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    for round in 0..200 {
        let thrown = payload_of(|| {
            pool.run(&Region::new(64), |ranges| {
                while let Some(range) = ranges.next() {
                    if range.contains(&(round % 64)) {
                        panic_any(round);
                    }
                }
            });
        });
        assert_eq!(thrown, Some(round));
    }
}

/// A payload that panics when dropped must not escape while it is discarded.
#[test]
fn a_payload_that_panics_in_turn_is_contained() {
    struct Grenade;
    impl Drop for Grenade {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("dropped");
            }
        }
    }
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for _ in 0..50 {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&Region::new(100).n_jobs(4), |ranges| {
                if ranges.next().is_some() {
                    panic_any(Grenade);
                }
            });
        }));
        std::mem::forget(outcome.expect_err("the first payload is re-thrown"));
    }
}

#[test]
fn broadcast_rethrows_the_lowest_slot() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for _ in 0..50 {
        let thrown = payload_of(|| pool.broadcast(4, |slot| panic_any(slot)));
        assert_eq!(thrown, Some(0));
    }
}
