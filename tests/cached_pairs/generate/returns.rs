//! What functions return.

use crate::program::{Fails, Feature, Kind, Param, Returns};
use crate::random::Random;

struct Row(Feature, usize, &'static str, &'static str, Fails);

use Fails::{Boxed, Fault, Int, No, Other, Text};

const ROWS: &[Row] = &[
    Row("", 14, "i64", "s", No),
    Row("returns_unit", 3, "", "at(98, s);", No),
    Row("returns_unit", 1, "()", "", No),
    Row("returns_string", 5, "String", "format!(\"{s}\")", No),
    Row("returns_bool", 1, "bool", "s & 1 == 0", No),
    Row("returns_float", 3, "f64", "f64::from_bits(s as u64 | 0x7ff8 << 48)", No),
    Row("returns_option", 5, "Option<i64>", "(s & 3 != 0).then_some(s)", Fails::Option),
    Row(
        "returns_result",
        6,
        "Result<i64, String>",
        "if s & 3 == 0 { Err(s.to_string()) } else { Ok(s) }",
        Text,
    ),
    Row("returns_result", 3, "Checked<i64>", "if s & 3 == 0 { Err(Fault::Low(s)) } else { Ok(s) }", Fault),
    Row(
        "returns_result",
        2,
        "std::io::Result<i64>",
        "if s & 3 == 0 { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(s) }",
        Other,
    ),
    Row(
        "returns_boxed_error",
        3,
        "Result<i64, Box<dyn std::error::Error + Send + Sync>>",
        "if s & 3 == 0 { Err(s.to_string().into()) } else { Ok(s) }",
        Boxed,
    ),
    Row(
        "returns_option_in_result",
        2,
        "Result<Option<i64>, i64>",
        "if s & 3 == 0 { Err(s) } else { Ok((s & 4 == 0).then_some(s)) }",
        Int,
    ),
    Row(
        "returns_result_in_option",
        2,
        "Option<Result<i64, String>>",
        "(s & 3 != 0).then(|| if s & 4 == 0 { Err(s.to_string()) } else { Ok(s) })",
        Fails::Option,
    ),
    Row("returns_vec", 3, "Vec<String>", "vec![s.to_string(); (s & 3) as usize]", No),
    Row("returns_struct", 3, "Point", "Point { x: s, y: 2 }", No),
    Row(
        "returns_enum",
        3,
        "Shape",
        "match s & 3 { 0 => Shape::Empty, 1 => Shape::Dot(s), _ => Shape::Square { side: s } }",
        No,
    ),
    Row("returns_tuple", 3, "(i64, (char, Option<u8>), [i64; 2])", "(s, ('x', None), [s, 1])", No),
    Row(
        "returns_cow",
        2,
        "Cow<'static, str>",
        "if s & 1 == 0 { Cow::Borrowed(\"even\") } else { s.to_string().into() }",
        No,
    ),
    Row(
        "returns_maps",
        2,
        "BTreeMap<String, HashMap<u8, i64>>",
        "BTreeMap::from([(s.to_string(), HashMap::from([(1, s)]))])",
        No,
    ),
    Row("returns_box", 1, "Box<[i64]>", "vec![s; 3].into()", No),
    Row("returns_duration", 1, "std::time::Duration", "std::time::Duration::from_nanos(s as u64)", No),
    Row(
        "returns_rich",
        1,
        "(u128, char, Vec<Vec<f64>>)",
        "(s as u128, 'é', vec![vec![], vec![s as f64]])",
        No,
    ),
    Row("returns_large", 2, "Vec<f64>", "(0..20_000).map(|i| (i ^ s) as f64).collect()", No),
    Row("returns_bare", 2, "Bare", "Bare(s)", No),
    Row("returns_drops", 5, "D", "d(\"result\", s)", No),
    Row("returns_drops_vec", 2, "Vec<D>", "vec![d(\"result\", s), d(\"result2\", 1)]", No),
    Row(
        "returns_drops_result",
        3,
        "Result<D, D>",
        "if s & 3 == 0 { Err(d(\"error\", s)) } else { Ok(d(\"result\", s)) }",
        Other,
    ),
    Row("returns_tail_drop", 3, "i64", "d(\"tail\", s).id()", No),
    Row(
        "returns_tail_match",
        2,
        "i64",
        "match d(\"tail\", s).id() { 0 => at(97, 0), id => return id }; 1",
        No,
    ),
    Row("returns_unkept", 2, "Fails", "Fails::Serialize(s)", No),
    Row("returns_panics_kept", 2, "Fails", "Fails::SerializePanics(s)", No),
    Row("returns_unread", 2, "Fails", "Fails::Deserialize(s)", No),
    Row("returns_panics_read", 2, "Fails", "Fails::DeserializePanics(s)", No),
    Row("returns_panics_cloned", 2, "ClonePanics", "ClonePanics(s)", No),
    Row("returns_diverging", 2, "i64", "loop { return s; }", No),
    Row("returns_early", 2, "i64", "return s;", No),
    Row("returns_panic", 2, "i64", "panic!(\"at the end {s}\")", No),
    Row("returns_todo", 1, "String", "todo!()", No),
    Row("returns_unreachable", 1, "Option<u8>", "unreachable!(\"{s}\")", No),
];

pub(super) fn returns(random: &mut Random<'_>, kind: Kind, alone: bool, params: &[Param]) -> Returns {
    let own = of_self(random, kind).or_else(|| generic(random, params));
    if let Some(own) = own.or_else(|| if alone { borrowed(random, params) } else { None }) {
        return own;
    }
    let rows: Vec<_> = ROWS.iter().map(|row| (row.0, row.1, row)).collect();
    let (_, Row(feature, _, ty, last, fails)) = random.weighted(&rows).unwrap_or(("", &ROWS[0]));
    let shown = match *feature {
        "returns_float" => "r.to_bits()",
        "returns_bare" => "r.0",
        "returns_large" => "digest(&r)",
        _ => "r",
    };
    let clone = !matches!(*feature, "returns_bare" | "returns_boxed_error") && *ty != "std::io::Result<i64>";
    Returns { feature, ty, last: (*last).to_owned(), shown, fails: *fails, clone }
}

/// The type that a method belongs to.
fn of_self(random: &mut Random<'_>, kind: Kind) -> Option<Returns> {
    let sized = matches!(kind, Kind::Method | Kind::Block | Kind::TraitMethod | Kind::TraitBlock);
    let last = "Host { weight: s, guard: d(\"result\", s) }".to_owned();
    (sized && random.has("returns_self", 8)).then_some(Returns {
        feature: "returns_self",
        ty: "Self",
        last,
        shown: "r",
        fails: No,
        clone: true,
    })
}

/// A type parameter.
fn generic(random: &mut Random<'_>, params: &[Param]) -> Option<Returns> {
    let param = params.iter().find(|param| param.feature == "generic_kept")?;
    let last = format!("vec![{}.clone()]", param.pattern);
    random.has("returns_generic", 50).then_some(Returns {
        feature: "returns_generic",
        ty: "Vec<X>",
        last,
        shown: "r",
        fails: No,
        clone: false,
    })
}

/// Of the only argument that it can be borrowed from.
fn borrowed(random: &mut Random<'_>, params: &[Param]) -> Option<Returns> {
    let lifetimes =
        params.iter().filter(|param| param.ty.contains(['&', '\'']) && !param.ty.contains("'static"));
    let [param] = &lifetimes.collect::<Vec<_>>()[..] else { return None };
    let (feature, ty) = match param.ty.as_str() {
        "&'a str" => ("returns_borrowed", "Cow<'a, str>"),
        "&str" => random
            .one(&[("returns_borrowed_elided", "Cow<'_, str>"), ("returns_borrowed_hidden", "Cow<str>")]),
        _ => return None,
    };
    if param.attributes.1.contains("cfg")
        || param.values.iter().any(|value| value.text.starts_with('&')) && ty != "Cow<'a, str>"
        || !random.has(feature, 30)
    {
        return None;
    }
    let name = &param.pattern;
    let last = format!("if s & 1 == 0 {{ Cow::Borrowed({name}) }} else {{ Cow::Owned(s.to_string()) }}");
    Some(Returns { feature, ty, last, shown: "r", fails: No, clone: false })
}

/// What stands in a `return` before the end.
pub(super) fn early(returns: &Returns) -> String {
    match returns.feature {
        "returns_unit" => String::new(),
        "returns_todo" => "String::new()".to_owned(),
        "returns_unreachable" => "None".to_owned(),
        "returns_tail_match" | "returns_diverging" | "returns_early" | "returns_panic" => "s".to_owned(),
        _ => returns.last.clone(),
    }
}
