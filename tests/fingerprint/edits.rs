//! Which edits change which fingerprints.

use crate::project::{Project, changed};

const MAIN: &str = r#"
mod far;
mod model;

use joblib::__private_0_1_0::fingerprint::Tracked;
use model::{Grid, Shape};

const SCALE: f64 = 2.0;

macro_rules! squared {
    ($x:expr) => { $x * $x };
}

#[joblib::tracked]
fn through_helpers(x: f64) -> f64 {
    far::first(x)
}

#[joblib::tracked]
fn through_a_constant(x: f64) -> f64 {
    x * SCALE
}

#[joblib::tracked]
fn through_a_macro(x: f64) -> f64 {
    squared!(x)
}

#[joblib::tracked]
fn through_a_method() -> usize {
    Grid::new(3).total()
}

#[joblib::tracked]
fn through_a_trait(shape: &dyn Shape) -> f64 {
    shape.area()
}

#[joblib::tracked]
fn through_a_file() -> &'static str {
    include_str!("data.txt")
}

#[joblib::tracked]
fn through_a_feature() -> u8 {
    if cfg!(feature = "fast") { 1 } else { 2 }
}

#[joblib::tracked]
fn alone(x: f64) -> f64 {
    x + 1.0
}

#[joblib::tracked]
const LIMIT: usize = 10 + far::OFFSET;

fn unrelated() -> f64 {
    17.0
}

fn main() {
    macro_rules! print {
        ($($name:ident)*) => { $( println!("{} {:x}", stringify!($name), <$name as Tracked>::FINGERPRINT); )* };
    }
    print!(through_helpers through_a_constant through_a_macro through_a_method through_a_trait through_a_file);
    print!(through_a_feature alone LIMIT);
    {
        use other::prelude::{Settings, elsewhere};
        print!(elsewhere);
        println!("Settings {:x}", <Settings<u8> as Tracked>::FINGERPRINT);
    }
    let values = through_helpers(1.0) + through_a_constant(1.0) + through_a_macro(3.0) + unrelated();
    let more = through_a_method() + through_a_file().len() + usize::from(through_a_feature()) + LIMIT;
    println!("values {}", values + alone(1.0) + through_a_trait(&model::Circle) + more as f64);
    println!("settings {}", other::elsewhere() + other::Settings { value: 1u8 }.double());
}
"#;

const FAR: &str = "
pub const OFFSET: usize = 5;

pub fn first(x: f64) -> f64 {
    second(x) + 1.0
}

fn second(x: f64) -> f64 {
    third::third(x)
}

mod third {
    pub fn third(x: f64) -> f64 {
        x * 3.0
    }
}
";

const MODEL: &str = "
pub struct Grid {
    cells: Vec<u8>,
}

impl Grid {
    pub fn new(side: usize) -> Self {
        Self { cells: vec![1; side * side] }
    }

    pub fn total(&self) -> usize {
        self.cells.iter().map(|&cell| usize::from(cell)).sum()
    }

    #[allow(dead_code)]
    pub fn uncalled(&self) -> usize {
        0
    }
}

pub trait Shape {
    fn area(&self) -> f64;
}

pub struct Circle;

impl Shape for Circle {
    fn area(&self) -> f64 {
        3.0
    }
}
";

const OTHER: &str = "
mod inner {
    #[joblib::tracked]
    pub fn elsewhere() -> u8 {
        hidden()
    }

    fn hidden() -> u8 {
        4
    }

    #[joblib::tracked]
    pub struct Settings<T> where T: Clone {
        pub value: T,
    }

    impl Settings<u8> {
        pub fn double(&self) -> u8 {
            self.value * 2
        }
    }
}

pub use inner::*;

pub mod prelude {
    pub use super::inner::{Settings, elsewhere};
}
";

fn project() -> Project {
    Project::new(
        "edits",
        &[
            ("app/src/main.rs", MAIN),
            ("app/src/far.rs", FAR),
            ("app/src/model/mod.rs", MODEL),
            ("app/src/data.txt", "some data"),
            ("other/src/lib.rs", OTHER),
        ],
    )
}

#[test]
fn an_edit_changes_the_fingerprints_of_what_reaches_it_and_no_other() {
    let project = project();
    let first = project.run(&[], &[]);
    assert_eq!((&*first["values"], &*first["settings"]), ("72", "6"), "the program runs as written");

    // Comments, layout, lines that move, code that nothing tracked reaches.
    project.edit("app/src/far.rs", "x * 3.0", "// three times\n\n        x*3.0");
    project.edit("app/src/far.rs", "pub fn first", "\n\n/// The first of three.\n#[inline]\npub fn first");
    project.edit("app/src/model/mod.rs", "usize::from(cell))", "usize::from(\n cell,\n ),\n )");
    project.edit("app/src/model/mod.rs", "        0\n", "        1\n");
    project.edit("app/src/main.rs", "17.0", "18.0");
    project.edit("app/src/main.rs", "const SCALE", "#[allow(dead_code)]\nfn added() {}\n\nconst SCALE");
    let second = project.run(&[], &[]);
    assert_eq!(changed(&first, &second), ["values"]);

    // One edit for each of the functions.
    project.edit("app/src/far.rs", "x*3.0", "x * 4.0");
    project.edit("app/src/far.rs", "OFFSET: usize = 5", "OFFSET: usize = 6");
    project.edit("app/src/main.rs", "SCALE: f64 = 2.0", "SCALE: f64 = 3.0");
    project.edit("app/src/main.rs", "$x * $x", "$x * $x * $x");
    project.edit("app/src/model/mod.rs", "cells: Vec<u8>", "cells: Vec<u16>");
    project.edit("app/src/model/mod.rs", "3.0", "3.25");
    project.edit("app/src/data.txt", "data", "facts");
    project.edit("other/src/lib.rs", "        4", "        5");
    project.edit("other/src/lib.rs", "* 2", "* 3");
    let third = project.run(&["--features", "fast"], &[]);
    let tracked: Vec<_> = first.keys().filter(|name| *name != "alone").cloned().collect();
    assert_eq!(changed(&first, &third), tracked, "all but `alone`");

    // As it was.
    for (path, text) in
        [("main.rs", MAIN), ("far.rs", FAR), ("model/mod.rs", MODEL), ("data.txt", "some data")]
    {
        project.write(&format!("app/src/{path}"), text);
    }
    project.write("other/src/lib.rs", OTHER);
    assert_eq!(project.run(&[], &[]), first);
}
