//! Collapsed loops beside the plain ones.

use std::cell::Cell;
use std::ops::Index;
use std::sync::atomic::{AtomicUsize, Ordering};

use joblib::{parallel, parallel_for};
use ndarray::Array2;

/// What two nested loops give, plain and collapsed, with any number of jobs and in other processes.
macro_rules! same_pairs {
    ($x:pat in [$($outer:tt)+], $y:pat in [$($inner:tt)+], $($value:tt)+) => {{
        let mut plain = Vec::new();
        for $x in $($outer)+ {
            for $y in $($inner)+ {
                plain.push({ $($value)+ });
            }
        }
        for n_jobs in [1, 2, 3] {
            let collapsed: Vec<_> = parallel! {
                #[collapse = 2, collect, n_jobs = n_jobs]
                for $x in $($outer)+ {
                    for $y in $($inner)+ {
                        { $($value)+ }
                    }
                }
            };
            assert_eq!(collapsed, plain, "{}", stringify!($($inner)+));
        }
    }};
}

struct Grid {
    x: usize,
    offsets: [i64; 3],
    size: (u8, u8),
    rows: Vec<Vec<f64>>,
}

impl Grid {
    fn pairs(&self) {
        same_pairs!(x in [0..3], y in [0..self.x], (x, y));
        same_pairs!(offsets in [self.offsets.iter()], y in [self.offsets.iter().rev()], (*offsets, *y));
        same_pairs!(size in [0..=self.size.0], y in [1..=self.size.1 * 2], (size, y));
        same_pairs!(rows in [self.rows[0].iter()], y in [self.rows[1][..2].iter().enumerate()], (*rows, y.0, *y.1));
    }
}

#[test]
#[allow(unused_variables, reason = "one is shadowed")]
fn sources_that_only_look() {
    let grid =
        Grid { x: 4, offsets: [-1, 0, 1], size: (2, 3), rows: vec![vec![1.0, 2.0], vec![3.0, 4.0, 5.0]] };
    grid.pairs();
    let (xs, n, range) = (vec![1_u32, 2, 3, 4, 5], 3_i32, 2..5);
    let (low, high) = (n - 1, n + 1);
    same_pairs!(x in [&xs], y in [&xs], x * y);
    same_pairs!(x in [xs.chunks(2)], y in [xs.windows(xs.len() - 1).skip(1)], (x[0], y[0]));
    same_pairs!(x in [0..n], y in [(-n..n.pow(2)).step_by(n as usize).rev()], (x, y));
    same_pairs!(x in [0..n], y in [range.clone()], (x, y));
    same_pairs!(x in [0..n], y in [[low, high].iter()], (x, *y));
    same_pairs!(x in [0..n], y in [(0..n.min(2)).zip(xs.iter().copied())], (x, y));
    same_pairs!((i, x) in [xs.iter().enumerate()], _ in [0..2], (i, *x));
    same_pairs!(x in [0..n], x in [0..xs.len()], x);
    let table = Array2::<f64>::zeros((2, 3));
    same_pairs!(i in [0..table.nrows()], j in [0..table.ncols()], (i, j));
    same_pairs!(i in [0..table.dim().0], j in [0..table.row(0).len()], (i, j));
}

#[test]
fn an_inner_source_is_not_looked_at_for_nothing() {
    let empty: Vec<Vec<u32>> = Vec::new();
    same_pairs!(row in [0..empty.len()], column in [0..empty[0].len()], (row, column));
    same_pairs!(row in [empty.iter()], column in [empty[0].chunks(empty[0].len() / empty.len())], (row.len(), column.len()));
    let (xs, zero) = ([1, 2], 0_usize);
    same_pairs!(x in [xs[zero..zero].iter()], y in [0..10 / zero], (*x, y));
    same_pairs!(x in [0..zero], y in [xs.chunks(zero)], (x, y.len()));
}

#[test]
#[parallel_for]
fn three_levels_are_looked_at_from_outside_in() {
    /// Counts how often it is looked at.
    struct Lengths([usize; 3], [AtomicUsize; 3]);

    impl Index<usize> for Lengths {
        type Output = usize;

        fn index(&self, level: usize) -> &usize {
            self.1[level].fetch_add(1, Ordering::Relaxed);
            &self.0[level]
        }
    }

    for (lengths, looks) in [([2, 3, 4], [1, 1, 1]), ([0, 3, 4], [1, 0, 0]), ([2, 0, 4], [1, 1, 0])] {
        let lengths = Lengths(lengths, Default::default());
        let mut count = 0;
        #[parallel_for(collapse = 3, reduce(+ = count))]
        for _ in 0..lengths[0] {
            for _ in 0..lengths[1] {
                for _ in 0..lengths[2] {
                    count += 1;
                }
            }
        }
        assert_eq!(count, lengths.0.iter().product::<usize>());
        assert_eq!(lengths.1.map(AtomicUsize::into_inner), looks);
    }
}

#[test]
fn in_processes_too() {
    let (empty, xs): (Vec<Vec<u32>>, _) = (Vec::new(), vec![1_u32, 2, 3]);
    let none: Vec<usize> = parallel! {
        #[backend = "processes", collapse = 2, collect, n_jobs = 2]
        for i in 0..empty.len() {
            for j in 0..empty[0].len() {
                i + j
            }
        }
    };
    assert_eq!(none, []);
    let pairs: Vec<(u32, u64)> = parallel! {
        #[backend = "processes", collapse = 2, collect, n_jobs = 2]
        'all: for x in &xs {
            for y in xs.len() as u64.. {
                if y == 7 {
                    break 'all;
                }
                (*x, y)
            }
        }
    };
    assert_eq!(pairs, [(1, 3), (1, 4), (1, 5), (1, 6)]);
}

#[test]
fn the_outer_source_is_evaluated_once_whatever_it_is() {
    let calls = Cell::new(0);
    let rows = || {
        calls.set(calls.get() + 1);
        0..3
    };
    let sums: Vec<i32> = parallel! {
        #[collapse = 2, collect]
        for x in rows() {
            for y in 0..2 {
                x + y
            }
        }
    };
    assert_eq!((sums, calls.get()), (vec![0, 1, 1, 2, 2, 3], 1));
}
