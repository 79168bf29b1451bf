//! Every source gives each item to one iteration, at its place.

use joblib::parallel_for;
use ndarray::{Array2, Axis};

#[test]
fn ranges() {
    let mut out = vec![0_u64; 1000];
    fill(&mut out);
    assert!(out.iter().enumerate().all(|(i, x)| *x == 3 * i as u64));

    #[parallel_for]
    fn fill(out: &mut [u64]) {
        for (i, slot) in (0..1000_u64).zip(out) {
            *slot = 3 * i;
        }
    }
}

#[test]
#[parallel_for]
fn slices_and_chunks() {
    let xs: Vec<f64> = (0..1001).map(f64::from).collect();
    let mut ys = vec![0.0; xs.len()];
    #[parallel_for]
    for (y, x) in ys.iter_mut().zip(xs.iter()) {
        *y = x * 2.0;
    }
    #[parallel_for]
    for (index, chunk) in ys.chunks_mut(7).enumerate() {
        for y in chunk {
            *y += index as f64;
        }
    }
    let expected: Vec<f64> = xs.iter().enumerate().map(|(i, x)| x * 2.0 + (i / 7) as f64).collect();
    assert_eq!(ys, expected);
}

#[test]
#[parallel_for]
fn array_rows() {
    let table = Array2::from_shape_fn((50, 3), |(i, j)| (10 * i + j) as f64);
    let mut sums = vec![0.0; 50];
    let mut doubled = table.clone();
    #[parallel_for]
    for (row, sum) in table.outer_iter().zip(sums.iter_mut()) {
        *sum = row.sum();
    }
    #[parallel_for]
    for mut row in doubled.rows_mut() {
        row *= 2.0;
    }
    assert_eq!(sums, table.sum_axis(Axis(1)).to_vec());
    assert_eq!(doubled, &table * 2.0);
}
