//! Loops whose iterations run in worker processes mean what sequential ones do.

use joblib::{Parallel, parallel, parallel_for};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[parallel_for(backend = "processes", n_jobs = 2)]
fn weighted(grid: &Array2<f64>, scale: f64, names: &[String], prefix: &str) -> (f64, Vec<String>) {
    let mut total = 0.0;
    #[parallel_for(share(grid, scale), reduce(+ = total))]
    for (i, row) in grid.outer_iter().enumerate() {
        total += row.sum() * scale + grid[[i, 0]];
    }
    let labels = #[parallel_for(share(prefix))]
    for name in names {
        format!("{prefix}{name}")
    };
    (total, labels)
}

#[test]
fn what_is_shared_is_there_as_it_is_here() {
    let grid = Array2::from_shape_fn((7, 3), |(i, j)| 0.1 * i as f64 + j as f64);
    let names = ["a".to_owned(), "b".to_owned()];
    let (total, labels) = weighted(&grid, 1.5, &names, "no ");
    let plain =
        grid.outer_iter().enumerate().fold(0.0, |sum, (i, row)| sum + (row.sum() * 1.5 + grid[[i, 0]]));
    assert_eq!(total.to_bits(), plain.to_bits());
    assert_eq!(labels, ["no a", "no b"]);
}

#[test]
fn iterations_run_in_other_processes() {
    let pids: Vec<u32> = parallel! {
        #[backend = "processes", n_jobs = 2]
        for _ in 0..4 { std::process::id() }
    };
    assert_eq!(pids.len(), 4);
    assert!(pids.iter().all(|&pid| pid != std::process::id()));
}

#[test]
fn a_condition_that_does_not_hold_keeps_the_loop_here() {
    let factor = 2_u32;
    let both: Vec<(u32, u32)> = parallel! {
        #[backend = "processes", share(factor), if = factor > 2]
        for i in 0..3_u32 { (std::process::id(), i * factor) }
    };
    assert_eq!(both, [0, 2, 4].map(|value| (std::process::id(), value)));
}

#[parallel_for(backend = "processes", n_jobs = 2)]
fn first_negative(xs: &[i64]) -> Result<i64, String> {
    let mut seen = 0_i64;
    #[parallel_for(reduce(+ = seen))]
    for x in xs {
        if *x == 99 {
            break;
        }
        if *x == 50 {
            return Ok(-x);
        }
        let root = check(*x)?;
        seen += root;
    }
    Ok(seen)
}

fn check(x: i64) -> Result<i64, String> {
    if x < 0 { Err(format!("{x} is negative")) } else { Ok(x) }
}

fn first_negative_in_order(xs: &[i64]) -> Result<i64, String> {
    let mut seen = 0_i64;
    for x in xs {
        if *x == 99 {
            break;
        }
        if *x == 50 {
            return Ok(-x);
        }
        seen += check(*x)?;
    }
    Ok(seen)
}

#[parallel_for(backend = "processes", n_jobs = 2)]
fn collected(words: &[String]) -> Result<HashMap<String, u32>, String> {
    for word in words {
        if word == "skip" {
            continue;
        }
        if word == "stop" {
            break;
        }
        word.parse::<u32>().map(|n| (word.clone(), n)).map_err(|error| error.to_string())
    }
}

fn collected_in_order(words: &[String]) -> Result<HashMap<String, u32>, String> {
    let mut all = HashMap::new();
    for word in words {
        match word.as_str() {
            "skip" => continue,
            "stop" => break,
            _ => all.insert(word.clone(), word.parse::<u32>().map_err(|error| error.to_string())?),
        };
    }
    Ok(all)
}

#[parallel_for(backend = "processes", n_jobs = 2)]
fn statistics(xs: &[f64], offset: f64) -> (f64, f64, Vec<f64>, f64) {
    let (mut sum, mut low, mut all, mut product) = (offset, f64::INFINITY, vec![offset], 1.0);
    let join = |mut a: Vec<f64>, b: Vec<f64>| {
        a.extend(b);
        a
    };
    #[parallel_for(share(offset), reduce(+ = sum, min = low, with(join, Vec::new()) = all, * = product))]
    for x in xs.iter().copied() {
        sum += x / 3.0;
        low = low.min(x - offset);
        all.push(x);
        product *= 1.0 + x / 1e3;
    }
    (sum, low, all, product)
}

fn statistics_in_order(xs: &[f64], offset: f64) -> (f64, f64, Vec<f64>, f64) {
    let (mut sum, mut low, mut all, mut product) = (offset, f64::INFINITY, vec![offset], 1.0);
    for &x in xs {
        sum += x / 3.0;
        low = low.min(x - offset);
        all.push(x);
        product *= 1.0 + x / 1e3;
    }
    (sum, low, all, product)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn loops_end_as_the_sequential_ones(xs in prop::collection::vec(prop_oneof![-2..60_i64, Just(99)], 0..40)) {
        prop_assert_eq!(first_negative(&xs), first_negative_in_order(&xs));
    }

    #[test]
    fn collections_are_those_of_the_sequential_loop(words in prop::collection::vec("[0-9]{1,3}|skip|stop|x", 0..20)) {
        prop_assert_eq!(collected(&words), collected_in_order(&words));
    }

    #[test]
    fn reductions_have_the_bits_of_the_sequential_loop(xs in prop::collection::vec(-1e3..1e3_f64, 0..200), offset in -5.0..5.0_f64) {
        prop_assert_eq!(statistics(&xs, offset), statistics_in_order(&xs, offset));
    }
}

#[parallel_for(backend = "processes", n_jobs = 2)]
fn in_place(rows: &mut Array2<f64>, out: &mut [f64], tags: &mut [String]) {
    #[parallel_for]
    for (mut row, slot) in rows.outer_iter_mut().zip(out.iter_mut()) {
        row *= 2.0;
        *slot = row.sum();
    }
    #[parallel_for]
    for (i, tag) in tags.iter_mut().enumerate() {
        tag.push_str(&i.to_string());
    }
    #[parallel_for]
    for pair in out.chunks_mut(2) {
        pair.reverse();
    }
}

#[test]
fn items_that_are_borrowed_mutably_are_changed_here() {
    let mut rows = Array2::from_shape_fn((4, 3), |(i, j)| (i + j) as f64);
    let (before, mut out, mut tags) = (rows.clone(), vec![0.0; 4], vec!["a".to_owned(), "b".to_owned()]);
    in_place(&mut rows, &mut out, &mut tags);
    assert_eq!(rows, &before * 2.0);
    let sums = rows.sum_axis(Axis(1));
    assert_eq!(out, [sums[1], sums[0], sums[3], sums[2]]);
    assert_eq!(tags, ["a0", "b1"]);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Model {
    weights: Array1<f64>,
    bias: f64,
}

impl Model {
    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn predict(&self, rows: &Array2<f64>) -> Vec<f64> {
        #[parallel_for(share(self))]
        for row in rows.outer_iter() {
            assert!(!row.is_empty(), "no columns for {}", self.bias);
            self.dot(row)
        }
    }

    fn dot(&self, row: ArrayView1<f64>) -> f64 {
        self.weights.dot(&row) + self.bias
    }
}

#[test]
fn methods_share_themselves() {
    let model = Model { weights: Array1::from(vec![1.0, 2.0]), bias: 0.5 };
    let rows = Array2::from_shape_fn((5, 2), |(i, j)| (i * 2 + j) as f64);
    let expected: Vec<f64> = rows.outer_iter().map(|row| model.dot(row)).collect();
    assert_eq!(model.predict(&rows), expected);
}

#[parallel_for]
fn generic<T, const N: usize>(xs: &[T], less: T) -> Vec<T>
where
    T: Clone + Sync + std::ops::Sub<Output = T> + Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    #[parallel_for(backend = "processes", share(less), n_jobs = 2)]
    for x in xs.iter().skip(N) {
        x.clone() - less.clone()
    }
}

#[test]
fn generic_functions_have_generic_tasks() {
    assert_eq!(generic::<i32, 1>(&[1, 2, 3], 1), [1, 2]);
    assert_eq!(generic::<f64, 0>(&[0.5], 0.25), [0.25]);
}

#[test]
fn owned_values_are_variables_there_too() {
    let (table, flag, model) = (vec![3, 5], true, Model { weights: Array1::zeros(2), bias: 1.0 });
    let all: Vec<i32> = parallel! {
        #[backend = "processes", share(table, flag, model), n_jobs = 2]
        for (i, word) in "a bb".split(' ').enumerate() {
            if flag { table[i] + word.len() as i32 + model.bias as i32 } else { 0 }
        }
    };
    assert_eq!(all, [5, 8]);
}

#[test]
fn labels_and_control_flow_leave_the_loop() {
    let mut rounds = 0;
    let found = 'search: {
        'rounds: for round in 0..5_i32 {
            rounds += 1;
            parallel! {
                #[backend = "processes", share(round), n_jobs = 2]
                for i in 0..6 {
                    if round == 0 && i == 2 {
                        continue 'rounds;
                    }
                    if round * 10 + i == 23 {
                        break 'search Some((round, i));
                    }
                }
            }
        }
        None
    };
    assert_eq!((found, rounds), (Some((2, 3)), 3));

    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn flow() -> ControlFlow<String, Option<u8>> {
        for i in 0..5_u8 {
            if i == 3 { ControlFlow::Break(i.to_string()) } else { ControlFlow::Continue(()) }?;
        }
        ControlFlow::Continue(None)
    }
    assert_eq!(flow(), ControlFlow::Break("3".to_owned()));

    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn missing(xs: &[Option<u8>]) -> Option<u8> {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            sum += x.as_ref()?;
        }
        Some(sum)
    }
    assert_eq!(missing(&[Some(1), Some(2)]), Some(3));
    assert_eq!(missing(&[Some(1), None]), None);
}

#[test]
fn collapsed_loops_are_one() {
    let (rows, cols) = ([1_i64, 2, 3], [10_i64, 20]);
    let mut sum = 0;
    let products: Vec<i64> = parallel! {
        #[backend = "processes", collapse = 2, n_jobs = 2, collect, reduce(+ = sum)]
        for x in &rows {
            for y in &cols {
                if *x == 2 {
                    continue;
                }
                sum += x;
                x * y
            }
        }
    };
    assert_eq!(products, [10, 20, 30, 60]);
    assert_eq!(sum, 8);
}

#[test]
fn scratch_is_each_workers_own() {
    let capacity = 16_usize;
    let lengths: Vec<usize> = parallel! {
        #[backend = "processes", share(capacity), init(scratch = String::with_capacity(capacity)), n_jobs = 2]
        for word in ["one", "three"] {
            scratch.clear();
            scratch.push_str(word);
            scratch.len()
        }
    };
    assert_eq!(lengths, [3, 5]);
}

#[test]
fn the_earliest_panic_is_thrown_again() {
    for start in ["body", "init"] {
        let payload = catch_unwind(|| {
            parallel! {
                #[backend = "processes", share(start), n_jobs = 2, init(_state = assert!(start != "init", "no scratch"))]
                for i in 0..20 {
                    assert!(i < 3, "at {i}");
                }
            }
        })
        .unwrap_err();
        let text = payload.downcast_ref::<String>().unwrap();
        assert_eq!(text, if start == "body" { "at 3" } else { "no scratch" });
    }
}

#[test]
fn a_worker_that_dies_ends_the_loop_with_a_message() {
    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn dies() {
        for i in 0..4 {
            if i == 2 {
                std::process::abort();
            }
        }
    }
    let payload = catch_unwind(dies).unwrap_err();
    let text = payload.downcast_ref::<String>().unwrap();
    assert!(text.contains("died while running task 2") && text.contains("SIGABRT"), "{text}");
}

/// Runs a loop in worker processes; in a worker itself, in that one.
#[parallel_for(backend = "processes", n_jobs = 2)]
fn doubled(n: u32) -> Vec<(u32, u32)> {
    for i in 0..n {
        (std::process::id(), 2 * i)
    }
}

#[test]
fn workers_start_no_workers() {
    let nested =
        Parallel::new().n_jobs(2).processes().map([3, 4], |n| (std::process::id(), doubled(n))).unwrap();
    for ((pid, inner), n) in nested.into_iter().zip([3, 4]) {
        assert_eq!(inner, (0..n).map(|i| (pid, 2 * i)).collect::<Vec<_>>());
    }
}

#[test]
fn many_iterations_fold_in_fixed_blocks() {
    let run = |n_jobs: isize, here: bool| {
        let mut sum = 0.1_f64;
        parallel! {
            #[backend = "processes", n_jobs = n_jobs, if = !here, reduce(+ = sum)]
            for i in 0..10_000_u32 {
                sum += 1.0 / f64::from(i + 1);
            }
        }
        sum.to_bits()
    };
    assert_eq!(run(1, false), run(3, false));
    assert_eq!(run(1, false), run(1, true));
}

#[test]
fn loops_around_and_inside_keep_their_own_backends() {
    let base = 1_u64;
    let all: Vec<u64> = parallel! {
        for outer in 0..3_u64 {
            let inner: Vec<u64> = parallel! {
                #[backend = "processes", share(base, outer), n_jobs = 2]
                for i in 0..2_u64 {
                    let mut sum = 0;
                    parallel! {
                        #[reduce(+ = sum)]
                        for j in 0..=i {
                            sum += j + outer + base;
                        }
                    }
                    sum
                }
            };
            inner.into_iter().sum::<u64>()
        }
    };
    let expected = |outer: u64| (0..2).flat_map(|i| (0..=i).map(move |j| j + outer + 1)).sum::<u64>();
    assert_eq!(all, [expected(0), expected(1), expected(2)]);
}

#[test]
fn columns_of_a_mapped_array_are_read_where_they_lie() {
    let grid = joblib::share(&Array2::from_shape_fn((50, 4), |(i, j)| (i * 4 + j) as f64)).unwrap();
    let sums: Vec<(f64, f64)> = parallel! {
        #[backend = "processes", share(grid), n_jobs = 2]
        for (j, column) in grid.axis_iter(Axis(1)).enumerate() {
            assert!(grid.is_mapped());
            (column.sum(), grid[[49, j]])
        }
    };
    let expected = grid.axis_iter(Axis(1)).enumerate().map(|(j, column)| (column.sum(), grid[[49, j]]));
    assert_eq!(sums, expected.collect::<Vec<_>>());
    // A large one that was not shared before goes through shared memory; there it is mapped too.
    let large = joblib::MappedArray::from(Array1::from_elem(300_000, 0.5));
    let mapped: Vec<(bool, f64)> = parallel! {
        #[backend = "processes", share(large), n_jobs = 2]
        for _ in 0..2 { (large.is_mapped(), large.sum()) }
    };
    assert_eq!(mapped, [(true, 150_000.0); 2]);
}

/// Names that look like variables of this process and are others.
#[parallel_for(n_jobs = 2)]
fn shadowed(n: u32) -> Vec<usize> {
    let (scratch, word, found) = (1_usize, 2_usize, Some(n));
    let outer = scratch + word + found.map_or(0, |n| n as usize);
    #[parallel_for(backend = "processes", share(outer))]
    for i in 0..n {
        let word = i.to_string();
        let found = match word.len() {
            found if found > 5 => 0,
            found => found,
        };
        let Some(last) = word.chars().next_back() else { continue };
        let inner: Vec<usize> = #[parallel_for(backend = "threads", init(scratch = String::new()))]
        for j in 0..2 {
            scratch.clear();
            scratch.push(last);
            scratch.len() + j
        };
        let total = |word: usize| word + inner.iter().sum::<usize>();
        if let Some(word) = inner.first() { outer + total(*word) + found } else { 0 }
    }
}

#[test]
fn names_of_inner_variables_are_theirs() {
    assert_eq!(shadowed(3), [6 + 1 + 3 + 1; 3]);
}

/// Of the options at the function, `share` is for the loops in processes.
#[parallel_for(backend = "processes", share(grid), n_jobs = 2)]
fn row_sums(grid: &Array2<f64>) -> Vec<f64> {
    for i in 0..grid.nrows() {
        grid.row(i).sum()
    }
}

#[test]
fn share_may_stand_at_the_function() {
    let grid = Array2::from_shape_fn((3, 4), |(i, j)| (i * j) as f64);
    assert_eq!(row_sums(&grid), [0.0, 6.0, 12.0]);
}

#[parallel_for]
fn harmonic(rows: u32, here: bool) -> f64 {
    let mut sum = 0.0;
    if here {
        #[parallel_for(collapse = 2, reduce(+ = sum))]
        for i in 0..rows {
            for j in 0..10 {
                sum += 1.0 / (f64::from(i * 10 + j) + 0.1);
            }
        }
    } else {
        #[parallel_for(backend = "processes", collapse = 2, n_jobs = 2, reduce(+ = sum))]
        for i in 0..rows {
            for j in 0..10 {
                sum += 1.0 / (f64::from(i * 10 + j) + 0.1);
            }
        }
    }
    sum
}

#[test]
fn collapsed_loops_fold_as_on_threads() {
    for rows in [0, 1, 10, 500, 3000] {
        assert_eq!(harmonic(rows, true).to_bits(), harmonic(rows, false).to_bits(), "{rows} rows");
    }
}

/// Three cannot be written.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq)]
struct Written(#[serde(serialize_with = "but_three")] u32);

fn but_three<S: serde::Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        1003 => Err(serde::ser::Error::custom("three cannot be written")),
        number => serializer.serialize_u32(*number),
    }
}

#[parallel_for]
fn add_thousand(items: &mut [Written]) {
    #[parallel_for(backend = "processes", n_jobs = 2, chunk = 4)]
    for item in items.iter_mut() {
        item.0 += 1000;
    }
}

#[test]
fn items_never_get_each_others_values() {
    let mut items: Vec<_> = (0..8).map(Written).collect();
    let ended = catch_unwind(AssertUnwindSafe(|| add_thousand(&mut items)));
    assert!(ended.is_err());
    for (i, item) in (0..).zip(&items) {
        assert!(item.0 == i || item.0 == i + 1000, "{items:?}");
    }
}
