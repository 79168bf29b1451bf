//! Equal values, equal keys; different values, different keys; and nothing blurs.

use crate::values::table;
use indexmap::IndexMap;
use joblib_core::{Key, KeyHasher, hash};
use proptest::prelude::*;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, RandomState};

fn key<T: Serialize + ?Sized>(value: &T) -> Key {
    hash(value).unwrap()
}

fn key_of_args(args: &[&Value]) -> Key {
    let mut hasher = KeyHasher::new();
    for arg in args {
        hasher.arg(*arg);
    }
    hasher.finish().unwrap()
}

#[test]
fn different_values_have_different_keys() {
    let table = table();
    for (i, (name, key)) in table.iter().enumerate() {
        for (other_name, other) in &table[i + 1..] {
            assert_ne!(key, other, "{name} and {other_name}");
        }
    }
}

#[test]
fn equal_values_have_equal_keys() {
    assert_eq!(table(), table());
}

#[test]
fn a_salt_separates() {
    let with = |salt| {
        let mut hasher = KeyHasher::with_salt(salt);
        hasher.arg(&1u8);
        hasher.finish().unwrap()
    };
    assert_ne!(with(0), with(1));
    assert_ne!(with(0), key(&1u8));
    assert_eq!(with(1), with(1));
}

/// serde writes flattened fields as one map, without saying which of them come from a hash map.
#[test]
fn a_flattened_map_counts_in_its_order() {
    #[derive(Serialize)]
    struct Options<M> {
        name: &'static str,
        #[serde(flatten)]
        more: M,
    }
    let of =
        |more: [(&'static str, u8); 2]| key(&Options { name: "n", more: IndexMap::<_, _>::from_iter(more) });
    assert_ne!(of([("a", 1), ("b", 2)]), of([("b", 2), ("a", 1)]));
    let sorted = |more: [(&'static str, u8); 2]| key(&Options { name: "n", more: BTreeMap::from(more) });
    assert_eq!(sorted([("b", 2), ("a", 1)]), of([("a", 1), ("b", 2)]));
}

#[test]
fn the_name_of_an_argument_is_not_in_the_key() {
    let mut hasher = KeyHasher::new();
    hasher.named_arg("x", &1u8);
    assert_eq!(hasher.finish().unwrap(), key(&1u8));
}

#[test]
fn a_value_that_cannot_be_serialised_is_named() {
    struct Stubborn;
    impl Serialize for Stubborn {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("not today"))
        }
    }
    let mut hasher = KeyHasher::new();
    hasher.arg(&1u8).named_arg("mood", &vec![Some(Stubborn)]).arg(&Stubborn);
    let error = hasher.finish().unwrap_err();
    assert!(error.is_unhashable());
    assert_eq!(error.to_string(), "argument `mood` cannot be hashed: not today");
    let mut hasher = KeyHasher::new();
    hasher.arg(&1u8).arg(&Stubborn);
    assert_eq!(hasher.finish().unwrap_err().to_string(), "argument 2 cannot be hashed: not today");
    assert!(hash(&HashMap::from([(1, Stubborn)])).unwrap_err().is_unhashable());
}

#[cfg(unix)]
#[test]
fn a_path_that_is_not_unicode_has_no_key() {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(b"\xff"));
    assert!(hash(path).unwrap_err().is_unhashable());
}

/// Anything, as serde sees it.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Unit,
    Bool(bool),
    U8(u8),
    U64(u64),
    I64(i64),
    Float(u64),
    Char(char),
    Text(String),
    Bytes(Vec<u8>),
    Nothing,
    Something(Box<Value>),
    Sequence(Vec<Value>),
    Tuple(Vec<Value>),
    Map(Vec<(u8, Value)>),
    Newtype(&'static str, Box<Value>),
    Struct(&'static str, Vec<Value>),
    Variant(&'static str, Box<Value>),
}

const NAMES: [&str; 4] = ["A", "Array", "", "a much longer name"];
const FIELDS: [&str; 4] = ["v", "dim", "data", "more"];

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{SerializeStruct, SerializeTuple};
        match self {
            Value::Unit => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::U8(value) => serializer.serialize_u8(*value),
            Value::U64(value) => serializer.serialize_u64(*value),
            Value::I64(value) => serializer.serialize_i64(*value),
            Value::Float(bits) => serializer.serialize_f64(f64::from_bits(*bits)),
            Value::Char(value) => serializer.serialize_char(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::Bytes(value) => serializer.serialize_bytes(value),
            Value::Nothing => serializer.serialize_none(),
            Value::Something(value) => serializer.serialize_some(value),
            Value::Sequence(values) => serializer.collect_seq(values),
            Value::Tuple(values) => {
                let mut tuple = serializer.serialize_tuple(values.len())?;
                values.iter().try_for_each(|value| tuple.serialize_element(value))?;
                tuple.end()
            }
            Value::Map(entries) => serializer.collect_map(entries.iter().map(|(key, value)| (key, value))),
            Value::Newtype(name, value) => serializer.serialize_newtype_struct(name, value),
            Value::Struct(name, values) => {
                let mut fields = serializer.serialize_struct(name, values.len())?;
                for (field, value) in FIELDS.iter().zip(values) {
                    fields.serialize_field(field, value)?;
                }
                fields.end()
            }
            Value::Variant(name, value) => serializer.serialize_newtype_variant("E", 0, name, value),
        }
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Unit),
        any::<bool>().prop_map(Value::Bool),
        (0u8..3).prop_map(Value::U8),
        prop_oneof![0u64..4, any::<u64>()].prop_map(Value::U64),
        (-2i64..3).prop_map(Value::I64),
        any::<u64>().prop_map(Value::Float),
        any::<char>().prop_map(Value::Char),
        "[ab\0]{0,3}".prop_map(Value::Text),
        prop::collection::vec(0u8..2, 0..3).prop_map(Value::Bytes),
        Just(Value::Nothing),
    ];
    leaf.prop_recursive(4, 48, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let name = prop::sample::select(&NAMES[..]);
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            boxed.clone().prop_map(Value::Something),
            list.clone().prop_map(Value::Sequence),
            list.clone().prop_map(Value::Tuple),
            prop::collection::vec((0u8..4, inner), 0..4).prop_map(Value::Map),
            (name.clone(), boxed.clone()).prop_map(|(name, value)| Value::Newtype(name, value)),
            (name.clone(), list).prop_map(|(name, values)| Value::Struct(name, values)),
            (name, boxed).prop_map(|(name, value)| Value::Variant(name, value)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn keys_are_equal_exactly_where_values_are(a in value(), b in value()) {
        prop_assert_eq!(key(&a) == key(&b), a == b);
        prop_assert_eq!(key(&a), key(&a.clone()));
    }

    #[test]
    fn arguments_do_not_blur(args in prop::collection::vec(value(), 1..5), at in any::<prop::sample::Index>()) {
        let all: Vec<&Value> = args.iter().collect();
        let whole = key_of_args(&all);
        prop_assert_ne!(whole, key_of_args(&all[1..]));
        // Any other way to group the same values is another list.
        let cut = at.index(args.len());
        let (head, tail) = (Value::Tuple(args[..cut].to_vec()), Value::Tuple(args[cut..].to_vec()));
        let grouped = key_of_args(&[&head, &tail]);
        prop_assert!(grouped != whole || args == [head, tail]);
        let sequence = Value::Sequence(args.clone());
        prop_assert!(key_of_args(&[&sequence]) != whole || args == [sequence]);
    }

    #[test]
    fn hash_maps_and_sets_have_no_order(entries in prop::collection::hash_map("[a-c]{0,4}", any::<(u16, bool)>(), 0..30)) {
        let fixed: HashMap<_, _, BuildHasherDefault<DefaultHasher>> = entries.clone().into_iter().collect();
        prop_assert_eq!(key(&entries), key(&fixed));
        let one: HashSet<_, RandomState> = entries.iter().collect();
        let mut many = HashSet::with_capacity(1000);
        many.extend(entries.iter());
        prop_assert_eq!(key(&one), key(&many));
        if let Some(entry) = entries.iter().next() {
            many.remove(&entry);
            prop_assert_ne!(key(&one), key(&many));
        }
    }

    #[test]
    fn other_maps_have_their_order(entries in prop::collection::hash_map("[a-c]{0,4}", any::<u16>(), 2..30)) {
        let tree: BTreeMap<_, _> = entries.clone().into_iter().collect();
        let mut list: IndexMap<_, _> = tree.clone().into_iter().collect();
        prop_assert_eq!(key(&list), key(&tree));
        prop_assert_ne!(key(&entries), key(&tree));
        list.swap_indices(0, entries.len() - 1);
        prop_assert_ne!(key(&list), key(&tree));
    }

    #[test]
    fn text_of_any_length(length in 0usize..3000, other in 0usize..3000) {
        prop_assert_eq!(key(&"x".repeat(length)) == key(&"x".repeat(other)), length == other);
        prop_assert_ne!(key("x".repeat(length).as_bytes()), key(&"x".repeat(length)));
    }
}
