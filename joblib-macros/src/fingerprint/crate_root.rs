//! What the sources of the crate that is being compiled say about its modules and types.

use super::leads::CrateId;
use super::program::{Kind, OWN, Program};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The paths of the crate's modules, a line each, but for those that are a function's path too: what is in
/// one of these may be in the function.
///
/// A package's library and its program have one name: the program gets the modules of both.
pub(crate) fn modules_of_crate() -> Option<String> {
    let program = Program::of_process()?;
    let crates = [Some(OWN), library(program)].into_iter().flatten();
    let indices: Vec<_> = crates.map(|id| program.crates[id].index()).collect();
    let mut modules: BTreeSet<String> = indices.iter().flat_map(|index| index.module_paths()).collect();
    indices.iter().flat_map(|index| index.value_paths()).for_each(|path| {
        modules.remove(&path);
    });
    Some(Vec::from_iter(modules).join("\n"))
}

/// How many lifetimes a type of the crate has.
pub(crate) fn lifetimes_of(name: &str) -> usize {
    Program::of_process().map_or(0, |program| program.own().index().lifetimes_of(name))
}

/// That of the package whose program is compiled.
fn library(program: &Program) -> Option<CrateId> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?).canonicalize().ok()?;
    let is_it = |kind: &Kind| match kind {
        Kind::Sources { manifest: Some(manifest), .. } => {
            manifest.directory.canonicalize().is_ok_and(|directory| directory == package)
        }
        _ => false,
    };
    program.crates.iter().position(|other| is_it(&other.kind))
}
