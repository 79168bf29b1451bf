//! `Parallel` on every back-end of threads: order, options, failures.

#![allow(clippy::unwrap_used)]

use joblib_parallel::{
    Backend, CancelToken, Parallel, Reporter, Result, RunStart, Sequential, TaskError, delayed, is_cancelled,
    parallel_config, register_backend, task_rng,
};
use rand_core::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, Once};
use std::time::Duration;

/// A back-end as another crate would write it: one new thread per worker, the caller only waits.
struct NewThreads;

impl Backend for NewThreads {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        std::thread::scope(|scope| {
            for slot in 0..workers {
                scope.spawn(move || work(slot));
            }
        });
        Ok(())
    }
}

/// Every combination that must give the same answers.
fn everywhere() -> impl Iterator<Item = Parallel> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| register_backend("new threads", NewThreads).unwrap());
    ["sequential", "threads", "new threads"]
        .into_iter()
        .flat_map(|backend| [1, 2, 3, 7, -1].map(|n_jobs| Parallel::new().backend(backend).n_jobs(n_jobs)))
}

#[test]
fn results_are_in_the_order_of_the_input() {
    for parallel in everywhere() {
        for len in [0usize, 1, 2, 3, 10, 1000] {
            let expected: Vec<usize> = (0..len).map(|i| i * i).collect();
            assert_eq!(parallel.map(0..len, |i| i * i).unwrap(), expected);
            // An iterator that does not know its length.
            assert_eq!(parallel.map((0..).take_while(|&i| i < len), |i| i * i).unwrap(), expected);
        }
    }
}

#[test]
fn ten_thousand_tiny_tasks_are_each_run_once() {
    for parallel in everywhere() {
        let runs: Vec<AtomicUsize> = (0..10_000).map(|_| AtomicUsize::new(0)).collect();
        parallel.for_each(&runs, |run| _ = run.fetch_add(1, Ordering::Relaxed)).unwrap();
        assert!(runs.iter().all(|run| run.load(Ordering::Relaxed) == 1));
    }
}

#[test]
fn mutable_borrows_and_unclonable_values_go_through() {
    for parallel in everywhere() {
        let mut numbers = vec![1; 100];
        parallel.for_each(numbers.chunks_mut(7), |chunk| chunk.fill(2)).unwrap();
        assert_eq!(numbers, [2; 100]);
        let boxes: Vec<Box<dyn Fn() -> usize + Send>> = vec![Box::new(|| 1), Box::new(|| 2)];
        assert_eq!(parallel.map(boxes, |call| call()).unwrap(), [1, 2]);
    }
}

#[test]
fn the_earliest_error_decides() {
    for parallel in everywhere() {
        for _ in 0..20 {
            let failed = parallel.try_map(0..500, |i| if i % 100 == 99 { Err(i) } else { Ok(i) });
            assert!(matches!(failed, Err(TaskError::Failed { index: 99, error: 99 })));
        }
    }
}

#[test]
fn all_outcomes_side_by_side() {
    for parallel in everywhere() {
        let outcomes = parallel.try_map_all(0..6, |i| match i {
            2 => Err("two"),
            4 => panic!("four"),
            i => Ok(i),
        });
        let outcomes = outcomes.unwrap();
        assert!(matches!(outcomes[2], Err(TaskError::Failed { index: 2, error: "two" })));
        let Err(TaskError::Run(panic)) = &outcomes[4] else { panic!("not a panic") };
        assert!(panic.is_panic() && panic.task_index() == Some(4) && panic.to_string().contains("four"));
        assert_eq!(outcomes.iter().flatten().collect::<Vec<_>>(), [&0, &1, &3, &5]);
    }
}

#[test]
fn the_earliest_panic_is_rethrown_with_its_payload() {
    for parallel in everywhere() {
        let payload = catch_unwind(AssertUnwindSafe(|| {
            parallel.map(0..200, |i| if i >= 50 { std::panic::panic_any(i) } else { i })
        }));
        assert_eq!(payload.unwrap_err().downcast_ref::<i32>(), Some(&50));
    }
}

#[test]
fn a_panicking_iterator_is_rethrown_after_what_came_before_it() {
    for parallel in everywhere() {
        let runs = AtomicUsize::new(0);
        let items = (0..).inspect(|&i| assert!(i < 37, "out of items"));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            parallel.for_each(items, |_| _ = runs.fetch_add(1, Ordering::Relaxed))
        }));
        assert_eq!(panicked.unwrap_err().downcast_ref::<&str>(), Some(&"out of items"));
        assert_eq!(runs.into_inner(), 37);
    }
}

#[test]
fn nested_runs_and_their_errors() {
    for parallel in everywhere() {
        let sums = parallel.map(0..10, |i| parallel.reduce(0..i, |j| j, |a, b| a + b).unwrap().unwrap_or(0));
        assert_eq!(sums.unwrap(), (0..10).map(|i| (0..i).sum()).collect::<Vec<i32>>());
        let inner =
            parallel.try_map(0..4, |i| parallel.try_map(0..4, |j| if i + j == 5 { Err(i) } else { Ok(()) }));
        let Err(TaskError::Failed { index: 2, error }) = inner else { panic!("not the earliest") };
        assert!(matches!(error, TaskError::Failed { index: 3, error: 2 }));
    }
}

#[test]
fn floating_point_folds_are_the_same_to_the_last_bit() {
    let expected = (1..=5000).map(|i| 1.0 / f64::from(i)).reduce(|a, b| a + b).unwrap();
    for parallel in everywhere() {
        let sum = parallel.reduce(1..=5000, |i| 1.0 / f64::from(i), |a, b| a + b).unwrap().unwrap();
        assert_eq!(sum.to_bits(), expected.to_bits());
    }
}

#[test]
fn as_many_tasks_at_once_as_jobs_even_beyond_the_processors() {
    let all = Barrier::new(7);
    Parallel::new().n_jobs(7).pre_dispatch("all").batch_size(1).for_each(0..7, |_| _ = all.wait()).unwrap();
}

#[test]
fn any_number_of_jobs_may_be_asked_for() {
    for n_jobs in [300, 10_000, isize::MAX] {
        let items = || (0..).take_while(|&i| i < 3000);
        let parallel = Parallel::new().n_jobs(n_jobs).batch_size(1).timeout(Duration::from_secs(60));
        assert_eq!(parallel.map(items(), |i| i).unwrap(), items().collect::<Vec<i32>>());
        assert_eq!(parallel.stream(items(), |i| i).unwrap().flatten().count(), 3000);
    }
}

#[test]
fn others_do_not_wait_behind_a_task_that_takes_long() {
    let others = AtomicUsize::new(0);
    let squares = Parallel::new().n_jobs(2).map(0..100, |i| {
        if i == 1 {
            while others.load(Ordering::SeqCst) < 99 {
                std::thread::yield_now();
            }
        } else {
            others.fetch_add(1, Ordering::SeqCst);
        }
        i * i
    });
    assert_eq!(squares.unwrap(), (0..100).map(|i| i * i).collect::<Vec<_>>());
}

#[test]
fn what_others_take_over_stays_what_it_was() {
    let began = AtomicUsize::new(0);
    let hold = |i: u64| {
        began.fetch_add(1, Ordering::SeqCst);
        while i == 1 && began.load(Ordering::SeqCst) < 3 {
            std::thread::yield_now();
        }
    };
    // Both fail, the later one first.
    let failed = Parallel::new().n_jobs(2).try_map(0..50, |i| {
        hold(i);
        if i == 1 || i == 2 { Err(i) } else { Ok(()) }
    });
    assert!(matches!(failed, Err(TaskError::Failed { index: 1, error: 1 })), "{failed:?}");
    let plain = Parallel::new().n_jobs(1).map(0..50u64, |_| task_rng(7).next_u64()).unwrap();
    began.store(0, Ordering::SeqCst);
    let held_up = Parallel::new().n_jobs(2).map(0..50, |i| {
        hold(i);
        task_rng(7).next_u64()
    });
    assert_eq!(held_up.unwrap(), plain);
    began.store(0, Ordering::SeqCst);
    let folded = Parallel::new().n_jobs(2).reduce(
        0..50,
        |i| {
            hold(i);
            i.to_string()
        },
        |a, b| a + &b,
    );
    assert_eq!(folded.unwrap().unwrap(), (0..50).map(|i| i.to_string()).collect::<String>());
}

#[test]
fn the_input_is_not_taken_further_than_allowed() {
    for n_jobs in [1, 2, 4] {
        for bound in [1, 2, 5] {
            let (taken, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let items = (0..300).inspect(|_| {
                let ahead = taken.fetch_add(1, Ordering::SeqCst) + 1 - finished.load(Ordering::SeqCst);
                // The one being taken, and those that run or wait in batches.
                assert!(ahead <= bound + 1, "{ahead} tasks out, allowed {bound}");
            });
            let parallel = Parallel::new().n_jobs(n_jobs).pre_dispatch(bound);
            parallel.for_each(items, |_| _ = finished.fetch_add(1, Ordering::SeqCst)).unwrap();
        }
    }
}

#[test]
fn invalid_options_are_errors_of_the_run() {
    let run = |parallel: Parallel| parallel.map(0..3, |i| i).unwrap_err();
    let none = run(Parallel::new().n_jobs(0));
    assert!(none.is_invalid());
    struct Anything;
    impl Backend for Anything {
        fn broadcast(&self, _: usize, work: &(dyn Fn(usize) + Sync)) -> Result<(), joblib_parallel::Error> {
            work(0);
            Ok(())
        }
        fn effective_n_jobs(&self, _: isize) -> Result<usize, joblib_parallel::Error> {
            Ok(1)
        }
    }
    register_backend("anything", Anything).unwrap();
    for backend in ["threads", "sequential", "anything"] {
        assert_eq!(run(Parallel::new().backend(backend).n_jobs(0)).to_string(), none.to_string());
    }
    if cfg!(unix) {
        let processes = Parallel::new().n_jobs(0).processes().map(0..3, |i: i32| i);
        assert_eq!(processes.unwrap_err().to_string(), none.to_string());
    }
    let malformed = run(Parallel::new().pre_dispatch("n_jobs - 1"));
    assert!(malformed.is_invalid() && malformed.to_string().contains("pre_dispatch"));
    let unknown = run(Parallel::new().backend("dask"));
    assert!(unknown.is_invalid() && unknown.to_string().contains("threads"));
    assert!(register_backend("threads", NewThreads).unwrap_err().is_invalid());
    assert!(register_backend("processes", NewThreads).unwrap_err().is_invalid());
}

/// Remembers what runs say of their back-end.
#[derive(Default)]
struct Backends(Mutex<Vec<String>>);

impl Reporter for Backends {
    fn begin(&self, run: &RunStart) {
        self.0.lock().unwrap().push(run.backend.clone());
    }
}

#[test]
fn a_backend_is_given_by_name_or_as_a_value() {
    let backends = Arc::new(Backends::default());
    let run = |parallel: Parallel| {
        let parallel = parallel.n_jobs(3).batch_size(1).reporter(Arc::clone(&backends) as _);
        assert_eq!(parallel.map(0..50, |i| i + 1).unwrap(), (1..51).collect::<Vec<_>>());
    };
    let shared: Arc<dyn Backend> = Arc::new(NewThreads);
    run(Parallel::new().backend("sequential"));
    run(Parallel::new().backend(String::from("sequential")));
    run(Parallel::new().backend(NewThreads));
    run(Parallel::new().backend(Arc::clone(&shared)));
    parallel_config().backend(shared).scope(|| {
        run(Parallel::new());
        run(Parallel::new().backend("sequential"));
        run(Parallel::new().backend(Sequential));
    });
    let expected =
        ["sequential", "sequential", "NewThreads", "NewThreads", "NewThreads", "sequential", "Sequential"];
    assert_eq!(*backends.0.lock().unwrap(), expected);
}

#[test]
fn processes_are_a_place_and_no_threads() {
    let run = |parallel: &Parallel| parallel.map(0..3, |i| i);
    let asked = Parallel::new().backend("processes");
    let error = run(&asked).unwrap_err();
    assert!(error.is_invalid() && error.to_string().contains(".processes().map(..)"));
    assert_eq!(asked.stream(0..3, |i| i).unwrap_err().to_string(), error.to_string());
    let tried = asked.clone().retries(1).try_map(0..3, Ok::<i32, ()>).unwrap_err();
    assert_eq!(tried.into_inner().unwrap_err().to_string(), error.to_string());
    // The last word counts.
    assert!(run(&asked.backend("threads")).is_ok());
    parallel_config().backend("processes").scope(|| {
        assert_eq!(run(&Parallel::new()).unwrap(), [0, 1, 2]);
        assert!(run(&Parallel::new().backend("processes")).is_err());
    });
    parallel_config().backend("absent").backend("processes").scope(|| {
        assert!(run(&Parallel::new()).unwrap_err().to_string().contains("absent"));
    });
}

#[test]
fn builders_show_what_is_set() {
    let parallel = Parallel::new().n_jobs(2).backend(NewThreads).pre_dispatch("all").max_nbytes("1M");
    let options =
        r#"n_jobs: 2, backend: NewThreads, pre_dispatch: Text("all"), max_nbytes: Some(Size(Text("1M")))"#;
    assert_eq!(format!("{parallel:?}"), format!("Parallel {{ {options} }}"));
    assert_eq!(format!("{:?}", parallel.clone().processes()), format!("Processes {{ {options} }}"));
    let retrying = parallel.retries(3);
    assert_eq!(format!("{retrying:?}"), format!("Retrying {{ {options}, retries: 3 }}"));
    assert_eq!(format!("{:?}", parallel_config()), "ParallelConfig");
}

#[test]
fn configurations_nest_are_restored_and_lose_to_explicit_options() {
    let fails = |parallel: &Parallel| parallel.map(0..1, |_| ()).is_err();
    let plain = Parallel::new();
    parallel_config().backend("absent").scope(|| {
        assert!(fails(&plain));
        assert!(!fails(&Parallel::new().backend("threads")));
        parallel_config().n_jobs(2).scope(|| assert!(fails(&plain)));
        parallel_config().backend("sequential").scope(|| assert!(!fails(&plain)));
        let unwound =
            catch_unwind(AssertUnwindSafe(|| parallel_config().backend("threads").scope(|| panic!("out"))));
        assert!(unwound.is_err() && fails(&plain));
    });
    assert!(!fails(&plain));
}

#[test]
fn a_cancelled_run_starts_no_task_and_says_so() {
    for parallel in everywhere() {
        let token = CancelToken::new();
        let started = AtomicUsize::new(0);
        let result = parallel.clone().cancel_token(&token).batch_size(1).for_each(0..1000, |_| {
            if started.fetch_add(1, Ordering::SeqCst) == 10 {
                token.cancel();
            }
            assert!(started.load(Ordering::SeqCst) < 10 || !token.is_cancelled() || is_cancelled());
        });
        assert!(result.unwrap_err().is_cancelled());
        assert!(started.into_inner() < 30);
        let nothing = parallel.cancel_token(&token).map(0..3, |_| panic!("cancelled before"));
        assert!(nothing.unwrap_err().is_cancelled());
    }
}

#[test]
fn a_task_out_of_time_is_told_and_named() {
    for n_jobs in [1, 2] {
        let started = AtomicUsize::new(0);
        let parallel = Parallel::new().n_jobs(n_jobs).timeout(Duration::from_millis(500)).batch_size(1);
        let result = parallel.map(0..100, |i| {
            started.fetch_add(1, Ordering::Relaxed);
            while i == 5 && !is_cancelled() {
                std::thread::yield_now();
            }
        });
        let error = result.unwrap_err();
        assert!(error.is_timeout());
        assert_eq!(error.task_index(), Some(5));
    }
    let in_time = Parallel::new().n_jobs(2).timeout(Duration::from_secs(60)).map(0..100, |i| i);
    assert_eq!(in_time.unwrap().len(), 100);
}

#[test]
fn time_limits_count_from_each_tasks_own_start() {
    // Together they take longer than the limit, each a tenth of it: waiting for a turn does not count.
    let parallel = Parallel::new().n_jobs(2).timeout(Duration::from_secs(1));
    parallel.for_each(0..24, |_| std::thread::sleep(Duration::from_millis(100))).unwrap();
}

#[test]
fn delayed_calls() {
    fn volume(a: f64, b: f64, c: f64) -> f64 {
        a * b * c
    }
    let tasks = (1..=3).map(|i| delayed(volume).call((f64::from(i), 2.0, 3.0)));
    assert_eq!(Parallel::new().n_jobs(2).run(tasks).unwrap(), [6.0, 12.0, 18.0]);
    assert_eq!(Parallel::new().run([delayed(|| 5).call(())]).unwrap(), [5]);
}

#[test]
fn one_parallel_serves_many_threads_at_once() {
    let parallel = Parallel::new().n_jobs(2);
    std::thread::scope(|scope| {
        for start in 0..4 {
            let parallel = &parallel;
            scope.spawn(move || {
                for _ in 0..50 {
                    assert_eq!(
                        parallel.map(start..start + 100, |i| i).unwrap(),
                        (start..start + 100).collect::<Vec<_>>()
                    );
                }
            });
        }
    });
}

#[test]
fn scratch_is_made_once_per_worker() {
    for parallel in everywhere() {
        let made = AtomicUsize::new(0);
        let init = || (made.fetch_add(1, Ordering::Relaxed), 0usize);
        let counts = parallel.map_init(0..1000, init, |(worker, count), _| {
            *count += 1;
            (*worker, *count)
        });
        let counts = counts.unwrap();
        let workers = made.into_inner();
        // The caller may have begun alone, and then gone on as a worker like the others.
        assert!((1..=9).contains(&workers));
        let runs: usize = (0..workers)
            .map(|worker| {
                counts.iter().filter(|(w, _)| *w == worker).map(|(_, count)| *count).max().unwrap_or(0)
            })
            .sum();
        assert_eq!(runs, 1000);
    }
}

#[test]
fn failed_tasks_are_tried_again_as_often_as_asked() {
    let attempts: Vec<AtomicUsize> = (0..40).map(|_| AtomicUsize::new(0)).collect();
    // The task at i fails i % 4 times.
    let flaky = |i: usize| {
        let before = attempts[i].fetch_add(1, Ordering::SeqCst);
        if before < i % 4 { Err(before) } else { Ok(i) }
    };
    for n_jobs in [1, 3] {
        attempts.iter().for_each(|count| count.store(0, Ordering::SeqCst));
        let all = Parallel::new().n_jobs(n_jobs).retries(3).try_map(0..40, flaky).unwrap();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
        assert!(attempts.iter().enumerate().all(|(i, count)| count.load(Ordering::SeqCst) == i % 4 + 1));

        attempts.iter().for_each(|count| count.store(0, Ordering::SeqCst));
        let outcomes = Parallel::new().n_jobs(n_jobs).retries(1).try_map_all(0..40, flaky).unwrap();
        for (i, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(value) => assert!(value == i && i % 4 < 2),
                Err(TaskError::Failed { index, error: 1 }) => assert!(index == i && i % 4 >= 2),
                Err(other) => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn a_cancelled_run_tries_nothing_again() {
    let token = CancelToken::new();
    let attempts = AtomicUsize::new(0);
    let run = Parallel::new().n_jobs(2).cancel_token(&token).retries(usize::MAX);
    let result = run.try_map(0..4, |_| {
        attempts.fetch_add(1, Ordering::SeqCst);
        token.cancel();
        Err::<(), ()>(())
    });
    assert!(result.is_err());
    assert!(attempts.load(Ordering::SeqCst) <= 4);
}

#[test]
fn a_limit_beyond_all_time_is_none() {
    let lifted = Parallel::new().n_jobs(2).timeout(Duration::MAX);
    let slow = |i: u64| {
        std::thread::sleep(Duration::from_millis(2));
        i
    };
    assert_eq!(lifted.map(0..20, slow).unwrap(), (0..20).collect::<Vec<_>>());
}

/// Calls every thread the first.
struct Confused;

impl Backend for Confused {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        std::thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(|| work(0)))));
        Ok(())
    }
}

#[test]
fn threads_of_one_number_lose_nothing() {
    for _ in 0..20 {
        let results = Parallel::new().backend(Confused).n_jobs(4).map(0..20_000, |i| i).unwrap();
        assert_eq!(results, (0..20_000).collect::<Vec<_>>());
    }
}
