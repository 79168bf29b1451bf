//! Loops inside loops, and what a waiting thread may do.

use joblib_core::pool::{Pool, Region};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

fn for_each(pool: &Pool, len: usize, body: impl Fn(usize) + Sync) {
    pool.run(&Region::new(len), |ranges| {
        while let Some(range) = ranges.next() {
            range.for_each(&body);
        }
    });
}

#[test]
fn loops_nest_to_any_depth() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    let count = AtomicUsize::new(0);
    for_each(&pool, 6, |_| {
        for_each(&pool, 5, |_| {
            for_each(&pool, 4, |_| {
                for_each(&pool, 3, |_| {
                    count.fetch_add(1, Ordering::Relaxed);
                });
            });
        });
    });
    assert_eq!(count.into_inner(), 360);
}

/// A lock held around a loop: the thread that waits at the loop's end must not pick up an iteration of the
/// outer loop, which would take the lock a second time.
#[test]
fn a_lock_may_be_held_around_a_loop() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    let lock = Mutex::new(0usize);
    for _ in 0..20 {
        for_each(&pool, 64, |_| {
            let mut held = lock.lock().unwrap();
            let sum = AtomicUsize::new(0);
            for_each(&pool, 16, |index| {
                std::thread::yield_now();
                sum.fetch_add(index, Ordering::Relaxed);
            });
            *held += sum.into_inner();
        });
    }
    assert_eq!(lock.into_inner().unwrap(), 20 * 64 * 120);
}

/// A lock held around a loop, and taken by a different loop of another thread.
#[test]
fn a_lock_may_be_shared_between_loops_of_different_threads() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    let lock = Mutex::new(0usize);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut held = lock.lock().unwrap();
                    let count = AtomicUsize::new(0);
                    for_each(&pool, 10, |_| {
                        count.fetch_add(1, Ordering::Relaxed);
                    });
                    *held += count.into_inner();
                    drop(held);
                    for_each(&pool, 10, |_| *lock.lock().unwrap() += 1);
                }
            });
        }
    });
    assert_eq!(lock.into_inner().unwrap(), 3 * 50 * 20);
}

/// More outer iterations than threads, each with loops of its own, all at once.
#[test]
fn nested_calls_from_all_workers_at_once_finish() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    let count = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for_each(&pool, 32, |_| {
                    for_each(&pool, 32, |_| {
                        count.fetch_add(1, Ordering::Relaxed);
                    });
                });
            });
        }
    });
    assert_eq!(count.load(Ordering::Relaxed), 6 * 32 * 32);
}

/// The thread that waits for the outer loop helps with a loop nested in it: both iterations of the inner
/// loop must be running at the same time for either to end, and the pool has no other thread.
#[test]
fn a_waiting_thread_helps_with_nested_loops() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let meeting = std::sync::Barrier::new(2);
    for_each(&pool, 2, |_| {
        // Both threads are inside the outer loop before either goes on.
        meeting.wait();
        if std::thread::current().name().is_some_and(|name| name.starts_with("joblib-")) {
            for_each(&pool, 2, |_| {
                meeting.wait();
            });
        }
    });
}
