//! Files that macros may read, and positions.

use super::{cover, digest, edit_counts};

#[test]
fn files_that_macros_may_read_count() {
    let files = |edited: &str, read: &str| {
        let text = |name: &str| if name == edited { "new" } else { "old" };
        [
            (
                "src/lib.rs",
                "
                macro_rules! asset { ($f:literal) => { include_str!(concat!(\"../assets/\", $f)) } }
                macro_rules! path { ($f:expr) => { concat!(\"../assets/\", $f) } }
                #[derive(Template)] #[template(path = \"page.html\")] struct Page;
                #[derive(RustEmbed)] #[folder = \"public/\"] struct Public;
                fn logs() { println!(\"assets/logged.txt\"); tracing::info!(\"assets/logged.txt\") }
                #[cached(dir = \"assets/logged.txt\")] fn cached() {}\n"
                    .to_owned()
                    + read,
            ),
            ("Cargo.toml", String::new()),
            ("assets/model.txt", text("model").to_owned()),
            ("assets/logged.txt", text("logged").to_owned()),
            ("templates/page.html", "{% extends \"base.html\" %}".to_owned() + text("page")),
            ("templates/base.html", text("base").to_owned()),
            ("public/deep/a.css", text("public").to_owned()),
            ("public/.hidden", text("hidden").to_owned()),
            ("public/cache/CACHEDIR.TAG", String::new()),
            ("public/cache/x", text("tagged").to_owned()),
            ("target/x.txt", text("target").to_owned()),
            ("src/schema.sql", text("schema").to_owned()),
        ]
    };
    let of = |edited: &str, read: &str| {
        let files = files(edited, read);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
        cover(&files, "fn run() { read() }").digest
    };
    for (read, counted) in [
        ("fn read() { asset!(\"model.txt\") }", "model"),
        ("fn read() { include_str!(path!(\"model.txt\")) }", "model"),
        ("fn read() { query_file!(\"schema.sql\") }", "schema"),
        ("fn read() { foreign!(\"assets/model.txt\", \"target/x.txt\") }", "model"),
        ("fn read() { Page.render() }", "page base"),
        ("fn read() { include_dir!(\"$CARGO_MANIFEST_DIR/nowhere\"); Public::get(\"x\") }", "public"),
        ("fn read() { logs(); cached(); format!(\"assets/logged.txt\"); \"assets/model.txt\" }", ""),
        ("fn read() { foreign!(\"public\") }", ""),
    ] {
        for edited in ["model", "logged", "page", "base", "public", "hidden", "tagged", "target", "schema"] {
            let counts = of(edited, read) != of("", read);
            assert_eq!(counts, counted.split(' ').any(|name| name == edited), "{edited} in {read}");
        }
    }
}

#[test]
fn code_in_an_included_expression_is_followed() {
    let of = |constant: &str, expression: &str| {
        let library =
            format!("const HELD: u64 = {constant}; fn read() -> u64 {{ include!(\"expression.in\") }}");
        let files = [("src/lib.rs", &*library), ("src/expression.in", expression)];
        cover(&files, "fn run() -> u64 { read() }").digest
    };
    let first = of("1", "HELD + 1");
    assert_ne!(first, of("2", "HELD + 1"));
    assert_ne!(first, of("1", "HELD + 2"));
    assert_eq!(first, of("1", "HELD  +  1 // one"));
}

#[test]
fn a_thousand_files_count() {
    let of = |last: usize| {
        let names: Vec<String> = (0..=last).map(|number| format!("assets/{number:04}")).collect();
        let library = ("src/lib.rs", "#[derive(RustEmbed)] #[folder = \"assets\"] struct All;");
        let files = names.iter().map(|name| (name.as_str(), "")).chain([("Cargo.toml", ""), library]);
        let mut files: Vec<(&str, &str)> = files.collect();
        files.rotate_right(1);
        cover(&files, "fn run() { All::get() }")
    };
    let (all, more) = (of(999), of(1000));
    assert_eq!((all.files.len(), all.is_cut), (1000, false));
    assert_eq!((more.files.len(), more.is_cut), (1000, true));
}

#[test]
fn positions_count_where_code_tells_them() {
    let source = "
        macro_rules! here { () => { (line!(), 1) } }
        fn told() -> u32 { line!() }
        fn called() -> u32 { here!() }
        fn panics() -> u32 { panic!(\"at {}\", line!()); log::warn!(\"{}\", column!()); 1 }
        fn formatted() -> String { format!(\"{}\", line!()) }";
    for (run, counts) in [("told", true), ("called", true), ("panics", false), ("formatted", true)] {
        let run = format!("fn run() {{ {run}() }}");
        let moved = format!("\n\n{source}");
        assert_eq!(digest(source, &run) != digest(&moved, &run), counts, "{run}");
    }
    edit_counts(source, "fn run() { called() }", ", 1)", ", 2)");
}

#[test]
fn files_that_lead_back_to_themselves_are_read_once() {
    let source = |value: &str| {
        format!(
            "#[path = \"lib.rs\"] mod a; #[path = \"./lib.rs\"] mod b; mod c {{ include!(\"lib.rs\"); }}
             include!(\"other.rs\"); include!(\"./other.rs\"); fn helper() -> u8 {{ {value} }}"
        )
    };
    let of = |value| {
        let back =
            "#[path = \"lib.rs\"] mod d; #[path = \"other.rs\"] mod e; mod f { include!(\"lib.rs\"); }";
        cover(&[("lib.rs", &source(value)), ("other.rs", back)], "fn run() -> u8 { helper() }").digest
    };
    assert_ne!(of("1"), of("2"));
    assert_eq!(of("1"), of("1"));
}
