//! Kernel ridge regression with random Fourier features (Rahimi and Recht, "Random Features for Large-Scale
//! Kernel Machines", 2007), its expensive parts cached and parallel.

use crate::data::{self, Random};
use joblib::{cached, parallel_for};
use ndarray::{Array1, Array2, ArrayRef2, Axis, s};
use serde::{Deserialize, Serialize};

/// Where results are kept between runs.
pub(crate) const CACHE: &str = ".joblib/digits";

/// Approximates the feature map of the kernel `exp(-gamma |x - y|^2)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FourierMap {
    pub(crate) gamma: f64,
    /// pixels x components
    frequencies: Array2<f64>,
    phases: Array1<f64>,
}

impl FourierMap {
    pub(crate) fn new(components: usize, gamma: f64, seed: u64) -> Self {
        let mut random = Random(seed);
        let frequencies = random.normals((data::PIXELS, components)) * (2.0 * gamma).sqrt();
        FourierMap { gamma, frequencies, phases: random.phases(components) }
    }

    /// One row of features per image.
    pub(crate) fn apply(&self, images: &Array2<f64>) -> Array2<f64> {
        let scale = (2.0 / self.phases.len() as f64).sqrt();
        let mut features = images.dot(&self.frequencies) + &self.phases;
        features.mapv_inplace(|x| scale * x.cos());
        features
    }
}

/// The features of all images: computed once, then read from the cache.
#[cached(dir = CACHE)]
pub(crate) fn features(images: &Array2<f64>, map: &FourierMap) -> Array2<f64> {
    map.apply(images)
}

/// Mean accuracy over the folds of a cross-validation; the folds run on all cores.
#[cached(dir = CACHE, ignore = ["verbose"])]
pub(crate) fn cross_validate(
    features: &Array2<f64>,
    labels: &[u8],
    ridge: f64,
    folds: usize,
    verbose: bool,
) -> f64 {
    let scores = fold_accuracies(features, labels, ridge, folds);
    if verbose {
        println!("  folds with ridge {ridge:e}: {scores:.4?}");
    }
    scores.iter().sum::<f64>() / folds as f64
}

#[parallel_for]
fn fold_accuracies(features: &Array2<f64>, labels: &[u8], ridge: f64, folds: usize) -> Vec<f64> {
    let accuracies: Vec<f64> = #[parallel_for]
    for fold in 0..folds {
        let (test, train) = (0..labels.len()).partition::<Vec<_>, _>(|row| row % folds == fold);
        let pick = |rows: &[usize]| -> Vec<u8> { rows.iter().map(|&row| labels[row]).collect() };
        let weights = solve_ridge(&features.select(Axis(0), &train), &pick(&train), ridge);
        let scores = features.select(Axis(0), &test).dot(&weights);
        data::accuracy(&data::most_likely(&scores), &pick(&test))
    };
    accuracies
}

/// A trained classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Model {
    pub(crate) map: FourierMap,
    pub(crate) ridge: f64,
    /// components x 10
    weights: Array2<f64>,
}

impl Model {
    /// The digit that each image shows most likely.
    pub(crate) fn predict(&self, images: &Array2<f64>) -> Vec<u8> {
        self.classify(&self.map.apply(images))
    }

    /// As [`predict`](Model::predict), for images whose features are there already.
    pub(crate) fn classify(&self, features: &ArrayRef2<f64>) -> Vec<u8> {
        data::most_likely(&features.dot(&self.weights))
    }
}

/// Fits the weights on all training features.
#[cached(dir = CACHE)]
pub(crate) fn train(map: &FourierMap, features: &Array2<f64>, labels: &[u8], ridge: f64) -> Model {
    Model { map: map.clone(), ridge, weights: solve_ridge(features, labels, ridge) }
}

/// Solves `(F'F + ridge I) W = F'Y` by a Cholesky factorisation.
fn solve_ridge(features: &Array2<f64>, labels: &[u8], ridge: f64) -> Array2<f64> {
    let mut gram = features.t().dot(features);
    gram.diag_mut().mapv_inplace(|x| x + ridge);
    let mut weights = features.t().dot(&data::one_hot(labels));
    cholesky(&mut gram);
    forward(&gram, &mut weights);
    backward(&gram, &mut weights);
    weights
}

/// Replaces the lower triangle of a positive definite matrix by its Cholesky factor.
fn cholesky(matrix: &mut Array2<f64>) {
    for j in 0..matrix.nrows() {
        let row = matrix.slice(s![j, ..j]).to_owned();
        matrix[(j, j)] = (matrix[(j, j)] - row.dot(&row)).sqrt();
        for i in j + 1..matrix.nrows() {
            matrix[(i, j)] = (matrix[(i, j)] - matrix.slice(s![i, ..j]).dot(&row)) / matrix[(j, j)];
        }
    }
}

fn forward(lower: &Array2<f64>, rhs: &mut Array2<f64>) {
    for i in 0..lower.nrows() {
        let (above, mut here) = rhs.multi_slice_mut((s![..i, ..], s![i, ..]));
        here -= &lower.slice(s![i, ..i]).dot(&above);
        here /= lower[(i, i)];
    }
}

fn backward(lower: &Array2<f64>, rhs: &mut Array2<f64>) {
    for i in (0..lower.nrows()).rev() {
        let (mut here, below) = rhs.multi_slice_mut((s![i, ..], s![i + 1.., ..]));
        here -= &lower.slice(s![i + 1.., i]).dot(&below);
        here /= lower[(i, i)];
    }
}
