//! Values of random types, through all that takes values: dumps, streams, cached functions, worker processes,
//! keys. Each comes back equal to the bit, has one key, and another when it is changed; other types and
//! damaged files are errors.
//!
//! The variables that say how long and what are described in `tests/pairs/mod.rs`; `JOBLIB_TYPES_CHECKS`
//! names the checks to make, as `batch.rs` lists them. `ci/generated_types.sh SECONDS` is the long run.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod batch;
mod generate;
#[allow(dead_code, reason = "the other generators use it")]
#[path = "../pairs/mod.rs"]
mod pairs;
mod program;
mod render;
mod shrink;

use batch::Excused;
use pairs::random::Switched;
use pairs::tools::Tools;
use pairs::{Failure, Feature, Pairs, Setting};
use program::Program;

struct Types {
    tools: Tools,
    excused: Excused,
}

impl Pairs for Types {
    type Program = Program;

    const BATCH: u64 = 10;
    const SECONDS: u64 = 10;

    fn program(&self, seed: u64, switched: &Switched) -> Program {
        generate::program(seed, switched)
    }

    fn try_all(
        &self,
        setting: Setting,
        programs: &[Program],
        like: Option<&Failure>,
    ) -> Vec<Option<Failure>> {
        batch::try_all(&self.tools, &self.excused, setting, programs, like)
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
        render::shown(program)
    }
}

#[test]
fn values_of_any_type_come_back() {
    let types = Types { tools: Tools::built("harness"), excused: Excused::default() };
    let kinds = pairs::search(&types);
    for (kind, (count, example)) in types.excused.lock().unwrap().iter() {
        println!("lost by serde, too: {kind}, {count} times, such as {example}");
    }
    assert!(kinds == 0, "{kinds} kinds of values do not come back");
}
