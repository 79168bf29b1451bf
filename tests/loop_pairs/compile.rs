//! One crate of many pairs: what does not compile is found by the lines of the messages and left out.

use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::batch::{Failure, Setting, Tools};
use crate::program::Program;
use crate::render::{Written, caller, function};

pub(crate) struct Compiled {
    /// `None` if no pair is left.
    pub(crate) executable: Option<PathBuf>,
    pub(crate) failures: Vec<Option<Failure>>,
}

/// What of a pair is in the crate.
#[derive(Clone)]
enum State {
    Both,
    /// The parallel form was refused, with this message. The plain one may be as well.
    Plain(String),
    Out(Failure),
}

/// Where the forms of a pair stand, in lines.
struct Place {
    pair: usize,
    written: Written,
    lines: Range<usize>,
}

struct Diagnostic {
    error: bool,
    code: String,
    message: String,
    rendered: String,
    line: Option<usize>,
}

pub(crate) fn compile(tools: &Tools, setting: Setting, programs: &[Program], directory: &Path) -> Compiled {
    let mut states = vec![State::Both; programs.len()];
    let executable = directory.join("batch");
    loop {
        let (text, places) = crate_of(programs, &states);
        let source = directory.join("main.rs");
        std::fs::write(&source, &text).unwrap();
        let (success, diagnostics) = rustc(tools, setting, &source, &executable);
        let place = |diagnostic: &Diagnostic| {
            places.iter().find(|place| diagnostic.line.is_some_and(|line| place.lines.contains(&line)))
        };
        if success {
            let warnings = |pair: usize, written: Written| {
                let mut all: Vec<_> = diagnostics
                    .iter()
                    .filter(|warning| place(warning).is_some_and(|p| p.pair == pair && p.written == written))
                    // In a parallel loop every update of an accumulator is a use of it.
                    .filter(|warning| warning.code != "unused_assignments")
                    .map(|warning| format!("{}: {}", warning.code, warning.message))
                    .collect();
                all.sort();
                all
            };
            let failures = states.into_iter().enumerate().map(|(pair, state)| match state {
                State::Out(failure) => Some(failure),
                State::Plain(message) => Some(Failure { kind: "refused".to_owned(), detail: message }),
                State::Both => {
                    let (plain, parallel) =
                        (warnings(pair, Written::Plain), warnings(pair, Written::Parallel));
                    let (missing, more) = (without(&plain, &parallel), without(&parallel, &plain));
                    (!missing.is_empty() || !more.is_empty()).then(|| Failure {
                        kind: "warnings".to_owned(),
                        detail: format!("of the plain form alone {missing:?}, of the parallel one {more:?}"),
                    })
                }
            });
            let failures: Vec<_> = failures.collect();
            return Compiled { executable: Some(executable), failures };
        }
        let mut found = false;
        for error in diagnostics.iter().filter(|diagnostic| diagnostic.error) {
            let Some(Place { pair, written, .. }) = place(error) else { continue };
            let message = format!("{} {}\n{}", error.code, error.message, error.rendered);
            match (&states[*pair], written) {
                (State::Both, Written::Parallel) => states[*pair] = State::Plain(message),
                (State::Both | State::Plain(_), Written::Plain) => {
                    states[*pair] = State::Out(Failure { kind: "invalid".to_owned(), detail: message });
                }
                _ => continue,
            }
            found = true;
        }
        if !found {
            let kept = std::env::temp_dir().join("loop_pairs_main.rs");
            let _ = std::fs::copy(&source, &kept);
            let all: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.rendered.as_str()).collect();
            panic!("errors outside of all pairs, see {kept:?}:\n{}", all.join("\n"));
        }
    }
}

/// The warnings that have no other of their code in `others`.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let code = |text: &String| text.split(':').next().unwrap_or_default().to_owned();
    let mut left: Vec<String> = others.iter().map(code).collect();
    let unmatched = move |text: &&String| match left.iter().position(|other| *other == code(text)) {
        Some(at) => {
            left.remove(at);
            false
        }
        None => true,
    };
    all.iter().filter(unmatched).cloned().collect()
}

fn crate_of(programs: &[Program], states: &[State]) -> (String, Vec<Place>) {
    let mut text = String::from("#![allow(unused_parens, unused_imports, clippy::all)]\n");
    let mut places = Vec::new();
    let mut pairs = String::new();
    for (pair, (program, state)) in programs.iter().zip(states).enumerate() {
        if let State::Out(_) = state {
            continue;
        }
        let _ = writeln!(
            text,
            "pub mod p{pair} {{\nuse harness::*;\n#[derive(Debug)] pub struct Host {{ pub step: i64 }}"
        );
        let mut form = |text: &mut String, name: &str, written: Written| {
            let _ = writeln!(text, "pub mod {name} {{\n{USES}");
            let first = text.lines().count() + 1;
            *text += &function(program, written);
            places.push(Place { pair, written, lines: first..text.lines().count() + 1 });
            *text += "}\n";
        };
        form(&mut text, "plain", Written::Plain);
        if let State::Both = state {
            form(&mut text, "parallel", Written::Parallel);
            let first = text.lines().count() + 1;
            text += &caller(program);
            places.push(Place { pair, written: Written::Plain, lines: first..text.lines().count() + 1 });
            let known = format!(
                "Known {{ leaves: {}, unique: {} }}",
                program.leaves(),
                program.the_loop.source.unique
            );
            let (processes, rounds) = (program.has("processes"), program.has("add_float_bits"));
            let _ = writeln!(
                pairs,
                "Pair {{ number: {pair}, seed: {}, known: {known}, processes: {processes}, \
                 rounds: {rounds}, run: p{pair}::run }},",
                program.seed
            );
        }
        text += "}\n";
    }
    let _ = writeln!(text, "use harness::{{Known, Pair}};\nfn main() {{ harness::run_all(&[\n{pairs}]); }}");
    (text, places)
}

/// What the module of each form begins with.
pub(crate) const USES: &str = "use super::Host; use harness::*; use joblib::{parallel, parallel_for};\n\
    use std::collections::*; use std::sync::Mutex;";

fn rustc(tools: &Tools, setting: Setting, source: &Path, executable: &Path) -> (bool, Vec<Diagnostic>) {
    let mut command = Command::new(&tools.rustc);
    command.args(["--crate-name=batch", "--error-format=json", "--cap-lints=warn", "-Cdebuginfo=0"]);
    command.arg(format!("--edition={}", setting.edition));
    if setting.release {
        command.args(["-Copt-level=2", "-Coverflow-checks=off", "-Cdebug-assertions=off"]);
    } else {
        command.args(["-Copt-level=0", "-Cdebug-assertions=on"]);
    }
    let extern_of = |name: &str, path: &Path| format!("--extern={name}={}", path.display());
    let output = command
        .arg(extern_of("joblib", &tools.joblib))
        .arg(extern_of("harness", &tools.harness))
        .arg(format!("-Ldependency={}", tools.built.display()))
        .arg("-o")
        .arg(executable)
        .arg(source)
        .output()
        .unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    let diagnostics = messages.lines().filter_map(diagnostic).collect();
    (output.status.success(), diagnostics)
}

fn diagnostic(line: &str) -> Option<Diagnostic> {
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
        line: primary.and_then(line_in_main),
    })
}

/// The line of a span in the crate, of the call if it is within a macro of another.
fn line_in_main(span: &Value) -> Option<usize> {
    if span["file_name"].as_str()?.ends_with("main.rs") {
        return span["line_start"].as_u64().map(|line| line as usize);
    }
    line_in_main(&span["expansion"]["span"])
}
