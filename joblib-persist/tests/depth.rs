//! One limit of depth for keys, dumps and loads, whatever a value is made of; it is met before the stack
//! ends.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_persist::{Dump, Loader, dump_to, load_from};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// What threads have by default, on most systems.
const STACK: usize = 2 << 20;

/// The limit: so many containers, and as many `Option`s, may be in each other.
const LIMIT: usize = 256;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

/// The innermost value, `count` times in one more.
fn nest<T>(bottom: T, count: usize, outer: impl Fn(T) -> T) -> T {
    (0..count).fold(bottom, |inner, _| outer(inner))
}

/// Checks that values of this kind have a key, are written and read while they take no more levels than may
/// be, of which each further one takes `levels`; and that deeper ones, however deep, are errors. The key of
/// one whose innermost struct holds nothing but numbers and text does not ask about that one.
fn check<T: Serialize + DeserializeOwned>(name: &str, levels: usize, bottom: fn() -> T, outer: fn(T) -> T) {
    let has_key = |count: &usize| joblib_core::hash(&nest(bottom(), *count, outer)).is_ok();
    let is_written = |count: &usize| dump_to(&nest(bottom(), *count, outer), &mut Vec::new()).is_ok();
    let deepest_key = (0..=LIMIT + 1).rev().find(has_key).unwrap();
    let deepest = (0..=LIMIT + 1).rev().find(is_written).unwrap();
    assert!(deepest_key == deepest || deepest_key == deepest + 1, "{name}: {deepest_key}, {deepest}");
    assert!((LIMIT / levels - 2..=LIMIT / levels).contains(&deepest), "{name}: {deepest}");
    let (value, mut bytes) = (nest(bottom(), deepest, outer), Vec::new());
    dump_to(&value, &mut bytes).unwrap();
    let loaded = load_from::<T>(&bytes[..]).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(joblib_core::hash(&loaded).unwrap(), joblib_core::hash(&value).unwrap(), "{name}");
    for count in [LIMIT * 2, 100_000] {
        let value = nest(bottom(), count, outer);
        let error = joblib_core::hash(&value).unwrap_err();
        assert!(error.is_limit() && error.is_unhashable(), "{name}: {error}");
        assert!(error.to_string().contains("nested more than 256 levels deep"), "{error}");
        let error = dump_to(&value, &mut Vec::new()).unwrap_err();
        assert!(
            error.is_limit() && error.to_string().contains("nested more than 256 levels deep"),
            "{name}: {error}"
        );
        // Its own drop recurses.
        std::mem::forget(value);
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Row {
    id: u64,
    name: String,
    weights: Vec<f64>,
    bounds: (f64, f64),
    tags: Vec<String>,
    extra: BTreeMap<String, u32>,
    note: Option<String>,
    on: bool,
    ratio: f32,
    next: Option<Box<Row>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Link(Option<Box<Link>>);

#[derive(Serialize, Deserialize, Default)]
#[serde(transparent)]
struct Bare {
    next: Option<Box<Bare>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Counted(u8, Option<Rc2>);

#[derive(Serialize, Default)]
struct Rc2(Rc<Counted>);

impl<'de> Deserialize<'de> for Rc2 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Counted::deserialize(deserializer).map(|counted| Rc2(Rc::new(counted)))
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Pairs((u8, Option<Box<Pairs>>));

#[derive(Serialize, Deserialize, Default)]
struct Tree {
    label: String,
    children: Vec<Tree>,
}

#[derive(Serialize, Deserialize, Default)]
struct Lists(Vec<Lists>);

#[derive(Serialize, Deserialize, Default)]
struct Sorted(BTreeMap<String, Sorted>);

#[derive(Serialize, Deserialize, Default)]
struct Hashed(HashMap<String, Hashed>);

#[derive(Serialize, Deserialize)]
enum Expr {
    Number(f64),
    Not(Box<Expr>),
    Add(Box<Expr>, Box<Expr>),
    If { test: bool, then: Box<Expr>, other: String },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Node { value: u8, rest: Box<Untagged> },
    End(u8),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Node { value: u8, rest: Box<Tagged> },
    End,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", content = "content")]
enum Adjacent {
    Node(Box<Adjacent>),
    End,
}

#[derive(Serialize, Deserialize, Default)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    rest: BTreeMap<String, Flat>,
}

macro_rules! kinds {
    ($($test:ident: $levels:literal, $bottom:expr, |$inner:ident| $outer:expr;)*) => {$(
        #[test]
        fn $test() {
            on_a_small_stack(|| check(stringify!($test), $levels, || $bottom, |$inner| $outer));
        }
    )*};
}

kinds! {
    structs_with_options: 1, Row::default(), |inner| Row { next: Some(Box::new(inner)), ..Row::default() };
    options_alone: 1, Link::default(), |inner| Link(Some(Box::new(inner)));
    options_that_serde_alone_sees: 1, Bare::default(), |inner| Bare { next: Some(Box::new(inner)) };
    shared_pointers: 1, Counted::default(), |inner| Counted(1, Some(Rc2(Rc::new(inner))));
    tuples: 1, Pairs::default(), |inner| Pairs((1, Some(Box::new(inner))));
    trees: 2, Tree::default(), |inner| Tree { label: "node".into(), children: vec![inner, Tree::default()] };
    sequences: 1, Lists::default(), |inner| Lists(vec![inner]);
    maps: 1, Sorted::default(), |inner| Sorted(BTreeMap::from([("a".into(), inner)]));
    hash_maps: 1, Hashed::default(), |inner| Hashed(HashMap::from([("a".into(), inner)]));
    newtype_variants: 1, Expr::Number(1.0), |inner| Expr::Not(Box::new(inner));
    tuple_variants: 2, Expr::Number(1.0), |inner| Expr::Add(Box::new(inner), Box::new(Expr::Number(2.0)));
    struct_variants: 2, Expr::Number(1.0), |inner| Expr::If { test: true, then: Box::new(inner), other: "no".into() };
    untagged_variants: 1, Untagged::End(1), |inner| Untagged::Node { value: 1, rest: Box::new(inner) };
    tagged_variants: 1, Tagged::End, |inner| Tagged::Node { value: 1, rest: Box::new(inner) };
    adjacent_variants: 1, Adjacent::End, |inner| Adjacent::Node(Box::new(inner));
    flattened_maps: 1, Flat::default(), |inner| Flat { id: 1, rest: BTreeMap::from([("a".into(), inner)]) };
    json: 1, serde_json::Value::Null, |inner| serde_json::Value::Array(vec![inner]);
}

/// What a stream says is not what a type makes of it: a number is a list of `Some`s for a type that is one.
#[test]
fn a_type_of_options_alone_ends_on_any_bytes() {
    on_a_small_stack(|| {
        for value in [1u8, 200] {
            let mut bytes = Vec::new();
            dump_to(&value, &mut bytes).unwrap();
            let error = load_from::<Link>(&bytes[..]).err().unwrap();
            assert!(
                error.is_limit() && error.to_string().contains("nested more than 256 levels deep"),
                "{error}"
            );
        }
    });
}

#[test]
fn the_limit_is_raised_by_options() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("list.jl");
    let count = 2_000;
    let work = move || {
        let list = nest(Row::default(), count, |inner| Row { next: Some(Box::new(inner)), ..Row::default() });
        assert!(Dump::new().write(&list, &path).unwrap_err().is_limit());
        Dump::new().max_depth(count + 2).write(&list, &path).unwrap();
        assert!(Loader::new().read::<Row>(&path).err().unwrap().is_limit());
        let mut row = &Loader::new().max_depth(count + 2).read::<Row>(&path).unwrap();
        for _ in 0..count {
            row = row.next.as_ref().unwrap();
        }
        assert!(row.next.is_none());
    };
    std::thread::Builder::new().stack_size(64 << 20).spawn(work).unwrap().join().unwrap();
}

/// Numbers and text take no level, and so do arrays.
#[test]
fn what_is_listed_may_be_as_deep_as_what_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("nested.jl");
    let innermost = || serde_json::json!([1.5]);
    let value = nest(innermost(), LIMIT - 1, |inner| serde_json::json!([inner]));
    Dump::new().write(&value, &path).unwrap();
    assert_eq!(Loader::new().read::<serde_json::Value>(&path).unwrap(), value);
    joblib_persist::inspect(&path).unwrap();
}
