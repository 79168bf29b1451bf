//! The compiler, called directly, with the library as Cargo has just built it for this test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::Setting;

/// Where the compiler and the libraries are.
pub(crate) struct Tools {
    rustc: String,
    /// Cargo's folder of built crates.
    built: PathBuf,
    /// What the programs of a batch are linked with, by name.
    libraries: Vec<(&'static str, PathBuf)>,
    directory: tempfile::TempDir,
    batches: AtomicUsize,
}

pub(crate) struct Diagnostic {
    pub(crate) error: bool,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) rendered: String,
    /// Where in the crate's one file.
    pub(crate) at: Option<At>,
}

/// A place in lines and columns, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct At {
    pub(crate) start: (usize, usize),
    pub(crate) end: (usize, usize),
}

impl Tools {
    /// With a library that Cargo has built, for programs that use no other.
    pub(crate) fn built(library: &'static str) -> Self {
        let exe = std::env::current_exe().expect("the path of this test");
        let built = exe.parent().expect("a folder").to_owned();
        let path = newest_first(&built, &format!("lib{library}-")).into_iter().next();
        Tools {
            rustc: std::env::var("RUSTC").unwrap_or("rustc".to_owned()),
            built,
            libraries: vec![(library, path.expect("Cargo has built the library"))],
            directory: tempfile::tempdir().unwrap(),
            batches: AtomicUsize::new(0),
        }
    }

    /// With the harness in this file, which may use these libraries besides, and so may the programs.
    ///
    /// Of a library that Cargo has built in several ways, the one is taken with which the harness compiles.
    pub(crate) fn new(harness: &str, others: &[&'static str]) -> Self {
        let mut tools = Tools::built("joblib");
        let compiled = tools.directory.path().join("libharness.rlib");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(harness);
        let compiles = |tools: &Tools| {
            let mut command = tools.command();
            command.args([
                "--edition=2024",
                "--crate-type=rlib",
                "--crate-name=harness",
                "-Copt-level=1",
                "-o",
            ]);
            command.arg(&compiled).arg(&source).output().unwrap()
        };
        for name in others {
            let candidates = newest_first(&tools.built, &format!("lib{name}-"));
            let several = candidates.len() > 1;
            for candidate in candidates {
                tools.libraries.retain(|library| library.0 != *name);
                tools.libraries.push((name, candidate));
                if !several || compiles(&tools).status.success() {
                    break;
                }
            }
        }
        let output = compiles(&tools);
        assert!(output.status.success(), "the harness:\n{}", String::from_utf8_lossy(&output.stderr));
        tools.libraries.push(("harness", compiled));
        tools
    }

    /// A new folder for one batch.
    pub(crate) fn folder(&self) -> PathBuf {
        let number = self.batches.fetch_add(1, Ordering::Relaxed);
        let folder = self.directory.path().join(number.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Compiles with these arguments; whether it did, and what the compiler says.
    pub(crate) fn compile(
        &self,
        setting: Setting,
        source: &Path,
        arguments: &[&str],
    ) -> (bool, Vec<Diagnostic>) {
        let mut command = self.command();
        command.args(["--error-format=json", "--cap-lints=warn", "-Cdebuginfo=0"]);
        command.arg(format!("--edition={}", setting.edition));
        if setting.release {
            command.args(["-Copt-level=2", "-Coverflow-checks=off", "-Cdebug-assertions=off"]);
        } else {
            command.args(["-Copt-level=0", "-Cdebug-assertions=on"]);
        }
        let output = command.args(arguments).arg(source).output().unwrap();
        let messages = String::from_utf8_lossy(&output.stderr);
        let file = source.file_name().unwrap_or_default().to_string_lossy();
        let diagnostics = messages.lines().filter_map(|line| diagnostic(line, &file)).collect();
        (output.status.success(), diagnostics)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.rustc);
        for (name, path) in &self.libraries {
            command.arg(format!("--extern={name}={}", path.display()));
        }
        for folder in [self.built.as_path(), self.directory.path()] {
            command.arg(format!("-Ldependency={}", folder.display()));
        }
        command
    }
}

fn newest_first(built: &Path, prefix: &str) -> Vec<PathBuf> {
    let files = std::fs::read_dir(built).expect("Cargo's folder").flatten();
    let mut files: Vec<_> = files
        .filter(|file| {
            let name = file.file_name();
            let name = name.to_string_lossy();
            name.starts_with(prefix) && name.ends_with(".rlib")
        })
        .collect();
    files.sort_by_key(|file| file.metadata().and_then(|about| about.modified()).ok());
    files.iter().rev().map(std::fs::DirEntry::path).collect()
}

fn diagnostic(line: &str, file: &str) -> Option<Diagnostic> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let level = text(&value["level"]);
    if !(level.starts_with("error") || level == "warning") {
        return None;
    }
    let spans = value["spans"].as_array()?;
    let primary = spans.iter().find(|span| span["is_primary"] == true);
    Some(Diagnostic {
        error: level != "warning",
        code: text(&value["code"]["code"]),
        message: text(&value["message"]),
        rendered: text(&value["rendered"]),
        at: primary.and_then(|span| place(span, file)),
    })
}

/// Where a span is in this file; of the call if it is within a macro of another.
fn place(span: &Value, file: &str) -> Option<At> {
    if span["file_name"].as_str()?.ends_with(file) {
        let number = |name: &str| span[name].as_u64().map(|number| number as usize);
        return Some(At {
            start: (number("line_start")?, number("column_start")?),
            end: (number("line_end")?, number("column_end")?),
        });
    }
    place(&span["expansion"]["span"], file)
}
