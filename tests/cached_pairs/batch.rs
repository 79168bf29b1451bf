//! Compiles many pairs as one program and runs it: twice, raced, without a cache; and another build in
//! between.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pairs::compile::{Compile, Source, State, Written};
use crate::pairs::tools::Tools;
use crate::pairs::{Failure, Setting, child};
use crate::program::{Fails, Found, Kind, Place, Program};
use crate::render::{Build, form};

/// What is wrong with each of these programs; with `like`, only as far as it takes to see such a failure.
pub(crate) fn try_all(
    tools: &Tools,
    setting: Setting,
    programs: &[Program],
    like: Option<&Failure>,
) -> Vec<Option<Failure>> {
    let mut batch =
        Batch { tools, setting, programs, folder: tools.folder(), failures: vec![None; programs.len()] };
    let only_compiled = std::env::var_os("JOBLIB_PAIRS_CHECK").map(|_| "compile");
    batch.all(like.map(Failure::phase).or(only_compiled).unwrap_or_default());
    let _ = std::fs::remove_dir_all(&batch.folder);
    batch.failures
}

impl Failure {
    /// What was tried when this was found.
    fn phase(&self) -> &str {
        match self.kind.as_str() {
            "refused" | "invalid" => "compile",
            _ if self.runs() => "compile",
            _ => self.detail.trim_start_matches("at ").split(':').next().unwrap_or_default(),
        }
    }
}

struct Batch<'a> {
    tools: &'a Tools,
    setting: Setting,
    programs: &'a [Program],
    folder: PathBuf,
    failures: Vec<Option<Failure>>,
}

impl Batch<'_> {
    /// One phase after the other, up to the last that is wanted.
    fn all(&mut self, last: &str) {
        if last == "compile" {
            self.compile(Build::First, &["--emit=metadata"]);
            return;
        }
        let first = self.build(Build::First);
        self.run(&first, "first");
        if last == "first" {
            return;
        }
        if matches!(last, "" | "other") {
            let other = self.build(Build::Other);
            self.run(&other, "other");
        }
        for phase in ["again", "refresh", "race", "readonly", "off"] {
            self.run(&first, phase);
            if last == phase {
                return;
            }
        }
    }

    /// Compiles those that nothing is known to be wrong with, of the other build those that differ.
    fn compile(&mut self, build: Build, more: &[&str]) -> PathBuf {
        let Self { tools, setting, programs, .. } = *self;
        let folder = self.folder.join(if build == Build::First { "first" } else { "other" });
        std::fs::create_dir_all(&folder).unwrap();
        // Several functions come of one: what it expects is allowed to each, and need not come about.
        let free = &["unfulfilled_lint_expectations"];
        // Of a release its arithmetic is wanted: all is safe code, which optimising does not change, and
        // takes long.
        let arguments = [&["--crate-type=rlib", "--crate-name=batch", "-Copt-level=0"], more].concat();
        let output = folder.join("libbatch.rlib");
        let compile = Compile { tools, setting, output: output.clone(), arguments: &arguments, free };
        let failures = compile.pairs(programs.len(), |states| {
            let failed = |i: usize| self.failures[i].as_ref().is_some_and(|failure| !failure.runs());
            let out = |i: usize| failed(i) || build == Build::Other && !differs(&programs[i]);
            crate_of(programs, states, build, out)
        });
        for (known, found) in self.failures.iter_mut().zip(failures) {
            *known = known.take().or(found);
        }
        output
    }

    /// Compiles and links.
    fn build(&mut self, build: Build) -> PathBuf {
        let library = self.compile(build, &[]);
        let executable = library.with_file_name("main");
        let main = library.with_file_name("main.rs");
        std::fs::write(&main, "fn main() { batch::main() }\n").unwrap();
        let library = format!("--extern=batch={}", library.display());
        let output = format!("-o{}", executable.display());
        let (success, diagnostics) = self.tools.compile(self.setting, &main, &[&library, &output]);
        let all: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.rendered.as_str()).collect();
        assert!(success, "the program of a batch is not linked:\n{}", all.join("\n"));
        executable
    }

    fn run(&mut self, executable: &Path, phase: &str) {
        let runs = |failure: &Option<Failure>| failure.as_ref().is_none_or(Failure::runs);
        let there = |i: usize| phase != "other" || differs(&self.programs[i]);
        let all = (0..self.programs.len()).filter(|i| there(*i) && runs(&self.failures[*i])).collect();
        let command = || {
            let mut command = Command::new(executable);
            command.arg(phase).arg(self.folder.join("results"));
            let mode = if ["refresh", "readonly", "off"].contains(&phase) { phase } else { "" };
            command.env("JOBLIB_CACHE", mode);
            command
        };
        child::run(command, &self.folder.join("report"), all, &mut self.failures);
    }
}

/// Whether the other build differs in what counts.
fn differs(program: &Program) -> bool {
    let Some(number) = &program.number else { return false };
    !program.has("code_none") && (!program.has("code_body") || number.place == Place::Body)
}

fn crate_of(programs: &[Program], states: &[State], build: Build, out: impl Fn(usize) -> bool) -> Source {
    let mut source = Source::default();
    let mut pairs = String::new();
    source.text += "#![allow(clippy::all)]\n";
    for (pair, (program, state)) in programs.iter().zip(states).enumerate() {
        if matches!(state, State::Out(_)) || out(pair) {
            continue;
        }
        let _ = writeln!(source.text, "pub mod p{pair} {{");
        let add = |source: &mut Source, name: &str, written: Written| {
            let _ = writeln!(source.text, "pub mod {name} {{");
            source.add(pair, written, &form(program, written, build, pair));
            source.text += "}\n";
        };
        add(&mut source, "plain", Written::Plain);
        if let State::Both = state {
            add(&mut source, "cache", Written::Marked);
            pairs += &pair_of(program, pair);
        }
        source.text += "}\n";
    }
    let _ = writeln!(source.text, "use harness::{{Call, Meaning, Pair, Since}};");
    let _ = writeln!(source.text, "pub fn main() {{ harness::run_all(&[\n{pairs}]); }}");
    source
}

/// What the harness has to know.
fn pair_of(program: &Program, pair: usize) -> String {
    let calls: Vec<String> = program
        .calls
        .iter()
        .map(|call| {
            format!("Call {{ class: {:?}, unkeyed: {} }}", program.class(call), program.unkeyed(call))
        })
        .collect();
    let found = |which| program.options.iter().any(|option| option.found == which);
    // What cannot be read back may be found in memory.
    let unread = ["returns_unread", "returns_panics_read"].contains(&program.returns.feature);
    let hot = program.has("hot") || program.has("hot_small");
    let in_memory = unread && hot;
    let alike = program.kind == Kind::Twins && program.number.is_none();
    let found_again = match () {
        () if found(Found::Never) => Some(false),
        () if found(Found::Maybe) || alike || in_memory => None,
        () => Some(true),
    };
    let since = match &program.number {
        _ if found(Found::OtherCode) || program.kind.twins() => "Unsure",
        Some(_) => "Edited",
        None => "Unsure",
    };
    let fallible = program.returns.fails != Fails::No && program.returns.fails != Fails::Option;
    let fallible = fallible && !program.has("cache_err");
    format!(
        "Pair {{ number: {pair}, calls: &[{}], meaning: Meaning {{ fallible: {fallible}, found: {found_again:?}, \
         tracks_caller: {}, in_memory: {hot}, recursive: {} }}, since: Since::{since}, plain: p{pair}::plain::call, cached: p{pair}::cache::call }},\n",
        calls.join(", "),
        program.has("attr_track_caller"),
        program.has("recursion"),
    )
}
