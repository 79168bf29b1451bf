//! Which edits make cached functions run again.

use crate::project::Project;

const MAIN: &str = r#"
use joblib::cached;
use serde::Serialize;
use std::sync::Mutex;

/// The names of the bodies that ran.
static RAN: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn ran(name: &'static str) {
    RAN.lock().unwrap().push(name);
}

fn helper(x: u32) -> u32 {
    deeper(x)
}

fn deeper(x: u32) -> u32 {
    x + 1
}

#[cached(dir = "cache")]
fn plain(x: u32) -> u32 {
    ran("plain");
    helper(x)
}

#[cached(dir = "cache", code = "body")]
fn body(x: u32) -> u32 {
    ran("body");
    helper(x)
}

#[cached(dir = "cache", code = "none")]
fn none(x: u32) -> u32 {
    ran("none");
    helper(x) /* none */
}

#[cached(dir = "cache", code = "none", version = "1")]
fn versioned(x: u32) -> u32 {
    ran("versioned");
    helper(x)
}

#[cached(dir = "cache", code = "binary")]
fn binary(x: u32) -> u32 {
    ran("binary");
    helper(x)
}

#[cached(dir = "cache", code = "body", salt = std::env::var("SALT").ok())]
fn salted(x: u32) -> u32 {
    ran("salted");
    x
}

#[cached(dir = "cache", depends = [other::elsewhere])]
fn depending(x: u32) -> u32 {
    ran("depending");
    x + other::elsewhere()
}

#[cached(dir = "cache")]
fn alone(x: u32) -> u32 {
    ran("alone");
    x
}

#[derive(Serialize)]
struct Model {
    size: u32,
}

impl Model {
    #[cached(dir = "cache")]
    fn method(&self) -> u32 {
        ran("method");
        Self::weight() * self.size
    }

    fn weight() -> u32 {
        3
    }
}

struct Block;

#[cached(dir = "cache")]
impl Block {
    #[cached]
    fn block(x: u32) -> u32 {
        ran("block");
        Self::factor() * x
    }

    fn factor() -> u32 {
        5
    }
}

fn outer(x: u32) -> u32 {
    fn inside(x: u32) -> u32 {
        x * 7
    }
    #[cached(dir = "cache")]
    fn nested(x: u32) -> u32 {
        ran("nested");
        inside(x)
    }
    nested(x)
}

fn main() {
    let all = [plain(1), body(1), none(1), versioned(1), binary(1), salted(1), depending(1), alone(1)];
    println!("values {} {all:?}", Model { size: 2 }.method() + Block::block(1) + outer(1));
    let mut ran = RAN.lock().unwrap();
    ran.sort_unstable();
    println!("ran {}", ran.join(" "));
}
"#;

const OTHER: &str = "
#[joblib::tracked]
pub fn elsewhere() -> u32 {
    10
}
";

#[test]
fn an_edit_runs_what_reaches_it_again_and_undoing_it_finds_the_old_results() {
    let project = Project::new("cached", &[("app/src/main.rs", MAIN), ("other/src/lib.rs", OTHER)]);
    let main = "app/src/main.rs";
    let first = project.run(&[], &[]);
    assert_eq!(first["values"], "18 [2, 2, 2, 2, 2, 1, 11, 1]");
    assert_eq!(first["ran"], "alone binary block body depending method nested none plain salted versioned");
    assert_eq!(project.run(&[], &[])["ran"], "", "nothing has changed");
    assert_eq!(project.run(&[], &[("SALT", "pepper")])["ran"], "salted");

    project.edit(main, "x + 1", "x + 2");
    project.edit(main, "        3\n", "        4\n");
    project.edit(main, "        5\n", "        6\n");
    project.edit(main, "x * 7", "x * 8");
    project.edit("other/src/lib.rs", "10", "20");
    let third = project.run(&[], &[]);
    assert_eq!(third["ran"], "binary block depending method nested plain");
    assert_eq!(
        third["values"], "22 [3, 2, 2, 2, 3, 1, 21, 1]",
        "`body`, `none` and `versioned` asked not to look"
    );

    project.edit(main, "version = \"1\"", "version = \"2\"");
    project.edit(main, "helper(x) /* none */", "helper(x) + 100");
    project.edit(main, "ran(\"body\");", "ran(\"body\");\n    let x = x;");
    project.edit(
        main,
        "#[cached(dir = \"cache\")]\nfn alone",
        "/// Quiet.\n#[cached(dir = \"cache\")]\nfn   alone",
    );
    let fourth = project.run(&[], &[]);
    assert_eq!(fourth["ran"], "binary body versioned");

    project.write(main, MAIN);
    project.write("other/src/lib.rs", OTHER);
    let fifth = project.run(&[], &[]);
    assert_eq!(fifth["values"], first["values"]);
    assert!(matches!(&*fifth["ran"], "" | "binary"), "{fifth:?}");
}
