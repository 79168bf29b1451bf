//! How far streams of large results get ahead of their consumers.

#![allow(clippy::unwrap_used)]

use joblib_parallel::Parallel;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// Returns when every thread of the pool has been elsewhere than in a stream.
fn until_the_pool_is_idle() {
    let all = Barrier::new(joblib_core::cpu_count());
    let parallel = Parallel::new().n_jobs(-1).batch_size(1).pre_dispatch("all");
    for _ in 0..20 {
        parallel.for_each(0..joblib_core::cpu_count(), |_| _ = all.wait()).unwrap();
    }
}

/// How many of the results that a task makes were made, when nobody takes them.
fn made_and_not_taken(started: &AtomicUsize) -> usize {
    until_the_pool_is_idle();
    started.load(Ordering::SeqCst)
}

/// About 64 MiB of them, and not fewer than two for each job: not more than twice as many, since what was
/// consumed and freed is not seen. Alone in its process, whose memory counts.
#[test]
fn results_of_unknown_size_do_not_pile_up() {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let mut stream = Parallel::new()
        .n_jobs(2)
        .stream(0.., move |_: usize| {
            count.fetch_add(1, Ordering::SeqCst);
            vec![0u8; 4 << 20]
        })
        .unwrap();
    for taken in 1..=3 {
        stream.next().unwrap().unwrap();
        until_the_pool_is_idle();
        let ahead = started.load(Ordering::SeqCst) - taken;
        assert!(ahead <= 32, "{ahead} tasks ahead, {taken} results taken");
    }
    drop(stream);
    results_that_become_large_do_not_pile_up();
}

/// Many small ones say nothing of those that come.
fn results_that_become_large_do_not_pile_up() {
    let started = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&started);
    let mut stream = Parallel::new()
        .n_jobs(2)
        .stream(0..21_500, move |i: usize| {
            let is_large = i >= 20_000;
            count.fetch_add(usize::from(is_large), Ordering::SeqCst);
            vec![1u8; if is_large { 1 << 20 } else { 8 }]
        })
        .unwrap();
    assert_eq!(stream.by_ref().take(20_000).filter(Result::is_ok).count(), 20_000);
    let large = made_and_not_taken(&started);
    assert!(large <= 256, "{large} results of 1 MiB");
}
