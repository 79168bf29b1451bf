use std::time::Duration;

use joblib::parallel_for;

#[derive(Clone, Copy, PartialEq, PartialOrd, Default)]
struct Matrix(u32);

impl std::ops::Mul for Matrix {
    type Output = Matrix;
    fn mul(self, other: Matrix) -> Matrix {
        Matrix(self.0 * other.0)
    }
}

impl std::ops::BitXor for Matrix {
    type Output = Matrix;
    fn bitxor(self, other: Matrix) -> Matrix {
        Matrix(self.0 ^ other.0)
    }
}

impl std::iter::Product for Matrix {
    fn product<I: Iterator<Item = Matrix>>(items: I) -> Matrix {
        items.fold(Matrix(1), |a, b| a * b)
    }
}

fn max(a: f64, b: f64) -> f64 {
    if b.is_nan() { b } else { a.max(b) }
}

#[parallel_for]
fn what_comes_first(xs: &[Matrix]) -> (Matrix, Matrix) {
    let (mut p, mut bits) = (Matrix(1), Matrix(0));
    #[parallel_for(reduce(* = p, ^ = bits))]
    for x in xs {
        p = *x * p;
        bits = bits ^ *x;
    }
    (p, bits)
}

#[parallel_for]
fn negatives(xs: &[Duration]) -> Duration {
    let mut left = Duration::from_secs(3600);
    #[parallel_for(reduce(+ = left))]
    for x in xs {
        left -= *x;
        left = left - *x;
    }
    left
}

#[parallel_for]
fn compared(xs: &[Option<f64>], ys: &[Matrix]) -> (Option<f64>, f64, usize) {
    let (mut most, mut highest, mut largest, mut at) = (None, 0.0, Matrix(0), 0);
    #[parallel_for(reduce(max = most, max = highest, argmax(largest) = at))]
    for (i, x) in xs.iter().enumerate() {
        if *x > most {
            most = *x;
        }
        highest = max(highest, x.unwrap_or(0.0));
        let y = ys[i];
        if y > largest {
            largest = y;
            at = i;
        }
    }
    (most, highest, at)
}

fn main() {}
