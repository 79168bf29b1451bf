//! Names that lead beyond the crate: to the package's library, to path dependencies and theirs.

use crate::project::{Printed, Project, changed};

const MANIFEST: &str = r#"
[workspace]
members = ["app", "other", "deep", "macros", "apart"]
resolver = "3"
[workspace.dependencies]
below = { path = "deep", package = "deep-packages" }
[profile.dev]
debug = 0
"#;

fn manifest(part: &str, rest: &str) -> String {
    format!("[package]\nname = \"{part}-packages\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
}

const APP: &str = r#"
[lib]
name = "app"
[dependencies]
joblib = { path = JOBLIB }
other = { path = "../other", package = "other-packages" }
apart = { path = "../apart", package = "apart-packages" }
macros = { path = "../macros", package = "macros-packages" }
[features]
extra = ["other/extra"]
"#;

const OTHER: &str = r#"
[lib]
name = "some_other"
path = "code/root.rs"
[dependencies]
below.workspace = true
[target.'cfg(unix)'.dependencies]
macros-packages = { path = "../macros" }
[features]
extra = []
"#;

const MAIN: &str = r##"
use app::{own, Own as Renamed};
use joblib::__private_0_1_0::fingerprint::Tracked;
use other::traits::Area;
use other::{again::*, Grid, squared};

mod inner {
    pub use other::by_module;
}

#[joblib::tracked]
fn library(x: u64) -> u64 {
    own(x)
}

#[joblib::tracked]
fn library_method(x: u64) -> u64 {
    Renamed(x).get()
}

#[joblib::tracked]
fn path(x: u64) -> u64 {
    other::far::first(x)
}

#[joblib::tracked]
fn through_two(x: u64) -> u64 {
    other::through(x)
}

#[joblib::tracked]
fn glob(x: u64) -> u64 {
    deepest(x)
}

#[joblib::tracked]
fn module(x: u64) -> u64 {
    inner::by_module(x)
}

#[joblib::tracked]
fn method(x: u64) -> u64 {
    Grid::new(x).total()
}

#[joblib::tracked]
fn returned(x: u64) -> u64 {
    other::make(x).value()
}

#[joblib::tracked]
fn imported_trait(x: u64) -> u64 {
    x.area()
}

#[joblib::tracked]
fn dynamic(shape: &dyn Area) -> u64 {
    shape.area()
}

#[joblib::tracked]
fn a_macro(x: u64) -> u64 {
    squared!(x)
}

#[joblib::tracked]
fn nested_macro(x: u64) -> u64 {
    other::outer_macro!(x)
}

fn at_the_call(x: u64) -> u64 {
    x + 50
}

#[joblib::tracked]
fn proc_macro_call(x: u64) -> u64 {
    macros::seven!() + x
}

#[joblib::tracked]
fn a_constant(x: u64) -> u64 {
    x * other::FACTOR
}

#[joblib::tracked]
fn inside(x: u64) -> u64 {
    use other::{only_here as here, text};
    here(x) + text().len() as u64
}

#[joblib::tracked]
fn featured(x: u64) -> u64 {
    x + other::featured()
}

#[joblib::tracked]
fn foreign() -> u64 {
    unsafe { apart::native() }
}

#[joblib::tracked]
fn scripted() -> &'static str {
    apart::scripted()
}

#[joblib::tracked]
fn generated() -> u64 {
    apart::generated()
}

#[joblib::tracked]
fn version() -> &'static str {
    other::version()
}

#[joblib::tracked]
fn alone(x: u64) -> u64 {
    x + 1
}

fn main() {
    macro_rules! print {
        ($($name:ident)*) => { $( println!("{} {:x}", stringify!($name), <$name as Tracked>::FINGERPRINT); )* };
    }
    print!(library library_method path through_two glob module method returned imported_trait dynamic);
    print!(a_macro nested_macro proc_macro_call a_constant inside featured foreign scripted generated version);
    print!(alone);
    let first = [library(1), library_method(1), path(1), through_two(1), glob(1), module(1), method(1)];
    let second = [returned(1), imported_trait(1), dynamic(&other::traits::Circle), a_macro(2), nested_macro(1)];
    let third = [proc_macro_call(1), a_constant(1), inside(1), featured(1), generated(), alone(1)];
    println!("values {first:?} {second:?} {third:?} {} {} {}", scripted(), version(), at_the_call(1));
    if std::env::args().count() > 9 {
        println!("{}", foreign());
    }
}
"##;

const LIB: &str = "
pub fn own(x: u64) -> u64 {
    hidden(x)
}

fn hidden(x: u64) -> u64 {
    x + 1
}

pub struct Own(pub u64);

impl Own {
    pub fn get(&self) -> u64 {
        self.0 + 2
    }
}

pub fn unrelated() -> u64 {
    100
}
";

const OTHER_ROOT: &str = r##"
pub mod far;
pub mod traits;
pub mod again {
    pub use below::inner::*;
}
pub use below::re_exported as through;

pub fn by_module(x: u64) -> u64 {
    x + 3
}

pub struct Grid(u64);

impl Grid {
    pub fn new(x: u64) -> Self {
        Self(x)
    }

    pub fn total(&self) -> u64 {
        self.0 + 4
    }

    pub fn uncalled(&self) -> u64 {
        100
    }
}

pub fn make(x: u64) -> below::Made {
    below::Made(x)
}

#[macro_export]
macro_rules! squared {
    ($x:expr) => { $crate::multiply($x, $x) };
}

pub fn multiply(a: u64, b: u64) -> u64 {
    a * b + 5
}

#[macro_export]
macro_rules! outer_macro {
    ($x:expr) => { $crate::inner_macro!($x) };
}

#[macro_export]
macro_rules! inner_macro {
    ($x:expr) => { at_the_call($x) };
}

pub const FACTOR: u64 = 6;

pub fn only_here(x: u64) -> u64 {
    x + 7
}

pub fn text() -> &'static str {
    include_str!("text.txt")
}

pub fn featured() -> u64 {
    if cfg!(feature = "extra") { 8 } else { 9 }
}

pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

pub fn unrelated() -> u64 {
    100
}
"##;

const FAR: &str = "
pub fn first(x: u64) -> u64 {
    second(x)
}

fn second(x: u64) -> u64 {
    x + 10
}
";

const TRAITS: &str = "
pub trait Area {
    fn area(&self) -> u64;
}

impl Area for u64 {
    fn area(&self) -> u64 {
        11
    }
}

pub struct Circle;

impl Area for Circle {
    fn area(&self) -> u64 {
        12
    }
}
";

const DEEP: &str = "
pub fn re_exported(x: u64) -> u64 {
    x + 13
}

pub mod inner {
    pub fn deepest(x: u64) -> u64 {
        x + 14
    }
}

pub struct Made(pub u64);

impl Made {
    pub fn value(&self) -> u64 {
        self.0 + 15
    }
}

pub fn unrelated() -> u64 {
    100
}
";

const MACROS: &str = r#"
use proc_macro::TokenStream;

#[proc_macro]
pub fn seven(_: TokenStream) -> TokenStream {
    "7".parse().unwrap()
}
"#;

const APART: &str = r#"
unsafe extern "C" {
    #[link_name = "strlen"]
    fn not_called(text: *const u8) -> u64;
}

pub unsafe fn native() -> u64 {
    unsafe { not_called(b"\0".as_ptr()) }
}

pub fn scripted() -> &'static str {
    env!("SCRIPTED")
}

include!(concat!(env!("OUT_DIR"), "/made.rs"));

pub fn unrelated() -> u64 {
    100
}
"#;

const SCRIPT: &str = r#"
fn main() {
    println!("cargo:rerun-if-changed=scripted.txt");
    println!("cargo:rustc-env=SCRIPTED={}", std::fs::read_to_string("scripted.txt").unwrap());
    let made = format!("pub fn generated() -> u64 {{ {} }}", std::fs::read_to_string("made.txt").unwrap());
    println!("cargo:rerun-if-changed=made.txt");
    println!("cargo:rerun-if-changed=native.c");
    std::fs::write(format!("{}/made.rs", std::env::var("OUT_DIR").unwrap()), made).unwrap();
}
"#;

fn project() -> Project {
    let facade = env!("CARGO_MANIFEST_DIR");
    let app = manifest("app", &APP.replace("JOBLIB", &format!("{facade:?}")));
    Project::new(
        "packages",
        &[
            ("Cargo.toml", MANIFEST),
            ("app/Cargo.toml", &app),
            ("app/src/main.rs", MAIN),
            ("app/src/lib.rs", LIB),
            ("other/Cargo.toml", &manifest("other", OTHER)),
            ("other/code/root.rs", OTHER_ROOT),
            ("other/code/far.rs", FAR),
            ("other/code/traits.rs", TRAITS),
            ("other/code/text.txt", "some text"),
            ("deep/Cargo.toml", &manifest("deep", "")),
            ("deep/src/lib.rs", DEEP),
            ("macros/Cargo.toml", &manifest("macros", "[lib]\nproc-macro = true\n")),
            ("macros/src/lib.rs", MACROS),
            ("apart/Cargo.toml", &manifest("apart", "")),
            ("apart/build.rs", SCRIPT),
            ("apart/scripted.txt", "sixteen"),
            ("apart/made.txt", "17"),
            ("apart/native.c", "int eighteen;"),
            ("apart/src/lib.rs", APART),
        ],
    )
}

/// Builds, and gives the names whose fingerprints are no longer those of `before`.
#[track_caller]
fn after(project: &Project, before: &Printed, options: &[&str]) -> Vec<String> {
    let mut names = changed(before, &project.run(options, &[]));
    names.retain(|name| name != "values");
    names
}

#[test]
fn what_is_reached_in_other_crates_counts_and_nothing_else_does() {
    let project = project();
    let first = project.run(&[], &[]);

    // Nothing that is reached.
    for path in ["app/src/lib.rs", "other/code/root.rs", "deep/src/lib.rs", "apart/src/lib.rs"] {
        project.edit(path, "100", "101");
    }
    project.edit("other/code/far.rs", "x + 10", "// ten\n    x   + 10");
    project.edit("deep/src/lib.rs", "pub mod inner", "/// Far away.\npub mod inner");
    project.write("deep/README.md", "Read me.");
    let none: [&str; 0] = [];
    assert_eq!(after(&project, &first, &[]), none);

    let edits: &[&[(&str, &str, &str, &str)]] = &[
        &[
            ("library", "app/src/lib.rs", "x + 1", "x + 21"),
            ("path", "other/code/far.rs", "+ 10", "+ 30"),
            ("method", "other/code/root.rs", "self.0 + 4", "self.0 + 24"),
            ("proc_macro_call", "macros/src/lib.rs", "\"7\"", "\"27\""),
            ("inside", "other/code/root.rs", "x + 7", "x + 27"),
            ("scripted", "apart/scripted.txt", "sixteen", "thirty"),
        ],
        &[
            ("library_method", "app/src/lib.rs", "self.0 + 2", "self.0 + 22"),
            ("through_two", "deep/src/lib.rs", "x + 13", "x + 33"),
            ("module", "other/code/root.rs", "x + 3", "x + 23"),
            ("a_macro", "other/code/root.rs", "a * b + 5", "a * b + 25"),
            ("a_constant", "other/code/root.rs", "FACTOR: u64 = 6", "FACTOR: u64 = 26"),
            ("generated", "apart/made.txt", "17", "37"),
        ],
        &[
            ("glob", "deep/src/lib.rs", "x + 14", "x + 34"),
            ("returned", "deep/src/lib.rs", "self.0 + 15", "self.0 + 35"),
            ("nested_macro", "app/src/main.rs", "x + 50", "x + 60"),
            ("inside", "other/code/text.txt", "some", "any"),
            ("foreign", "apart/native.c", "eighteen", "nineteen"),
        ],
        &[
            ("imported_trait", "other/code/traits.rs", "        11", "        31"),
            ("dynamic", "other/code/traits.rs", "        12", "        32"),
            ("version", "other/Cargo.toml", "0.1.0", "0.1.1"),
            // Cargo's hash in the name of the library stands for its features, and for its version too.
            ("featured", "other/Cargo.toml", "extra = []", "extra = [  ]"),
        ],
    ];
    let mut before = project.run(&[], &[]);
    for edits in edits {
        for (_, path, from, to) in *edits {
            project.edit(path, from, to);
        }
        let now = project.run(&[], &[]);
        let mut expected: Vec<&str> = edits.iter().map(|(name, ..)| *name).chain(["values"]).collect();
        expected.sort_unstable();
        assert_eq!(changed(&before, &now), expected);
        before = now;
    }
    assert_eq!(after(&project, &before, &["--features", "extra"]), ["featured"]);
}
