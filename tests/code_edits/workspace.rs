//! The workspace that the rows are edits of.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::project::Project;
use crate::row::{Place, Row};

/// What is there without any row.
const BASE: &str = include_str!("base.txt");

/// The crates by the names that rows use, with their root files and their names in the program `main`.
const CRATES: &[(&str, &str, &str)] = &[
    ("app", "app/src/lib.rs", "app"),
    ("a", "a/src/lib.rs", "a"),
    ("b", "b/src/lib.rs", "bee"),
    ("c", "c/src/lib.rs", "c"),
    ("d", "d/source/root.rs", "dee"),
    ("outside", "outside/src/lib.rs", "outside"),
];

/// The programs of the package `app`.
const PROGRAMS: &[(&str, &str)] = &[
    ("main", "app/src/main.rs"),
    ("tool", "app/src/bin/tool.rs"),
    ("show", "app/examples/show.rs"),
    ("check", "app/tests/check.rs"),
];

const CACHED: &str = "joblib::cached(dir = std::env::var(\"CACHE\").unwrap())";

/// The text of a file that is not there.
const NO_FILE: &str = "(none)";

pub(crate) struct Workspace {
    project: Project,
    /// As last written.
    written: Written,
}

#[derive(Default)]
struct Written {
    files: Files,
    /// Packages and their locked versions.
    locked: BTreeMap<String, String>,
    features: Vec<String>,
}

/// What the programs printed.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) values: BTreeMap<String, String>,
    /// How often each body ran.
    pub(crate) ran: BTreeMap<String, usize>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        Self { project: Project::empty(), written: Written::default() }
    }

    /// Writes the files that these rows change.
    pub(crate) fn write(&mut self, rows: &[Row], edited: &dyn Fn(usize) -> bool) {
        let next = render(rows, edited);
        let before = std::mem::replace(&mut self.written, next);
        for path in before.files.0.keys().filter(|path| !self.written.files.0.contains_key(*path)) {
            std::fs::remove_file(self.project.path(path)).unwrap();
        }
        for (path, text) in &self.written.files.0 {
            if before.files.0.get(path) != Some(text) {
                self.project.write(path, text);
            }
        }
        if before.files.0.is_empty() {
            let output = self.project.cargo(&["metadata", "--format-version", "1"], &[]);
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        if before.locked != self.written.locked {
            let locks = std::fs::read_to_string(self.project.path("Cargo.lock")).unwrap();
            self.project.write("Cargo.lock", &with_versions(&locks, &self.written.locked));
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.project.path(path)
    }

    /// Has rustfmt write the files, if it is there.
    pub(crate) fn format(&mut self) -> bool {
        if !self.project.cargo(&["fmt"], &[]).status.success() {
            return false;
        }
        let before = self.written.files.0.clone();
        for (path, text) in &mut self.written.files.0 {
            *text = std::fs::read_to_string(self.project.path(path)).unwrap();
        }
        assert_ne!(before, self.written.files.0, "rustfmt has something to do");
        true
    }

    /// Builds the programs with these options; their paths.
    pub(crate) fn build(&self, more: &[&str]) -> Vec<String> {
        let targets = ["--bin=app", "--bin=tool", "--example=show", "--test=check"];
        let features = self.written.features.join(",");
        let options = ["--quiet", "--message-format=json-render-diagnostics", "--features", &features];
        let arguments = [&["build"][..], &options, &targets, more].concat();
        let output = self.project.cargo(&arguments, &[("CARGO_INCREMENTAL", "1")]);
        if !output.status.success() {
            let kept = std::env::temp_dir().join("code_edits_failing");
            let _ = std::fs::remove_dir_all(&kept);
            for (path, text) in &self.written.files.0 {
                let path = kept.join(path);
                let _ = std::fs::create_dir_all(path.parent().unwrap());
                let _ = std::fs::write(path, text);
            }
            panic!("see {kept:?}:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        let messages = String::from_utf8(output.stdout).unwrap();
        let messages = messages.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        messages.filter_map(|message| message["executable"].as_str().map(str::to_owned)).collect()
    }

    /// Runs these programs with a cache.
    pub(crate) fn run(&self, programs: &[String], cache: &Path) -> Run {
        let mut run = Run::default();
        for program in programs {
            let output = std::process::Command::new(program)
                .current_dir(self.project.path("app"))
                .env("CACHE", cache)
                .output()
                .unwrap();
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            for line in String::from_utf8(output.stdout).unwrap().lines() {
                let mut words = line.splitn(3, ' ');
                match (words.next(), words.next(), words.next()) {
                    (Some("ran"), Some(name), None) => *run.ran.entry(name.to_owned()).or_default() += 1,
                    (Some("value"), Some(name), Some(value)) => {
                        run.values.insert(name.to_owned(), value.to_owned());
                    }
                    _ => panic!("{program} printed {line}"),
                }
            }
        }
        run
    }
}

/// `cargo update --precise` knows no other versions of a folder's packages.
fn with_versions(locks: &str, versions: &BTreeMap<String, String>) -> String {
    let mut text = String::new();
    let mut version = None;
    for line in locks.lines() {
        match version.take() {
            Some(version) => text += &format!("version = \"{version}\"\n"),
            None => text += &format!("{line}\n"),
        }
        let name = line.strip_prefix("name = \"").and_then(|name| name.strip_suffix('"'));
        version = name.and_then(|name| versions.get(name));
    }
    text
}

fn render(rows: &[Row], edited: &dyn Fn(usize) -> bool) -> Written {
    let base = Row::all(BASE).remove(0);
    let Written { mut files, mut locked, mut features } = Written::default();
    for piece in &base.pieces {
        let Place::File(path) = piece.place else { panic!("the base has files") };
        let facade = env!("CARGO_MANIFEST_DIR");
        files.add(path, &base.text(piece, false).replace("{facade}", facade));
    }
    let mut calls: HashMap<&str, String> = HashMap::new();
    let mut modules_of: BTreeMap<&str, String> = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        let mut modules: BTreeMap<&str, String> = BTreeMap::new();
        for piece in &row.pieces {
            let text = row.text(piece, edited(number)).replace("CACHED", CACHED);
            match piece.place {
                Place::File(_) if text.trim() == NO_FILE => {}
                Place::File(path) => files.add(&row.named(path), &text),
                Place::Root(of) => files.add(root_of(of), &text),
                Place::Module(of) => *modules.entry(of).or_default() += &text,
                Place::Call(of) => {
                    *modules.entry(of).or_default() += &row.named(&format!(
                        "#[{CACHED}]\npub fn run_§(x: u64) -> String {{\n    println!(\"ran §\");\n    \
                         let value_§ = {{\n{text}\n    }};\n    value_§.to_string()\n}}\n"
                    ));
                    let (program, path) = match CRATES.iter().find(|(name, ..)| *name == of) {
                        Some((_, _, path)) => ("main", *path),
                        None => (of, "crate"),
                    };
                    *calls.entry(program).or_default() +=
                        &row.named(&format!("    println!(\"value § {{:?}}\", {path}::§::run_§(1));\n"));
                }
                Place::Features => features.extend(text.split_whitespace().map(str::to_owned)),
                Place::Lock => {
                    let (package, version) = text.trim().split_once(' ').unwrap();
                    locked.insert(package.to_owned(), version.to_owned());
                }
                Place::Value(of) => {
                    *calls.entry(of).or_default() +=
                        &row.named(&format!("    println!(\"value § {{:?}}\", {});\n", text.trim()));
                }
            }
        }
        for (of, text) in modules {
            let text = format!("#[allow(warnings)]\npub mod {} {{\n{text}}}\n", row.name);
            *modules_of.entry(root_of(of)).or_default() += &text;
        }
    }
    modules_of.iter().for_each(|(path, text)| files.add(path, text));
    for (program, path) in PROGRAMS {
        let calls = calls.remove(program).unwrap_or_default();
        files.add(path, &format!("#[allow(warnings)]\nfn main() {{\n{calls}}}\n"));
    }
    assert!(calls.is_empty(), "{calls:?}");
    // Rows add to the `main` of build scripts.
    files.0.iter_mut().filter(|(path, _)| path.ends_with("build.rs")).for_each(|(_, text)| *text += "}\n");
    Written { files, locked, features }
}

fn root_of(of: &str) -> &'static str {
    let programs = PROGRAMS.iter().map(|(name, path)| (*name, *path));
    let mut all = CRATES.iter().map(|(name, path, _)| (*name, *path)).chain(programs);
    all.find(|(name, _)| *name == of).unwrap_or_else(|| panic!("no crate {of}")).1
}

#[derive(Default)]
struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds text to a file; to manifests, lines to their sections that are not there yet.
    fn add(&mut self, path: &str, text: &str) {
        let file = self.0.entry(path.to_owned()).or_default();
        if !path.ends_with(".toml") {
            *file += text;
            return;
        }
        let mut lines: Vec<&str> = file.lines().collect();
        let mut section = lines.len();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if line.starts_with('[') {
                section = lines.iter().position(|other| *other == line).unwrap_or(lines.len());
                if section == lines.len() {
                    lines.push(line);
                }
                continue;
            }
            let rest = &lines[section + 1..];
            let end = rest.iter().position(|other| other.starts_with('[')).unwrap_or(rest.len());
            if !rest[..end].contains(&line) {
                lines.insert(section + 1 + end, line);
            }
        }
        *file = lines.join("\n") + "\n";
    }
}
