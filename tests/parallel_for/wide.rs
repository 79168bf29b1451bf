//! Ranges of more items than any loop gets to begin, and end, like others.

use joblib::parallel_for;
use proptest::prelude::*;

/// `body` for each schedule, with the number of jobs as a variable.
macro_rules! with_each_schedule {
    ($n_jobs:ident, [$($option:tt)*], $($function:tt)*) => {{
        let mut results = Vec::new();
        for $n_jobs in [1, 2, 5] {
            with_each_schedule!(@one results, $n_jobs, [$($option)*], "auto", $($function)*);
            with_each_schedule!(@one results, $n_jobs, [$($option)*], "static", $($function)*);
            with_each_schedule!(@one results, $n_jobs, [$($option)*], "dynamic", $($function)*);
            with_each_schedule!(@one results, $n_jobs, [$($option)*], "guided", $($function)*);
        }
        results
    }};
    (@one $results:ident, $n_jobs:ident, [$($option:tt)*], $schedule:literal, $pattern:pat => $source:expr, $body:block) => {
        let values: Vec<_> = joblib::parallel! {
            #[n_jobs = $n_jobs, schedule = $schedule, collect, $($option)*]
            for $pattern in $source $body
        };
        $results.push(values);
    };
}

macro_rules! first_thousand {
    ($($source:expr;)*) => {$({
        let plain: Vec<_> = $source.take(1000).collect();
        let last = plain[999].clone();
        for values in with_each_schedule!(n_jobs, [], x => $source, {
            if x == last {
                break;
            }
            x
        }) {
            assert_eq!(values, plain[..999], "{}", stringify!($source));
        }
    })*};
}

#[test]
fn they_end_by_break() {
    first_thousand! {
        0..=u64::MAX;
        0..u128::MAX;
        0..=u128::MAX;
        i64::MIN..=i64::MAX;
        i128::MIN..i128::MAX;
        0..=usize::MAX;
        (0..=u64::MAX).rev();
        (i128::MIN..=i128::MAX).rev();
        (0..u64::MAX).rev().skip(17).step_by(3);
        (0..=u128::MAX).skip(usize::MAX).skip(7);
        (0..u128::MAX).step_by(usize::MAX);
        (i64::MIN..=i64::MAX).enumerate();
        (0..=u64::MAX).zip((0..u128::MAX).rev());
    }
}

#[test]
fn they_end_by_the_shorter_side() {
    let xs = [1, 2, 3];
    for values in with_each_schedule!(n_jobs, [], (i, x) => (0..=u64::MAX).rev().zip(&xs), { (i, *x) }) {
        assert_eq!(values, [(u64::MAX, 1), (u64::MAX - 1, 2), (u64::MAX - 2, 3)]);
    }
    for values in with_each_schedule!(n_jobs, [], x => (i128::MIN..=i128::MAX).take(2), { x }) {
        assert_eq!(values, [i128::MIN, i128::MIN + 1]);
    }
    for values in with_each_schedule!(n_jobs, [], x => (0..=u64::MAX).step_by(1 << 62), { x >> 62 }) {
        assert_eq!(values, [0, 1, 2, 3]);
    }
}

#[test]
fn collapsed_ones_do_too() {
    for n_jobs in [1, 2, 5] {
        let pairs: Vec<(u64, u128)> = joblib::parallel! {
            #[collapse = 2, collect, n_jobs = n_jobs]
            'all: for i in 3..=u64::MAX {
                for j in 0..=u128::MAX {
                    if j == 100 {
                        break 'all;
                    }
                    (i, j)
                }
            }
        };
        assert_eq!(pairs, (0..100).map(|j| (3, j)).collect::<Vec<_>>());
    }
}

#[test]
#[parallel_for]
fn accumulators_of_such_loops() {
    for n_jobs in [1, 2, 5] {
        let (mut sum, mut count) = (0.25, 0);
        #[parallel_for(n_jobs = n_jobs, reduce(+ = sum, + = count))]
        for i in 0..=u64::MAX {
            if i == 5000 {
                break;
            }
            sum += i as f64;
            count += 1;
        }
        assert_eq!((sum, count), (0.25 + 4999.0 * 2500.0, 5000));
    }
}

#[test]
fn in_processes_too() {
    let mut sum = 0.0;
    let values: Vec<u64> = joblib::parallel! {
        #[backend = "processes", n_jobs = 2, collect, reduce(+ = sum)]
        for i in (0..u64::MAX).rev() {
            if i == u64::MAX - 100 {
                break;
            }
            sum += 1.5;
            u64::MAX - i
        }
    };
    assert_eq!((values, sum), ((1..100).collect(), 148.5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn from_any_start_to_any_break(first in any::<i64>(), turns in 0..3000_u32, n_jobs in 1..4) {
        let last = first.saturating_add(i64::from(turns));
        let found: Option<i64> = (|| {
            joblib::parallel! {
                #[n_jobs = n_jobs]
                for x in i64::MIN..=i64::MAX {
                    // Without a look at what is before.
                    if x.wrapping_sub(i64::MIN) >= i64::from(turns) {
                        return Some(x);
                    }
                }
            }
            None
        })();
        prop_assert_eq!(found, Some(i64::MIN + i64::from(turns)));
        let mut backwards = Vec::new();
        for x in (first..=last).rev() {
            backwards.push(x);
        }
        let parallel: Vec<i64> = joblib::parallel! { #[collect, n_jobs = n_jobs] for x in (first..=last).rev() { x } };
        prop_assert_eq!(parallel, backwards);
    }
}
