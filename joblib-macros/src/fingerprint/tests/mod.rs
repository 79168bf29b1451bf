//! The promises of the fingerprint, on small crates written to a directory and read without the compiler.

mod files;
mod macros;

use super::compilation::Compilation;
use super::covered::{Covered, Subject, covered};
use super::expression::{Code, Fingerprint, Function, Options, of_function};
use super::index::Index;
use super::modules::load;
use super::program::Program;
use crate::root::Root;
use proc_macro2::TokenStream;

/// What the function `run` covers in a crate of these files, the first of which is the root.
fn cover(files: &[(&str, &str)], function: &str) -> Covered {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let index = Index::build(load(&directory.path().join(files[0].0)), None);
    covered(
        &Program::of_index(index),
        Subject { tokens: function.parse::<TokenStream>().unwrap(), ..Subject::default() },
    )
}

fn digest(source: &str, function: &str) -> u128 {
    cover(&[("lib.rs", source)], function).digest
}

const CRATE: &str = r#"
    use std::collections::HashMap;
    mod deep { pub fn first(x: u32) -> u32 { second(x) } fn second(x: u32) -> u32 { x + super::LIMIT } }
    const LIMIT: u32 = 10;
    static UNUSED: u32 = 1;
    macro_rules! twice { ($x:expr) => { $x * 2 } }
    struct Grid { cells: Vec<Cell> }
    struct Cell(u32);
    struct Stranger;
    impl Grid {
        fn new() -> Self { Grid { cells: Vec::new() } }
        fn total(&self) -> u32 { self.cells.iter().map(Cell::weight).sum() }
        fn unused(&self) -> u32 { 7 }
    }
    impl Cell { fn weight(&self) -> u32 { self.0 + 1 } }
    impl Stranger { fn new() -> Self { Stranger } fn total(&self) -> u32 { 0 } }
    impl Drop for Grid { fn drop(&mut self) { let _bye = 1; } }
    trait Shape { fn area(&self) -> u32; fn double(&self) -> u32 { self.area() * 2 } }
    impl Shape for Cell { fn area(&self) -> u32 { 3 } }
    impl Shape for u8 { fn area(&self) -> u32 { 4 } }
    enum Color { Red, Green }
    fn unrelated() -> u32 { 99 }
"#;

const RUN: &str =
    "fn run(x: u32) -> u32 { let g = Grid::new(); twice!(deep::first(x)) + g.total() + 5u8.double() }";

#[track_caller]
fn changes(from: &str, to: &str) {
    assert!(CRATE.contains(from), "{from} is not in the crate");
    assert_ne!(digest(CRATE, RUN), digest(&CRATE.replace(from, to), RUN), "{from} -> {to} must count");
}

#[track_caller]
fn keeps(from: &str, to: &str) {
    assert!(CRATE.contains(from), "{from} is not in the crate");
    assert_eq!(digest(CRATE, RUN), digest(&CRATE.replace(from, to), RUN), "{from} -> {to} must not count");
}

#[test]
fn whatever_is_reached_counts() {
    changes("LIMIT: u32 = 10", "LIMIT: u32 = 11");
    changes("second(x) }", "second(x) + 0 }");
    changes("x + super::LIMIT", "x * super::LIMIT");
    changes("$x * 2", "$x * 3");
    changes("cells: Vec::new()", "cells: Vec::with_capacity(1)");
    changes("self.0 + 1", "self.0 + 2");
    changes("struct Cell(u32)", "struct Cell(u64)");
    changes("_bye = 1", "_bye = 2");
    changes("self.area() * 2", "self.area() * 4");
    changes("{ 4 }", "{ 5 }");
    changes("{ 3 }", "{ 5 }");
}

#[test]
fn what_is_not_reached_does_not_count() {
    keeps("{ 99 }", "{ 98 }");
    keeps("UNUSED: u32 = 1", "UNUSED: u32 = 2");
    keeps("{ 7 }", "{ 8 }");
    keeps("Stranger }", "Stranger {} }");
    keeps("{ 0 }", "{ 1 }");
    keeps("Red, Green", "Red, Green, Blue");
}

#[test]
fn layout_and_comments_do_not_count() {
    keeps("x + super::LIMIT", "/* why */ x\n\n   +super::LIMIT // so\n");
    keeps("fn total(&self) -> u32", "/// Sums.\n #[inline] fn total(\n &self,\n) -> u32");
    keeps("struct Cell(u32);", "\n\n\n/** A cell. */ struct Cell(u32);");
    keeps("const LIMIT", "#[allow(dead_code)] const LIMIT");
    let moved = CRATE.replace("fn unrelated() -> u32 { 99 }", "");
    assert_eq!(digest(CRATE, RUN), digest(&format!("fn unrelated() -> u32 {{ 99 }}\n\n{moved}"), RUN));
    assert_eq!(
        digest(CRATE, RUN),
        digest(CRATE, &RUN.replace("{ let", "{\n    // a comment\n let ").replace("(x)", "(\nx,\n)"))
    );
}

#[test]
fn the_function_itself_counts() {
    assert_ne!(digest(CRATE, RUN), digest(CRATE, &RUN.replace("5u8", "6u8")));
    assert_ne!(digest("", "fn f() -> u8 { a & &b }"), digest("", "fn f() -> u8 { a && b }"));
    assert_eq!(
        digest("", "fn f() -> Vec<Vec<u8>> { x=-1 }"),
        digest("", "fn f() -> Vec<Vec<u8> > { x = -1 }")
    );
    assert_ne!(digest("", "fn f() -> X { (a,) }"), digest("", "fn f() -> X { (a) }"));
    assert_eq!(digest("", "fn f() -> X { [a,b,] }"), digest("", "fn f() -> X { [a, b] }"));
}

#[test]
fn callers_types_count_where_a_trait_is_named() {
    let run = "fn run(s: &dyn Shape) -> u32 { s.area() }";
    for (from, to) in [("{ 3 }", "{ 5 }"), ("{ 4 }", "{ 5 }")] {
        assert_ne!(digest(CRATE, run), digest(&CRATE.replace(from, to), run));
    }
}

#[test]
fn an_import_that_changes_sides_counts() {
    let source = "mod a { pub fn f() -> u8 { 1 } } mod b { pub fn f() -> u8 { 2 } } use a::f;";
    let run = "fn run() -> u8 { f() }";
    assert_ne!(digest(source, run), digest(&source.replace("use a::f", "use b::f"), run));
    assert_eq!(digest(source, run), digest(&source.replace("use a::f", "use {a::{f}}"), run));
    let swapped = source.replace("{ 1 }", "{ 3 }").replace("{ 2 }", "{ 1 }").replace("{ 3 }", "{ 2 }");
    assert_ne!(digest(source, run), digest(&swapped, run));
}

#[test]
fn names_that_are_keywords_count() {
    let files = |loops: &'static str, parts: &'static str| {
        [("src/lib.rs", loops), ("src/type.rs", parts), ("src/unrelated.rs", "")]
    };
    let of =
        |loops, parts| cover(&files(loops, parts), "fn run() -> u8 { r#loop() + r#type::r#fn() }").digest;
    let (loops, parts) = ("mod r#type; fn r#loop() -> u8 { 1 }", "pub fn r#fn() -> u8 { 1 }");
    let first = of(loops, parts);
    assert_ne!(of("mod r#type; fn r#loop() -> u8 { 2 }", parts), first);
    assert_ne!(of(loops, "pub fn r#fn() -> u8 { 2 }"), first);
    let plain = |run| digest("fn name() -> u8 { 1 }", run);
    assert_eq!(plain("fn run() -> u8 { r#name() }"), plain("fn run() -> u8 { name() }"));
}

#[test]
fn modules_in_other_files_count() {
    let files = |helper: &'static str| {
        [
            ("src/lib.rs", "mod model; #[path = \"odd/place.rs\"] mod odd; mod inline { pub mod leaf; }"),
            ("src/model.rs", "pub mod parts; include!(\"extra.inc\");"),
            ("src/model/parts.rs", "pub fn part() -> u8 { crate::odd::place() }"),
            (
                "src/odd/place.rs",
                "pub fn place() -> u8 { crate::inline::leaf::leaf() + crate::model::extra() }",
            ),
            ("src/inline/leaf/mod.rs", "pub fn leaf() -> u8 { include_str!(\"data.txt\").len() as u8 }"),
            ("src/inline/leaf/data.txt", "some data"),
            ("src/extra.inc", "pub fn extra() -> u8 { HELPER }"),
            ("src/unlisted.rs", helper),
        ]
    };
    let run = "fn run() -> u8 { model::parts::part() }";
    let of = |files: &[(&str, &str)]| cover(files, run).digest;
    let before = of(&files("fn part() {}"));
    assert_eq!(before, of(&files("fn part() { 1 }")), "a file of no module");
    for file in 2..7 {
        let mut changed = files("fn part() {}");
        let text = format!("{} ", changed[file].1.replace("u8 {", "u8 { 1 +").replace("data", "DATA"));
        changed[file].1 = &text;
        assert_ne!(before, of(&changed), "{}", changed[file].0);
    }
}

#[test]
fn conditions_and_variables_are_left_to_the_compiler() {
    let source = "
        #[cfg(feature = \"fast\")] mod imp { pub fn go() -> u8 { if cfg!(unix) { 1 } else { 2 } } }
        #[cfg(not(feature = \"fast\"))] mod imp { pub fn go() -> u8 { env!(\"CARGO_PKG_VERSION\").len() as u8 } }
        #[cfg(windows)] fn elsewhere() {}";
    let covered = cover(&[("lib.rs", source)], "fn run() -> u8 { imp::go() }");
    let conditions: Vec<_> = covered.conditions.iter().map(String::as_str).collect();
    assert_eq!(conditions, ["feature = \"fast\"", "not ( feature = \"fast\" )", "unix"]);
    assert_eq!(covered.variables.iter().collect::<Vec<_>>(), ["CARGO_PKG_VERSION"]);
}

#[test]
fn names_in_strings_count() {
    let source = "const NAME: u8 = 1; mod with { pub fn serialize() -> u8 { 1 } }
        #[derive(Serialize)] struct S { #[serde(with = \"with\")] x: u8 } fn serialize_x() {}";
    let print = "fn run() -> String { format!(\"{NAME}\") }";
    assert_ne!(digest(source, print), digest(&source.replace("u8 = 1", "u8 = 2"), print));
}

#[test]
fn code_for_tests_does_not_count() {
    let source = "fn helper() -> u8 { 1 } #[cfg(test)] mod tests { fn helper() -> u8 { 2 } }";
    let run = "fn run() -> u8 { helper() }";
    assert_eq!(digest(source, run), digest(&source.replace("{ 2 }", "{ 3 }"), run));
    assert_ne!(digest(source, run), digest(&source.replace("{ 1 }", "{ 3 }"), run));
}

#[test]
fn options_of_a_cached_helper_count_if_they_change_its_meaning() {
    let source = "#[cached(dir = \"a\", version = \"1\")] fn helper() -> u8 { 1 }";
    let run = "fn run() -> u8 { helper() }";
    assert_eq!(digest(source, run), digest(&source.replace("\"a\"", "\"b\""), run));
    assert_ne!(digest(source, run), digest(&source.replace("\"1\"", "\"2\""), run));
}

#[test]
fn all_methods_of_a_tracked_type_count() {
    let of = |source: &str| {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("lib.rs");
        std::fs::write(&root, source).unwrap();
        let tokens = "struct Grid { cells: Vec<Cell> }".parse().unwrap();
        let subject = Subject { tokens, whole_type: Some("Grid".to_owned()), ..Subject::default() };
        covered(&Program::of_index(Index::build(load(&root), None)), subject).digest
    };
    assert_ne!(of(CRATE), of(&CRATE.replace("{ 7 }", "{ 8 }")));
    assert_eq!(of(CRATE), of(&CRATE.replace("{ 99 }", "{ 98 }")));
}

#[track_caller]
fn edit_counts(source: &str, run: &str, from: &str, to: &str) {
    assert!(source.contains(from), "{from} is not in the crate");
    assert_ne!(digest(source, run), digest(&source.replacen(from, to, 1), run), "{from} -> {to} must count");
}

#[track_caller]
fn edit_is_idle(source: &str, run: &str, from: &str, to: &str) {
    assert!(source.contains(from), "{from} is not in the crate");
    assert_eq!(
        digest(source, run),
        digest(&source.replacen(from, to, 1), run),
        "{from} -> {to} must not count"
    );
}

#[test]
fn what_this_build_leaves_out_does_not_count() {
    let words =
        ["--crate-name", "app", "--cfg", "feature=\"fast\"", "--cfg=tokio_unstable"].map(str::to_owned);
    let compilation = Compilation::of_arguments(words.into_iter()).unwrap();
    let of = |source: &str| {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("lib.rs");
        std::fs::write(&root, source).unwrap();
        let subject = Subject { tokens: "fn run() -> u8 { go() }".parse().unwrap(), ..Subject::default() };
        let index = Index::build(load(&root), Some(&compilation.cfg));
        covered(&Program::of_index(index), subject).digest
    };
    for (condition, counts) in [
        ("feature = \"fast\"", true),
        ("feature = \"slow\"", false),
        ("not(feature = \"fast\")", false),
        ("all(tokio_unstable, not(feature = \"slow\"))", true),
        ("any(loom, feature = \"slow\", false)", false),
        ("any(loom, debug_assertions)", true),
        ("all(debug_assertions, test)", false),
        ("panic = \"unwind\"", true),
        ("unix", cfg!(unix)),
        ("target_os = \"linux\"", cfg!(target_os = "linux")),
        ("not(target_pointer_width = \"16\")", true),
        ("not(whatever(x))", true),
    ] {
        for source in [
            format!("#[cfg({condition})] fn go() -> u8 {{ 1 }}"),
            format!("#[cfg({condition})] mod m {{ fn go() -> u8 {{ 1 }} }}"),
            format!("struct S; #[cfg({condition})] impl S {{ fn go() -> u8 {{ 1 }} }} fn go() -> S {{}}"),
        ] {
            let edited = source.replace('1', "2");
            assert_eq!(of(&source) != of(&edited), counts && !source.contains("impl"), "{source}");
        }
    }
}

#[test]
fn the_toolchain_counts_where_that_is_asked_for() {
    let of = |by_toolchain| {
        let function = Function {
            tokens: "fn f() {}".parse().unwrap(),
            self_type: None,
            surroundings: None,
            rules: TokenStream::new(),
        };
        let options = Options { code: Code::Body, by_toolchain, ..Options::default() };
        match of_function(&function, &options, &Root::default_path()) {
            Fingerprint::Constant(_) => false,
            Fingerprint::Computed(expression) => expression.to_string().contains("of_toolchain"),
        }
    };
    assert_eq!([false, true].map(of), [false, true]);
}
