mod arrays;

use super::*;
use half::{bf16, f16};
use joblib_core::MappedArray;
use ndarray::{
    ArcArray2, Array1, Array2, Array3, ArrayD, CowArray, Ix2, IxDyn, ShapeBuilder, arr0, array, s,
};
use num_complex::Complex;
use proptest::prelude::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;

fn encoded<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut buffer = Vec::new();
    assert_eq!(encode(value, &mut buffer, usize::MAX).unwrap(), Encoded::Inline);
    buffer
}

/// The number of arrays that were taken in bulk.
fn arrays_in<T: Serialize + ?Sized>(value: &T) -> usize {
    struct Count(usize);
    impl Sink for Count {
        fn array(
            &mut self,
            out: &mut Vec<u8>,
            payload: &Payload<'_>,
            _: crate::stream::Steps<'_>,
            _: bool,
        ) -> Result<()> {
            self.0 += 1;
            write_inline(out, payload)
        }

        fn overflow(&mut self, _out: &mut Vec<u8>) -> Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    Encoder::new(Vec::new(), usize::MAX, &mut count).value(value).unwrap();
    count.0
}

fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let bytes = encoded(&value);
    assert_eq!(decode::<T>(&bytes).unwrap(), value);
    for cut in (0..bytes.len()).step_by(bytes.len().div_ceil(200)) {
        assert!(decode::<T>(&bytes[..cut]).is_err(), "{value:?} cut at {cut}");
    }
    let mut longer = bytes;
    longer.push(0xc0);
    assert!(decode::<T>(&longer).is_err());
}

fn array_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    assert_eq!(arrays_in(&value), 1, "{value:?}");
    round_trip(value);
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Layer {
    Identity,
    Dense(Array2<f32>),
    Lookup(u8, Vec<i64>),
    Conv { kernel: Array1<u16>, bias: Option<Box<Array2<f64>>> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Model<T> {
    weights: Array2<f64>,
    tensor: Array3<i32>,
    dynamic: ArrayD<f64>,
    bytes: Vec<u8>,
    optional: Option<Vec<f64>>,
    by_name: BTreeMap<String, Array1<f64>>,
    layers: Vec<Layer>,
    pair: (Vec<f32>, String),
    shared: ArcArray2<f64>,
    boxed: Box<[f64]>,
    nested: Vec<Vec<f64>>,
    generic: T,
    unit: (),
    letter: char,
}

fn model() -> Model<VecDeque<u32>> {
    Model {
        weights: array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        tensor: Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (i * 100 + j * 10 + k) as i32),
        dynamic: ArrayD::from_elem(IxDyn(&[2, 1, 3]), 0.5),
        bytes: (0..200).collect(),
        optional: Some(vec![1.0; 9]),
        by_name: [("a".to_owned(), Array1::linspace(0.0, 9.0, 10)), ("b".to_owned(), Array1::zeros(0))]
            .into(),
        layers: vec![
            Layer::Identity,
            Layer::Dense(Array2::ones((3, 3))),
            Layer::Lookup(3, vec![-1; 8]),
            Layer::Conv { kernel: Array1::from_elem(20, 7), bias: Some(Box::new(Array2::eye(3))) },
            Layer::Conv { kernel: array![1], bias: None },
        ],
        pair: (vec![1.5; 10], "s".to_owned()),
        shared: Array2::eye(4).into_shared(),
        boxed: vec![2.5; 8].into(),
        nested: vec![vec![1.0; 5], vec![], vec![2.0]],
        generic: (0..5).collect(),
        unit: (),
        letter: 'é',
    }
}

#[test]
fn arrays_anywhere_in_a_value_are_taken_whole() {
    let model = model();
    assert_eq!(arrays_in(&model), 19);
    round_trip(model);
}

mod percent {
    use serde::de::{Deserializer, SeqAccess, Visitor};
    use serde::ser::{SerializeSeq, Serializer};
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(values.len()))?;
        for value in values {
            seq.serialize_element(&(value * 100.0))?;
        }
        seq.end()
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        struct Percent;
        impl<'de> Visitor<'de> for Percent {
            type Value = Vec<f64>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("percentages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<f64>, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element::<f64>()? {
                    values.push(value / 100.0);
                }
                Ok(values)
            }
        }
        deserializer.deserialize_seq(Percent)
    }
}

#[test]
fn a_visitor_of_ones_own_runs() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Shares {
        #[serde(with = "percent")]
        shares: Vec<f64>,
        plain: Vec<f64>,
    }
    let value = Shares { shares: vec![0.5; 64], plain: vec![0.25; 64] };
    assert_eq!(arrays_in(&value), 2);
    round_trip(value);
}

#[test]
fn buffered_representations() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(untagged)]
    enum Untagged {
        Plain(Vec<f64>),
        Named { w: Array2<f64> },
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        Full { w: Array2<f64>, bytes: Vec<u8>, maybe: Option<Option<u8>> },
        Empty,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Flat {
        #[serde(flatten)]
        rest: BTreeMap<String, Vec<f64>>,
        id: u8,
    }
    round_trip(Untagged::Plain(vec![1.5; 20]));
    round_trip(Untagged::Named { w: Array2::from_shape_fn((3, 2).f(), |(i, j)| (i + 10 * j) as f64) });
    round_trip(Tagged::Full { w: Array2::eye(3), bytes: vec![1; 30], maybe: Some(Some(1)) });
    round_trip(Tagged::Full { w: Array2::eye(3), bytes: vec![], maybe: None });
    round_trip(Tagged::Empty);
    let flat = Flat { rest: [("a".to_owned(), vec![1.5; 20])].into(), id: 1 };
    assert_eq!(arrays_in(&flat), 1);
    round_trip(flat);
}

#[test]
fn sequences_of_mixed_numbers_are_written_plainly() {
    struct Mixed(Option<usize>);
    impl Serialize for Mixed {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut seq = serializer.serialize_seq(self.0)?;
            seq.serialize_element(&1.5f64)?;
            seq.serialize_element(&2.5f64)?;
            seq.serialize_element("x")?;
            seq.serialize_element(&3u8)?;
            seq.end()
        }
    }
    for len in [None, Some(4), Some(3), Some(0), Some(99), Some(1 << 20)] {
        let bytes = encoded(&(Mixed(len), "next"));
        type Read = ((f64, f64, String, u8), String);
        assert_eq!(decode::<Read>(&bytes).unwrap(), ((1.5, 2.5, "x".to_owned(), 3), "next".to_owned()));
    }
    let numbers =
        (1u8, -2i8, 3u16, 4.5f32, 5.5f64, true, 7i128, Complex::new(1.0f32, 2.0), f16::ONE, u128::MAX);
    round_trip(numbers);
}

#[test]
fn some_around_nil_is_kept() {
    type Deep = Option<Option<Option<u8>>>;
    for value in [None, Some(None), Some(Some(None)), Some(Some(Some(3)))] {
        round_trip::<Deep>(value);
    }
    round_trip(vec![Some(()), None]);
    round_trip((Some(Some(())), Some(None::<()>)));
    round_trip(Some(Some(Some(Some(None::<Vec<u8>>)))));
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Wrapper(Option<Option<bool>>);
    round_trip(Some(Wrapper(Some(None))));
    round_trip(Some(Wrapper(None)));
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct Record {
    id: u64,
    name: String,
    score: f64,
    tags: Vec<String>,
    parent: Option<Box<str>>,
    kind: Kind,
    pair: (i16, bool),
    big: (u64, i64),
    table: HashMap<u8, char>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
enum Kind {
    Unit,
    Newtype(Box<Kind>),
    Tuple(u8, String),
    Struct { x: f32 },
}

#[derive(Serialize, Deserialize, PartialEq, Debug, Clone)]
struct UnitStruct;

fn record() -> Record {
    Record {
        id: 7,
        name: "näme".repeat(30),
        score: -0.5,
        tags: vec!["a".to_owned(), String::new()],
        parent: Some("p".into()),
        kind: Kind::Newtype(Box::new(Kind::Tuple(1, "t".to_owned()))),
        pair: (-300, true),
        big: (u64::MAX, i64::MIN),
        table: [(1, 'x')].into(),
    }
}

#[test]
fn plain_data_is_what_rmp_serde_writes() {
    let records = vec![
        record(),
        Record { kind: Kind::Unit, parent: None, ..record() },
        Record { kind: Kind::Struct { x: 1.0 }, ..record() },
    ];
    assert_eq!(encoded(&records)[1..], rmp_serde::to_vec_named(&records).unwrap());
    let theirs = [&[PLAIN][..], &rmp_serde::to_vec_named(&(vec![1.5, 2.5], &records)).unwrap()].concat();
    assert_eq!(decode::<(Vec<f64>, Vec<Record>)>(&theirs).unwrap(), (vec![1.5, 2.5], records.clone()));
    let compact = [&[PLAIN][..], &rmp_serde::to_vec(&records).unwrap()].concat();
    assert_eq!(decode::<Vec<Record>>(&compact).unwrap(), records);
    round_trip(records);
    round_trip(UnitStruct);
}

#[test]
fn unknown_fields_are_passed_over() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Part {
        letter: char,
    }
    assert_eq!(decode::<Part>(&encoded(&model())).unwrap(), Part { letter: 'é' });
}

#[test]
fn depth_is_limited_both_ways() {
    let mut deep = Kind::Unit;
    for _ in 0..1000 {
        deep = Kind::Newtype(Box::new(deep));
    }
    assert!(encode(&deep, &mut Vec::new(), usize::MAX).unwrap_err().is_limit());
    let mut bytes = vec![PLAIN];
    bytes.extend([0x91; 100_000]);
    bytes.push(0xc0);
    assert!(decode::<serde_json::Value>(&bytes).unwrap_err().is_limit());
    // Passing over is not recursive.
    assert!(decode::<serde::de::IgnoredAny>(&bytes).is_ok());
}

#[test]
fn a_buffer_is_restored_where_the_value_does_not_fit() {
    for value in [vec![1.0f64; 100], vec![]] {
        let needed = encoded(&value).len();
        for limit in 0..needed + 2 {
            let mut buffer = vec![7, 7];
            let result = encode(&value, &mut buffer, limit).unwrap();
            assert_eq!(result == Encoded::Inline, limit >= needed, "{limit} of {needed}");
            assert_eq!(buffer.len(), if limit >= needed { needed + 2 } else { 2 });
        }
    }
    let many: Vec<String> = vec!["text".to_owned(); 1000];
    let mut buffer = vec![7];
    assert_eq!(encode(&many, &mut buffer, 100).unwrap(), Encoded::TooLarge);
    assert!(buffer.capacity() < 1000, "stops early");
}

#[test]
fn hostile_lengths_allocate_nothing() {
    let heads: &[&[u8]] = &[
        &[0xdd, 255, 255, 255, 255, 1],
        &[0xdf, 255, 255, 255, 255, 1],
        &[0xdb, 255, 255, 255, 255, 1],
        &[0xc6, 255, 255, 255, 255, 1],
        &[0xc9, 255, 255, 255, 255, 0x4a, 14, 1],
        &[0xc7, 6, 0x4a, 14, 0x61, 0xff, 0xff, 0xff, 0x0f],
        &[0xc7, 4, 0x4a, 14, 0x09, 1, 1],
        &[0xc7, 3, 0x4a, 1, 0x01, 1, 2],
        &[0xc7, 3, 0x4a, 14, 0xc1, 1],
        &[0xc1],
        &[],
    ];
    for head in heads {
        let bytes = [&[PLAIN][..], head].concat();
        assert!(decode::<Vec<u64>>(&bytes).is_err(), "{head:x?}");
        assert!(decode::<Vec<bool>>(&bytes).is_err(), "{head:x?}");
        assert!(decode::<HashMap<String, u8>>(&bytes).is_err(), "{head:x?}");
        assert!(decode::<String>(&bytes).is_err(), "{head:x?}");
        assert!(decode::<ArrayD<f64>>(&bytes).is_err(), "{head:x?}");
    }
    assert!(decode::<u8>(&[]).unwrap_err().is_unsupported());
    assert!(decode::<u8>(&[9, 1]).unwrap_err().is_unsupported());
}

#[test]
fn errors_say_where() {
    let mut bytes = encoded(&("text".to_owned(), vec![true, false]));
    *bytes.last_mut().unwrap() = 2;
    let error = decode::<(String, Vec<bool>)>(&bytes).unwrap_err();
    assert!(error.is_corrupt(), "{error}");
    let error = decode::<(String, u8)>(&encoded(&("text", "more"))).unwrap_err();
    assert!(error.is_codec() && error.to_string().contains("expected u8"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_give_a_value_or_an_error(mut bytes: Vec<u8>) {
        bytes.insert(0, PLAIN);
        let _ = decode::<Model<Layer>>(&bytes);
        let _ = decode::<Vec<Record>>(&bytes);
        let _ = decode::<serde_json::Value>(&bytes);
    }

    #[test]
    fn flipped_bytes_give_a_value_or_an_error(at in 0usize..4096, bit in 0u8..8) {
        let mut bytes = encoded(&(model(), record()));
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let _ = decode::<(Model<VecDeque<u32>>, Record)>(&bytes);
        let _ = decode::<(serde_json::Value, serde_json::Value)>(&bytes);
    }

    #[test]
    fn matrices_round_trip(rows in 0usize..8, columns in 0usize..8, fortran: bool, seed: u64) {
        let value = |(i, j): (usize, usize)| seed.wrapping_mul((i * 8 + j) as u64);
        let matrix: ndarray::Array<u64, Ix2> =
            Array2::from_shape_fn((rows, columns).set_f(fortran), value);
        prop_assert_eq!(decode::<Array2<u64>>(&encoded(&matrix)).unwrap(), matrix);
    }
}
