//! Random streams belong to the path of positions, whatever runs the tasks and iterations on the way.

use joblib::{Backend, Result, TaskRng};
use joblib::{Parallel, parallel_for, register_backend, task_rng};
use proptest::prelude::*;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, Once};

const SEED: u64 = 42;

fn draw() -> u64 {
    task_rng(SEED).next_u64()
}

fn of_path(path: &[u64]) -> u64 {
    TaskRng::of_path(SEED, path).next_u64()
}

/// A way to run several tasks or iterations.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Way {
    Loop,
    Pulled,
    InBlocks,
    Collapsed,
    LoopInProcesses,
    Map,
    OnOwnThreads,
    Sequential,
    Stream,
    Processes,
    StreamOfProcesses,
}

/// So many of them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Level {
    way: Way,
    len: usize,
    n_jobs: isize,
}

/// What is drawn in one of them: before, in and after what runs inside of it.
fn body(inner: &[Level]) -> Vec<u64> {
    let before = draw();
    let inside = run(inner);
    [vec![before], inside, vec![draw()]].concat()
}

/// The same, as it shall be.
fn expected(path: &[u64], levels: &[Level]) -> Vec<u64> {
    let Some((level, inner)) = levels.split_first() else { return Vec::new() };
    let iterations = match level.way {
        Way::Collapsed => 2 * level.len,
        _ => level.len,
    };
    let each = |index: usize| {
        let path = [path, &[index as u64]].concat();
        [vec![of_path(&path)], expected(&path, inner), vec![of_path(&path)]].concat()
    };
    (0..iterations).flat_map(each).collect()
}

#[parallel_for]
fn run(levels: &[Level]) -> Vec<u64> {
    let Some((&Level { way, len, n_jobs }, inner)) = levels.split_first() else { return Vec::new() };
    let parallel = Parallel::new().n_jobs(n_jobs);
    let concat = |results: Result<Vec<Vec<u64>>>| results.unwrap().concat();
    match way {
        Way::Loop => {
            let drawn: Vec<Vec<u64>> = #[parallel_for(n_jobs = n_jobs)]
            for _ in 0..len {
                body(inner)
            };
            drawn.concat()
        }
        Way::Pulled => {
            let drawn: Vec<Vec<u64>> = #[parallel_for(n_jobs = n_jobs)]
            for inner in std::iter::repeat_n(inner, len).filter(|_| true) {
                body(inner)
            };
            drawn.concat()
        }
        Way::InBlocks => {
            let mut drawn = Vec::new();
            #[parallel_for(n_jobs = n_jobs, reduce(with(joined, Vec::new()) = drawn))]
            for _ in &vec![(); len] {
                drawn.extend(body(inner));
            }
            drawn
        }
        Way::Collapsed => {
            let drawn: Vec<Vec<u64>> = #[parallel_for(n_jobs = n_jobs, collapse = 2)]
            for _ in 0..len {
                for _ in 0..2 {
                    body(inner)
                }
            };
            drawn.concat()
        }
        Way::LoopInProcesses => {
            let drawn: Vec<Vec<u64>> = #[parallel_for(backend = "processes", n_jobs = n_jobs, share(inner))]
            for _ in 0..len {
                body(inner)
            };
            drawn.concat()
        }
        Way::Map => concat(parallel.map(0..len, |_| body(inner))),
        Way::OnOwnThreads => {
            // Here: a worker process has registered nothing.
            static REGISTERED: Once = Once::new();
            REGISTERED.call_once(|| register_backend("own threads", OwnThreads).unwrap());
            concat(parallel.backend("own threads").map(0..len, |_| body(inner)))
        }
        Way::Sequential => concat(parallel.backend("sequential").map(0..len, |_| body(inner))),
        Way::Stream => {
            let inner = inner.to_vec();
            concat(parallel.stream(0..len, move |_| body(&inner)).unwrap().collect())
        }
        Way::Processes => concat(parallel.processes().map(vec![inner.to_vec(); len], |inner| body(&inner))),
        Way::StreamOfProcesses => {
            let items = vec![inner.to_vec(); len];
            concat(parallel.processes().stream(items, |inner| body(&inner)).unwrap().collect())
        }
    }
}

fn joined(mut a: Vec<u64>, b: Vec<u64>) -> Vec<u64> {
    a.extend(b);
    a
}

struct OwnThreads;

impl Backend for OwnThreads {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        std::thread::scope(|scope| (0..workers).for_each(|slot| drop(scope.spawn(move || work(slot)))));
        Ok(())
    }
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    let way = prop::sample::select(vec![
        Way::Loop,
        Way::Pulled,
        Way::InBlocks,
        Way::Collapsed,
        Way::LoopInProcesses,
        Way::Map,
        Way::OnOwnThreads,
        Way::Sequential,
        Way::Stream,
        Way::Processes,
        Way::StreamOfProcesses,
    ]);
    let n_jobs = prop::sample::select(vec![1, 2, 4, -1]);
    let level = (way, 0usize..5, n_jobs).prop_map(|(way, len, n_jobs)| Level { way, len, n_jobs });
    prop::collection::vec(level, 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn all_ways_inside_of_one_another_give_the_same_streams(levels in levels()) {
        prop_assert_eq!(run(&levels), expected(&[], &levels), "{:?}", levels);
        prop_assert_eq!(draw(), of_path(&[]));
    }
}

#[parallel_for]
fn thousandths(n: usize, n_jobs: isize) -> Vec<u64> {
    #[parallel_for(n_jobs = n_jobs)]
    for _ in 0..n {
        task_rng(42).next_u64() % 1000
    }
}

#[test]
fn a_loop_draws_what_a_map_draws() {
    for n_jobs in [1, 2, 4, -1] {
        assert_eq!(thousandths(3, n_jobs), [103, 257, 459]);
        let map = Parallel::new().n_jobs(n_jobs).map(0..10_000, |_| task_rng(42).next_u64() % 1000);
        assert_eq!(thousandths(10_000, n_jobs), map.unwrap());
    }
}

#[parallel_for]
fn drawn_in_long_blocks(n: u64, n_jobs: isize) -> [Vec<(u64, u64)>; 2] {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    let merge = |a: Vec<(u64, u64)>, b| [a, b].concat();
    #[parallel_for(n_jobs = n_jobs, reduce(with(merge, Vec::new()) = here))]
    for i in 0..n {
        here.push((i, draw()));
    }
    #[parallel_for(backend = "processes", n_jobs = n_jobs, reduce(with(merge, Vec::new()) = there))]
    for i in 0..n {
        there.push((i, draw()));
    }
    [here, there]
}

#[test]
fn a_block_of_iterations_is_no_iteration() {
    let expected: Vec<_> = (0..9000).map(|i| (i, of_path(&[i]))).collect();
    for drawn in drawn_in_long_blocks(9000, 2) {
        assert!(drawn == expected);
    }
}

#[parallel_for]
fn between(n: usize, n_jobs: isize) -> (Vec<[u64; 3]>, Vec<u64>) {
    let mut merged = Vec::new();
    let merge = |a: Vec<u64>, b: Vec<u64>| [a, b, vec![draw()]].concat();
    #[parallel_for(n_jobs = n_jobs, reduce(with(merge, Vec::new()) = merged))]
    for _ in 0..n {
        let _: u64 = draw();
    }
    let drawn = #[parallel_for(n_jobs = n_jobs, init(of_thread = draw()))]
    for of_source in std::iter::repeat_with(draw).take(n) {
        [of_source, of_thread, draw()]
    };
    (drawn, merged)
}

#[test]
fn what_is_of_no_iteration_is_where_the_loop_stands() {
    for n_jobs in [1, 2, 4] {
        let drawn = Parallel::new().n_jobs(n_jobs).map(0..3, |_| between(100, n_jobs)).unwrap();
        for (task, (of_loop, merged)) in (0..).zip(drawn) {
            let place = of_path(&[task]);
            assert!(merged.iter().all(|&drawn| drawn == place));
            let expected = (0..100).map(|i| [place, place, of_path(&[task, i])]);
            assert_eq!(of_loop, expected.collect::<Vec<_>>());
        }
        let input = std::iter::repeat_with(draw).take(100);
        let drawn = Parallel::new()
            .n_jobs(n_jobs)
            .map_init(input, draw, |of_worker, of_input| [of_input, *of_worker, draw()]);
        let place = of_path(&[]);
        let expected = (0..100).map(|i| [place, place, of_path(&[i])]);
        assert_eq!(drawn.unwrap(), expected.collect::<Vec<_>>());
        let drawn =
            Parallel::new().n_jobs(n_jobs).reduce(0..100, |_| vec![], |a, b| [a, b, vec![draw()]].concat());
        assert_eq!(drawn.unwrap(), Some(vec![place; 99]));
    }
}

#[test]
fn a_task_that_is_tried_again_draws_the_same() {
    /// What the first attempt at each item drew, which fails.
    static DRAWN: Mutex<Option<HashMap<u64, [u64; 2]>>> = Mutex::new(None);
    fn flaky(i: u64) -> std::result::Result<[[u64; 2]; 2], ()> {
        let drawn = [draw(), thousandths(2, 2)[1]];
        let mut before = DRAWN.lock().unwrap();
        let before = before.get_or_insert_default();
        before.insert(i, drawn).map(|before| [before, drawn]).ok_or(())
    }
    let options = Parallel::new().n_jobs(2).retries(1);
    let threads = options.try_map(0..40, flaky).unwrap();
    let processes = options.processes().try_map(0..40, flaky).unwrap();
    for drawn in [threads, processes] {
        for (i, drawn) in (0..).zip(drawn) {
            assert_eq!(drawn, [[of_path(&[i]), of_path(&[i, 1]) % 1000]; 2]);
        }
    }
}

#[test]
fn a_stream_draws_as_where_it_was_made() {
    for n_jobs in [1, 2] {
        let make = |_| {
            let parallel = Parallel::new().n_jobs(n_jobs);
            let input = std::iter::repeat_with(draw).take(20);
            let threads = parallel.stream(input.clone(), |of_input| [of_input, draw()]).unwrap();
            (threads, parallel.processes().stream(input, |of_input| [of_input, draw()]).unwrap())
        };
        let streams = Parallel::new().n_jobs(2).map(0..3, make).unwrap();
        for (task, (threads, processes)) in (0..).zip(streams) {
            let expected: Vec<_> = (0..20).map(|i| [of_path(&[task]), of_path(&[task, i])]).collect();
            assert_eq!(threads.collect::<Result<Vec<_>>>().unwrap(), expected);
            assert_eq!(processes.collect::<Result<Vec<_>>>().unwrap(), expected);
        }
    }
}

#[test]
fn a_caught_panic_leaves_the_position_as_it_was() {
    let drawn = Parallel::new().n_jobs(2).map(0..8, |_| {
        for n_jobs in [1, 2] {
            let caught = std::panic::catch_unwind(|| panics_within(n_jobs));
            assert!(caught.is_err());
        }
        draw()
    });
    assert_eq!(drawn.unwrap(), (0..8).map(|i| of_path(&[i])).collect::<Vec<_>>());
    assert_eq!(draw(), of_path(&[]));
}

#[parallel_for]
fn panics_within(n_jobs: isize) {
    #[parallel_for(n_jobs = n_jobs)]
    for i in 0..10 {
        assert!(i != 5, "as expected");
    }
}

/// What gives the items stands where the loop does, in no iteration.
#[test]
fn clones_belong_to_no_iteration() {
    #[derive(Debug, PartialEq)]
    struct Drawn(u64);
    impl Clone for Drawn {
        fn clone(&self) -> Self {
            Drawn(self.0 ^ task_rng(9).next_u64())
        }
    }
    #[parallel_for]
    fn both(xs: &[Drawn], jobs: usize) -> Vec<(Drawn, u64)> {
        #[parallel_for(n_jobs = jobs)]
        for x in xs.iter().cloned().rev() {
            (x, task_rng(9).next_u64())
        }
    }
    #[parallel_for]
    fn alone(xs: &[Drawn], jobs: usize) -> Vec<Drawn> {
        #[parallel_for(n_jobs = jobs)]
        for x in xs.iter().cloned().step_by(2) {
            x
        }
    }
    let xs: Vec<Drawn> = (0..50).map(Drawn).collect();
    let outside = task_rng(9).next_u64();
    for jobs in [1, 2, 8] {
        let in_iterations = both(&xs, jobs);
        assert!(in_iterations.iter().rev().enumerate().all(|(i, (x, _))| x.0 == i as u64 ^ outside));
        assert!(in_iterations.iter().all(|(_, drawn)| *drawn != outside));
        assert!(alone(&xs, jobs).iter().enumerate().all(|(i, x)| x.0 == (2 * i as u64) ^ outside));
    }
}
