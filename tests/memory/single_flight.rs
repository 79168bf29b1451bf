//! One computation per key in a process, and never a deadlock.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[test]
fn threads_that_want_one_key_compute_it_once() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn slow(memory: &Memory, x: u32) -> String {
        RUNS.add();
        std::thread::sleep(Duration::from_millis(100));
        x.to_string()
    }
    let (_dir, memory) = memory();
    let start = Barrier::new(8);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                assert_eq!(slow(&memory, 5), "5");
            });
        }
    });
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn waiters_get_the_value_even_if_nothing_can_be_stored() {
    static RUNS: Runs = Runs::new();
    static CALLERS: AtomicUsize = AtomicUsize::new(0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        while CALLERS.load(Ordering::SeqCst) < 4 {
            std::thread::yield_now();
        }
        until_asleep("a caller", 3);
        x
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let memory = Memory::new(file);
    let start = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let caller = std::thread::Builder::new().name("a caller".into());
            let call = || {
                start.wait();
                CALLERS.fetch_add(1, Ordering::SeqCst);
                assert_eq!(slow(&memory, 5), 5);
            };
            caller.spawn_scoped(scope, call).unwrap();
        }
    });
    assert_eq!(RUNS.take(), 1);
}

/// Returns when so many threads of this name have slept for some looks: not for a lock, but for a value.
/// Where threads cannot be seen, after a while.
fn until_asleep(name: &str, count: usize) {
    let mut looks = 0;
    for _ in 0..4000 {
        if looks == 10 {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
        let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
            return std::thread::sleep(Duration::from_millis(500));
        };
        let stats = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok());
        let asleep = stats.filter(|stat| stat.contains(&format!("({name}) S "))).count();
        // The one that looks sleeps between two looks only.
        looks = if asleep >= count { looks + 1 } else { 0 };
    }
    panic!("no {count} threads called `{name}` wait: they compute, too");
}

#[test]
fn threads_that_meet_a_memory_at_once_have_one_function() {
    #[cached(memory = memory, ignore = ["memory", "runs"])]
    fn slow(memory: &Memory, runs: &Runs, x: u32) -> u32 {
        runs.add();
        // The others come while this one sleeps, or find the result.
        until_asleep("one of two", 1);
        x
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    for _ in 0..20 {
        // The first memory of a site and later ones take different ways.
        let memory = Memory::new(&file);
        let (runs, start) = (Runs::new(), Barrier::new(2));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let caller = std::thread::Builder::new().name("one of two".into());
                let call = || {
                    start.wait();
                    assert_eq!(slow(&memory, &runs, 5), 5);
                };
                caller.spawn_scoped(scope, call).unwrap();
            }
        });
        assert_eq!(runs.take(), 1);
    }
}

#[test]
fn a_panic_hands_the_key_over() {
    static RUNS: Runs = Runs::new();
    static FIRST: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(true);
    #[cached(memory = memory, ignore = ["memory"])]
    fn unlucky(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        std::thread::sleep(Duration::from_millis(50));
        assert!(!FIRST.swap(false, std::sync::atomic::Ordering::SeqCst), "the first one fails");
        x
    }
    let (_dir, memory) = memory();
    let start = Barrier::new(4);
    let failed: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    unlucky(&memory, 1)
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().err()).count()
    });
    assert_eq!(failed, 1);
    assert_eq!(RUNS.take(), 2);
}

#[test]
fn recursion_is_computed_once_per_key() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn fibonacci(memory: &Memory, n: u64) -> u64 {
        RUNS.add();
        if n < 2 { n } else { fibonacci(memory, n - 1) + fibonacci(memory, n - 2) }
    }
    let (_dir, memory) = memory();
    assert_eq!(fibonacci(&memory, 80), 23_416_728_348_467_685);
    assert_eq!(RUNS.take(), 81);
}

#[test]
fn a_call_within_itself_with_its_own_key_computes_twice() {
    #[cached(memory = memory, ignore = ["memory", "depth"])]
    fn inner(memory: &Memory, x: u32, depth: u32) -> u32 {
        if depth == 0 { x } else { inner(memory, x, depth - 1) + 1 }
    }
    let (_dir, memory) = memory();
    assert_eq!(inner(&memory, 10, 2), 12);
}

/// Each thread computes one key and wants the other's.
#[test]
fn threads_that_wait_for_each_other_compute_twice() {
    static MEET: Barrier = Barrier::new(2);
    #[cached(memory = memory, ignore = ["memory", "outer"])]
    fn mutual(memory: &Memory, x: u32, outer: bool) -> u32 {
        if outer {
            MEET.wait();
            mutual(memory, 1 - x, false) + 10
        } else {
            x
        }
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for x in 0..2 {
            let memory = &memory;
            scope.spawn(move || assert!(matches!(mutual(memory, x, true), 10..=21)));
        }
    });
}

#[test]
fn a_cached_call_inside_a_parallel_loop_inside_a_cached_call_ends() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn leaf(memory: &Memory, x: u64) -> u64 {
        RUNS.add();
        std::thread::sleep(Duration::from_millis(5));
        x * x
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn root(memory: &Memory, x: u64) -> u64 {
        joblib::Parallel::new().n_jobs(4).map(0..16u64, |i| leaf(memory, (i + x) % 4)).unwrap().iter().sum()
    }
    let (_dir, memory) = memory();
    let sums: Vec<u64> = joblib::Parallel::new().n_jobs(4).map(0..8u64, |x| root(&memory, x % 2)).unwrap();
    assert!(sums.iter().all(|sum| *sum == 4 * (1 + 4 + 9)));
    assert_eq!(RUNS.take(), 4);
}

/// All wakers that do nothing are alike, and tell no task from another.
#[test]
fn threads_that_poll_without_a_waker_compute_once() {
    static RUNS: Runs = Runs::new();
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    static WAITED: AtomicUsize = AtomicUsize::new(0);
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        let is_first = STARTED.fetch_add(1, Ordering::SeqCst) == 0;
        // The others ask several times for what they wait for, while this one stands still.
        while is_first && WAITED.load(Ordering::SeqCst) < 6 && STARTED.load(Ordering::SeqCst) < 3 {
            std::thread::yield_now();
        }
        x
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut call = std::pin::pin!(slow(&memory, 5));
                // A clone's clone equals it, which is not promised of the original.
                let waker = Waker::noop().clone();
                let mut context = Context::from_waker(&waker);
                loop {
                    if let Poll::Ready(answer) = call.as_mut().poll(&mut context) {
                        assert_eq!(answer, 5);
                        break;
                    }
                    WAITED.fetch_add(1, Ordering::SeqCst);
                    std::thread::yield_now();
                }
            });
        }
    });
    assert_eq!(RUNS.take(), 1);
}
