//! Accumulators: an operator, a type, and the forms in which the body may update it.

use super::scope::{Scope, replace_word};
use crate::program::{Accumulator, Feature};
use crate::random::Random;

/// `S` is the accumulator, `AT` the one beside it; the other holes are [`Scope::fill`]'s.
pub(super) struct Kind {
    pub(super) feature: Feature,
    weight: usize,
    operator: &'static str,
    ty: &'static str,
    starts: &'static [&'static str],
    pub(super) forms: &'static [&'static str],
    /// Can be serialised.
    travels: bool,
}

const fn kind(
    feature: Feature,
    weight: usize,
    operator: &'static str,
    ty: &'static str,
    starts: &'static [&'static str],
    forms: &'static [&'static str],
) -> Kind {
    Kind { feature, weight, operator, ty, starts, forms, travels: true }
}

impl Kind {
    /// It cannot be passed to another process.
    const fn here(self) -> Self {
        Kind { travels: false, ..self }
    }
}

#[rustfmt::skip]
pub(super) const KINDS: &[Kind] = &[
    kind("add", 30, "+", "i64", &["0", "5", "-100"], &["S += INT;", "S += INT;", "S += 1;"]),
    kind("add_forms", 12, "+", "i64", &["0", "5"], &["S -= INT;", "S = S + INT;", "S = INT + S;", "S = S - INT;", "S += INT;"]),
    kind("add_unsigned", 6, "+", "u64", &["1_000_000_000"], &["S -= UNS;", "S += UNS;", "S = S - UNS;"]),
    kind("add_wrapping", 8, "+", "u8", &["7", "250"], &["S = S.wrapping_add(BYTE);", "S = S.wrapping_sub(BYTE);"]),
    kind("add_wrapping", 4, "+", "i64", &["i64::MAX - 3", "0"], &["S = S.wrapping_add(INT);"]),
    kind("add_saturating", 8, "+", "u8", &["3", "200"], &["S = S.saturating_add(BYTE);", "S = S.saturating_sub(BYTE);"]),
    kind("add_saturating", 4, "+", "i8", &["3", "100"], &["S = S.saturating_add(INT8);"]),
    kind("overflow", 6, "+", "u8", &["0", "250"], &["S += BYTE % 4;", "S += 1;"]),
    kind("overflow", 6, "+", "i8", &["0", "120", "-120"], &["S += INT8;", "S -= INT8;"]),
    kind("add_float", 10, "+", "f64", &["0.0", "-0.0", "2.5"], &["S += EXACT;", "S -= EXACT;", "S = S + EXACT;", "S = EXACT + S;"]),
    kind("add_float_bits", 6, "+", "f64", &["0.1"], &["S += FLOAT;"]),
    kind("mul", 8, "*", "i64", &["1", "3"], &["S *= SIGN;", "S = S * SIGN;", "S = SIGN * S;"]),
    kind("mul_wrapping", 6, "*", "u32", &["1", "3"], &["S = S.wrapping_mul(BITS | 1);"]),
    kind("mul_float", 5, "*", "f64", &["1.0", "0.3"], &["S *= SIGN as f64;"]),
    kind("bit_and", 5, "&", "u32", &["!0", "0xff0f"], &["S &= !BITS;", "S = S & !BITS;", "S = !BITS & S;"]),
    kind("bit_or", 5, "|", "u32", &["0", "0x100"], &["S |= BITS;", "S = S | BITS;"]),
    kind("bit_xor", 5, "^", "u32", &["0", "0x11"], &["S ^= BITS;", "S = S ^ BITS;"]),
    kind("all", 8, "&&", "bool", &["true", "false"], &["S &= COND;", "if COND { S = false; }", "S = S && PURE;"]),
    kind("any", 8, "||", "bool", &["true", "false"], &["S |= COND;", "if COND { S = true; }", "S = S || PURE;"]),
    kind("min", 8, "min", "i64", &["i64::MAX", "4"], &["S = S.min(INT);", "S = std::cmp::min(S, INT);", "S = i64::min(S, INT);"]),
    kind("min", 4, "min", "i64", &["i64::MAX", "4"], &["S = (INT).min(S);", "S = std::cmp::min(INT, S);"]),
    kind("min_if", 8, "min", "i64", &["i64::MAX", "4"], &["let t = INT; if t < S { S = t; }", "let t = INT; if S > t { S = t; }", "let t = INT; S = if t < S { t } else { S };"]),
    kind("min_if", 4, "min", "i64", &["i64::MAX", "4"], &["let t = INT; if t <= S { S = t; }", "let t = INT; if COND && S >= t { S = t; }"]),
    kind("max", 8, "max", "i64", &["i64::MIN", "4"], &["S = S.max(INT);", "S = i64::max(S, INT);"]),
    kind("max", 4, "max", "i64", &["i64::MIN", "4"], &["S = (INT).max(S);", "S = std::cmp::max(INT, S);"]),
    kind("max_if", 8, "max", "i64", &["i64::MIN", "4"], &["let t = INT; if t > S { S = t; }", "let t = &INT; if &S < t { S = *t; }"]),
    kind("max_if", 4, "max", "i64", &["i64::MIN", "4"], &["let t = INT; if t >= S { S = t; }", "let t = INT; if S <= t && PURE { S = t; }"]),
    kind("min_float", 6, "min", "f64", &["f64::MAX", "f64::NAN", "0.0"], &["S = S.min(NAN);", "S = f64::min(S, NAN);"]),
    kind("min_float", 3, "min", "f64", &["f64::MAX", "f64::NAN", "0.0"], &["S = (NAN).min(S);"]),
    kind("max_float", 6, "max", "f64", &["f64::MIN", "f64::NAN"], &["S = S.max(NAN);"]),
    kind("max_float", 3, "max", "f64", &["f64::MIN", "f64::NAN"], &["S = f64::max(NAN, S);"]),
    kind("max_float_if", 6, "max", "f64", &["f64::MIN", "f64::NAN"], &["let t = NAN; if t > S { S = t; }", "let t = NAN; if S < t { S = t; }"]),
    kind("ties", 6, "max", "Tie", &["Tie(-100, 0)", "Tie(3, 0)"], &["S = S.max(Tie(INT % 5, INT));", "S = std::cmp::max(S, Tie(INT % 5, INT));"]).here(),
    kind("ties", 4, "max", "Tie", &["Tie(-100, 0)", "Tie(3, 0)"], &["S = Tie(INT % 5, INT).max(S);"]).here(),
    kind("ties", 4, "max", "Tie", &["Tie(-100, 0)", "Tie(3, 0)"], &["let t = Tie(INT % 5, INT); if t >= S { S = t; }"]).here(),
    kind("ties", 6, "min", "Tie", &["Tie(100, 0)", "Tie(1, 0)"], &["S = S.min(Tie(INT % 5, INT));"]).here(),
    kind("ties", 4, "min", "Tie", &["Tie(100, 0)", "Tie(1, 0)"], &["S = Tie(INT % 5, INT).min(S);"]).here(),
    kind("ties", 4, "min", "Tie", &["Tie(100, 0)", "Tie(1, 0)"], &["let t = Tie(INT % 5, INT); if t < S { S = t; }"]).here(),
    kind("min_option", 4, "min", "Option<i64>", &["None", "Some(3)"], &["S = S.min(Some(INT));"]),
    kind("max_option", 4, "max", "Option<i64>", &["None", "Some(3)"], &["S = S.max(Some(INT));"]),
    kind("argmax", 8, "argmax", "i64", &["i64::MIN", "4"], &["let t = INT; let u = INT; if t > S { S = t; AT = u; }", "let t = INT; let u = INT; if S < t { AT = u; S = t; }"]),
    kind("argmax", 6, "argmax", "i64", &["i64::MIN", "4"], &["let t = INT % 5; let u = INT; if COND && t >= S { S = t; AT = u; }", "let t = &(INT % 5); let u = INT; if t >= &S { AT = u; S = t.clone(); }"]),
    kind("argmin", 8, "argmin", "i64", &["i64::MAX", "4"], &["let t = INT; let u = INT; if t < S { S = t; AT = u; }"]),
    kind("argmin", 6, "argmin", "i64", &["i64::MAX", "4"], &["let t = INT % 5; let u = INT; if t <= S { S = t; AT = u; }"]),
    kind("last", 8, "last", "i64", &["-1"], &["S = INT;"]),
    kind("first", 8, "first", "Option<i64>", &["None", "Some(-2)"], &["S.get_or_insert(INT);", "let t = INT; if S.is_none() { S = Some(t); }", "let t = INT; if COND && S.is_none() { S = Some(t); }", "S = S.or(Some(INT));"]),
    kind("with_push", 8, "with(join, Vec::new())", "Vec<i64>", &["vec![7]", "Vec::new()"], &["S.push(INT);", "S.extend([INT, 1]);"]),
    kind("with_text", 5, "with(join_text, String::new())", "String", &["String::from(\"a\")"], &["S.push('c');", "S.push_str(&format!(\"{} \", INT));"]),
    kind("with_index", 6, "with(add_each, [0; 4])", "[i64; 4]", &["[1, 2, 3, 4]"], &["S[(INT & 3) as usize] += INT;"]),
    kind("with_map", 6, "with(add_maps, BTreeMap::new())", "BTreeMap<i64, i64>", &["BTreeMap::new()", "BTreeMap::from([(1, 1)])"], &["*S.entry(INT % 7).or_insert(0) += 1;"]),
    kind("with_field", 6, "with(join_stats, Stats::default())", "Stats", &["Stats { sum: 3, seen: vec![1] }"], &["S.sum += INT;", "S.seen.push(INT);"]).here(),
];

/// An accumulator with this number, and what it is.
pub(super) fn accumulator(
    random: &mut Random<'_>,
    number: usize,
    here: bool,
) -> Option<(Accumulator, &'static Kind)> {
    let kinds: Vec<_> = KINDS
        .iter()
        .filter(|kind| here || kind.travels)
        .map(|kind| (kind.feature, kind.weight, kind))
        .collect();
    let (feature, kind) = random.weighted(&kinds)?;
    let name = format!("s{number}");
    let start = random.one(kind.starts);
    let mut declared = format!("let mut {name}: {} = {start};", kind.ty);
    let mut names = vec![name.clone()];
    let mut operator = kind.operator.to_owned();
    if kind.operator.starts_with("arg") {
        declared += &format!(" let mut at{number}: i64 = -1;");
        names.push(format!("at{number}"));
        operator = format!("{operator}({name})");
    }
    // `argmax(s0) = at0`
    let named = names.last().unwrap_or(&name).clone();
    Some((Accumulator { feature, operator, name: named, declared, names }, kind))
}

/// A statement that updates it.
pub(super) fn update(
    random: &mut Random<'_>,
    scope: &Scope,
    accumulator: &Accumulator,
    kind: &Kind,
) -> String {
    let form = random.one(kind.forms);
    let form = if form.contains("let t") { format!("{{ {form} }}") } else { form.to_owned() };
    let form = replace_word(&form, "S", &accumulator.names[0]);
    let form = replace_word(&form, "AT", &accumulator.name);
    scope.fill(random, &form)
}
