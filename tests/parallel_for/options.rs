//! What the options do.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use joblib::{parallel, parallel_for};

#[test]
#[parallel_for]
fn a_job_limit_limits_the_threads() {
    let threads = Mutex::new(HashSet::new());
    #[parallel_for(n_jobs = 1)]
    for _ in 0..1000 {
        threads.lock().unwrap().insert(thread::current().id());
    }
    assert_eq!(threads.into_inner().unwrap(), HashSet::from([thread::current().id()]));
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    #[parallel_for(n_jobs = 2, schedule = "dynamic")]
    for _ in 0..200 {
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        most.fetch_max(now, Ordering::SeqCst);
        thread::yield_now();
        running.fetch_sub(1, Ordering::SeqCst);
    }
    assert!(most.into_inner() <= 2);
}

#[test]
#[parallel_for]
fn a_condition_keeps_the_loop_on_its_thread() {
    let here = thread::current().id();
    for big in [false, true] {
        let mut elsewhere = 0;
        #[parallel_for(if = big, reduce(+ = elsewhere))]
        for _ in 0..1000 {
            elsewhere += usize::from(thread::current().id() != here);
        }
        assert!(big || elsewhere == 0);
    }
}

#[test]
#[should_panic(expected = "n_jobs = 0 has no meaning")]
#[parallel_for(n_jobs = 0)]
fn no_jobs_at_all_are_refused() {
    for _ in 0..3 {}
}

#[test]
#[parallel_for]
fn every_thread_has_its_own_of_init() {
    let made = AtomicUsize::new(0);
    let make = || {
        made.fetch_add(1, Ordering::Relaxed);
        Vec::with_capacity(16)
    };
    let mut sum = 0;
    #[parallel_for(n_jobs = 3, init(scratch = make(), turns = 0_usize), reduce(+ = sum))]
    for i in 0..1000_u64 {
        turns += 1;
        scratch.push(i);
        assert_eq!(scratch.len(), turns);
        sum += scratch[turns - 1];
    }
    assert_eq!(sum, 499_500);
    assert!((1..=3).contains(&made.into_inner()));
}

#[test]
#[parallel_for]
fn collapsed_loops_are_one() {
    let names = ["a", "b", "c"];
    let mut text = String::new();
    #[parallel_for(collapse = 3, reduce(with(|a: String, b: String| a + &b, String::new()) = text))]
    for i in 0..4_u8 {
        for name in &names {
            for (j, c) in [('x', 1), ('y', 2)].iter().enumerate() {
                if i == 1 {
                    continue;
                }
                text += &format!("{i}{name}{j}{} ", c.0);
            }
        }
    }
    let mut plain = String::new();
    for i in [0, 2, 3] {
        for name in &names {
            plain += &format!("{i}{name}0x {i}{name}1y ");
        }
    }
    assert_eq!(text, plain);
    let cells: Vec<usize> = #[parallel_for(collapse = 2)]
    'rows: for i in 0..3 {
        for j in 0..5 {
            if (i, j) == (2, 1) {
                break 'rows;
            }
            10 * i + j
        }
    };
    assert_eq!(cells, [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 20]);
}

#[test]
#[parallel_for]
fn progress_changes_nothing() {
    let mut sum = 0;
    #[parallel_for(progress, reduce(+ = sum))]
    for i in 0..100 {
        sum += i;
    }
    #[parallel_for(progress = false, backend = "threads", reduce(+ = sum))]
    for i in (0..100).filter(|i| i % 2 == 0) {
        sum += i;
    }
    assert_eq!(sum, 4950 + 2450);
}

mod elsewhere {
    pub(super) use joblib as jl;
}

#[test]
#[parallel_for(crate = "crate::options::elsewhere::jl", n_jobs = 2, schedule = "static")]
fn the_crate_may_have_another_name() {
    let mut count = 0;
    #[parallel_for(reduce(+ = count), chunk = 3, schedule = "static")]
    for _ in 0..10 {
        count += 1;
    }
    assert_eq!(count, 10);
}

const SHOWS: &str = "JOBLIB_TEST_SHOWS_PROGRESS";

/// Plays the child of the next test; nothing otherwise.
#[test]
fn shows_progress() {
    if std::env::var_os(SHOWS).is_none() {
        return;
    }
    joblib::parallel_config().progress(true).scope(|| {
        parallel! {
            #[backend = "processes", n_jobs = 2]
            for i in 0..4_u64 {
                std::thread::sleep(std::time::Duration::from_millis(2100 * (i % 2)));
            }
        }
    });
}

#[test]
#[cfg(unix)]
fn a_configuration_shows_the_progress_of_loops_in_processes() {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "options::shows_progress", "--nocapture"]).env(SHOWS, "1");
    let said = String::from_utf8(child.output().unwrap().stderr).unwrap();
    assert!(said.contains("4 done in"), "{said}");
}
