//! The types that are not generated, and how often they come.

use crate::pairs::Feature;
use crate::program::Is::{self, Cell, Key, Local, Number, Pointer, Primitive, Unordered};
use crate::program::{Container, Leaf, Param};

const fn leaf(feature: Feature, text: &'static str, is: &'static [Is]) -> Leaf {
    Leaf { feature, text, is }
}

/// By weight.
pub(super) static LEAVES: &[(usize, Leaf)] = &[
    (4, leaf("", "u8", &[Key, Number, Primitive])),
    (2, leaf("", "u16", &[Key, Number, Primitive])),
    (3, leaf("", "u32", &[Key, Number, Primitive])),
    (3, leaf("", "u64", &[Key, Number, Primitive])),
    (3, leaf("u128", "u128", &[Key, Number, Primitive])),
    (1, leaf("usize", "usize", &[Key])),
    (2, leaf("", "i8", &[Key, Number, Primitive])),
    (2, leaf("", "i16", &[Key, Number, Primitive])),
    (2, leaf("", "i32", &[Key, Number, Primitive])),
    (3, leaf("", "i64", &[Key, Number, Primitive])),
    (3, leaf("i128", "i128", &[Key, Number, Primitive])),
    (1, leaf("isize", "isize", &[Key])),
    (3, leaf("f32", "f32", &[Number, Primitive])),
    (4, leaf("f64", "f64", &[Number, Primitive])),
    (3, leaf("bool", "bool", &[Key, Number, Primitive])),
    (3, leaf("char", "char", &[Key])),
    (6, leaf("string", "String", &[Key])),
    (3, leaf("unit", "()", &[Key])),
    (1, leaf("phantom", "PhantomData<String>", &[])),
    (1, leaf("box_str", "Box<str>", &[Key])),
    (1, leaf("rc_str", "Rc<str>", &[Key, Local])),
    (1, leaf("arc_str", "Arc<str>", &[Key])),
    (2, leaf("cow_str", "Cow<'static, str>", &[Key])),
    (1, leaf("cow_bytes", "Cow<'static, [u8]>", &[])),
    (1, leaf("path", "PathBuf", &[Key])),
    (1, leaf("os_string", "OsString", &[Key])),
    (1, leaf("c_string", "CString", &[Key])),
    (2, leaf("duration", "Duration", &[Key])),
    (2, leaf("system_time", "SystemTime", &[])),
    (1, leaf("ipv4", "Ipv4Addr", &[Key])),
    (1, leaf("ipv6", "Ipv6Addr", &[Key])),
    (2, leaf("ip", "IpAddr", &[Key])),
    (1, leaf("socket", "SocketAddr", &[Key])),
    (1, leaf("socket", "SocketAddrV6", &[Key])),
    (1, leaf("non_zero", "NonZeroU8", &[Key])),
    (1, leaf("non_zero", "NonZeroI128", &[Key])),
    (1, leaf("non_zero", "NonZeroU64", &[Key])),
    (1, leaf("cell", "Cell<f64>", &[Cell, Local])),
    (1, leaf("cell", "Cell<u8>", &[Cell, Local])),
    (1, leaf("atomic", "AtomicU64", &[Cell])),
    (1, leaf("atomic", "AtomicI8", &[Cell])),
    (1, leaf("atomic", "AtomicBool", &[Cell])),
    (1, leaf("f16", "f16", &[Number])),
    (1, leaf("bf16", "bf16", &[Number])),
    (1, leaf("complex", "Complex<f32>", &[Number])),
    (1, leaf("complex", "Complex<f64>", &[Number])),
    (1, leaf("complex", "Complex<i16>", &[])),
    (1, leaf("byte_buf", "ByteBuf", &[Key])),
    (1, leaf("byte_array", "ByteArray<3>", &[Key])),
    (1, leaf("byte_array", "ByteArray<40>", &[Key])),
    (1, leaf("bytes", "Bytes", &[Key])),
    (1, leaf("bytes_mut", "BytesMut", &[])),
    (2, leaf("uuid", "Uuid", &[Key])),
    (1, leaf("chrono", "NaiveDate", &[Key])),
    (1, leaf("chrono", "NaiveTime", &[Key])),
    (1, leaf("chrono", "NaiveDateTime", &[Key])),
    (1, leaf("chrono", "DateTime<Utc>", &[Key])),
    (1, leaf("chrono", "TimeDelta", &[Key])),
    (1, leaf("chrono", "Weekday", &[])),
    (1, leaf("time", "time::Date", &[Key])),
    (1, leaf("time", "time::Time", &[Key])),
    // Ordered, but in no order that holds.
    (1, leaf("time", "time::UtcOffset", &[])),
    (1, leaf("time", "time::PrimitiveDateTime", &[Key])),
    (1, leaf("time", "time::OffsetDateTime", &[])),
    (1, leaf("time", "time::Duration", &[Key])),
    (1, leaf("decimal", "Decimal", &[Key])),
    (1, leaf("semver", "Version", &[Key])),
    (1, leaf("array_string", "ArrayString<16>", &[Key])),
    (1, leaf("not_nan", "NotNan<f64>", &[Key])),
    (1, leaf("json", "Value", &[])),
    (1, leaf("json", "Number", &[])),
    (1, leaf("json", "Map<String, Value>", &[])),
];

const fn of(feature: Feature, text: &'static str, params: &'static [Param], is: &'static [Is]) -> Container {
    Container { feature, text, params, is }
}

const ANY: &[Param] = &[Param::Any];
const KEY: &[Param] = &[Param::Key];
const NUMBER: &[Param] = &[Param::Number];
const TWO: &[Param] = &[Param::Any, Param::Any];
const ENTRY: &[Param] = &[Param::Key, Param::Any];

pub(super) static CONTAINERS: &[(usize, Container)] = &[
    (10, of("vec", "Vec<{}>", ANY, &[])),
    (8, of("vec", "Vec<{}>", NUMBER, &[])),
    (2, of("vec_deque", "VecDeque<{}>", ANY, &[])),
    (1, of("vec_deque", "VecDeque<{}>", NUMBER, &[])),
    (1, of("linked_list", "LinkedList<{}>", ANY, &[])),
    (10, of("option", "Option<{}>", ANY, &[])),
    (3, of("result", "Result<{}, {}>", TWO, &[])),
    (3, of("box", "Box<{}>", ANY, &[Pointer])),
    (2, of("rc", "Rc<{}>", ANY, &[Pointer, Local])),
    (3, of("arc", "Arc<{}>", ANY, &[Pointer])),
    (1, of("box_slice", "Box<[{}]>", NUMBER, &[])),
    (1, of("arc_slice", "Arc<[{}]>", NUMBER, &[])),
    (1, of("rc_slice", "Rc<[{}]>", ANY, &[Local])),
    (1, of("tuple", "({},)", ANY, &[])),
    (4, of("tuple", "({}, {})", TWO, &[])),
    (2, of("tuple", "({}, {}, {})", &[Param::Any; 3], &[])),
    (1, of("tuple8", "({}, {}, {}, {}, {}, {}, {}, {})", &[Param::Number; 8], &[])),
    (1, of("tuple9", "({}, {}, {}, {}, {}, {}, {}, {}, {})", &[Param::Number; 9], &[])),
    (1, of("array0", "[{}; 0]", ANY, &[])),
    (2, of("array", "[{}; 2]", ANY, &[])),
    (1, of("array", "[{}; 7]", NUMBER, &[])),
    (2, of("array8", "[{}; 8]", NUMBER, &[])),
    (2, of("array9", "[{}; 9]", NUMBER, &[])),
    (1, of("array", "[{}; 16]", NUMBER, &[])),
    (1, of("array", "[{}; 32]", NUMBER, &[])),
    (4, of("btree_map", "BTreeMap<{}, {}>", ENTRY, &[])),
    (4, of("hash_map", "HashMap<{}, {}>", ENTRY, &[Unordered])),
    (2, of("btree_set", "BTreeSet<{}>", KEY, &[])),
    (2, of("hash_set", "HashSet<{}>", KEY, &[Unordered])),
    (1, of("heap", "BinaryHeap<{}>", KEY, &[])),
    (2, of("index_map", "IndexMap<{}, {}>", ENTRY, &[])),
    (1, of("index_set", "IndexSet<{}>", KEY, &[])),
    (1, of("hashbrown", "hashbrown::HashMap<{}, {}>", ENTRY, &[Unordered])),
    (1, of("hashbrown", "hashbrown::HashSet<{}>", KEY, &[Unordered])),
    (1, of("refcell", "RefCell<{}>", ANY, &[Cell, Local])),
    (1, of("mutex", "Mutex<{}>", ANY, &[Cell])),
    (1, of("rw_lock", "RwLock<{}>", ANY, &[Cell])),
    (1, of("range", "Range<{}>", ANY, &[])),
    (1, of("range", "RangeInclusive<{}>", NUMBER, &[])),
    (1, of("range", "RangeFrom<{}>", NUMBER, &[])),
    (1, of("range", "RangeTo<{}>", ANY, &[])),
    (1, of("bound", "Bound<{}>", ANY, &[])),
    (1, of("wrapping", "Wrapping<{}>", NUMBER, &[])),
    (1, of("saturating", "Saturating<i32>", &[], &[])),
    (1, of("reverse", "Reverse<{}>", ANY, &[])),
    (1, of("ordered_float", "OrderedFloat<f64>", &[], &[])),
    (2, of("small_vec", "SmallVec<[{}; 4]>", ANY, &[])),
    (2, of("array_vec", "ArrayVec<{}, 9>", ANY, &[])),
    (2, of("either", "Either<{}, {}>", TWO, &[])),
    (1, of("ndarray0", "Array0<{}>", NUMBER, &[])),
    (4, of("ndarray", "Array1<{}>", NUMBER, &[])),
    (4, of("ndarray", "Array2<{}>", NUMBER, &[])),
    (2, of("ndarray", "ArrayD<{}>", NUMBER, &[])),
    (2, of("ndarray_of_any", "Array1<{}>", ANY, &[])),
    (1, of("ndarray_of_any", "Array2<{}>", ANY, &[])),
    (1, of("arc_array", "ArcArray1<{}>", NUMBER, &[])),
    (1, of("arc_array", "ArcArray2<{}>", NUMBER, &[])),
    (2, of("mapped", "MappedArray<{}, Ix1>", NUMBER, &[])),
    (2, of("mapped", "MappedArray<{}, Ix2>", NUMBER, &[])),
    (1, of("mapped", "MappedArray<{}, IxDyn>", NUMBER, &[])),
];

/// Keys of several parts.
pub(super) static KEYS: &[(usize, Container)] = &[
    (2, of("tuple", "({}, {})", &[Param::Key, Param::Key], &[])),
    (1, of("option", "Option<{}>", KEY, &[])),
    (1, of("vec", "Vec<{}>", KEY, &[])),
    (1, of("array", "[{}; 2]", KEY, &[])),
];

/// In a definition, one like it.
pub(super) static ITSELF: Leaf = leaf("recursive", "Option<Box<Self>>", &[]);

/// What `with` takes, and the type that it is for.
pub(super) static WITH: &[(&str, Leaf)] = &[
    (r#"with = "::harness::serde_bytes""#, leaf("serde_bytes", "Vec<u8>", &[])),
    (r#"with = "::harness::serde_bytes""#, leaf("serde_bytes", "Option<Vec<u8>>", &[])),
    (r#"with = "::harness::serde_bytes""#, leaf("serde_bytes", "[u8; 20]", &[])),
    (r#"with = "::harness::bits""#, leaf("with_bits", "f64", &[])),
    (r#"with = "::harness::digits""#, leaf("with_digits", "i128", &[])),
    (r#"with = "::harness::pairs""#, leaf("with_pairs", "BTreeMap<u32, f64>", &[])),
    (r#"with = "::harness::pairs""#, leaf("with_pairs", "BTreeMap<(i8, String), Vec<f32>>", &[])),
    (r#"serialize_with = "::harness::uncounted::serialize""#, leaf("with_uncounted", "Vec<f64>", &[])),
    (r#"with = "::harness::uncounted""#, leaf("with_uncounted", "Vec<String>", &[])),
    (r#"with = "::harness::counted_wrongly""#, leaf("with_counted_wrongly", "Vec<u32>", &[])),
    (r#"with = "::harness::counted_wrongly""#, leaf("with_counted_wrongly", "Vec<Option<String>>", &[])),
];
