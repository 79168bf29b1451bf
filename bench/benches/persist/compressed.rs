//! Compressed dumps: speed and ratio of every method, beside Python's joblib at its default, zlib 3.

use crate::{noise, python, touch};
use joblib_bench::{Comparison, span};
use joblib_persist::{Compression, Dump, IntoCompression, Method, Shuffle, load};
use ndarray::Array2;
use ndarray_npy::WritableElement;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;
use std::time::Duration;

const SIDE: usize = 2048;

/// Arrays as they occur, and what they are called.
fn fields() -> Vec<(&'static str, Array2<f64>)> {
    let mut next = noise();
    let smooth = Array2::from_shape_fn((SIDE, SIDE), |(y, x)| {
        (x as f64 * 0.01).sin() * (y as f64 * 0.013).cos() + x as f64 * 0.001
    });
    let normal = Array2::from_shape_simple_fn((SIDE, SIDE), || {
        (-2.0 * next().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * next()).cos()
    });
    let mut next = noise();
    let rounded = Array2::from_shape_simple_fn((SIDE, SIDE), || (next() * 10_000.0).round() / 100.0);
    let steps = Array2::from_shape_fn((SIDE, SIDE), |(y, x)| ((y * SIDE + x) / 7 % 1000) as f64);
    vec![
        ("smooth field", smooth),
        ("normal noise", normal),
        ("two decimals", rounded),
        ("repeating steps", steps),
    ]
}

pub fn run() {
    let choices: Vec<(String, Compression)> = [
        ("zlib 3", ("zlib", 3).into_compression()),
        ("zlib 3, no shuffle", Ok(Compression::new(Method::Zlib).shuffle(Shuffle::Off))),
        ("true (zstd 1)", true.into_compression()),
        ("zstd 9", ("zstd", 9).into_compression()),
        ("lz4", "lz4".into_compression()),
        ("pco", "pco".into_compression()),
        ("xz 1", ("xz", 1).into_compression()),
        ("bz2", "bz2".into_compression()),
    ]
    .into_iter()
    .map(|(name, choice)| (name.to_owned(), choice.expect("a compression")))
    .collect();
    let folder = tempfile::tempdir().expect("a temporary directory");
    for (name, field) in fields() {
        compare(name, &field, &choices, folder.path());
    }
    let mut next = noise();
    let near_multiples = Array2::from_shape_simple_fn((SIDE, SIDE), || {
        (next() * 1000.0) as i64 * 1000 + (next() * 3.0) as i64
    });
    compare("integers near multiples", &near_multiples, &choices, folder.path());
}

fn compare<T>(name: &str, field: &Array2<T>, choices: &[(String, Compression)], folder: &Path)
where
    T: Serialize + DeserializeOwned + WritableElement + 'static,
{
    let bytes = (field.len() * 8) as u64;
    let path = |choice: &str| folder.join(format!("{name} {choice}.jl"));
    let mut dumps = Comparison::new(format!("dump compressed: {name}, 34 MB"))
        .yardstick("zlib 3")
        .rounds(3)
        .round_time(Duration::ZERO)
        .bytes(bytes)
        .between_turns(move || touch(2 * bytes as usize));
    let mut loads = Comparison::new(format!("load compressed: {name}, 34 MB"))
        .yardstick("zlib 3")
        .rounds(5)
        .round_time(Duration::ZERO)
        .bytes(bytes)
        .between_turns(move || touch(2 * bytes as usize));
    for (choice, compression) in choices {
        let (file, dump) = (path(choice), Dump::new().compress(*compression));
        dumps = dumps.time(choice, move || dump.write(field, &file).expect("dump"));
        let file = path(choice);
        loads = loads.time(choice, move || load::<Array2<T>>(&file).expect("load"));
    }
    let dumped = dumps.run();
    let loaded = loads.run();
    let python = python::zlib(folder, name, field);
    println!("\n{name}: ratio, and speed against Python's joblib at zlib 3");
    for ((choice, dump), (_, load)) in dumped.iter().zip(&loaded) {
        let stored = fs::metadata(path(choice)).expect("dumped").len();
        print!("  {choice:<24} ratio {:>8.2}", bytes as f64 / stored as f64);
        match &python {
            Some(p) => {
                println!("   dump {:>6.1} x   load {:>6.1} x", p.dump / dump.median, p.load / load.median)
            }
            None => println!(),
        }
    }
    if let Some(p) = python {
        let ratio = bytes as f64 / p.stored as f64;
        println!(
            "  {:<24} ratio {ratio:>8.2}   dump {}   load {}",
            "Python joblib, zlib 3",
            span(p.dump),
            span(p.load)
        );
    }
}
