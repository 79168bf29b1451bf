//! `mmap_mode`: arrays in answers are mapped, on the first call as on later ones.

use crate::support::memory;
use joblib::{MappedArray, Memory, MmapMode, cached};
use ndarray::{Array2, Ix2};
use serde::{Deserialize, Serialize};

const ROWS: usize = 400;

#[derive(Serialize, Deserialize)]
struct Fit {
    name: String,
    weights: MappedArray<f64, Ix2>,
}

fn weights() -> Array2<f64> {
    Array2::from_shape_fn((ROWS, 500), |(i, j)| (i * 500 + j) as f64)
}

macro_rules! modes {
    ($($name:ident = $mode:literal),*) => {
        $(#[cached(memory = memory, ignore = ["memory"], mmap_mode = $mode)]
        fn $name(memory: &Memory, x: u32) -> (u32, Fit) {
            (x, Fit { name: "fit".to_owned(), weights: weights().into() })
        })*
    };
}
modes!(read = "r", read_write = "r+", copy_on_write = "c", opened = "w+");

#[test]
fn the_first_call_and_hits_are_mapped_alike() {
    let (_dir, memory) = memory();
    for _ in 0..2 {
        let (x, fit) = read(&memory, 1);
        assert_eq!((x, fit.name.as_str()), (1, "fit"));
        assert_eq!(fit.weights.view(), weights().view());
        assert_eq!(fit.weights.mode(), Some(MmapMode::Read));
    }
}

#[test]
fn a_reference_maps_as_its_function_does() {
    let (_dir, memory) = memory();
    let shelved = read::entry(&memory, 1).shelve();
    let parsed: joblib::MemorizedResult<(u32, Fit)> = shelved.to_string().parse().unwrap();
    for reference in [shelved, parsed] {
        assert_eq!(reference.get().unwrap().1.weights.mode(), Some(MmapMode::Read));
    }
}

#[test]
fn writes_through_r_plus_reach_the_file_and_c_keeps_them_to_itself() {
    let (_dir, memory) = memory();
    for (call, expected) in
        [(read_write as fn(&Memory, u32) -> (u32, Fit), -1.0), (opened, -1.0), (copy_on_write, 0.0)]
    {
        let (_, mut fit) = call(&memory, 1);
        fit.weights.view_mut().unwrap()[[0, 0]] = -1.0;
        drop(fit);
        let (_, again) = call(&memory, 1);
        assert_eq!(again.weights.view()[[0, 0]], expected);
    }
}
