//! What macros make, and the names that they put together.

use super::{cover, edit_counts, edit_is_idle};

#[test]
fn items_that_macros_of_the_crate_make_count() {
    let constant = "macro_rules! c { () => { pub static GAIN: u64 = 1; } } c!();";
    edit_counts(constant, "fn run(x: u64) -> u64 { x * GAIN }", "= 1", "= 2");
    edit_is_idle(constant, "fn run(x: u64) -> u64 { x }", "= 1", "= 2");
    let inner = "macro_rules! c { () => { d!{} } } macro_rules! d { () => { fn gain() -> u8 { 1 } } } mod m { c!(); }";
    edit_counts(inner, "fn run() -> u8 { m::gain() }", "{ 1 }", "{ 2 }");
    let module = "macro_rules! m { () => { pub mod inner { pub const GAIN: u8 = 1; } } } m!{}";
    edit_counts(module, "fn run() -> u8 { inner::GAIN }", "= 1", "= 2");
    let makes = "macro_rules! a { () => { macro_rules! b { () => { 1 } } } } a!();";
    edit_counts(makes, "fn run() -> u8 { b!() }", "{ 1 }", "{ 2 }");
    let named = "macro_rules! c { ($name:ident, $value:expr) => { const $name: u8 = $value; } } c!(GAIN, 1);";
    edit_counts(named, "fn run() -> u8 { GAIN }", ", 1", ", 2");
    let method =
        "struct Grid; macro_rules! m { ($t:ty) => { impl $t { fn size(&self) -> u8 { 1 } } } } m!(Grid);";
    edit_counts(method, "fn run(g: &Grid) -> u8 { g.size() }", "{ 1 }", "{ 2 }");
    let foreign = "trait Size { fn size(&self) -> u8; }
        macro_rules! m { ($($t:ty)*) => { $( impl Size for $t { fn size(&self) -> u8 { 1 } } )* } } m!(u8 u16);";
    edit_counts(foreign, "fn run(x: u8) -> u8 { x.size() }", "{ 1 }", "{ 2 }");
    edit_is_idle(foreign, "fn run(x: u8) -> u8 { x }", "{ 1 }", "{ 2 }");
}

#[test]
fn macros_by_another_name_count() {
    let source = "macro_rules! weight { () => { 1 } } mod m { pub(crate) use weight as v; } use m::v as w;";
    edit_counts(source, "fn run() -> u8 { w!() }", "{ 1 }", "{ 2 }");
}

#[test]
fn macros_that_make_modules_in_files_count() {
    let files = |leaf: &'static str| {
        [
            ("src/lib.rs", "macro_rules! mods { ($($m:ident)*) => { $(mod $m;)* } } mods!(leaf); mod outer;"),
            ("src/leaf.rs", leaf),
            ("src/outer.rs", "macro_rules! m { () => { mod twig; } } m!();"),
            ("src/outer/twig.rs", leaf),
        ]
    };
    for run in ["fn run() -> u8 { leaf::leaf() }", "fn run() -> u8 { outer::twig::leaf() }"] {
        let of = |leaf| cover(&files(leaf), run).digest;
        assert_ne!(of("pub fn leaf() -> u8 { 1 }"), of("pub fn leaf() -> u8 { 2 }"), "{run}");
    }
}

#[test]
fn what_other_crates_macros_make_counts_where_a_name_has_no_other_meaning() {
    let source = "uniform::scaffold!(seed = 1); static USED: u8 = 1;
        #[derive(Debug, Builder)] struct Config { #[builder(default = 1)] n: u8 }";
    edit_counts(source, "fn run() -> u8 { scaffolded() }", "seed = 1", "seed = 2");
    edit_counts(source, "fn run() -> u8 { ConfigBuilder::new().n }", "default = 1", "default = 2");
    let bound = "fn run<T: Copy, const N: usize>(x: u8, (a, b): (u8, u8)) -> Option<u8> {
        use std::fmt::Write as _;
        let mut sum = USED; let Some(y) = f64::max(x) else { return None };
        for (i, v) in [1].iter().enumerate() { sum += i + v }
        let add = |k: u8, &(l, ref m)| k + l + m;
        let same = match x { n @ 1 => n, other if other > 2 => other, [first, ..] => first };
        Some(add(sum, N) + y + a + b + same + Self { x, y: 2 }.x + crate::USED)
    }";
    edit_is_idle(source, bound, "seed = 1", "seed = 2");
    edit_is_idle(source, bound, "default = 1", "default = 2");
    edit_counts(source, bound, "u8 = 1", "u8 = 2");
}

#[test]
fn items_in_well_known_macros_count_by_their_own_names() {
    let source = "thread_local! { static DEPTH: Cell<u32> = const { Cell::new(41) }; static OTHER: RefCell<u64> = f(42); }
        lazy_static! { static ref TABLE: Vec<u64> = build(43); }
        bitflags! { pub struct Flags: u32 { const A = 44; } }
        fn build(n: u64) -> Vec<u64> { vec![n] }";
    let pure =
        "fn run(x: u64) -> u64 { let c = Cell::new(RefCell::new(x)); let v: Vec<u64> = Vec::new(); x + 1 }";
    for number in ["41", "42", "43", "44"] {
        edit_is_idle(source, pure, number, "9");
    }
    edit_counts(source, "fn run() -> u32 { DEPTH.get() }", "41", "9");
    edit_is_idle(source, "fn run() -> u32 { DEPTH.get() }", "43", "9");
    edit_counts(source, "fn run() -> u64 { TABLE[0] }", "43", "9");
    edit_counts(source, "fn run() -> u64 { TABLE[0] }", "vec![n]", "vec![n, n]");
    edit_counts(source, "fn run() -> Flags { Flags::A }", "44", "9");
}

#[test]
fn names_in_formats_count() {
    let source = "const PREC: usize = 1; const W: usize = 2; const GAIN: u8 = 3; const V: u8 = 4;";
    for run in [
        "fn run(x: f64) -> String { format!(\"{:.PREC$} {:>W$} {GAIN} {V:?}\", x, x) }",
        "fn run(x: f64) { write!(out, \"{x:0W$.PREC$}\", ); own!(\"{GAIN:04}{V}\") }",
    ] {
        for (from, to) in [("= 1", "= 9"), ("= 2", "= 9"), ("= 3", "= 9"), ("= 4", "= 9")] {
            edit_counts(source, run, from, to);
        }
    }
}

#[test]
fn names_that_macros_put_together_count() {
    let source =
        "fn stage_one() -> u8 { 1 } fn stage_two() -> u8 { 2 } const STAGE_3: u8 = 3; fn other() -> u8 { 4 }
        macro_rules! stage { ($n:ident) => { paste! { [<stage_ $n>]() } } }
        macro_rules! make { ($n:ident) => { paste::paste! { fn [<made_ $n>]() -> u8 { 5 } } } }
        make!(here);";
    for (run, counted) in [
        (
            "fn run() -> u8 { paste! { [<stage_ one>]() } }",
            &[("{ 1 }", true), ("{ 2 }", false), ("{ 4 }", false)][..],
        ),
        ("fn run() -> u8 { paste::paste!([<STAGE _ 3>]) }", &[("= 3", true), ("{ 1 }", false)]),
        ("fn run() -> u8 { stage!(two) }", &[("{ 2 }", true), ("{ 1 }", false), ("{ 4 }", false)]),
        ("fn run() -> u8 { seq!(N in 1..4 { STAGE_~N }) }", &[("= 3", true), ("{ 4 }", false)]),
        ("fn run() -> u8 { concat_idents!(stage, _, one)() }", &[("{ 1 }", true), ("{ 4 }", false)]),
        ("fn run() -> u8 { made_here() }", &[("{ 5 }", true), ("{ 1 }", false)]),
        ("fn run() -> u8 { other() }", &[("{ 4 }", true), ("{ 5 }", false)]),
    ] {
        for &(from, counts) in counted {
            let to = if from.starts_with('{') { "{ 9 }" } else { "= 9" };
            if counts { edit_counts(source, run, from, to) } else { edit_is_idle(source, run, from, to) }
        }
    }
}

#[test]
fn words_of_other_crates_macros_are_no_letters() {
    let source = "fn next() -> u8 { 1 } fn get_rate() -> u8 { 2 }";
    let run = "fn run() -> Value { json!({ \"n\": e, \"x\": [t], \"get\": rate }) }";
    edit_is_idle(source, run, "{ 1 }", "{ 3 }");
    edit_counts(source, run, "{ 2 }", "{ 3 }");
}

#[test]
fn variables_reach_nothing() {
    let source = "fn count() -> u8 { 1 } fn x() -> u8 { 2 }";
    let run = "fn run(x: u8) -> String { let count = x + 3; format!(\"{count}\") + &count.to_string() }";
    edit_is_idle(source, run, "{ 1 }", "{ 9 }");
    edit_is_idle(source, run, "{ 2 }", "{ 9 }");
    edit_counts(source, "fn run() -> u8 { let count = count(); count }", "{ 1 }", "{ 9 }");
    let pasted = "macros::paste! { fn [<make_ it>](x: u64) -> u64 { x + 1 } }";
    edit_is_idle(pasted, "fn run(x: u64) -> u64 { x }", "x + 1", "x + 2");
    edit_counts(pasted, "fn run() -> u64 { make_it(4) }", "x + 1", "x + 2");
}

#[test]
fn of_two_modules_of_one_path_the_one_in_this_build_counts() {
    let source = "#[cfg(any())] mod imp { pub fn name() -> u8 { 0 } } #[cfg(not(any()))] mod imp { pub fn name() -> u8 { 1 } }";
    edit_counts(source, "fn run() -> u8 { imp::name() }", "{ 1 }", "{ 2 }");
}

#[test]
fn what_a_macro_only_uses_reaches_nothing() {
    let source =
        "macros::items! { #[derive(Debug)] fn [<a b>](x: u64) -> String { format!(\"{}\", x.len() + 5) } }
        struct S; macro_rules! m { () => { impl From<u8> for S { fn from(x: u8) -> S { five(5) } } } } m!();";
    let run = "fn run(x: &str) -> String { let y: Z = From::from(x); format!(\"{x}\") + vec![x.len()] }";
    edit_is_idle(source, &run.replace("Z", "String"), "+ 5", "+ 6");
    edit_is_idle(source, &run.replace("Z", "String"), "(5)", "(6)");
    edit_counts(source, "fn run() -> S { 1.into() }", "(5)", "(6)");
    let limit = "const LIMIT: Option<u8> = Some(1);";
    edit_counts(
        limit,
        "fn run(x: u8) -> u8 { if let LIMIT = Some(x) { 1 } else { 2 } }",
        "Some(1)",
        "Some(2)",
    );
}
