//! The result is that of the sequential loop: generated loops, run as they stand and with `#[parallel_for]`.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use joblib::parallel_for;
use joblib_core::pool::Pool;
use ndarray::Array2;
use proptest::prelude::*;

/// What one iteration does, beside marking that it ran.
#[derive(Clone, Copy, Debug)]
enum Act {
    Add(f64),
    Continue,
    Break,
    /// `break` to the loop around
    BreakOuter,
    ContinueOuter,
    /// `?` on a `Result`
    Fail(u16),
    /// `return`
    Return(u16),
    Panic(u16),
    /// An inner loop of so many turns that is left, and continued, on its own account.
    Inner(u8),
}

/// A panic made on purpose.
struct Planned(u16);

/// What a run left behind.
#[derive(Debug, PartialEq)]
struct Outcome {
    result: Ended,
    /// Which iterations of which round ran, and how often.
    ran: Vec<u32>,
}

#[derive(Debug, PartialEq)]
enum Ended {
    Value { sums: Vec<u64>, words: String },
    Error(u16),
    Panic(u16),
}

/// Everything a loop reads, and the marks of what ran.
struct Case {
    acts: Vec<Act>,
    rounds: usize,
    n_jobs: i32,
    ran: Vec<AtomicU32>,
}

impl Case {
    fn act(&self, round: usize, index: usize) -> Act {
        self.ran[round * self.acts.len() + index].fetch_add(1, Ordering::Relaxed);
        // Rounds differ in what leaves them.
        match self.acts[index] {
            Act::Break
            | Act::BreakOuter
            | Act::ContinueOuter
            | Act::Fail(_)
            | Act::Return(_)
            | Act::Panic(_)
                if (index + round) % 2 == 1 =>
            {
                Act::Add(index as f64)
            }
            act => act,
        }
    }
}

fn check(code: u16) -> Result<f64, u16> {
    if code.is_multiple_of(3) { Ok(f64::from(code)) } else { Err(code) }
}

type Run = fn(&Case) -> Result<Ended, u16>;

fn run(case: &Case, function: Run) -> Outcome {
    let result = panic::catch_unwind(AssertUnwindSafe(|| function(case)));
    let result = match result {
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => Ended::Error(error),
        Err(payload) => match payload.downcast::<Planned>() {
            Ok(planned) => Ended::Panic(planned.0),
            Err(other) => panic::resume_unwind(other),
        },
    };
    Outcome { result, ran: case.ran.iter().map(|ran| ran.load(Ordering::Relaxed)).collect() }
}

/// Defines the same function twice: with a parallel inner loop, and without.
macro_rules! twins {
    ($($name:ident($($option:tt)*): |$case:ident, $data:ident| $setup:expr; for $pattern:pat => $source:expr; index $index:expr;)*) => {
        $(
            mod $name {
                use super::*;

                twins!(@function [] [#[allow(unused_labels)]] plain(sum, high, words) $case, $data, $setup, $pattern, $source, $index);
                twins!(
                    @function [#[parallel_for]]
                    [#[parallel_for(n_jobs = $case.n_jobs, reduce(+ = sum, max = high, with(|a: String, b: String| a + &b, String::new()) = words), $($option)*)]]
                    parallel(sum, high, words) $case, $data, $setup, $pattern, $source, $index
                );
            }
        )*

        const TWINS: &[(&str, Run, Run)] = &[$((stringify!($name), $name::plain, $name::parallel)),*];
    };
    (
        @function [$(#[$on_function:meta])*] [$(#[$mark:meta])*]
        $name:ident($sum:ident, $high:ident, $words:ident) $case:ident, $data:ident, $setup:expr, $pattern:pat, $source:expr, $index:expr
    ) => {
        $(#[$on_function])*
        pub(super) fn $name($case: &Case) -> Result<Ended, u16> {
            let mut sums = Vec::new();
            let mut $words = String::new();
            let mut $sum = 0.1;
            let mut $high = f64::MIN;
            'outer: for round in 0..$case.rounds {
                $sum *= 0.5;
                #[allow(unused_mut)]
                let mut $data = $setup;
                $(#[$mark])*
                'this: for $pattern in $source {
                    let index: usize = $index;
                    match $case.act(round, index) {
                        Act::Add(x) => {
                            $sum += x;
                            $high = $high.max(x);
                            $words.push_str(&format!("{index} "));
                        }
                        Act::Continue if index % 2 == 0 => continue,
                        Act::Continue => continue 'this,
                        Act::Break if index % 2 == 0 => break,
                        Act::Break => break 'this,
                        Act::BreakOuter => {
                            $sum += 1.5;
                            break 'outer;
                        }
                        Act::ContinueOuter => continue 'outer,
                        Act::Fail(code) => $sum += check(code)?,
                        Act::Return(code) => return Err(code + 1),
                        Act::Panic(code) => panic::panic_any(Planned(code)),
                        Act::Inner(turns) => {
                            let mut inner = 0.0;
                            'inner: for turn in 0..turns {
                                if turn % 3 == 1 {
                                    continue;
                                }
                                let is_late = || {
                                    if turn > 20 {
                                        return true;
                                    }
                                    false
                                };
                                for _ in 0..2 {
                                    if is_late() {
                                        break 'inner;
                                    }
                                    if turn > 10 {
                                        break;
                                    }
                                    inner += f64::from(turn) * 0.7;
                                }
                            }
                            $sum += inner;
                        }
                    }
                }
                sums.push($sum.to_bits());
                sums.push($high.to_bits());
            }
            sums.push($sum.to_bits());
            Ok(Ended::Value { sums, words: $words })
        }
    };
}

fn indices(case: &Case) -> Vec<usize> {
    (0..case.acts.len()).collect()
}

/// An adapter of std's that the loop did not see being made.
fn enumerated(xs: &[usize]) -> std::iter::Enumerate<std::slice::Iter<'_, usize>> {
    xs.iter().enumerate()
}

fn column(case: &Case) -> Array2<usize> {
    Array2::from_shape_fn((case.acts.len(), 2), |(i, _)| i)
}

twins! {
    ranges(): |case, n| case.acts.len(); for i => 0..n; index i;
    dynamic(schedule = "dynamic", chunk = 3): |case, n| case.acts.len() as i32; for i => 1..=n; index i as usize - 1;
    guided(schedule = "guided"): |case, xs| indices(case); for i => &xs; index *i;
    fixed(schedule = "static"): |case, xs| indices(case); for i => xs.iter().rev().rev(); index *i;
    owned(): |case, xs| indices(case).into_iter().map(Box::new).collect::<Vec<_>>(); for i => xs; index *i;
    exclusive(): |case, xs| indices(case); for (i, x) => xs.iter_mut().enumerate(); index { *x += 1; i };
    mutable(): |case, xs| indices(case); for i => &mut xs; index { *i += 1; *i - 1 };
    backwards(): |case, xs| { let mut xs = indices(case); xs.reverse(); xs }; for i => xs.iter().copied().rev(); index i;
    cloned(): |case, xs| indices(case); for i => xs.iter().cloned(); index i;
    zipped(): |case, xs| (indices(case), vec![String::new(); 1000]); for (i, text) => xs.0.iter().zip(xs.1.iter_mut()); index { text.push('x'); *i };
    chunked(): |case, xs| indices(case); for chunk => xs.chunks(1); index chunk[0];
    chunked_mut(): |case, xs| indices(case); for chunk => xs.chunks_mut(1); index chunk[0];
    windowed(): |case, xs| (0..case.acts.len() + 2).collect::<Vec<_>>(); for window => xs.windows(3); index window[0];
    stepped(): |case, n| 3 * case.acts.len(); for i => (0..n).step_by(3); index i / 3;
    shifted(): |case, n| case.acts.len(); for (i, _) => (0..n + 5).skip(5).take(n).zip(0_u8..=255); index i - 5;
    rows(): |case, table| column(case); for row => table.outer_iter(); index row[1];
    rows_mut(): |case, table| column(case); for (i, mut row) => table.rows_mut().into_iter().enumerate(); index { row += 1; i };
    variable(): |case, xs| indices(case); for (i, _) => enumerated(&xs); index i;
    pulled(): |case, n| case.acts.len(); for i => (0..2 * n).filter(|i| i % 2 == 0); index i / 2;
    pulled_in_chunks(chunk = 4): |case, n| case.acts.len(); for i => std::iter::successors(Some(0), |i| Some(i + 1)).take_while(|i| *i < n); index i;
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        60 => (-1e3..1e3).prop_map(Act::Add),
        10 => Just(Act::Continue),
        10 => (0..40_u8).prop_map(Act::Inner),
        1 => Just(Act::Break),
        1 => Just(Act::BreakOuter),
        1 => Just(Act::ContinueOuter),
        2 => any::<u16>().prop_map(Act::Fail),
        1 => (0..1000_u16).prop_map(Act::Return),
        1 => any::<u16>().prop_map(Act::Panic),
    ]
}

/// Acts of which few leave the loop, in some cases none.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let calm = (-1e3..1e3).prop_map(Act::Add);
    prop_oneof![
        3 => prop::collection::vec(act(), 0..150),
        2 => (prop::collection::vec(calm, 1..250), act(), any::<prop::sample::Index>()).prop_map(|(mut acts, act, at)| {
            let at = at.index(acts.len());
            acts[at] = act;
            acts
        }),
    ]
}

/// Panics made on purpose are not reported.
fn silence_planned_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Planned>() {
                report(info);
            }
        }));
    });
}

fn compare(acts: &[Act], rounds: usize, n_jobs: i32, pool: &Pool) -> Result<(), TestCaseError> {
    let case = || Case {
        acts: acts.to_vec(),
        rounds,
        n_jobs,
        ran: (0..rounds * acts.len()).map(|_| AtomicU32::new(0)).collect(),
    };
    for (name, plain, parallel) in TWINS {
        let expected = run(&case(), *plain);
        let outcome = pool.install(|| run(&case(), *parallel));
        prop_assert_eq!(&outcome.result, &expected.result, "{}", name);
        for (index, (ran, should)) in outcome.ran.iter().zip(&expected.ran).enumerate() {
            // What the plain loop ran, ran once; of what it never came to, each at most once.
            prop_assert!(
                ran == should || (*should == 0 && *ran == 1),
                "{}: iteration {} ran {} times",
                name,
                index,
                ran
            );
        }
    }
    Ok(())
}

#[test]
fn loops_mean_what_the_plain_loop_means() {
    silence_planned_panics();
    let pools: Vec<Pool> = [1, 2, 4, 8].map(|n| Pool::builder().num_threads(n).build().unwrap()).into();
    let config = ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(acts in acts(), rounds in 1..3_usize, n_jobs in 1..=8_i32, pool in 0..4_usize)| {
        compare(&acts, rounds, n_jobs, &pools[pool])?;
    });
}
