//! What is left out of the build changes no key: `ci/features.sh` runs this without any feature.

use half::{bf16, f16};
use joblib_core::hash;
use ndarray::{Array2, array};
use num_complex::Complex;
use serde::Serialize;
use std::sync::Arc;

#[track_caller]
fn check<T: Serialize>(value: T, key: &str) {
    assert_eq!(hash(&value).unwrap().to_string(), key);
}

#[test]
fn keys_do_not_depend_on_features() {
    let halves: Vec<f16> = (0..9u8).map(|i| f16::from_f32(f32::from(i) * 0.5)).collect();
    check(&halves[..], "681564ef214f7d071a12439a080e03ef");
    check(halves.clone(), "681564ef214f7d071a12439a080e03ef");
    let brains: Vec<bf16> = halves.iter().map(|half| bf16::from_f32(half.to_f32())).collect();
    check(&brains[..], "3110ec9725a6ddd1d62fd14933a74a8a");
    check(brains, "3110ec9725a6ddd1d62fd14933a74a8a");
    let complex: Vec<Complex<f64>> = (0..9u8).map(|i| Complex::new(i.into(), 1.0)).collect();
    check(complex, "7b31c4f868b5980da0cce68bf78619da");
    let matrix: Array2<f64> = array![[1.0, 2.0], [3.0, 4.0]];
    check(matrix.mapv(f16::from_f64), "d50bd86abfb2e305605f54c2c3fa97b7");
    let complex = matrix.mapv(|x| Complex::new(x as f32, -1.0));
    check((&complex, Arc::new(complex.clone())), "a4ad0104dfe40380fb24f5b755778f21");
    check(matrix.t(), "07149eaa61f5f51b495cf3afdbcbfe5e");
    check(matrix, "197d5b4daf68edba3e9757fbb62fd926");
    check(vec![7u8; 5 << 20], "fe5b623781d988a962cda97e8c35d677");
}
