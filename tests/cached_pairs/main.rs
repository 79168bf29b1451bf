//! Random functions, written twice: as they are and under `#[cached]`. Both forms compile or neither does,
//! with the same warnings. A call of the cached one that computes does what the plain one does, step by step;
//! one that finds a result gives the same value; in other processes, on racing threads and in another build
//! of the program as well. What differs is made smaller and printed.
//!
//! The variables that say how long and what are described in `tests/pairs/mod.rs`; with `JOBLIB_PAIRS_CHECK`
//! programs are only compiled, many more of them. `ci/cached_pairs.sh SECONDS` is the long run.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod batch;
mod generate;
// A crate of its own; here it is checked with the rest.
#[allow(dead_code, unused_imports, unreachable_pub, missing_docs)]
mod harness;
#[path = "../pairs/mod.rs"]
mod pairs;
mod program;
mod refusals;
mod render;
mod shrink;

use pairs::compile::Written;
use pairs::random::{self, Switched};
use pairs::tools::Tools;
use pairs::{Failure, Feature, Pairs, Setting};
use program::Program;
use render::{Build, form};

const HARNESS: &str = "tests/cached_pairs/harness/mod.rs";

struct Functions(Tools);

impl Pairs for Functions {
    type Program = Program;

    // Each brings much generic code.
    const BATCH: u64 = 20;

    fn program(&self, seed: u64, switched: &Switched) -> Program {
        generate::program(seed, switched)
    }

    fn try_all(
        &self,
        setting: Setting,
        programs: &[Program],
        like: Option<&Failure>,
    ) -> Vec<Option<Failure>> {
        batch::try_all(&self.0, setting, programs, like)
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
        form(program, Written::Marked, Build::First, 0)
    }
}

#[test]
fn cached_functions_are_their_plain_functions() {
    let kinds = pairs::search(&Functions(Tools::new(HARNESS, &["serde"])));
    assert!(kinds == 0, "{kinds} kinds of cached functions are not their plain functions");
}

#[test]
fn what_cannot_be_cached_is_refused_where_it_is_wrong() {
    let tools = Tools::new(HARNESS, &["serde"]);
    for edition in ["2024", "2021"] {
        let wrong = refusals::wrong(&tools, Setting { edition, release: false });
        assert!(wrong.is_empty(), "edition {edition}:\n\n{}", wrong.join("\n\n"));
    }
}
