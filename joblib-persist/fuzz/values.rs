//! A type with something of everything that serde knows.

use half::f16;
use joblib_core::MappedArray;
use ndarray::{Array2, ArrayD, Ix1};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

#[derive(Serialize, Deserialize)]
pub struct Everything {
    pub number: i64,
    pub wide: u128,
    pub real: f32,
    pub half: f16,
    pub unit: Unit,
    pub flag: bool,
    pub letter: char,
    pub text: String,
    pub bytes: Vec<u8>,
    pub maybe: Option<Box<Everything>>,
    pub choice: Choice,
    pub pair: (u8, String),
    pub names: BTreeMap<String, Vec<i32>>,
    pub by_number: HashMap<u64, f64>,
    pub field: Array2<f64>,
    pub dynamic: ArrayD<i16>,
    pub mapped: MappedArray<f32, Ix1>,
    pub complex: Vec<bool>,
    #[serde(flatten)]
    pub rest: BTreeMap<String, Vec<f64>>,
}

#[derive(Serialize, Deserialize)]
pub struct Unit;

#[derive(Serialize, Deserialize)]
pub enum Choice {
    Nothing,
    One(u16),
    Two(f64, Vec<u64>),
    Named { key: String, values: Vec<Choice> },
}

/// A value in which every field holds something.
#[allow(dead_code)]
pub fn example() -> Everything {
    let inner = || Everything {
        number: -5,
        wide: u128::MAX,
        real: 0.5,
        half: f16::from_f32(0.25),
        unit: Unit,
        flag: true,
        letter: 'λ',
        text: "text".into(),
        bytes: vec![1; 300],
        maybe: None,
        choice: Choice::Named { key: "k".into(), values: vec![Choice::Nothing, Choice::One(7)] },
        pair: (1, "two".into()),
        names: BTreeMap::from([("a".into(), vec![1, 2, 3])]),
        by_number: HashMap::from([(3, 0.25)]),
        field: Array2::from_shape_fn((20, 30), |(i, j)| (i * j) as f64),
        dynamic: ArrayD::zeros(vec![2, 3, 4]),
        mapped: MappedArray::from(ndarray::Array1::linspace(0.0, 1.0, 100)),
        complex: vec![true, false],
        rest: BTreeMap::from([("more".into(), vec![1.5; 40])]),
    };
    Everything { maybe: Some(Box::new(inner())), choice: Choice::Two(1.0, vec![9; 20]), ..inner() }
}
