//! Streams: order, bounds, early drop, failures.

use joblib_parallel::{CancelToken, Parallel, is_cancelled};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

fn at_any_n_jobs() -> impl Iterator<Item = Parallel> {
    [1, 2, 3, 8].into_iter().map(|n_jobs| Parallel::new().n_jobs(n_jobs))
}

#[test]
fn results_come_in_order_while_tasks_run() {
    for parallel in at_any_n_jobs() {
        for len in [0u64, 1, 5, 3000] {
            let results: Vec<u64> = parallel.stream(0..len, |i| i + 1).unwrap().map(Result::unwrap).collect();
            assert_eq!(results, (1..=len).collect::<Vec<_>>());
        }
    }
}

#[test]
fn unordered_gives_each_result_once_and_the_fastest_first() {
    for parallel in at_any_n_jobs() {
        let mut results: Vec<u64> =
            parallel.stream(0..3000, |i| i).unwrap().unordered().map(Result::unwrap).collect();
        results.sort_unstable();
        assert_eq!(results, (0..3000).collect::<Vec<_>>());
    }
    // The first task ends only after the second one's result was consumed.
    let (sender, receiver) = mpsc::channel::<()>();
    let receiver = std::sync::Mutex::new(receiver);
    let parallel = Parallel::new().n_jobs(2).pre_dispatch(2);
    let stream = parallel.stream(0..2, move |i| {
        if i == 0 {
            receiver.lock().unwrap().recv().unwrap();
        }
        i
    });
    let mut stream = stream.unwrap().unordered();
    assert_eq!(stream.next().unwrap().unwrap(), 1);
    sender.send(()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), 0);
    assert!(stream.next().is_none());
}

#[test]
fn tasks_never_run_further_ahead_than_allowed() {
    for (n_jobs, bound) in [(1, 1), (2, 1), (2, 2), (2, 7), (4, 16)] {
        let started = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&started);
        let parallel = Parallel::new().n_jobs(n_jobs).pre_dispatch(bound);
        let stream = parallel.stream(0..400, move |i| {
            count.fetch_add(1, Ordering::SeqCst);
            i
        });
        for (consumed, result) in stream.unwrap().enumerate() {
            assert_eq!(result.unwrap(), consumed);
            // This one counts as consumed from now on.
            assert!(started.load(Ordering::SeqCst) <= consumed + 1 + bound);
        }
    }
}

#[test]
fn others_do_not_wait_behind_a_task_that_takes_long() {
    for n_jobs in [2, 3] {
        for slow in 0..10 {
            let (sender, receiver) = mpsc::channel::<()>();
            let receiver = std::sync::Mutex::new(receiver);
            let stream = Parallel::new().n_jobs(n_jobs).stream(0..10, move |i| {
                if i == slow {
                    receiver.lock().unwrap().recv().unwrap();
                }
                i
            });
            let mut stream = stream.unwrap().unordered();
            let mut others: Vec<i32> = stream.by_ref().take(9).map(Result::unwrap).collect();
            others.sort_unstable();
            assert_eq!(others, (0..10).filter(|&i| i != slow).collect::<Vec<_>>());
            sender.send(()).unwrap();
            assert_eq!(stream.next().unwrap().unwrap(), slow);
            assert!(stream.next().is_none());
        }
    }
}

#[test]
fn an_idle_consumer_leaves_the_pool_to_others() {
    let stream = Parallel::new().n_jobs(-1).pre_dispatch(4).stream(0.., |i: usize| i).unwrap();
    let all = Barrier::new(joblib_core::cpu_count());
    for _ in 0..20 {
        // Every thread of the pool must come.
        Parallel::new()
            .n_jobs(-1)
            .batch_size(1)
            .pre_dispatch("all")
            .for_each(0..joblib_core::cpu_count(), |_| _ = all.wait())
            .unwrap();
    }
    drop(stream);
}

/// Sets a flag when dropped.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::yield_now();
    }
}

#[test]
fn dropping_early_cancels_tells_running_tasks_and_frees() {
    for n_jobs in [1, 2, 3] {
        let freed = Arc::new(AtomicBool::new(false));
        let flag = Flag(Arc::clone(&freed));
        let parallel = Parallel::new().n_jobs(n_jobs);
        let mut stream = parallel
            .stream(0.., move |i: u64| {
                let _ = &flag;
                while i == 5 && !is_cancelled() {
                    std::thread::yield_now();
                }
                i
            })
            .unwrap();
        for i in 0..5 {
            assert_eq!(stream.next().unwrap().unwrap(), i);
        }
        drop(stream);
        wait_until(|| freed.load(Ordering::SeqCst));
        assert_eq!(parallel.map(0..3, |i| i).unwrap(), [0, 1, 2]);
    }
}

#[test]
fn a_panic_arrives_after_the_results_before_it() {
    for parallel in at_any_n_jobs() {
        let mut stream =
            parallel.stream(0..100, |i| if i == 20 { std::panic::panic_any(i) } else { i }).unwrap();
        for i in 0..20 {
            assert_eq!(stream.next().unwrap().unwrap(), i);
        }
        let payload = catch_unwind(AssertUnwindSafe(|| stream.next())).unwrap_err();
        assert_eq!(payload.downcast_ref::<i32>(), Some(&20));
        assert!(stream.next().is_none());
    }
}

#[test]
fn a_panicking_iterator_arrives_after_the_results_before_it() {
    for parallel in at_any_n_jobs() {
        let items = (0..).inspect(|&i| assert!(i < 10, "no more"));
        let mut stream = parallel.stream(items, |i| i).unwrap();
        assert_eq!(
            stream.by_ref().take(10).map(Result::unwrap).collect::<Vec<_>>(),
            (0..10).collect::<Vec<_>>()
        );
        assert!(catch_unwind(AssertUnwindSafe(|| stream.next())).is_err());
        assert!(stream.next().is_none());
    }
}

#[test]
fn cancelling_wakes_the_consumer() {
    let (token, release) = (CancelToken::new(), Arc::new(AtomicBool::new(false)));
    let released = Arc::clone(&release);
    let stuck = move |i: i32| wait_until(|| i < 2 || released.load(Ordering::SeqCst));
    let mut stream = Parallel::new().n_jobs(2).cancel_token(&token).stream(0..100, stuck).unwrap();
    stream.next().unwrap().unwrap();
    stream.next().unwrap().unwrap();
    let canceller = std::thread::spawn({
        let token = token.clone();
        move || token.cancel()
    });
    assert!(stream.find_map(Result::err).unwrap().is_cancelled());
    canceller.join().unwrap();
    release.store(true, Ordering::SeqCst);
    let mut before = Parallel::new().n_jobs(2).cancel_token(&token).stream(0..3, |i| i).unwrap();
    assert!(before.next().unwrap().unwrap_err().is_cancelled());
    assert!(before.next().is_none());
}

#[test]
fn a_time_out_does_not_wait_for_the_task() {
    let release = Arc::new(AtomicBool::new(false));
    let released = Arc::clone(&release);
    let stuck = move |i: i32| {
        wait_until(|| i != 3 || released.load(Ordering::SeqCst));
        i
    };
    let parallel = Parallel::new().n_jobs(2).timeout(Duration::from_millis(500)).batch_size(1);
    let mut stream = parallel.stream(0..100, stuck).unwrap();
    for i in 0..3 {
        assert_eq!(stream.next().unwrap().unwrap(), i);
    }
    let error = stream.next().unwrap().unwrap_err();
    assert!(error.is_timeout() && error.task_index() == Some(3));
    assert!(stream.next().is_none());
    release.store(true, Ordering::SeqCst);
}

#[test]
fn borrowed_data_streams_inside_a_scope() {
    let text: Vec<String> = (0..500).map(|i| i.to_string()).collect();
    for parallel in at_any_n_jobs() {
        let total: usize = parallel
            .stream_scoped(&text, |word| word.as_str(), |stream| stream.map(|word| word.unwrap().len()).sum())
            .unwrap();
        assert_eq!(total, text.iter().map(String::len).sum());
        let first = parallel.stream_scoped(text.iter(), |word| word.len(), |mut stream| stream.next());
        assert_eq!(first.unwrap().unwrap().unwrap(), 1);
    }
}

#[test]
fn streams_feed_streams() {
    let doubled = Parallel::new().n_jobs(2).stream(0..300u32, |i| i * 2).unwrap();
    let more = Parallel::new().n_jobs(2).stream(doubled, |i| i.unwrap() + 1).unwrap();
    assert_eq!(more.map(Result::unwrap).sum::<u32>(), (0..300).map(|i| i * 2 + 1).sum());
}
