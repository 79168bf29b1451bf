//! Who wakes a worker may keep it off its own processor until it is up: no mask that others set is changed
//! for that, and the worker's own is whole again before it runs anything.
#![cfg(target_os = "linux")]

use joblib_core::pool::Pool;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::sync::Barrier;
use std::time::Duration;

/// The processors the calling thread may use.
fn mask() -> CpuSet {
    sched_getaffinity(None).expect("a mask")
}

fn first_of(mask: &CpuSet) -> CpuSet {
    let mut first = CpuSet::new();
    first.set((0..CpuSet::MAX_CPU).find(|&cpu| mask.is_set(cpu)).expect("a processor"));
    first
}

/// Has the only worker of `pool` do something, after it has gone to sleep.
fn on_worker(pool: &Pool, work: impl Fn() + Sync) {
    std::thread::sleep(Duration::from_micros(300));
    let both = Barrier::new(2);
    pool.broadcast(2, |slot| {
        both.wait();
        if slot == 1 {
            work();
        }
    });
}

#[test]
fn a_woken_worker_may_run_wherever_its_creator_may() {
    let (pool, inherited) = (Pool::builder().num_threads(2).build().unwrap(), mask());
    for _ in 0..200 {
        on_worker(&pool, || assert_eq!(mask(), inherited));
    }
}

#[test]
fn a_mask_set_by_a_start_handler_stays() {
    let set = first_of(&mask());
    let pool = Pool::builder().num_threads(2).start_handler(move |_| sched_setaffinity(None, &set).unwrap());
    let pool = pool.build().unwrap();
    for _ in 0..200 {
        on_worker(&pool, || assert_eq!(mask(), set));
    }
}

#[test]
fn a_mask_set_by_a_loop_stays() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let set = first_of(&mask());
    for round in 0..200 {
        on_worker(&pool, || match round {
            20 => sched_setaffinity(None, &set).unwrap(),
            _ => assert!(round < 20 || mask() == set),
        });
    }
}
