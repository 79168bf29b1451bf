//! A table of values of all kinds, each different from every other, with their keys.

use half::{bf16, f16};
use indexmap::IndexMap;
use joblib_core::{Key, hash};
use ndarray::{Array, Array0, Array1, Array2, arr0, array};
use num_complex::Complex;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::ops::RangeInclusive;

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Meters(f64);

#[derive(Serialize)]
struct Feet(f64);

#[derive(Serialize)]
struct Pair(u8, u8);

#[derive(Serialize)]
struct Point {
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct Place {
    x: f64,
    y: f64,
}

#[derive(Serialize)]
struct Named {
    name: String,
    tags: Vec<String>,
    weights: Vec<f32>,
    parent: Option<Box<Named>>,
}

#[derive(Serialize)]
enum Shape {
    Nothing,
    Empty,
    Circle(f64),
    Square(f64),
    Segment(f64, f64),
    Box { width: f64, height: f64 },
    Room { width: f64, height: f64 },
}

#[derive(Serialize)]
enum Color {
    Nothing,
}

/// What serde knows as bytes.
struct Bytes(&'static [u8]);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

fn spent(mut range: RangeInclusive<u8>) -> RangeInclusive<u8> {
    range.by_ref().for_each(drop);
    range
}

macro_rules! table {
    ($($name:literal => $value:expr;)*) => {
        vec![$(($name, hash(&$value).unwrap())),*]
    };
}

/// Names and keys. The names are those of `tests/golden/keys.txt`.
pub(crate) fn table() -> Vec<(&'static str, Key)> {
    let mut all = scalars();
    all.extend(texts());
    all.extend(compounds());
    all.extend(enums());
    all.extend(collections());
    all.extend(arrays());
    all
}

fn scalars() -> Vec<(&'static str, Key)> {
    table! {
        "()" => ();
        "false" => false;
        "true" => true;
        "0u8" => 0u8;
        "1u8" => 1u8;
        "1u16" => 1u16;
        "1u32" => 1u32;
        "1u64" => 1u64;
        "2usize" => 2usize;
        "1u128" => 1u128;
        "1i8" => 1i8;
        "-1i8" => -1i8;
        "1i16" => 1i16;
        "1i32" => 1i32;
        "1i64" => 1i64;
        "2isize" => 2isize;
        "i128::MIN" => i128::MIN;
        "1f32" => 1f32;
        "1f64" => 1f64;
        "0f64" => 0f64;
        "-0f64" => -0f64;
        "nan" => f64::from_bits(0x7ff8_0000_0000_0000);
        "nan with payload" => f64::from_bits(0x7ff8_0000_0000_0001);
        "inf" => f64::INFINITY;
        "f16 1.5" => f16::from_f32(1.5);
        "bf16 1.5" => bf16::from_f32(1.5);
        "complex" => Complex::new(1.0f64, -2.0);
        "'a'" => 'a';
        "'\u{1f980}'" => '\u{1f980}';
    }
}

fn texts() -> Vec<(&'static str, Key)> {
    table! {
        "empty str" => "";
        "a" => "a";
        "ab" => "ab";
        "grid.csv" => String::from("grid.csv");
        "nul" => "\0";
        "600 a" => "a".repeat(600);
        "bytes ab" => Bytes(b"ab");
        "no bytes" => Bytes(b"");
    }
}

fn compounds() -> Vec<(&'static str, Key)> {
    table! {
        "None" => None::<u8>;
        "Some(1u8)" => Some(1u8);
        "Some(None)" => Some(None::<u8>);
        "Some(Some(1u8))" => Some(Some(1u8));
        "Some(())" => Some(());
        "Unit" => Unit;
        "Meters(1)" => Meters(1.0);
        "Feet(1)" => Feet(1.0);
        "Pair(1, 2)" => Pair(1, 2);
        "(1, 2)" => (1u8, 2u8);
        "(1,)" => (1u8,);
        "((1, 2), 3)" => ((1u8, 2u8), 3u8);
        "(1, (2, 3))" => (1u8, (2u8, 3u8));
        "(1, 2, 3)" => (1u8, 2u8, 3u8);
        "(a, bc)" => ("a", "bc");
        "(ab, c)" => ("ab", "c");
        "([a], b)" => (["a"], "b");
        "Point" => Point { x: 1.0, y: 2.0 };
        "Point swapped" => Point { x: 2.0, y: 1.0 };
        "Place" => Place { x: 1.0, y: 2.0 };
        "Named" => Named { name: "n".into(), tags: vec![], weights: vec![0.5], parent: None };
        "Named in Named" => Named {
            name: "n".into(),
            tags: vec!["t".into()],
            weights: vec![],
            parent: Some(Box::new(Named { name: "p".into(), tags: vec![], weights: vec![0.5], parent: None })),
        };
        "duration" => std::time::Duration::from_millis(1500);
        "address" => std::net::IpAddr::from([127, 0, 0, 1]);
        "address 6" => SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0);
        "address 6 with scope" => SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 1);
        "address 6 with flow" => SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 1, 0);
        "address 6 of any" => SocketAddr::from(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 0));
        "address 6 of any with scope" => SocketAddr::from(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, 1));
        "1..=2" => 1u8..=2;
        "1..=1" => 1u8..=1;
        "1..=1, at its end" => spent(1u8..=1);
        "1..2" => 1u8..2;
    }
}

fn enums() -> Vec<(&'static str, Key)> {
    table! {
        "Shape::Nothing" => Shape::Nothing;
        "Shape::Empty" => Shape::Empty;
        "Color::Nothing" => Color::Nothing;
        "Shape::Circle(1)" => Shape::Circle(1.0);
        "Shape::Square(1)" => Shape::Square(1.0);
        "Shape::Segment" => Shape::Segment(1.0, 2.0);
        "Shape::Box" => Shape::Box { width: 1.0, height: 2.0 };
        "Shape::Room" => Shape::Room { width: 1.0, height: 2.0 };
        "Ok(1)" => Ok::<u8, u8>(1);
        "Err(1)" => Err::<u8, u8>(1);
    }
}

fn collections() -> Vec<(&'static str, Key)> {
    table! {
        "[] of str" => Vec::<&str>::new();
        "[[]] of str" => vec![Vec::<&str>::new()];
        "[[], []] of str" => vec![Vec::<&str>::new(), vec![]];
        "[a, b]" => vec!["a", "b"];
        "[b, a]" => vec!["b", "a"];
        "[[a], [b]]" => vec![vec!["a"], vec!["b"]];
        "[[a, b]]" => vec![vec!["a", "b"]];
        "deque 1 2" => VecDeque::from([1u8, 2]);
        "tree set b a" => BTreeSet::from(["b", "a", "c"]);
        "map" => HashMap::from([("a", 1u8), ("b", 2)]);
        "map swapped" => HashMap::from([("a", 2u8), ("b", 1)]);
        "map of one" => BTreeMap::from([("a", 1u8)]);
        "sorted map" => BTreeMap::from([("b", 2u8), ("a", 1)]);
        "list map" => IndexMap::<_, _>::from_iter([("b", 2u8), ("a", 1)]);
        "empty sorted map" => BTreeMap::<u8, u8>::new();
        "empty map" => HashMap::<u8, u8>::new();
        "map of maps" => HashMap::from([(1u8, HashMap::from([(2u8, 3u8), (4, 5)])), (2, HashMap::new())]);
        "set" => HashSet::from(["a", "b", "c", "d"]);
        "set of sets" => vec![HashSet::from([1u8, 2]), HashSet::from([3u8])];
        "empty set" => HashSet::<u8>::new();
        "500 entries" => (0..500u16).map(|i| (i, "v".repeat(usize::from(i)))).collect::<HashMap<_, _>>();
    }
}

fn arrays() -> Vec<(&'static str, Key)> {
    let large: Vec<f64> = (0..300_000).map(f64::from).collect();
    let text = "line\n".repeat(300_000);
    table! {
        "[1, 2] u8" => vec![1u8, 2];
        "[1, 2] i8" => vec![1i8, 2];
        "[1, 2] bool" => vec![true, false];
        "[1, 2] u16" => vec![1u16, 2];
        "[1, 2] u64" => vec![1u64, 2];
        "[1, 2] i64" => vec![1i64, 2];
        "[1, 3] usize" => vec![1usize, 3];
        "[1, 2] f32" => vec![1f32, 2.0];
        "[1, 2] f64" => vec![1f64, 2.0];
        "[1, 2] i128" => vec![1i128, 2];
        "[1, 2] f16" => vec![f16::ONE, f16::from_f32(2.0)];
        "[1, 2] bf16" => vec![bf16::ONE, bf16::from_f32(2.0)];
        "[1, 2] complex" => vec![Complex::new(1f32, 2.0)];
        "no numbers" => Vec::<f64>::new();
        "0-d" => arr0(1f64);
        "1-d of one" => array![1f64];
        "1x2" => array![[1f64, 2.0]];
        "2x1" => array![[1f64], [2.0]];
        "2x2" => array![[1f64, 2.0], [3.0, 4.0]];
        "2x2 transposed" => array![[1f64, 2.0], [3.0, 4.0]].reversed_axes();
        "0x3" => Array2::<f64>::zeros((0, 3));
        "3x0" => Array2::<f64>::zeros((3, 0));
        "2x2x2" => Array::from_iter(0..8i32).into_shape_with_order((2, 2, 2)).unwrap();
        "array of str" => array!["a", "b"];
        "0-d of str" => Array0::from_elem((), "a");
        "[array, array]" => vec![array![1u8, 2], array![3u8]];
        "2.4 MB" => large;
        "2.4 MB, 2-d" => Array1::from(large.clone()).into_shape_with_order((300, 1000)).unwrap();
        "1.5 MB of text" => text;
    }
}
