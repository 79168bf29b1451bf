//! Values come back as they were, or not at all: numbers of other types, and types of which serde keeps what
//! it reads until it knows a variant (`untagged`, `tag`, `flatten`).

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use half::{bf16, f16};
use joblib_core::{Codec as _, Error, MappedArray, MmapMode};
use joblib_persist::{Codec, Dump, Loader, dump_to, load, load_from};
use ndarray::{Array1, Array2, Ix1, Ix2, array};
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, HashMap, LinkedList, VecDeque};
use std::fmt::Debug;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

/// What a value written as `A` is, read as `B` from every kind of place: all agree.
fn read_as<A: Serialize, B: DeserializeOwned + PartialEq + Debug>(value: &A) -> Result<B, Error> {
    let dir = tempfile::tempdir().unwrap();
    let mut results = Vec::new();
    for (name, dump) in [
        ("multi.jl", Dump::new().side_file_bytes(1)),
        ("plain.jl", Dump::new()),
        ("single.jl", Dump::new().single_file(true)),
        ("compressed.jl", Dump::new().compress(("zlib", 1)).side_file_bytes(1)),
        ("stream.jl.gz", Dump::new().side_file_bytes(1)),
    ] {
        let path = dir.path().join(name);
        dump.write(value, &path).unwrap();
        results.push(load::<B>(&path));
    }
    let mut stream = Vec::new();
    dump_to(value, &mut stream).unwrap();
    results.push(load_from(&stream[..]));
    let mut memory = Vec::new();
    Codec.encode(value, &mut memory, usize::MAX, &Default::default()).unwrap();
    results.push(Codec.decode(&memory));
    let last = results.pop().unwrap();
    for other in results {
        match (&last, &other) {
            (Ok(last), Ok(other)) => assert_eq!(last, other),
            (Err(last), Err(other)) => {
                assert_eq!((last.is_codec(), last.field()), (other.is_codec(), other.field()))
            }
            _ => panic!("{last:?} from memory, {other:?} from a file"),
        }
    }
    last
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    assert_eq!(read_as::<T, T>(&value).unwrap(), value);
}

#[track_caller]
fn refused<A: Serialize + Debug, B: DeserializeOwned + PartialEq + Debug>(value: A) -> String {
    match read_as::<A, B>(&value) {
        Ok(other) => panic!("{value:?} came back as {other:?}"),
        Err(error) => {
            assert!(error.is_codec(), "{error:?}");
            error.to_string()
        }
    }
}

/// A value alone, in a vector, in short and long arrays of fixed size, and as a field.
#[track_caller]
fn refused_everywhere<A, B>(value: A)
where
    A: Serialize + DeserializeOwned + Copy + Debug,
    B: Serialize + DeserializeOwned + PartialEq + Debug,
{
    refused::<A, B>(value);
    refused::<_, Vec<B>>(vec![value; 3]);
    refused::<_, Vec<B>>(vec![value; 30_000]);
    refused::<_, VecDeque<B>>(vec![value; 3]);
    refused::<_, Array1<B>>(Array1::from_elem(3, value));
    refused::<_, Vec<B>>([value; 8]);
    refused::<_, Vec<B>>([value; 9]);
    refused::<_, HashMap<u8, B>>(HashMap::from([(1, value)]));
    refused::<_, Option<B>>(Some(value));
}

/// As [`refused_everywhere`], of what is read as another type.
#[track_caller]
fn read_everywhere<A, B>(value: A, expected: B)
where
    A: Serialize + DeserializeOwned + Copy + Debug,
    B: Serialize + DeserializeOwned + PartialEq + Copy + Debug,
{
    assert_eq!(read_as::<A, B>(&value).unwrap(), expected);
    assert_eq!(read_as::<_, Vec<B>>(&vec![value; 3]).unwrap(), [expected; 3]);
    assert_eq!(read_as::<_, Vec<B>>(&vec![value; 30_000]).unwrap(), vec![expected; 30_000]);
    assert_eq!(
        read_as::<_, Array1<B>>(&Array1::from_elem(3, value)).unwrap(),
        Array1::from_elem(3, expected)
    );
    assert_eq!(read_as::<_, Vec<B>>(&[value; 8]).unwrap(), [expected; 8]);
    assert_eq!(read_as::<_, Vec<B>>(&[value; 9]).unwrap(), [expected; 9]);
    assert_eq!(read_as::<_, Option<B>>(&Some(value)).unwrap(), Some(expected));
}

#[test]
fn a_number_is_read_as_a_type_that_holds_it_wherever_it_stands() {
    read_everywhere(1.5f32, 1.5f64);
    read_everywhere(f16::from_f32(0.1), f16::from_f32(0.1).to_f32());
    read_everywhere(f16::from_f32(0.1), f16::from_f32(0.1).to_f64());
    read_everywhere(200u8, 200i64);
    read_everywhere(-1i64, -1i8);
    read_everywhere(3u8, 3.0f32);
    read_everywhere(1u64 << 60, (1u64 << 60) as f64);
    read_everywhere(-1i128, -1i64);
    read_everywhere(7u64, 7u128);
    read_everywhere(2048i32, f16::from_f32(2048.0));
    read_everywhere(256u32, bf16::from_f32(256.0));
    read_everywhere(bf16::from_f32(-0.1), bf16::from_f32(-0.1).to_f32());
    read_everywhere(bf16::MAX, bf16::MAX.to_f64());
    read_everywhere(1u128 << 100, (1u128 << 100) as f32);
    read_everywhere(i128::MIN, i128::MIN as f64);
    read_everywhere(Complex::new(1.5f32, -2.0), Complex::new(1.5f64, -2.0));
}

#[test]
fn a_number_is_not_read_as_a_type_that_may_not_hold_it() {
    refused_everywhere::<f64, f32>(1e300);
    refused_everywhere::<f64, f32>(1.0);
    refused_everywhere::<f64, f16>(1.0);
    refused_everywhere::<f32, f16>(1.0);
    refused_everywhere::<f64, i64>(1.0);
    refused_everywhere::<i64, f32>((1 << 24) + 1);
    refused_everywhere::<u64, f64>((1 << 53) + 1);
    refused_everywhere::<i64, f64>(-(1 << 53) - 1);
    refused_everywhere::<u128, f64>(u128::MAX);
    refused_everywhere::<i32, f16>(2049);
    refused_everywhere::<i32, f16>(70_000);
    refused_everywhere::<i32, u8>(256);
    refused_everywhere::<i128, u128>(-1);
    refused_everywhere::<u128, i128>(u128::MAX);
    refused_everywhere::<u128, u64>(1 << 64);
    refused_everywhere::<f16, u16>(f16::ONE);
    refused_everywhere::<f16, i128>(f16::ONE);
    refused_everywhere::<bf16, u16>(bf16::ONE);
    refused_everywhere::<bf16, f16>(bf16::ONE);
    refused_everywhere::<f16, bf16>(f16::ONE);
    refused_everywhere::<f32, bf16>(1.0);
    refused_everywhere::<i32, bf16>(257);
    refused_everywhere::<u128, f64>((1 << 100) + 1);
    refused_everywhere::<bool, u8>(true);
    refused_everywhere::<u8, bool>(1);
    refused_everywhere::<Complex<f64>, Complex<f32>>(Complex::new(1.0, 2.0));
    refused_everywhere::<Complex<f64>, (f64,)>(Complex::new(1.0, 2.0));
    refused_everywhere::<Complex<f64>, [f64; 3]>(Complex::new(1.0, 2.0));
    for len in [3, 70_000] {
        refused::<_, [u8; 2]>(Bytes(vec![1; len]));
        refused::<_, (u8, u8)>(Bytes(vec![1; len]));
        refused::<_, [u8; 2]>(vec![1u8; len]);
    }
    assert_eq!(read_as::<_, [u8; 3]>(&Bytes(vec![1; 3])).unwrap(), [1; 3]);
}

#[test]
fn a_mapped_array_converts_as_one_that_is_read() {
    for len in [3, 30_000] {
        let dir = tempfile::tempdir().unwrap();
        for (name, dump) in [("multi.jl", Dump::new()), ("single.jl", Dump::new().single_file(true))] {
            let path = dir.path().join(name);
            dump.write(&Array1::from_elem(len, 1.5f32), &path).unwrap();
            let map = Loader::new().mmap_mode(MmapMode::Read);
            let wide: MappedArray<f64, Ix1> = map.read(&path).unwrap();
            assert!(!wide.is_mapped() && wide.iter().all(|&x| x == 1.5) && wide.len() == len);
            for error in [
                map.read::<MappedArray<f16, Ix1>>(&path).unwrap_err(),
                map.read::<MappedArray<i32, Ix1>>(&path).unwrap_err(),
                map.read::<MappedArray<f32, Ix2>>(&path).unwrap_err(),
            ] {
                assert!(error.is_codec(), "{error}");
            }
            let error = Loader::new()
                .mmap_mode(MmapMode::ReadWrite)
                .read::<MappedArray<f64, Ix1>>(&path)
                .unwrap_err();
            assert!(error.is_unsupported(), "{error}");
        }
    }
}

/// Of `untagged` variants serde takes another where one is an error.
#[test]
fn no_other_variant_is_taken_for_an_array_that_cannot_be_mapped() {
    #[derive(Deserialize, Debug)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "never read")]
    enum Either {
        Mapped(MappedArray<f64, Ix1>),
        Read(Array1<f64>),
        Text(String),
    }
    let dir = tempfile::tempdir().unwrap();
    for len in [8, 30_000] {
        let path = dir.path().join("a.jl");
        Dump::new().write(&Array1::from_elem(len, 1.5), &path).unwrap();
        let error = Loader::new().mmap_mode(MmapMode::ReadWrite).read::<Either>(&path).unwrap_err();
        assert!(error.is_unsupported(), "{error}");
        assert!(matches!(Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap(), Either::Mapped(_)));
    }
}

#[test]
fn a_sequence_that_is_no_array_is_not_mapped_for_writing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jl");
    Dump::new().write(&[1.0f64; 8], &path).unwrap();
    let error =
        Loader::new().mmap_mode(MmapMode::ReadWrite).read::<MappedArray<f64, Ix1>>(&path).unwrap_err();
    assert!(error.is_unsupported() && error.to_string().contains("a short array"), "{error}");
    let read: MappedArray<f64, Ix1> = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
    assert!(!read.is_mapped() && read.len() == 8);
}

#[test]
fn errors_of_numbers_name_both_types_and_the_way_out() {
    let message = refused::<_, Array1<f32>>(array![1.0, 2.0]);
    assert!(
        message.contains("float64") && message.contains("float32") && message.contains("mapv"),
        "{message}"
    );
    let message = refused::<_, Vec<f32>>([1i64 << 40, (1 << 40) + 1]);
    assert!(message.contains("1099511627777") && message.contains("float32"), "{message}");
    assert_eq!(
        refused::<_, Vec<u8>>(vec![1.5f64]),
        "the value could not be converted: 0: invalid type: floating point `1.5`, expected u8 \
         (the array is of float64: read it as that, then convert it as by `mapv`)"
    );
    assert_eq!(
        refused::<_, Vec<f32>>(vec![1.5f64]),
        "the value could not be converted: 0: the float64 1.5 is not read as a float32, which may round it: \
         read it as float64 and convert that, as by `as f32` or an array's `mapv(|x| x as f32)`"
    );
    let message = refused::<_, Vec<std::num::NonZeroU8>>(vec![0u8]);
    assert!(message.ends_with("expected a nonzero u8"), "{message}");
    let message = refused::<_, f16>(0.1f32);
    assert!(message.contains("the float32 0.1 is not read as a f16"), "{message}");
}

#[test]
fn integers_of_128_bits_and_halves_come_back() {
    for value in [0, 1, -1, i128::MIN, i128::MAX, i64::MIN.into(), i128::from(i64::MIN) - 1, u64::MAX.into()]
    {
        comes_back(value);
        comes_back(vec![Some(value); 3]);
        comes_back(BTreeMap::from([(value, value)]));
    }
    for value in [0, u64::MAX.into(), u128::from(u64::MAX) + 1, 1 << 127, u128::MAX] {
        comes_back(value);
        comes_back(HashMap::from([(value, value)]));
    }
    for bits in [0u16, 0x8000, 1, 0x3c00, 0x7c00, 0xfc00, 15360] {
        comes_back((
            f16::from_bits(bits),
            Some(f16::from_bits(bits)),
            [f16::from_bits(bits)],
            "next".to_owned(),
        ));
    }
    for bits in [0u16, 0x8000, 1, 0x3f80, 0x7f80, 15360] {
        comes_back((bf16::from_bits(bits), vec![bf16::from_bits(bits); 20], Some(bf16::from_bits(bits))));
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(transparent)]
    struct Through(f16);
    comes_back(Through(f16::from_f32(0.25)));
    assert_eq!(read_as::<_, f32>(&Through(f16::from_f32(0.25))).unwrap(), 0.25);
}

/// Types of the user's that are called as `half`'s is.
#[test]
fn a_type_called_f16_is_the_users_own() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename = "f16")]
    struct Wide(u32);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename = "f16")]
    struct Narrow(u16);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename = "bf16")]
    struct Text(String);
    comes_back(Wide(15360));
    comes_back(Narrow(15360));
    comes_back(Text("half".to_owned()));
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(transparent)]
struct Bytes(#[serde(with = "byte_string")] Vec<u8>);

mod byte_string {
    use serde::de::{Deserializer, Error, Visitor};
    use serde::ser::Serializer;
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a byte string")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_owned())
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Data {
    List(Vec<u8>),
    Blob(Bytes),
    Nothing(Unit),
    Text(String),
    Half(f16),
    Number(i64),
    Numbers(BTreeMap<String, f64>),
}

#[test]
fn untagged_variants_are_told_apart_at_every_length() {
    for len in [0, 1, 31, 32, 255, 256, 65_535, 65_536, 65_537, 1 << 20] {
        comes_back(Data::List(vec![7; len]));
        comes_back(Data::Blob(Bytes(vec![7; len])));
        comes_back(Bytes(vec![7; len]));
        comes_back((Bytes(vec![7; len]), vec![Bytes(vec![8; len])]));
        comes_back(Data::Text("7".repeat(len)));
    }
    comes_back(Data::Nothing(Unit));
    comes_back(Data::Half(f16::from_f32(0.5)));
    comes_back(Data::Number(-5));
    comes_back(vec![Some(Unit), None]);
    comes_back(Some(Some(())));
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Inner {
    address: IpAddr,
    peers: Vec<SocketAddr>,
    half: f16,
    brain: bf16,
    halves: Vec<f16>,
    blob: Bytes,
    unit: Unit,
    array: Array1<f32>,
}

fn inner() -> Inner {
    Inner {
        address: Ipv4Addr::LOCALHOST.into(),
        peers: vec![SocketAddrV4::new(Ipv4Addr::LOCALHOST, 80).into(), (Ipv6Addr::LOCALHOST, 80).into()],
        half: f16::from_f32(0.5),
        brain: bf16::from_f32(0.5),
        halves: vec![f16::from_f32(0.5); 20],
        blob: Bytes(vec![1; 70_000]),
        unit: Unit,
        array: array![1.0, 2.0],
    }
}

#[test]
fn what_serde_keeps_until_it_knows_a_type_comes_back() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Flat {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "type")]
    enum Tagged {
        Inner(Inner),
        Empty,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(tag = "type", content = "content")]
    enum Adjacent {
        Inner(Inner),
        Address(IpAddr),
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(untagged)]
    enum Address {
        Ip(IpAddr),
        List(Vec<u8>),
    }
    comes_back(Flat { id: 1, inner: inner() });
    comes_back(vec![Tagged::Inner(inner()), Tagged::Empty]);
    comes_back((Adjacent::Inner(inner()), Adjacent::Address(Ipv6Addr::UNSPECIFIED.into())));
    comes_back((Address::Ip(Ipv4Addr::LOCALHOST.into()), Address::List(vec![127, 0, 0, 1])));
}

/// serde cannot keep integers of 128 bits that 64 bits do not hold: an error, and no other variant.
#[test]
fn what_serde_cannot_keep_is_an_error() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(untagged)]
    enum Id {
        Blob(Bytes),
        Number(u128),
    }
    refused::<_, Id>(Id::Number(u128::MAX));
    refused::<_, Id>(Id::Number(5));
    comes_back(Id::Blob(Bytes(vec![1; 16])));
    refused::<_, u128>(Bytes(vec![1; 16]));
}

#[test]
fn arrays_are_read_from_sequences_of_every_form() {
    fn check<A: Serialize>(value: A, expected: &[f64]) {
        let expected = Array1::from_vec(expected.to_vec());
        assert_eq!(read_as::<A, Array1<f64>>(&value).unwrap(), expected);
        assert_eq!(read_as::<A, MappedArray<f64, Ix1>>(&value).unwrap().view(), expected);
    }
    check([1.0; 1], &[1.0]);
    check([1.5; 8], &[1.5; 8]);
    check([1.5; 9], &[1.5; 9]);
    check(VecDeque::<f64>::new(), &[]);
    check(Vec::<f64>::new(), &[]);
    check(LinkedList::from([2.0]), &[2.0]);
    check(Bytes(vec![1; 3]), &[1.0; 3]);
    check(Bytes(vec![1; 70_000]), &[1.0; 70_000]);
    check((1u8, 2.5f32, -3i64), &[1.0, 2.5, -3.0]);
}

#[test]
fn announced_lengths_may_be_wrong() {
    struct Liar {
        announced: usize,
        elements: Vec<&'static str>,
    }
    impl Serialize for Liar {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeSeq;
            let mut sequence = serializer.serialize_seq(Some(self.announced))?;
            self.elements.iter().try_for_each(|element| sequence.serialize_element(element))?;
            sequence.end()
        }
    }
    struct Fields(usize);
    impl Serialize for Fields {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::SerializeStruct;
            let mut fields = serializer.serialize_struct("Fields", self.0)?;
            fields.serialize_field("a", "x")?;
            fields.serialize_field("b", "y")?;
            fields.end()
        }
    }
    for announced in [0, 2, 3, 4, 15, 16, 70_000] {
        for written in [0, 1, 3, 4, 20, 1000] {
            let liar = Liar { announced, elements: vec!["x"; written] };
            let read: (Vec<String>, u8) = read_as(&(liar, 5u8)).unwrap();
            assert_eq!((read.0.len(), read.1), (written, 5));
        }
        type Read = BTreeMap<String, (BTreeMap<String, serde_json::Value>, u8)>;
        let read: Read = read_as(&BTreeMap::from([("key", (Fields(announced), 5u8))])).unwrap();
        assert_eq!(read["key"].0.keys().collect::<Vec<_>>(), ["a", "b"]);
    }
}

#[test]
fn shapes_without_elements_may_have_any_other_lengths() {
    comes_back(Array2::<f64>::zeros((0, 1 << 62)));
    comes_back(Array2::<f64>::zeros((1 << 62, 0)));
    comes_back(vec![Array2::<u8>::zeros((0, 5))]);
}

#[test]
fn an_error_says_where_in_the_value() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    enum Shape<T> {
        Round { radius: T },
        Flat(T),
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Step<T> {
        name: String,
        coef: T,
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Model<T> {
        steps: Vec<Step<T>>,
    }
    let step = |coef| Step { name: String::new(), coef };
    let at = |error: Error| (error.is_codec(), error.field().unwrap_or_default().to_owned());
    let model = Model { steps: vec![step(Some(1.0)), step(None)] };
    let error = read_as::<_, Model<f64>>(&model).unwrap_err();
    assert!(error.to_string().contains(": steps.1.coef: invalid type"), "{error}");
    assert_eq!(at(error), (true, "steps.1.coef".to_owned()));
    let shapes = HashMap::from([(3u8, Shape::Round { radius: "x" })]);
    assert_eq!(at(read_as::<_, HashMap<u8, Shape<f64>>>(&shapes).unwrap_err()).1, "3.Round.radius");
    let shapes = [Shape::Flat(vec![1.5])];
    assert_eq!(at(read_as::<_, Vec<Shape<Vec<i8>>>>(&shapes).unwrap_err()).1, "0.Flat.0");
    // A wrong type is no damage, whatever the lengths.
    for error in [
        read_as::<_, [u8; 2]>(&[1u8, 2, 3]).unwrap_err(),
        read_as::<_, [u8; 4]>(&[1u8, 2, 3]).unwrap_err(),
        read_as::<_, [u8; 9]>(&[1u8; 10]).unwrap_err(),
        read_as::<_, (u8,)>(&vec!["a", "b"]).map(|_| ()).unwrap_err(),
        read_as::<_, Shape<u8>>(&HashMap::from([("Round", 1), ("Flat", 2)])).unwrap_err(),
        read_as::<_, Shape<u8>>(&"Flat").unwrap_err(),
        read_as::<_, Shape<u8>>(&"Other").unwrap_err(),
        read_as::<_, Result<(), ()>>(&Shape::Flat(1)).unwrap_err(),
    ] {
        assert!(error.is_codec(), "{error:?}");
    }
}
