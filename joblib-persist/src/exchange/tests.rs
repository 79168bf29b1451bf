use super::*;
use joblib_core::{MappedArray, MmapMode};
use ndarray::{Array1, Array2, Ix2, ShapeBuilder};
use serde::Deserialize;
use std::io::Write;

/// Keeps arrays of 100 bytes and more in files.
#[derive(Default)]
struct Shelf(Vec<File>);

impl Outbox for Shelf {
    fn put(&mut self, array: &Outgoing<'_>) -> Result<Option<u64>> {
        if array.nbytes() < 100 {
            return Ok(None);
        }
        let mut file = tempfile::tempfile().unwrap();
        array.for_each_chunk(|chunk| file.write_all(chunk)).unwrap();
        self.0.push(file);
        Ok(Some(self.0.len() as u64 - 1))
    }
}

impl Inbox for Shelf {
    fn find(&mut self, number: u64) -> Result<(&File, u64, u64)> {
        let file = self.0.get(number as usize).ok_or_else(|| Error::corrupt("no such array"))?;
        Ok((file, 0, file.metadata().unwrap().len()))
    }

    fn map(&mut self, number: u64) -> Result<(MappedFile, u64)> {
        let file = self.find(number)?.0.try_clone().unwrap();
        Ok((MappedFile::from_file(file, MmapMode::Read)?, 0))
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Model {
    name: String,
    small: Vec<u16>,
    weights: Array2<f64>,
    bias: Option<Array1<f32>>,
}

#[test]
fn values_in_turn_with_small_and_large_arrays() {
    let weights = Array2::from_shape_fn((7, 9).f(), |(i, j)| (i * 10 + j) as f64);
    let bias = Some(Array1::from_iter((0..300).map(|i| i as f32)).slice_move(ndarray::s![..;2]));
    let model = Model { name: "m".into(), small: vec![1, 2, 3], weights, bias };
    let (mut out, mut shelf) = (Vec::new(), Shelf::default());
    encode(&model, &mut out, &mut shelf).unwrap();
    encode(&Some("second"), &mut out, &mut shelf).unwrap();
    assert_eq!(shelf.0.len(), 2);
    let mut input = &out[..];
    let back: Model = decode(&mut input, &mut shelf).unwrap();
    assert_eq!(back, model);
    assert_eq!(back.weights.strides(), model.weights.strides());
    assert_eq!(decode::<Option<String>>(&mut input, &mut shelf).unwrap().as_deref(), Some("second"));
    assert!(input.is_empty());
}

#[test]
fn mapped_where_the_type_says_so() {
    let array = Array2::from_shape_fn((20, 5), |(i, j)| (i * 5 + j) as i64);
    let (mut out, mut shelf) = (Vec::new(), Shelf::default());
    encode(&array, &mut out, &mut shelf).unwrap();
    let mapped: MappedArray<i64, Ix2> = decode(&mut &out[..], &mut shelf).unwrap();
    assert!(mapped.is_mapped());
    assert_eq!(*mapped, array);
}

#[test]
fn absent_and_short_places_are_errors() {
    let (mut out, mut shelf) = (Vec::new(), Shelf::default());
    encode(&vec![1u64; 100], &mut out, &mut shelf).unwrap();
    shelf.0[0].set_len(99).unwrap();
    assert!(decode::<Vec<u64>>(&mut &out[..], &mut shelf).unwrap_err().is_corrupt());
    assert!(decode::<Vec<u64>>(&mut &out[..], &mut Shelf::default()).unwrap_err().is_corrupt());
}
