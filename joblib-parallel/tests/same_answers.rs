//! One suite over every way to run tasks: sequentially, on threads, on a registered back-end, in worker
//! processes.
//!
//! For any input, number of jobs, batch size and bound, all give what a plain loop gives, to the last bit.

#![allow(clippy::unwrap_used)]

use joblib_parallel::{Backend, Parallel, Result, TaskError, register_backend, task_rng};
use proptest::prelude::*;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

struct NewThreads;

impl Backend for NewThreads {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        std::thread::scope(|scope| (0..workers).for_each(|slot| drop(scope.spawn(move || work(slot)))));
        Ok(())
    }
}

/// What a task shall do.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Item {
    Compute(f64),
    /// A run inside the run.
    Nest(u8),
    Fail(u16),
    Panic(u16),
}

/// The task: a function of its item and position alone.
fn task(item: Item) -> Result<f64, u16> {
    match item {
        Item::Compute(x) => Ok((x.sin() + x.sqrt()).abs() + task_rng(3).next_u64() as f64 / u64::MAX as f64),
        Item::Nest(n) => {
            let inner = Parallel::new().n_jobs(2).reduce(0..n, |i| 1.0 / (1.0 + f64::from(i)), |a, b| a + b);
            Ok(inner.unwrap().unwrap_or(0.0))
        }
        Item::Fail(code) => Err(code),
        Item::Panic(code) => std::panic::panic_any(format!("panic {code}")),
    }
}

/// A run's end, comparable to the bit.
#[derive(Debug, PartialEq)]
enum End {
    Values(Vec<u64>),
    Failed(usize, u16),
    Panicked(String),
}

fn end_of(run: impl FnOnce() -> Result<Vec<f64>, TaskError<u16>>) -> End {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(values)) => End::Values(values.into_iter().map(f64::to_bits).collect()),
        Ok(Err(TaskError::Failed { index, error })) => End::Failed(index, error),
        Ok(Err(other)) => panic!("{other}"),
        Err(payload) => End::Panicked(payload.downcast_ref::<String>().cloned().unwrap_or_default()),
    }
}

fn value(item: Item) -> f64 {
    task(item).unwrap_or(-1.0)
}

/// The results of a stream up to its end or panic, and the panic's text.
fn streamed(stream: impl Iterator<Item = Result<f64>>) -> (Vec<u64>, Option<String>) {
    let mut values = Vec::new();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for result in stream {
            values.push(result.unwrap().to_bits());
        }
    }));
    (values, outcome.err().map(|payload| payload.downcast_ref::<String>().cloned().unwrap_or_default()))
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = prop_oneof![
        200 => (0.0..1e6).prop_map(Item::Compute),
        5 => (0u8..40).prop_map(Item::Nest),
        1 => any::<u16>().prop_map(Item::Fail),
        1 => any::<u16>().prop_map(Item::Panic),
    ];
    prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(item.clone(), 1..8),
        prop::collection::vec(item, 8..400),
        prop::collection::vec((0.0..1e6).prop_map(Item::Compute), 0..2000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_way_gives_the_loops_answer(
        items in items(),
        n_jobs in 1isize..5,
        batch_size in prop::option::of(1usize..50),
        pre_dispatch in prop::option::of(1usize..20),
        drop_after in prop::option::of(0usize..20),
    ) {
        static REGISTERED: Once = Once::new();
        REGISTERED.call_once(|| register_backend("new threads", NewThreads).unwrap());
        let configure = |mut parallel: Parallel| {
            parallel = parallel.n_jobs(n_jobs);
            if let Some(size) = batch_size {
                parallel = parallel.batch_size(size);
            }
            if let Some(tasks) = pre_dispatch {
                parallel = parallel.pre_dispatch(tasks);
            }
            parallel
        };
        let plain = Parallel::new().backend("sequential");
        let expected = end_of(|| plain.try_map(items.clone(), task));
        let expected_stream = streamed(plain.stream(items.clone(), value).unwrap());
        let sum = |parallel: &Parallel| catch_unwind(AssertUnwindSafe(|| {
            parallel.reduce(items.clone(), value, |a, b| a / 3.0 + b).unwrap().map(f64::to_bits)
        })).ok();
        let expected_sum = sum(&plain);
        for backend in ["sequential", "threads", "new threads"] {
            let parallel = configure(Parallel::new().backend(backend));
            prop_assert_eq!(&end_of(|| parallel.try_map(items.clone(), task)), &expected);
            prop_assert_eq!(sum(&parallel), expected_sum);
            let stream = parallel.stream(items.clone(), value).unwrap();
            if let Some(count) = drop_after {
                let (early, _) = streamed(stream.take(count));
                prop_assert_eq!(&early[..], &expected_stream.0[..early.len()]);
            } else {
                prop_assert_eq!(&streamed(stream), &expected_stream);
            }
        }
        if cfg!(unix) {
            let processes = configure(Parallel::new()).processes();
            prop_assert_eq!(&end_of(|| processes.try_map(items.clone(), task)), &expected);
            let total = catch_unwind(AssertUnwindSafe(|| {
                processes.reduce(items.clone(), value, |a, b| a / 3.0 + b).unwrap().map(f64::to_bits)
            }));
            prop_assert_eq!(total.ok(), expected_sum);
            let stream = processes.stream(items.clone(), value).unwrap();
            if let Some(count) = drop_after {
                let (early, _) = streamed(stream.take(count));
                prop_assert_eq!(&early[..], &expected_stream.0[..early.len()]);
            } else {
                prop_assert_eq!(&streamed(stream), &expected_stream);
            }
        }
    }
}

#[test]
fn ten_thousand_tiny_tasks_from_racing_producers() {
    let sums = std::thread::scope(|scope| {
        let producers: Vec<_> = (0..3u64)
            .map(|producer| {
                scope.spawn(move || {
                    let items = (0..10_000).map(move |i| producer * 10_000 + i);
                    let parallel = Parallel::new().n_jobs(2);
                    let on_threads = parallel.map(items.clone(), |i| i * 3).unwrap();
                    let in_processes = if cfg!(unix) {
                        parallel.processes().map(items, |i| i * 3).unwrap()
                    } else {
                        on_threads.clone()
                    };
                    assert_eq!(on_threads, in_processes);
                    on_threads.iter().sum::<u64>()
                })
            })
            .collect();
        producers.into_iter().map(|producer| producer.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(sums.iter().sum::<u64>(), (0..30_000u64).map(|i| i * 3).sum());
}
