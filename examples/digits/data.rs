//! The handwritten digits: reading, splitting.

use flate2::read::GzDecoder;
use ndarray::{Array1, Array2, Axis};
use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Pixels per image.
pub(crate) const PIXELS: usize = 64;

/// Images as rows of pixels from 0 to 1, and the digit that each shows.
pub(crate) struct Digits {
    pub(crate) images: Array2<f64>,
    pub(crate) labels: Vec<u8>,
}

/// Reads the gzip-compressed CSV: 64 pixels of 0 to 16, then the digit.
pub(crate) fn read(path: &Path) -> Result<Digits, Box<dyn Error>> {
    let mut text = String::new();
    GzDecoder::new(File::open(path)?).read_to_string(&mut text)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let row = line
            .split(',')
            .map(str::parse::<u8>)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| format!("line {}: {e}", number + 1))?;
        let [image @ .., label] = row.as_slice() else { continue };
        if image.len() != PIXELS || *label > 9 {
            return Err(format!("line {}: not 64 pixels and a digit", number + 1).into());
        }
        pixels.extend(image.iter().map(|&pixel| f64::from(pixel) / 16.0));
        labels.push(*label);
    }
    Ok(Digits { images: Array2::from_shape_vec((labels.len(), PIXELS), pixels)?, labels })
}

/// Every fifth digit is held out; the others are for training.
pub(crate) fn split(digits: &Digits) -> (Digits, Digits) {
    let (held_out, training) = (0..digits.labels.len()).partition::<Vec<_>, _>(|row| row % 5 == 4);
    (select(digits, &training), select(digits, &held_out))
}

fn select(digits: &Digits, rows: &[usize]) -> Digits {
    Digits {
        images: digits.images.select(Axis(0), rows),
        labels: rows.iter().map(|&row| digits.labels[row]).collect(),
    }
}

/// The targets of a least-squares classifier: 1 in the column of the digit, 0 elsewhere.
pub(crate) fn one_hot(labels: &[u8]) -> Array2<f64> {
    let mut targets = Array2::zeros((labels.len(), 10));
    for (row, &label) in labels.iter().enumerate() {
        targets[(row, usize::from(label))] = 1.0;
    }
    targets
}

/// The column of the largest score in each row.
pub(crate) fn most_likely(scores: &Array2<f64>) -> Vec<u8> {
    let best = |row: ndarray::ArrayView1<'_, f64>| {
        (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or_default() as u8
    };
    scores.outer_iter().map(best).collect()
}

/// The share of equal elements.
pub(crate) fn accuracy(predicted: &[u8], actual: &[u8]) -> f64 {
    let right = predicted.iter().zip(actual).filter(|(p, a)| p == a).count();
    right as f64 / actual.len() as f64
}

/// Counts by actual digit (row) and predicted digit (column).
pub(crate) fn confusion(predicted: &[u8], actual: &[u8]) -> Array2<u32> {
    let mut counts = Array2::zeros((10, 10));
    for (&p, &a) in predicted.iter().zip(actual) {
        counts[(usize::from(a), usize::from(p))] += 1;
    }
    counts
}

/// A small generator of normal and uniform numbers (SplitMix64, Box-Muller), so that runs repeat exactly.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(crate) fn normals(&mut self, shape: (usize, usize)) -> Array2<f64> {
        Array2::from_shape_simple_fn(shape, || self.normal())
    }

    pub(crate) fn phases(&mut self, n: usize) -> Array1<f64> {
        Array1::from_shape_simple_fn(n, || std::f64::consts::TAU * self.uniform())
    }
}
