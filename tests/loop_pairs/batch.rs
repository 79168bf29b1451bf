//! Compiles many pairs as one program and runs it.

use std::fmt::Write;
use std::process::Command;

use crate::pairs::compile::{Compile, Source, State, Written};
use crate::pairs::tools::Tools;
use crate::pairs::{Failure, Setting, child};
use crate::program::Program;
use crate::render::{caller, function};

/// What is wrong with each of these programs.
pub(crate) fn try_all(tools: &Tools, setting: Setting, programs: &[Program]) -> Vec<Option<Failure>> {
    let folder = tools.folder();
    let executable = folder.join("batch");
    // In a parallel loop every update of an accumulator is a use of it.
    let free = &["unused_assignments"];
    let compile = Compile { tools, setting, output: executable.clone(), arguments: &[], free };
    let mut failures = compile.pairs(programs.len(), |states| crate_of(programs, states));
    let runs = |failure: &Option<Failure>| failure.as_ref().is_none_or(Failure::runs);
    let all: Vec<usize> = (0..programs.len()).filter(|i| runs(&failures[*i])).collect();
    let command = || {
        let mut command = Command::new(&executable);
        command.env("JOBLIB_NUM_THREADS", "4");
        command
    };
    child::run(command, &folder.join("report"), all, &mut failures);
    let _ = std::fs::remove_dir_all(&folder);
    failures
}

fn crate_of(programs: &[Program], states: &[State]) -> Source {
    let mut source = Source::default();
    source.text += "#![allow(unused_parens, unused_imports, clippy::all)]\n";
    let mut pairs = String::new();
    for (pair, (program, state)) in programs.iter().zip(states).enumerate() {
        if let State::Out(_) = state {
            continue;
        }
        let _ = writeln!(
            source.text,
            "pub mod p{pair} {{\nuse harness::*;\n#[derive(Debug)] pub struct Host {{ pub step: i64 }}"
        );
        let form = |source: &mut Source, name: &str, written: Written| {
            let _ = writeln!(source.text, "pub mod {name} {{\n{USES}");
            source.add(pair, written, &function(program, written));
            source.text += "}\n";
        };
        form(&mut source, "plain", Written::Plain);
        if let State::Both = state {
            form(&mut source, "parallel", Written::Marked);
            source.add(pair, Written::Plain, &caller(program));
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
        source.text += "}\n";
    }
    let _ = writeln!(
        source.text,
        "use harness::{{Known, Pair}};\nfn main() {{ harness::run_all(&[\n{pairs}]); }}"
    );
    source
}

/// What the module of each form begins with.
pub(crate) const USES: &str = "use super::Host; use harness::*; use joblib::{parallel, parallel_for};\n\
    use std::collections::*; use std::sync::Mutex;";
