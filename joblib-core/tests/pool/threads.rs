//! Starting, installing, sharing and ending pools.

use joblib_core::pool::{Pool, PoolBuilder, Region, Site, with_current};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn handlers_and_names() {
    let (started, exited) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let count = |to: &Arc<AtomicUsize>| {
        let to = Arc::clone(to);
        move |_| {
            to.fetch_add(1, Ordering::Relaxed);
        }
    };
    let builder =
        Pool::builder().num_threads(4).thread_name(|index| format!("mine-{index}")).stack_size(1 << 20);
    let pool = builder.start_handler(count(&started)).exit_handler(count(&exited)).build().unwrap();
    assert_eq!(pool.num_threads(), 4);
    let meeting = std::sync::Barrier::new(4);
    pool.broadcast(4, |slot| {
        meeting.wait();
        let name = std::thread::current().name().map(str::to_owned);
        assert_eq!(slot != 0, name.is_some_and(|name| name.starts_with("mine-")));
    });
    drop(pool);
    assert_eq!((started.load(Ordering::Relaxed), exited.load(Ordering::Relaxed)), (3, 3));
}

#[test]
fn a_pool_of_no_threads_is_refused_and_of_one_is_sequential() {
    assert!(Pool::builder().num_threads(0).build().unwrap_err().is_invalid());
    let pool = Pool::builder().num_threads(1).build().unwrap();
    let here = std::thread::current().id();
    pool.run(&Region::new(100), |ranges| {
        while ranges.next().is_some() {
            assert_eq!(std::thread::current().id(), here);
        }
    });
}

#[test]
fn the_installed_pool_is_current_here_and_on_its_threads() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    pool.install(|| {
        assert_eq!(with_current(Pool::num_threads), 3);
        with_current(|pool| pool.broadcast(3, |_| assert_eq!(with_current(Pool::num_threads), 3)));
        let inner = Pool::builder().num_threads(2).build().unwrap();
        assert_eq!(inner.install(|| with_current(Pool::num_threads)), 2);
        assert_eq!(with_current(Pool::num_threads), 3);
    });
}

#[test]
fn a_lazy_broadcast_calls_others_when_it_lasts() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let site = Site::new();
    // A site that knows nothing calls them at once.
    let meeting = std::sync::Barrier::new(2);
    pool.broadcast_lazily(2, &site, |_, _| {
        meeting.wait();
    });
    // It learns that the work is tiny.
    let came = AtomicUsize::new(0);
    for _ in 0..100 {
        pool.broadcast_lazily(2, &site, |slot, _| {
            came.fetch_add(slot, Ordering::Relaxed);
        });
    }
    came.store(0, Ordering::Relaxed);
    // Tiny so far, but not this time.
    pool.broadcast_lazily(2, &site, |slot, call_others| {
        came.fetch_add(1, Ordering::SeqCst);
        while slot == 0 && came.load(Ordering::SeqCst) < 2 {
            call_others();
        }
    });
    assert_eq!(came.into_inner(), 2);
}

#[test]
fn loops_of_two_pools_nest() {
    let (outer, inner) =
        (Pool::builder().num_threads(3).build().unwrap(), Pool::builder().num_threads(2).build().unwrap());
    let count = AtomicUsize::new(0);
    outer.run(&Region::new(20), |ranges| {
        while let Some(range) = ranges.next() {
            for _ in range {
                inner.run(&Region::new(20), |ranges| {
                    while let Some(range) = ranges.next() {
                        outer.run(&Region::new(range.len()), |ranges| {
                            while let Some(range) = ranges.next() {
                                count.fetch_add(range.len(), Ordering::Relaxed);
                            }
                        });
                    }
                });
            }
        }
    });
    assert_eq!(count.into_inner(), 400);
}

/// More callers than there are slots for guests: the last ones run alone, none waits.
#[test]
fn many_threads_share_one_pool() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let (total, threads) = (AtomicUsize::new(0), 300);
    let all_inside = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let met = AtomicUsize::new(0);
                pool.run(&Region::new(50).n_jobs(2), |ranges| {
                    if ranges.slot() == 0 && met.fetch_add(1, Ordering::Relaxed) == 0 {
                        all_inside.wait();
                    }
                    while let Some(range) = ranges.next() {
                        total.fetch_add(range.len(), Ordering::Relaxed);
                    }
                });
            });
        }
    });
    assert_eq!(total.load(Ordering::Relaxed), threads * 50);
}

#[test]
fn pools_come_and_go() {
    for round in 0..50 {
        let pool = Pool::builder().num_threads(1 + round % 5).build().unwrap();
        let count = AtomicUsize::new(0);
        if round % 3 != 0 {
            pool.run(&Region::new(100), |ranges| {
                while let Some(range) = ranges.next() {
                    count.fetch_add(range.len(), Ordering::Relaxed);
                }
            });
            assert_eq!(count.into_inner(), 100);
        }
    }
}

/// More jobs than the pool has threads: they all run at once, because they may be waiting for each other.
#[test]
fn more_jobs_than_threads_run_at_once() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    for jobs in [3, 9, 40] {
        for _ in 0..3 {
            let meeting = std::sync::Barrier::new(jobs);
            pool.run(&Region::new(jobs).n_jobs(jobs), |ranges| {
                while let Some(range) = ranges.next() {
                    range.for_each(|_| assert!(meeting.wait().is_leader() || jobs > 1));
                }
            });
        }
    }
}

/// Numbers of jobs that no machine has are served as far as possible.
#[test]
fn absurd_numbers_of_jobs_are_served() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let count = AtomicUsize::new(0);
    pool.run(&Region::new(100_000).n_jobs(usize::MAX), |ranges| {
        while let Some(range) = ranges.next() {
            count.fetch_add(range.len(), Ordering::Relaxed);
        }
    });
    assert_eq!(count.into_inner(), 100_000);
}

#[test]
fn a_builder_names_the_option_that_cannot_be_used() {
    let refused = |builder: PoolBuilder| builder.build().unwrap_err();
    assert!(refused(Pool::builder().num_threads(0)).to_string().starts_with("num_threads: "));
    let error = refused(Pool::builder().stack_size("lots"));
    assert!(
        error.is_invalid() && error.to_string().starts_with("stack_size: `lots` is not a size"),
        "{error}"
    );
    assert_eq!(Pool::builder().num_threads(2).stack_size("1M").build().unwrap().num_threads(), 2);
}

/// A stack that no address space has room for: every thread is refused, and the caller runs its loops alone.
#[test]
fn threads_that_cannot_be_started_are_done_without() {
    let pool = Pool::builder().num_threads(4).stack_size(usize::MAX as u64 / 4 * 3).build().unwrap();
    assert_eq!(pool.num_threads(), 1);
    let count = AtomicUsize::new(0);
    pool.run(&Region::new(1000).n_jobs(4), |ranges| {
        while let Some(range) = ranges.next() {
            count.fetch_add(range.len(), Ordering::Relaxed);
        }
    });
    assert_eq!(count.into_inner(), 1000);
}

/// The environment is read once, so a process of its own looks at it.
#[test]
fn the_environment_says_how_many_processors_to_use() {
    const CHILD: &str = "JOBLIB_TEST_PRINTS_ITS_CPU_COUNT";
    if std::env::var_os(CHILD).is_some() {
        println!("cpu_count={} pool={}", joblib_core::cpu_count(), Pool::global().num_threads());
        return;
    }
    let this = "threads::the_environment_says_how_many_processors_to_use";
    let run = |threads: &str| {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", this, "--nocapture"]).env(CHILD, "1").env("JOBLIB_NUM_THREADS", threads);
        String::from_utf8(child.output().unwrap().stdout).unwrap()
    };
    assert!(run("7").contains("cpu_count=7 pool=7"));
    // What is no number of threads is ignored.
    assert!(!run("0").contains("cpu_count=0"));
    assert!(run("many").contains("cpu_count="));
}

/// Workers sleep when there is nothing to do. Processor time is compared, not time: a machine that is busy
/// with other things makes it smaller.
#[cfg(target_os = "linux")]
#[test]
fn idle_threads_use_no_processor() {
    let pool = Pool::builder().num_threads(4).thread_name(|index| format!("idle-{index}")).build().unwrap();
    // Nanoseconds on a processor, of all threads of this pool.
    let used = || -> u64 {
        let threads = std::fs::read_dir("/proc/self/task").unwrap().map(|thread| thread.unwrap().path());
        let ours = threads.filter(|thread| {
            std::fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.starts_with("idle-"))
        });
        let first_field = |text: String| text.split(' ').next().and_then(|field| field.parse::<u64>().ok());
        ours.filter_map(|thread| first_field(std::fs::read_to_string(thread.join("schedstat")).ok()?)).sum()
    };
    pool.broadcast(4, |_| std::thread::yield_now());
    // Until everybody sleeps; a pool that never sleeps does not get past this in reasonable time either way.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let before = used();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let spent = used() - before;
    assert!(spent < 30_000_000, "{spent} ns of processor time while idle");
}
