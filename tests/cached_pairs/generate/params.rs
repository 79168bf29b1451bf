//! Parameters: types, patterns and the values to call with, near ones that a key has to tell apart.

use crate::program::{Feature, Kind, Param, Value};
use crate::random::Random;

/// A row of the table. `@` stands for the name.
#[derive(Clone, Copy)]
struct Row {
    feature: Feature,
    weight: usize,
    pattern: &'static str,
    ty: &'static str,
    generics: &'static [&'static str],
    worth: &'static str,
    values: &'static [Value],
}

/// Each expression a class of its own, unless it begins with that of another: `0=`.
macro_rules! values {
    ($($text:literal),* $(,)?) => { &const {
        let texts = [$($text),*];
        let mut values = [value("", 0); [$($text),*].len()];
        let mut i = 0;
        while i < texts.len() {
            values[i] = value(texts[i], i as u8);
            i += 1;
        }
        values
    } };
}

const fn value(text: &'static str, at: u8) -> Value {
    let (class, text) = match text.as_bytes() {
        [digit @ b'0'..=b'9', b'=', ..] => (*digit - b'0', text.split_at(2).1),
        _ => (at, text),
    };
    Value { text, class, unkeyed: false, turbofish: "" }
}

const fn unkeyed(text: &'static str, class: u8) -> Value {
    Value { text, class, unkeyed: true, turbofish: "" }
}

const fn only_type(turbofish: &'static str, class: u8) -> Value {
    Value { text: "", class, unkeyed: false, turbofish }
}

const fn row(
    feature: Feature,
    weight: usize,
    pattern: &'static str,
    ty: &'static str,
    worth: &'static str,
    values: &'static [Value],
) -> Row {
    Row { feature, weight, pattern, ty, generics: &[], worth, values }
}

const fn generic(generics: &'static [&'static str], row: Row) -> Row {
    Row { generics, ..row }
}

const D: &[Value] = values!["d(\"@A\", 1)", "d(\"@A\", 2)", "d(\"@A\", 6)"];
const D_REFERENCES: &[Value] = values!["&d(\"@A\", 1)", "&d(\"@A\", 2)", "&d(\"@A\", 6)"];
const POINTS: &[Value] = values![
    "Point { x: 1, y: 2 }",
    "Point { x: 2, y: 1 }",
    "0=Point { y: 2, x: 0 + 1 }",
    "Point { x: 1, y: 4 }"
];
const POINT_REFERENCES: &[Value] = values![
    "&Point { x: 1, y: 2 }",
    "&Point { x: 2, y: 1 }",
    "&Point { x: 1, y: 4 }",
    "0=&Point { x: 1, y: 2 }.clone()"
];
const F64: &[Value] = values![
    "0.0",
    "-0.0",
    "1.5",
    "f64::from_bits(1.5f64.to_bits() + 1)",
    "f64::NAN",
    "f64::from_bits(f64::NAN.to_bits() ^ 1)",
    "5=f64::from_bits(f64::NAN.to_bits() + 1)",
];
const BYTES: &[Value] = values!["&[]", "&[0]", "&[0, 0]", "&[1, 2]", "&[2, 1]", "3=&vec![1, 2]"];
const WORDS: &[Value] = values!["\"a\"", "\"b\"", "\"\"", "\"a\\0\"", "0=&String::from(\"a\")"];

const ROWS: &[Row] = &[
    row("u8", 8, "@", "u8", "i64::from(@)", values!["0", "1", "255", "5"]),
    row("i64", 8, "@", "i64", "@", values!["0", "-1", "i64::MAX", "1 << 32", "5", "6"]),
    row("u128", 2, "@", "u128", "@ as i64", values!["0", "1 << 64", "u128::MAX", "5"]),
    row("usize", 2, "@", "usize", "@ as i64", values!["0", "1", "5", "13"]),
    row("bool", 3, "@", "bool", "i64::from(@)", values!["true", "false"]),
    row("char", 2, "@", "char", "i64::from(u32::from(@))", values!["'a'", "'b'", "'\\0'", "'é'"]),
    row("f64", 5, "@", "f64", "@.to_bits() as i64", F64),
    row("f32", 2, "@", "f32", "i64::from(@.to_bits())", values!["0.0", "-0.0", "f32::NAN", "1.5"]),
    row("str", 5, "@", "&str", "len(@)", WORDS),
    row(
        "string",
        4,
        "@",
        "String",
        "len(&@)",
        values!["\"a\".to_owned()", "\"b\".to_owned()", "String::new()", "0=[\"a\", \"\"].concat()"],
    ),
    row(
        "string_ref",
        2,
        "@",
        "&String",
        "len(@)",
        values!["&\"a\".to_owned()", "&\"b\".to_owned()", "0=&\"A\".to_lowercase()"],
    ),
    row(
        "option_str",
        2,
        "@",
        "Option<&str>",
        "digest(&@)",
        values!["None", "Some(\"\")", "Some(\"a\")", "Some(\"b\")"],
    ),
    row("box_str", 1, "@", "Box<str>", "len(&*@)", values!["\"a\".into()", "\"b\".into()", "\"\".into()"]),
    row(
        "slice_f64",
        4,
        "@",
        "&[f64]",
        "bits(@)",
        values!["&[]", "&[0.0]", "&[-0.0]", "&[1.0, 2.0]", "&[2.0, 1.0]", "3=&vec![1.0, 2.0]", "&[f64::NAN]"],
    ),
    row("slice_u8", 2, "@", "&[u8]", "digest(@)", BYTES),
    row(
        "slice_str",
        2,
        "@",
        "&[&str]",
        "digest(@)",
        values!["&[\"a\", \"b\"]", "&[\"ab\", \"\"]", "&[\"b\", \"a\"]", "&[\"ab\"]"],
    ),
    row(
        "vec_f64",
        3,
        "@",
        "Vec<f64>",
        "bits(&@)",
        values!["vec![]", "vec![0.0]", "vec![-0.0]", "vec![1.0, 2.0]", "vec![2.0, 1.0]"],
    ),
    row(
        "vec_vec",
        2,
        "@",
        "Vec<Vec<u8>>",
        "digest(&@)",
        values![
            "vec![]",
            "vec![vec![]]",
            "vec![vec![1], vec![2]]",
            "vec![vec![1, 2]]",
            "vec![vec![1, 2], vec![]]"
        ],
    ),
    row("option", 4, "@", "Option<u8>", "digest(&@)", values!["None", "Some(0)", "Some(1)", "Some(5)"]),
    row(
        "option_option",
        1,
        "@",
        "Option<Option<i64>>",
        "digest(&@)",
        values!["None", "Some(None)", "Some(Some(0))", "Some(Some(1))"],
    ),
    row("tuple", 3, "@", "(u8, &str)", "digest(&@)", values!["(1, \"a\")", "(1, \"b\")", "(2, \"a\")"]),
    row("array", 2, "@", "[u32; 3]", "digest(&@)", values!["[1, 2, 3]", "[3, 2, 1]", "[1, 2, 4]"]),
    row(
        "arrays",
        1,
        "@",
        "&[[u8; 2]]",
        "digest(@)",
        values!["&[[1, 2]]", "&[[1, 2], [3, 4]]", "&[[3, 4], [1, 2]]"],
    ),
    row("unit_arg", 1, "@", "()", "digest(&@)", values!["()"]),
    row("point", 3, "@", "Point", "@.x ^ @.y", POINTS),
    row("point_ref", 3, "@", "&Point", "@.x - @.y", POINT_REFERENCES),
    row(
        "shape",
        2,
        "@",
        "Shape",
        "@.size()",
        values!["Shape::Empty", "Shape::Dot(7)", "Shape::Dot(100)", "Shape::Square { side: 1 }"],
    ),
    row(
        "shape_ref",
        2,
        "@",
        "&Shape",
        "@.size()",
        values!["&Shape::Empty", "&Shape::Dot(7)", "&Shape::Square { side: 1 }"],
    ),
    row("one_field", 2, "@", "Point", "@.x", POINTS),
    row(
        "arc",
        2,
        "@",
        "Arc<Point>",
        "@.x",
        values![
            "shared(Point { x: 1, y: 2 })",
            "shared(Point { x: 2, y: 2 })",
            "0=Arc::new(Point { x: 1, y: 2 })"
        ],
    ),
    row(
        "boxed",
        1,
        "@",
        "Box<Point>",
        "@.y",
        values!["Box::new(Point { x: 1, y: 2 })", "Box::new(Point { x: 1, y: 3 })"],
    ),
    row(
        "cow_arg",
        2,
        "@",
        "Cow<'_, str>",
        "len(&*@)",
        values!["Cow::Borrowed(\"a\")", "0=Cow::Owned(\"a\".to_owned())", "\"b\".into()"],
    ),
    row("name_elided", 2, "@", "Name<'_>", "len(@.0)", values!["Name(\"a\")", "Name(\"b\")"]),
    row(
        "path",
        1,
        "@",
        "&std::path::Path",
        "digest(@)",
        values!["\"a\".as_ref()", "\"b\".as_ref()", "\"a/b\".as_ref()"],
    ),
    row(
        "duration",
        1,
        "@",
        "std::time::Duration",
        "@.as_nanos() as i64",
        values![
            "std::time::Duration::from_secs(1)",
            "std::time::Duration::from_nanos(1)",
            "0=std::time::Duration::from_millis(1000)"
        ],
    ),
    row("range", 1, "@", "std::ops::Range<u8>", "i64::from(@.end)", values!["0..1", "0..5", "1..5"]),
    row(
        "hash_map",
        1,
        "@",
        "HashMap<u8, i64>",
        "@.get(&1).copied().unwrap_or(0)",
        values![
            "HashMap::from([(1, 2), (3, 4)])",
            "0=HashMap::from([(3, 4), (1, 2)])",
            "HashMap::from([(1, 4), (3, 2)])",
            "HashMap::new()"
        ],
    ),
    row(
        "b_tree",
        1,
        "@",
        "&BTreeMap<&str, f64>",
        "digest(@)",
        values!["&BTreeMap::from([(\"a\", 0.0)])", "&BTreeMap::from([(\"a\", -0.0)])", "&BTreeMap::new()"],
    ),
    row("result_arg", 1, "@", "Result<u8, u8>", "digest(&@)", values!["Ok(1)", "Err(1)", "Ok(2)"]),
    row("double_ref", 1, "@", "&&str", "len(*@)", values!["&\"a\"", "&\"b\""]),
    row("drops", 8, "@", "D", "@.id", D),
    row("drops_unused", 4, "@", "D", "1", D),
    row("drops_ref", 2, "@", "&D", "@.id()", D_REFERENCES),
    row(
        "drops_option",
        2,
        "@",
        "Option<D>",
        "digest(&@)",
        values!["None", "Some(d(\"@A\", 1))", "Some(d(\"@A\", 2))"],
    ),
    row(
        "drops_vec",
        1,
        "@",
        "Vec<D>",
        "@.len() as i64",
        values!["vec![]", "vec![d(\"@A\", 1), d(\"@A_\", 2)]", "vec![d(\"@A\", 1)]"],
    ),
    row("drops_wildcard", 4, "_", "D", "2", D),
    row(
        "drops_tuple",
        3,
        "(@, _)",
        "(u8, D)",
        "i64::from(@)",
        values!["(1, d(\"@A\", 1))", "(2, d(\"@A\", 1))", "(5, d(\"@A\", 1))"],
    ),
    row(
        "drops_tuple_both",
        2,
        "(@, @2)",
        "(D, D)",
        "@.id - @2.id",
        values!["(d(\"@A\", 1), d(\"@A_\", 2))", "(d(\"@A\", 2), d(\"@A_\", 2))"],
    ),
    row("drops_ref_pattern", 2, "ref @", "D", "@.id", D),
    row("drops_mut", 2, "mut @", "D", "{ @.id += 1; @.id }", D),
    row(
        "drops_rest",
        1,
        "(.., @)",
        "(D, D, u8)",
        "i64::from(@)",
        values!["(d(\"@A\", 1), d(\"@A_\", 2), 1)", "(d(\"@A\", 1), d(\"@A_\", 2), 5)"],
    ),
    row(
        "pattern_tuple",
        4,
        "(@, @2)",
        "(u8, u8)",
        "i64::from(@) - i64::from(@2)",
        values!["(1, 2)", "(2, 1)", "(5, 5)"],
    ),
    row("pattern_struct", 3, "Point { x: @, y: @2 }", "Point", "@ ^ @2", POINTS),
    row("pattern_rest", 2, "Point { y: @, .. }", "Point", "@", POINTS),
    row("pattern_short", 2, "Point { x, y: _ }", "Point", "x", POINTS),
    row("pattern_ref", 3, "&@", "&i64", "@", values!["&1", "&2", "&5", "&-1"]),
    row("pattern_ref_struct", 1, "&Point { x: @, .. }", "&Point", "@", POINT_REFERENCES),
    row("pattern_bind_ref", 2, "ref @", "String", "len(@)", values!["\"a\".to_owned()", "\"b\".to_owned()"]),
    row(
        "pattern_mut",
        3,
        "mut @",
        "Vec<u8>",
        "{ @.push(7); digest(&@) }",
        values!["vec![]", "vec![1]", "vec![1, 2]"],
    ),
    row("pattern_wildcard", 3, "_", "u8", "4", values!["0", "1"]),
    row(
        "pattern_slice",
        2,
        "[@, .., @2]",
        "[u8; 4]",
        "i64::from(@) - i64::from(@2)",
        values!["[1, 2, 3, 4]", "[4, 2, 3, 1]", "[1, 0, 0, 4]"],
    ),
    row("pattern_newtype", 2, "Wrap(@)", "Wrap", "@", values!["Wrap(1)", "Wrap(2)", "Wrap(5)"]),
    row("pattern_at", 2, "@ @ _", "u8", "i64::from(@)", values!["1", "2", "5"]),
    row(
        "pattern_nested",
        2,
        "(Wrap(@), [_, @2])",
        "(Wrap, [u8; 2])",
        "@ + i64::from(@2)",
        values!["(Wrap(1), [1, 2])", "(Wrap(2), [1, 1])", "(Wrap(1), [2, 2])"],
    ),
    row("pattern_parenthesised", 1, "(@)", "u8", "i64::from(@)", values!["1", "2"]),
    row(
        "impl_trait",
        3,
        "@",
        "impl AsRef<str> + ::serde::Serialize",
        "len(@.as_ref())",
        values!["\"a\"", "\"a\".to_owned()", "\"b\""],
    ),
    row(
        "impl_into",
        2,
        "@",
        "impl Into<i64> + ::serde::Serialize + Copy",
        "Into::<i64>::into(@)",
        values!["1_u8", "1_u32", "1_i64", "2_u8"],
    ),
    generic(
        &["T: Amount + ::serde::Serialize"],
        row(
            "generic",
            4,
            "@",
            "T",
            "@.amount() ^ T::UNIT",
            values!["1_u8", "1_i64", "2_u8", "Point { x: 1, y: 2 }"],
        ),
    ),
    generic(
        &["X: Kept + Clone"],
        row(
            "generic_kept",
            3,
            "@",
            "X",
            "digest(&@)",
            values!["1_u8", "1_i64", "\"a\".to_owned()", "vec![1_u8]"],
        ),
    ),
    generic(
        &["U: ::serde::Serialize + std::fmt::Debug + ?Sized"],
        row("generic_ref", 2, "@", "&U", "digest(@)", values!["\"a\"", "&1_u8", "&[1_u8, 2][..]", "&1_i8"]),
    ),
    generic(&["'a"], row("lifetime", 3, "@", "&'a str", "len(@)", values!["\"a\"", "\"b\"", "\"ab\""])),
    generic(
        &["'b"],
        row("lifetime_struct", 2, "@", "Name<'b>", "len(@.0)", values!["Name(\"a\")", "Name(\"b\")"]),
    ),
    generic(
        &["const N: usize"],
        row(
            "const_generic",
            3,
            "@",
            "",
            "N as i64",
            &[only_type("1", 0), only_type("2", 1), only_type("{ 1 + 4 }", 2)],
        ),
    ),
    generic(
        &["V: Amount + ?Sized"],
        row(
            "only_type",
            2,
            "@",
            "",
            "V::UNIT",
            &[only_type("u8", 0), only_type("str", 1), only_type("Point", 2)],
        ),
    ),
    row("raw_name", 2, "r#type", "u8", "i64::from(r#type)", values!["1", "2"]),
    row("never_hashed", 3, "@", "fn(i64) -> i64", "@(3)", values!["twice", "thrice"]),
    row(
        "serialize_fails",
        2,
        "@",
        "Fails",
        "@.value()",
        &[
            value("Fails::Serialize(2)", 0),
            unkeyed("Fails::Serialize(1)", 1),
            value("Fails::Serialize(4)", 2),
        ],
    ),
    row(
        "serialize_panics",
        2,
        "@",
        "&Fails",
        "@.value()",
        &[value("&Fails::SerializePanics(2)", 0), unkeyed("&Fails::SerializePanics(1)", 1)],
    ),
    row("debug_panics", 2, "@", "DebugPanics", "@.0", values!["DebugPanics(2)", "DebugPanics(1)"]),
    row(
        "tagged",
        1,
        "@",
        "Tagged<Vec<std::cell::Cell<u8>>>",
        "@.0",
        // What the type's name says it might hold is not believed to be only a phantom.
        &[
            unkeyed("Tagged(1, std::marker::PhantomData)", 0),
            unkeyed("Tagged(2, std::marker::PhantomData)", 1),
        ],
    ),
];

const RECEIVERS: &[Row] = &[
    row(
        "self_ref",
        6,
        "&self",
        "",
        "self.weight",
        values!["&Host::made(1, 0)", "&Host::made(2, 0)", "0=&Host::made(1, 0).clone()"],
    ),
    row("self_value", 4, "self", "", "self.weight", values!["Host::made(1, 0)", "Host::made(2, 0)"]),
    row(
        "self_mut",
        3,
        "mut self",
        "",
        "{ self.weight += 1; self.weight }",
        values!["Host::made(1, 0)", "Host::made(2, 0)"],
    ),
    row(
        "self_arc",
        3,
        "self: Arc<Self>",
        "",
        "self.weight",
        values!["Arc::new(Host::made(1, 0))", "Arc::new(Host::made(2, 0))"],
    ),
    row(
        "self_box",
        2,
        "self: Box<Self>",
        "",
        "self.weight",
        values!["Box::new(Host::made(1, 0))", "Box::new(Host::made(2, 0))"],
    ),
    row(
        "self_rc",
        1,
        "self: Rc<Self>",
        "",
        "self.weight",
        values!["Rc::new(Host::made(1, 0))", "Rc::new(Host::made(2, 0))"],
    ),
    row("self_typed", 1, "self: &Self", "", "self.weight", values!["&Host::made(1, 0)", "&Host::made(2, 0)"]),
    row(
        "self_ref_arc",
        1,
        "self: &Arc<Self>",
        "",
        "self.weight",
        values!["&Arc::new(Host::made(1, 0))", "&Arc::new(Host::made(2, 0))"],
    ),
    row("self_lifetime", 1, "&'_ self", "", "self.weight", values!["&Host::made(1, 0)", "&Host::made(2, 0)"]),
];

const DEFAULT_RECEIVERS: &[Row] =
    &[row("self_ref", 1, "&self", "", "self.number()", values!["&Host::made(1, 0)", "&Host::made(2, 0)"])];

const GENERIC_RECEIVERS: &[Row] = &[
    row(
        "self_ref",
        4,
        "&self",
        "",
        "self.weight.amount()",
        values!["&Host::made(1_u8, 0)", "&Host::made(1_i64, 0)", "&Host::made(2_u8, 0)"],
    ),
    row(
        "self_value",
        2,
        "self",
        "",
        "self.weight.amount() + T::UNIT",
        values!["Host::made(1_u8, 0)", "Host::made(1_i64, 0)"],
    ),
    row(
        "self_arc",
        1,
        "self: Arc<Self>",
        "",
        "self.weight.amount()",
        values!["Arc::new(Host::made(1_u8, 0))", "Arc::new(Host::made(2_u8, 0))"],
    ),
];

const NAMES: &[&str] = &["a", "b", "c", "e", "f", "g"];
/// Those that a macro might choose itself.
const ODD_NAMES: &[&str] = &[
    "key", "function", "args", "policy", "memory", "entry", "memo", "answer", "hasher", "cached", "result",
    "value", "keep", "kind", "site", "arg0", "arg1", "joblib", "r#fn",
];
const ATTRIBUTES: &[(Feature, &str)] = &[
    ("param_allow", "#[allow(unused_variables)] "),
    ("param_cfg_on", "#[cfg(not(any()))] "),
    ("param_cfg_attr", "#[cfg_attr(not(any()), allow(unused_mut))] "),
    ("param_cfg_off", "#[cfg(any())] missing: Missing, "),
    ("param_expect", "#[expect(unused_mut)] "),
];

pub(super) fn receiver(random: &mut Random<'_>, kind: Kind) -> Option<Param> {
    let rows = match kind {
        Kind::GenericMethod => GENERIC_RECEIVERS,
        Kind::TraitDefault => DEFAULT_RECEIVERS,
        _ => RECEIVERS,
    };
    if !matches!(kind, Kind::GenericMethod | Kind::TraitDefault) && random.percent(15) {
        return None;
    }
    let row = chosen(random, rows)?;
    Some(param(random, &row, "self"))
}

pub(super) fn params(random: &mut Random<'_>, kind: Kind, twice: &mut Vec<&'static str>) -> Vec<Param> {
    let count = random.one(&[0, 1, 1, 1, 2, 2, 2, 3, 4]);
    let odd = random.has("odd_param_names", 8);
    let mut names: Vec<&str> = if odd { ODD_NAMES.to_vec() } else { NAMES.to_vec() };
    let mut all = Vec::new();
    for _ in 0..count {
        let Some(row) = chosen(random, ROWS) else { continue };
        // Bindings and generic parameters have one name each.
        let fixed = ["pattern_short", "raw_name"].contains(&row.feature) || !row.generics.is_empty();
        let of_impl = row.generics.iter().any(|text| text.starts_with('T')) && kind == Kind::GenericMethod;
        if of_impl || fixed && twice.contains(&row.feature) {
            continue;
        }
        twice.push(row.feature);
        let name = names.remove(random.below(names.len()));
        let mut param = param(random, &row, name);
        if odd {
            param.attributes.0 = "odd_param_names";
        }
        if !odd && !param.ty.is_empty() && random.percent(8) {
            let with: Vec<_> =
                ATTRIBUTES.iter().map(|(feature, text)| (*feature, 1, (*feature, *text))).collect();
            param.attributes = random.weighted(&with).map_or(("", ""), |(_, attribute)| attribute);
        }
        all.push(param);
    }
    all
}

/// Of a type that the caller declares.
pub(super) fn of_local_type(random: &mut Random<'_>) -> Param {
    const ROW: Row = generic(
        &["W: Amount + ::serde::Serialize"],
        row("", 1, "@", "W", "@.amount() ^ W::UNIT", values!["Local(1)", "Local(2)"]),
    );
    param(random, &ROW, "local")
}

/// Where results are kept, given by the caller.
pub(super) fn memory(random: &mut Random<'_>) -> Param {
    const ROW: Row = row("memory_param", 1, "@", "&::joblib::Memory", "0", values!["::harness::mem(@P)"]);
    Param { ignored: true, must_be_ignored: true, ..param(random, &ROW, "_memory") }
}

fn chosen(random: &mut Random<'_>, rows: &[Row]) -> Option<Row> {
    let rows: Vec<_> = rows.iter().map(|row| (row.feature, row.weight, *row)).collect();
    random.weighted(&rows).map(|(_, row)| row)
}

fn param(random: &mut Random<'_>, row: &Row, name: &str) -> Param {
    let named = |text: &str| {
        let second = format!("{}2", name.trim_start_matches("r#"));
        text.replace("@ @", "\u{1} \u{2}")
            .replace("@2", &second)
            .replace('@', name)
            .replace("\u{1} \u{2}", &format!("{name} @"))
    };
    let pattern = named(row.pattern);
    let simple = pattern.trim_start_matches("mut ").trim_start_matches("ref ").to_owned();
    let is_name = simple.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '#') && simple != "_";
    let of_self = row.pattern.contains("self");
    let must_be_ignored = row.feature == "never_hashed";
    let known = match of_self {
        true => Some("self".to_owned()),
        false => is_name.then(|| simple.trim_start_matches("r#").to_owned()),
    };
    let drops = row.feature.starts_with("drops");
    let ignored = known.is_some()
        && !row.ty.is_empty()
        && row.generics.is_empty()
        && !row.ty.starts_with("impl")
        && random.has("ignore", if drops { 50 } else { 12 });
    Param {
        feature: row.feature,
        name: known,
        ty: row.ty.to_owned(),
        attributes: ("", ""),
        generics: row.generics,
        values: row.values,
        worth: named(row.worth),
        key: key_of(row, &named, of_self),
        ignored: ignored || must_be_ignored,
        must_be_ignored,
        pattern,
    }
}

/// What stands for the parameter in `key = ..`: its bindings, where they are all of it.
fn key_of(row: &Row, named: &impl Fn(&str) -> String, of_self: bool) -> String {
    if of_self {
        return if row.worth == "self.number()" { row.worth } else { "&self.weight" }.to_owned();
    }
    match row.pattern {
        "r#type" => "r#type".to_owned(),
        // Not all of the value.
        "Point { y: @, .. }" | "&Point { x: @, .. }" | "[@, .., @2]" | "(Wrap(@), [_, @2])" => String::new(),
        pattern if pattern.contains("@2") => named("(&@, &@2)"),
        pattern if pattern.contains('@') && !row.ty.is_empty() => named("&@"),
        _ => String::new(),
    }
}
