//! Compiles many types as one program and runs it twice. What fails is tried once more beside other formats.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use crate::pairs::compile::{Compile, Source, State, Written};
use crate::pairs::tools::Tools;
use crate::pairs::{Failure, Setting, child};
use crate::program::{Is, Program};
use crate::render::module;

const CHECKS: &[&str] =
    &["files", "streams", "results", "arguments", "workers", "keys", "other_types", "other_number", "damage"];

/// How often other formats fail as well, by kind, and the shortest example.
pub(crate) type Excused = Mutex<BTreeMap<String, (usize, String)>>;

/// What is wrong with each of these programs; with `like`, only as far as a failure like that one can be
/// told.
pub(crate) fn try_all(
    tools: &Tools,
    excused: &Excused,
    setting: Setting,
    programs: &[Program],
    like: Option<&Failure>,
) -> Vec<Option<Failure>> {
    let mut batch = Batch {
        tools,
        setting,
        programs,
        folder: tools.folder(),
        left: (0..programs.len()).collect(),
        failures: vec![None; programs.len()],
    };
    let wanted = std::env::var("JOBLIB_TYPES_CHECKS").unwrap_or_default();
    let only = like.and_then(|like| like.detail.trim_start_matches("at ").split(':').next());
    let on = |check: &&str| match only {
        Some(name) => name == *check,
        None => wanted.is_empty() || wanted.split(',').any(|name| name == *check),
    };
    let checks: Vec<&str> = CHECKS.iter().copied().filter(on).collect();
    let Some(like) = like else {
        batch.run(&checks, false);
        batch.left.retain(|i| batch.failures[*i].as_ref().is_some_and(|failure| !failure.is_certain()));
        batch.left.iter().for_each(|i| batch.failures[*i] = None);
        if !batch.left.is_empty() {
            let found = batch.run(&checks, true);
            let mut all = excused.lock().unwrap();
            for (kind, detail) in found {
                let (count, example) = all.entry(kind).or_default();
                *count += 1;
                if *count == 1 || detail.len() < example.len() {
                    *example = detail;
                }
            }
        }
        return batch.end();
    };
    // Each takes a second to compile, and the first to fail is enough.
    for some in (0..programs.len()).collect::<Vec<_>>().chunks(SMALLER) {
        batch.left = some.to_vec();
        batch.run(&checks, true);
        if batch.failures.iter().flatten().any(|failure| failure.kind == like.kind) {
            break;
        }
    }
    batch.end()
}

/// How many of the smaller programs are tried at once.
const SMALLER: usize = 8;

impl Failure {
    /// Whether no other format need be asked.
    fn is_certain(&self) -> bool {
        ["invalid", "crash", "hang"].contains(&self.kind.as_str())
    }
}

struct Batch<'a> {
    tools: &'a Tools,
    setting: Setting,
    programs: &'a [Program],
    folder: PathBuf,
    /// Those to try.
    left: Vec<usize>,
    failures: Vec<Option<Failure>>,
}

impl Batch<'_> {
    fn end(self) -> Vec<Option<Failure>> {
        let _ = std::fs::remove_dir_all(&self.folder);
        self.failures
    }

    /// Tries those that are left; with `ask`, returns what serde is to blame for.
    fn run(&mut self, checks: &[&str], ask: bool) -> Vec<(String, String)> {
        let executable = self.compile(checks, ask);
        let mut excused = Vec::new();
        for phase in ["first", "again"] {
            let all = self.left.iter().copied().filter(|i| self.failures[*i].is_none()).collect();
            let stored = self.folder.join(if ask { "asked" } else { "stored" });
            let command = || {
                let mut command = Command::new(&executable);
                command.arg(phase).arg(&stored);
                command
            };
            let report = self.folder.join("report");
            child::run(command, &report, all, &mut self.failures);
            let text = std::fs::read_to_string(&report).unwrap_or_default();
            let found = text.lines().filter_map(|line| line.strip_prefix("excused ")?.split_once('\t'));
            excused.extend(found.map(|(kind, detail)| (kind.to_owned(), detail.to_owned())));
        }
        excused
    }

    fn compile(&mut self, checks: &[&str], ask: bool) -> PathBuf {
        let Self { tools, setting, programs, .. } = *self;
        let output = self.folder.join(if ask { "asking" } else { "batch" });
        // Of a release its arithmetic is wanted: optimising takes long.
        let arguments = ["--crate-name=batch", "-Copt-level=0"];
        let compile = Compile { tools, setting, output: output.clone(), arguments: &arguments, free: &[] };
        let failures =
            compile.pairs(programs.len(), |states| crate_of(programs, states, &self.left, checks, ask));
        for i in &self.left {
            self.failures[*i].clone_from(&failures[*i]);
        }
        output
    }
}

fn crate_of(programs: &[Program], states: &[State], wanted: &[usize], checks: &[&str], ask: bool) -> Source {
    let mut source = Source::default();
    source.text += "#![allow(warnings)]\n#![recursion_limit = \"1024\"]\n";
    let mut types = String::new();
    for (number, (program, state)) in programs.iter().zip(states).enumerate() {
        if matches!(state, State::Out(_)) || !wanted.contains(&number) {
            continue;
        }
        let _ = writeln!(source.text, "pub mod p{number} {{");
        source.add(number, Written::Plain, &module(program));
        source.text += "}\n";
        types += &of_program(number, program, checks, ask);
    }
    source.text += "use harness::Type;\nfn main() { harness::run_all(&[\n";
    source.text += &types;
    source.text += "]); }\n";
    source
}

/// What the harness has to know.
fn of_program(number: usize, program: &Program, checks: &[&str], ask: bool) -> String {
    let root = format!("p{number}::Root");
    let (local, other_number) = (program.any(Is::Local), program.with_other_number().is_some());
    let mut list = String::new();
    for check in checks {
        let types = match *check {
            "workers" if local => continue,
            // An error is not kept.
            "results" if program.is_result() => continue,
            "other_number" if !other_number => continue,
            "other_number" => format!("{root}, p{number}::other::Root"),
            _ => root.clone(),
        };
        let _ = write!(list, "({check:?}, harness::{check}::<{types}>), ");
    }
    let others = if ask { format!("Some(harness::other_formats::<{root}>)") } else { "None".to_owned() };
    format!(
        "Type {{ number: {number}, seed: {}, values: {}, cells: {}, checks: &[{list}], \
         load: harness::load_as::<{root}>, other_formats: {others} }},\n",
        program.seed,
        program.values,
        program.any(Is::Cell),
    )
}
