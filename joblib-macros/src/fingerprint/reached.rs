//! What is reached, as a hash: the items, and what else counts of the other crates.

use super::compilation::Cfg;
use super::crossing::Closure;
use super::digest;
use super::facts::Facts;
use super::leads::CrateId;
use super::lexer::lex;
use super::manifest::Manifest;
use super::modules::load;
use super::native;
use super::program::{Crate, Kind, OWN, Program};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

/// The hash, and what the compiler adds to it.
pub(super) struct Reached<'p> {
    pub(super) digest: u128,
    /// Of the items of the own crate.
    pub(super) own: Vec<&'p Facts>,
    /// Of other crates: predicates of `cfg` that hold there if they hold here.
    pub(super) conditions: BTreeSet<String>,
    /// Of other crates: files that macros may read.
    pub(super) files: BTreeSet<PathBuf>,
    /// Whether there were too many of them.
    pub(super) is_cut: bool,
    /// Of other crates: variables of the environment that both are built in.
    pub(super) variables: BTreeSet<String>,
}

impl<'p> Reached<'p> {
    pub(super) fn of(program: &'p Program, closure: &Closure) -> Self {
        let mut by_crate: BTreeMap<CrateId, Vec<&'p Facts>> = BTreeMap::new();
        let mut foreign: BTreeSet<CrateId> = BTreeSet::new();
        for &(krate, id) in &closure.items {
            let index = program.crates[krate].index();
            by_crate.entry(krate).or_default().push(index.facts(id));
            if index.is_foreign_item(id) {
                foreign.insert(krate);
            }
        }
        let own = by_crate.remove(&OWN).unwrap_or_default();
        let mut reached = Self {
            digest: 0,
            own,
            conditions: BTreeSet::new(),
            variables: BTreeSet::new(),
            files: BTreeSet::new(),
            is_cut: false,
        };
        let mut parts =
            BTreeSet::from([digest::combine_unordered(reached.own.iter().map(|facts| facts.digest))]);
        for &id in &closure.crates {
            let facts = by_crate.remove(&id).unwrap_or_default();
            parts.extend(reached.crate_parts(program, id, &facts));
        }
        for id in foreign {
            parts.extend(native_code(&program.crates[id]));
        }
        reached.digest = digest::combine(&Vec::from_iter(parts));
        reached
    }

    /// What counts of another crate.
    fn crate_parts(&mut self, program: &Program, id: CrateId, facts: &[&Facts]) -> Vec<u128> {
        let krate = &program.crates[id];
        let always = krate.parts.get_or_init(|| match &krate.kind {
            Kind::Locked => locked(program, krate),
            Kind::Compiled => compiled(krate),
            Kind::Sources { .. } => krate.manifest().and_then(build_script).into_iter().collect(),
        });
        let mut parts = always.clone();
        if facts.is_empty() {
            return parts;
        }
        let items = digest::combine_unordered(facts.iter().map(|facts| facts.digest));
        parts.push(digest::combine(&[xxh3_128(krate.name.as_bytes()), items]));
        let conditions: BTreeSet<&String> = facts.iter().flat_map(|facts| &facts.conditions).collect();
        for condition in conditions {
            parts.extend(self.condition(krate, condition, program.own().cfg.as_ref()));
        }
        let variables =
            facts.iter().flat_map(|facts| facts.variables.iter().chain(&facts.variables_of_paths));
        let variables: BTreeSet<&String> = variables.collect();
        self.files.extend(facts.iter().flat_map(|facts| facts.files.iter().cloned()));
        self.is_cut |= facts.iter().any(|facts| facts.is_cut);
        parts.extend(self.variables(krate, &variables));
        parts
    }

    /// A predicate of `cfg` in another crate. Its target is that of this crate, its features are not.
    fn condition(&mut self, krate: &Crate, condition: &str, own: Option<&Cfg>) -> Vec<u128> {
        const COMMON: [&str; 4] = ["all", "any", "not", "test"];
        let tokens = lex(condition);
        let words = (0..tokens.len()).filter_map(|at| tokens.ident(at));
        if words.clone().any(|word| word == "feature") && krate.cfg.is_none() {
            return hash_in_name(krate);
        }
        // What only the crate's own build script can have set.
        let is_known = |word: &str| {
            word.starts_with("target_")
                || COMMON.contains(&word)
                || ["unix", "windows", "debug_assertions", "panic", "doc", "miri", "proc_macro"]
                    .contains(&word)
        };
        if krate.cfg.is_none() && !words.clone().all(is_known) {
            // Given to all crates.
            let given = words.clone().flat_map(|word| own.into_iter().flat_map(move |own| own.about(word)));
            let given: Vec<u128> = given.map(|option| xxh3_128(option.as_bytes())).collect();
            return match krate.options_of_build_script() {
                _ if krate.manifest().is_some_and(|manifest| manifest.build_script.is_none()) => given,
                Some(options) => {
                    let asked = options
                        .iter()
                        .filter(|option| words.clone().any(|word| option.split('=').next() == Some(word)));
                    asked.map(|option| xxh3_128(option.as_bytes())).chain(given).collect()
                }
                None => compiled(krate),
            };
        }
        // In another crate nothing is a test.
        self.conditions.insert(
            condition
                .split(' ')
                .map(|word| if word == "test" { "any()" } else { word })
                .collect::<Vec<_>>()
                .join(" "),
        );
        Vec::new()
    }

    /// Environment variables that another crate's code was built with.
    fn variables(&mut self, krate: &Crate, names: &BTreeSet<&String>) -> Vec<u128> {
        let Some(manifest) = krate.manifest() else { return Vec::new() };
        let mut parts = Vec::new();
        for name in names {
            let value = krate.dep_info().and_then(|info| info.variables.get(*name));
            if name.starts_with("CARGO_PKG_") {
                let about = || manifest.about.clone();
                let value = value.map_or_else(about, |value| format!("{name}={value:?}"));
                parts.push(xxh3_128(value.as_bytes()));
            } else if *name == "OUT_DIR" {
                // Where it is does not count, what is there does.
                let made = krate.built_from().unwrap_or_default();
                parts.extend(made.iter().filter_map(|path| file(path)));
            } else if !name.starts_with("CARGO_") {
                match value {
                    Some(value) => parts.push(xxh3_128(format!("{name}={value:?}").as_bytes())),
                    None => {
                        self.variables.insert((*name).clone());
                    }
                }
            }
        }
        parts
    }
}

/// The versions of a package and of all that it depends on.
fn locked(program: &Program, krate: &Crate) -> Vec<u128> {
    let closure = program.lock.closure(&krate.name, &krate.version);
    let mut parts = vec![xxh3_128(format!("{} {}", krate.name, krate.version).as_bytes())];
    parts.extend(closure.locked.iter().map(|line| xxh3_128(line.as_bytes())));
    let features = program.features.get(&krate.name).into_iter().flatten();
    parts.extend(features.map(|features| xxh3_128(format!("{} {features}", krate.name).as_bytes())));
    // Such a dependency has its sources at hand, but nobody knows what of it is used.
    if !closure.local.is_empty() {
        parts.extend(compiled(krate));
    }
    parts
}

/// The files by which a crate comes.
fn compiled(krate: &Crate) -> Vec<u128> {
    krate
        .artefacts
        .iter()
        .filter_map(|artefact| file(&artefact.with_extension("rmeta")).or_else(|| file(artefact)))
        .collect()
}

/// Cargo's hash in the names of these files: of the features, the profile and the target.
fn hash_in_name(krate: &Crate) -> Vec<u128> {
    let stems = krate.artefacts.iter().filter_map(|artefact| artefact.file_stem()?.to_str());
    stems.map(|stem| xxh3_128(stem.as_bytes())).collect()
}

/// What the build script says: it may decide what the crate's code is.
fn build_script(manifest: &Manifest) -> Option<u128> {
    let files = load(manifest.build_script.as_ref()?);
    let parts = files.iter().map(|file| digest::digest(&file.source.tokens, 0..file.source.tokens.len()));
    Some(digest::combine_unordered(parts))
}

/// What is written in other languages: code behind `extern` blocks.
fn native_code(krate: &Crate) -> Vec<u128> {
    let own = || Manifest::of(Path::new(&std::env::var_os("CARGO_MANIFEST_DIR")?));
    let found = if krate.manifest().is_none() { own() } else { None };
    let Some(manifest) = krate.manifest().or(found.as_ref()) else { return Vec::new() };
    build_script(manifest).into_iter().chain([native::digest(&manifest.directory)]).collect()
}

fn file(path: &Path) -> Option<u128> {
    std::fs::read(path).ok().map(|bytes| xxh3_128(&bytes))
}
