//! What macros make, build and read, as the compiler sees it.

use crate::project::{Project, changed};

const MAIN: &str = r##"
mod made;

use joblib::__private_0_1_0::fingerprint::Tracked;
use made::weight as heavy;

macro_rules! constant { () => { pub static GAIN: u64 = 10; } }
constant!();

macro_rules! module { ($m:ident) => { mod $m { pub const DEPTH: u64 = 20; } } }
module!(deep);

macro_rules! stages { ($($name:ident)*) => { $(mod $name;)* } }
stages!(first);

macro_rules! asset { ($f:literal) => { include_str!(concat!("../assets/", $f)) } }

macro_rules! read { ($f:literal) => { std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/", $f)) } }

macro_rules! named { ($name:expr) => { option_env!($name) } }

const PREC: usize = 3;
const WIDTH: usize = 8;

thread_local! {
    static COUNTED: std::cell::Cell<u64> = const { std::cell::Cell::new(40) };
    static UNUSED: std::cell::Cell<u64> = const { std::cell::Cell::new(50) };
}

mod generated { include!(concat!(env!("OUT_DIR"), "/table.rs")); }

#[cfg(feature = "fast")]
fn speed() -> u64 { 60 }
#[cfg(not(feature = "fast"))]
fn speed() -> u64 { 61 }

#[joblib::tracked]
fn through_an_item() -> u64 { GAIN }
#[joblib::tracked]
fn through_a_module() -> u64 { deep::DEPTH }
#[joblib::tracked]
fn through_a_file_of_a_macro() -> u64 { first::first() }
#[joblib::tracked]
fn through_a_rename() -> u64 { heavy!() }
#[joblib::tracked]
fn through_an_asset() -> usize { asset!("model.txt").len() }
#[joblib::tracked]
fn through_a_read_file() -> usize { read!("assets/late.txt").unwrap_or_default().len() }
#[joblib::tracked]
fn through_a_format(x: f64) -> String { format!("{x:.PREC$}") }
#[joblib::tracked]
fn through_a_width(x: f64) -> String { let mut s = String::new(); std::fmt::Write::write_fmt(&mut s, format_args!("{:>WIDTH$}", x)).unwrap(); s }
#[joblib::tracked]
fn through_a_thread_local() -> u64 { COUNTED.get() }
#[joblib::tracked]
fn through_generated_code() -> u64 { generated::table(1) }
#[joblib::tracked]
fn through_a_variable() -> usize { named!("NAMED_HERE").map_or(0, str::len) }
#[joblib::tracked]
fn through_a_position() -> u32 { line!() }
#[joblib::tracked]
fn through_a_condition() -> u64 { speed() }
#[joblib::tracked]
fn pure(x: u64) -> u64 { std::cell::Cell::new(x + 1).get() }

fn main() {
    macro_rules! print {
        ($($name:ident)*) => { $( println!("{} {:x}", stringify!($name), <$name as Tracked>::FINGERPRINT); )* };
    }
    print!(through_an_item through_a_module through_a_file_of_a_macro through_a_rename through_an_asset);
    print!(through_a_read_file through_a_format through_a_width through_a_thread_local);
    print!(through_generated_code through_a_variable through_a_position through_a_condition pure);
    let numbers = [through_an_item(), through_a_module(), through_a_file_of_a_macro(), through_a_rename()];
    println!("numbers {numbers:?} {} {}", through_an_asset(), through_a_read_file());
    println!("texts {} {}", through_a_format(1.0), through_a_width(2.0));
    let more = [through_a_thread_local(), through_generated_code(), through_a_condition(), pure(1)];
    println!("more {more:?} {} {} {}", through_a_variable(), through_a_position(), UNUSED.get());
}
"##;

fn project(name: &str) -> Project {
    Project::new(
        name,
        &[
            ("app/src/main.rs", MAIN),
            ("app/src/first.rs", "pub fn first() -> u64 { 30 }"),
            ("app/src/made.rs", "macro_rules! weight { () => { 70 } }\npub(crate) use weight;"),
            ("app/assets/model.txt", "model"),
            ("app/assets/late.txt", "late"),
            (
                "app/build.rs",
                "fn main() {
                    println!(\"cargo::rerun-if-changed=table.txt\");
                    let to = std::path::Path::new(&std::env::var_os(\"OUT_DIR\").unwrap()).join(\"table.rs\");
                    let from = std::fs::read_to_string(\"table.txt\").unwrap();
                    std::fs::write(to, format!(\"pub fn table(x: u64) -> u64 {{ x + {from} }}\")).unwrap();
                }",
            ),
            ("app/table.txt", "80"),
            ("other/src/lib.rs", ""),
        ],
    )
}

#[test]
fn what_macros_make_build_and_read_is_followed() {
    let project = project("macros");
    let main = "app/src/main.rs";
    let first = project.run(&[], &[]);
    assert_eq!(first["numbers"], "[10, 20, 30, 70] 5 4");
    assert_eq!(first["texts"], "1.000        2");
    let line = MAIN.lines().position(|line| line.contains("line!()")).unwrap() + 1;
    assert_eq!(first["more"], format!("[40, 81, 61, 2] 0 {line} 50"));

    let edits: &[(&str, &str, &str, &str)] = &[
        (main, "GAIN: u64 = 10", "GAIN: u64 = 11", "through_an_item"),
        (main, "DEPTH: u64 = 20", "DEPTH: u64 = 21", "through_a_module"),
        ("app/src/first.rs", "30", "31", "through_a_file_of_a_macro"),
        ("app/src/made.rs", "70", "71", "through_a_rename"),
        ("app/assets/model.txt", "model", "other model", "through_an_asset"),
        ("app/assets/late.txt", "late", "later", "through_a_read_file"),
        (main, "PREC: usize = 3", "PREC: usize = 4", "through_a_format"),
        (main, "WIDTH: usize = 8", "WIDTH: usize = 9", "through_a_width"),
        (main, "new(40)", "new(41)", "through_a_thread_local"),
        ("app/table.txt", "80", "81", "through_generated_code"),
        (main, "{ 61 }", "{ 62 }", "through_a_condition"),
    ];
    edits.iter().for_each(|(path, from, to, _)| project.edit(path, from, to));
    let second = project.run(&[], &[]);
    let mut expected: Vec<&str> = edits.iter().map(|(.., name)| *name).collect();
    expected.extend(["more", "numbers", "texts"]);
    expected.sort_unstable();
    assert_eq!(changed(&first, &second), expected);

    // What is not part of this build, or not reached by name.
    project.edit(main, "{ 60 }", "{ 59 }");
    project.edit(main, "new(50)", "new(51)");
    assert_eq!(changed(&second, &project.run(&[], &[])), ["more"]);

    // Alone: cargo must see that the program depends on them.
    project.edit("app/assets/late.txt", "later", "latest");
    project.edit(main, "mod made;", "\nmod made;");
    let third = project.run(&[], &[("NAMED_HERE", "named")]);
    let moved = ["more", "numbers", "through_a_position", "through_a_read_file", "through_a_variable"];
    assert_eq!(changed(&second, &third), moved);
    project.edit("app/assets/late.txt", "latest", "the last");
    let fourth = project.run(&[], &[("NAMED_HERE", "named")]);
    assert_eq!(changed(&third, &fourth), ["numbers", "through_a_read_file"]);
}

#[test]
fn rustfmt_changes_no_fingerprint() {
    let project = project("rustfmt");
    let first = project.run(&[], &[]);
    let status = std::process::Command::new("rustfmt")
        .args(["--edition", "2024"])
        .arg(project.path("app/src/main.rs"))
        .status()
        .unwrap();
    assert!(status.success());
    let text = std::fs::read_to_string(project.path("app/src/main.rs")).unwrap();
    assert_ne!(text, MAIN, "it was not formatted");
    let moved = ["more", "through_a_position"];
    assert_eq!(changed(&first, &project.run(&[], &[])), moved, "but for the line that it tells");
}
