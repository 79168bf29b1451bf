//! Where a number may come from that is not the function's own: what the fingerprint has to follow.

use crate::program::{Feature, Kind, Number, Place};
use crate::random::Random;

/// What declares it, with `@K` for the number, and what it is used by.
const ROWS: &[(Feature, usize, &str, &str)] = &[
    ("number_const", 4, "const K: i64 = @K;", "K"),
    ("number_fn", 4, "fn k() -> i64 { @K }", "k()"),
    ("number_cached", 4, "@MARK fn k(x: u8) -> i64 { @K + i64::from(x) }", "k(1)"),
    ("number_static", 2, "static K: i64 = @K;", "K"),
    ("number_chain", 2, "const J: i64 = @K; const K: i64 = J + 1;", "K"),
    ("number_associated", 2, "struct Unit; impl Unit { const K: i64 = @K; }", "Unit::K"),
    ("number_method", 2, "struct Unit; impl Unit { fn k(&self) -> i64 { @K } }", "Unit.k()"),
    ("number_macro", 3, "macro_rules! k { () => { @K_i64 } }", "k!()"),
    ("number_module", 2, "mod numbers { pub(super) const K: i64 = @K; }", "numbers::K"),
    ("number_use", 2, "mod numbers { pub(super) const K: i64 = @K; } use numbers::K;", "K"),
    ("number_glob", 2, "mod numbers { pub(super) const K: i64 = @K; } use numbers::*;", "K"),
    ("number_renamed", 2, "mod numbers { pub(super) const K: i64 = @K; } use numbers::K as L;", "L"),
    ("number_enum", 2, "enum E { A = @K }", "(E::A as i64)"),
    (
        "number_default",
        2,
        "struct W(i64); impl Default for W { fn default() -> W { W(@K) } }",
        "W::default().0",
    ),
    (
        "number_const_generic",
        2,
        "struct C<const V: i64>; impl<const V: i64> C<{ V }> { fn v() -> i64 { V } } type K = C<@K>;",
        "K::v()",
    ),
    ("number_array", 1, "const T: [i64; 2] = [@K, 7];", "T[0]"),
    ("number_function_pointer", 1, "static F: fn() -> i64 = || @K;", "F()"),
    (
        "number_operator",
        2,
        "struct O; impl std::ops::Add<i64> for O { type Output = i64; fn add(self, x: i64) -> i64 { x + @K } }",
        "(O + 0)",
    ),
    (
        "number_drop",
        2,
        "struct G; impl Drop for G { fn drop(&mut self) { at(60, @K); } }",
        "{ let _g = G; 0 }",
    ),
    (
        "number_display",
        1,
        "struct S; impl std::fmt::Display for S { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, \"{}\", @K) } }",
        "len(format!(\"{S}\"))",
    ),
    ("number_default_method", 2, "trait V { fn v(&self) -> i64 { @K } } impl V for u8 {}", "7_u8.v()"),
    (
        "number_foreign_impl",
        2,
        "trait V { fn v(&self) -> i64; } impl V for u8 { fn v(&self) -> i64 { @K } }",
        "7_u8.v()",
    ),
    (
        "number_trait_object",
        1,
        "trait V { fn v(&self) -> i64; } struct W; impl V for W { fn v(&self) -> i64 { @K } }",
        "{ let w: &dyn V = &W; w.v() }",
    ),
    ("number_closure_argument", 1, "fn apply(f: impl Fn() -> i64) -> i64 { f() + @K }", "apply(|| 1)"),
    ("number_format", 1, "const K: i64 = @K;", "len(format!(\"{K}\"))"),
    (
        "number_deref",
        1,
        "struct P(i64); impl std::ops::Deref for P { type Target = i64; fn deref(&self) -> &i64 { &@K } }",
        "*P(1)",
    ),
    (
        "number_from",
        1,
        "struct F(i64); impl From<u8> for F { fn from(_: u8) -> F { F(@K) } }",
        "{ let f: F = 1_u8.into(); f.0 }",
    ),
    (
        "number_iterator",
        1,
        "struct I; impl Iterator for I { type Item = i64; fn next(&mut self) -> Option<i64> { Some(@K) } }",
        "I.take(2).sum::<i64>()",
    ),
    ("number_type_name", 1, "type N = [u8; @K];", "(size_of::<N>() as i64)"),
];

pub(super) fn number(random: &mut Random<'_>, kind: Kind) -> Option<Number> {
    if kind != Kind::Twins && random.percent(45) {
        return None;
    }
    let rows: Vec<_> = ROWS.iter().map(|row| (row.0, row.1, *row)).collect();
    let (feature, (_, _, declared, used)) = random.weighted(&rows)?;
    let place = match kind {
        Kind::Twins => Place::Around,
        Kind::Inside | Kind::Deep => random.one(&[Place::Around, Place::Around, Place::Module, Place::Body]),
        _ => random.one(&[Place::Module, Place::Module, Place::Module, Place::Body]),
    };
    Some(Number { feature, place, declared, used, other: 4 })
}
