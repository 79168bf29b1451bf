//! Random loops, written twice: as plain `for` loops and the same in parallel. Both forms compile or neither
//! does, with the same warnings, and do the same when they run. What differs is made smaller and printed.
//!
//! The variables that say how long and what are described in `tests/pairs/mod.rs`; `ci/loop_pairs.sh SECONDS`
//! is the long run.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod batch;
mod generate;
// A crate of its own; here it is checked with the rest.
#[allow(dead_code, unused_imports, unreachable_pub, missing_docs)]
mod harness;
#[path = "../pairs/mod.rs"]
mod pairs;
mod program;
mod render;
mod shrink;

use pairs::compile::Written;
use pairs::random::{self, Switched};
use pairs::tools::Tools;
use pairs::{Failure, Feature, Pairs, Setting};
use program::Program;
use render::function;

struct Loops(Tools);

impl Pairs for Loops {
    type Program = Program;

    fn program(&self, seed: u64, switched: &Switched) -> Program {
        generate::program(seed, switched)
    }

    fn try_all(&self, setting: Setting, programs: &[Program], _: Option<&Failure>) -> Vec<Option<Failure>> {
        batch::try_all(&self.0, setting, programs)
    }

    fn edits(&self, program: &Program) -> Vec<Program> {
        shrink::edits(program)
    }

    fn features(&self, program: &Program) -> Vec<Feature> {
        program.features()
    }

    fn seed(&self, program: &Program) -> u64 {
        program.seed
    }

    fn shown(&self, program: &Program) -> String {
        [Written::Plain, Written::Marked].map(|written| function(program, written)).join("\n")
    }
}

#[test]
fn parallel_loops_are_their_plain_loops() {
    let kinds = pairs::search(&Loops(Tools::new("tests/loop_pairs/harness/mod.rs", &[])));
    assert!(kinds == 0, "{kinds} kinds of parallel loops are not their plain loops");
}
