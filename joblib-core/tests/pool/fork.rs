//! A child made by `fork` has no threads but the one that forked: loops there must neither hang nor lose
//! iterations.
#![allow(unsafe_code)]

use joblib_core::pool::{Pool, Region, with_current};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `check` in a forked child; true if it came back true within half a minute.
fn in_child(check: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child calls nothing but the pool and the allocator, which survives `fork` here, and ends by
    // `_exit`.
    unsafe {
        match libc::fork() {
            0 => {
                libc::alarm(30);
                let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(check)).unwrap_or(false);
                libc::_exit(i32::from(!good));
            }
            child => {
                assert!(child > 0, "fork failed");
                let mut status = 0;
                assert_eq!(libc::waitpid(child, &mut status, 0), child);
                libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
            }
        }
    }
}

/// Iterations counted, and threads seen.
fn sum(pool: &Pool) -> usize {
    let sum = AtomicUsize::new(0);
    pool.run(&Region::new(1000), |ranges| {
        while let Some(range) = ranges.next() {
            sum.fetch_add(range.sum::<usize>(), Ordering::Relaxed);
        }
    });
    sum.into_inner()
}

#[test]
fn the_process_wide_pool_is_fresh_in_a_child() {
    assert_eq!(sum(Pool::global()), 499_500);
    let parents = std::ptr::from_ref(Pool::global()) as usize;
    assert!(in_child(|| {
        let fresh = std::ptr::from_ref(Pool::global()) as usize != parents;
        // In the child's child too.
        fresh && sum(Pool::global()) == 499_500 && in_child(|| sum(Pool::global()) == 499_500)
    }));
    assert_eq!(std::ptr::from_ref(Pool::global()) as usize, parents);
}

#[test]
fn an_own_pool_runs_loops_on_the_caller_in_a_child() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    assert_eq!(sum(&pool), 499_500);
    assert!(in_child(|| {
        let here = std::thread::current().id();
        pool.run(&Region::new(100), |ranges| {
            while ranges.next().is_some() {
                assert_eq!(std::thread::current().id(), here);
            }
        });
        sum(&pool) == 499_500 && pool.install(|| with_current(sum)) == 499_500
    }));
    assert_eq!(sum(&pool), 499_500);
}

#[test]
fn a_pool_inherited_by_a_child_can_be_dropped_there() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    assert_eq!(sum(&pool), 499_500);
    let mut pool = Some(pool);
    assert!(in_child(|| {
        drop(pool.take());
        true
    }));
}

#[test]
fn threads_beyond_the_pool_are_not_waited_for_in_a_child() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let wide = || {
        let sum = AtomicUsize::new(0);
        pool.run(&Region::new(8).n_jobs(8), |ranges| {
            while let Some(range) = ranges.next() {
                std::thread::sleep(std::time::Duration::from_millis(5));
                sum.fetch_add(range.sum::<usize>(), Ordering::Relaxed);
            }
        });
        sum.into_inner()
    };
    // They stay for a while, idle.
    assert_eq!(wide(), 28);
    assert!(in_child(|| wide() == 28));
}
