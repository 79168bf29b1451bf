//! What generators of pairs have in common. A pair is one random program written twice, plainly and with a
//! macro of the library; many are compiled as one crate, compared when they run, and those that differ are
//! made smaller.
//!
//! | variable | |
//! |---|---|
//! | `JOBLIB_PAIRS_SECONDS` | how long to go on, 40 by default (types: 10) |
//! | `JOBLIB_PAIRS_SEED` | where to start, 0 by default |
//! | `JOBLIB_PAIRS_ONLY`, `JOBLIB_PAIRS_WITHOUT` | names of features, with commas in between |
//! | `JOBLIB_PAIRS_SHRINK` | how many failures to make smaller, 6 by default |

pub(crate) mod child;
pub(crate) mod compile;
// The harness of loops, a crate of its own, has it as well.
#[allow(unreachable_pub, clippy::duplicate_mod)]
mod mix;
pub(crate) mod random;
pub(crate) mod tools;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use random::Switched;

/// The name of something that generated programs may hold, to choose by.
pub(crate) type Feature = &'static str;

/// What both forms are compiled with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Setting {
    pub(crate) edition: &'static str,
    /// Optimised, overflow unchecked.
    pub(crate) release: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// `refused`, `warnings`, `result`, ..
    pub(crate) kind: String,
    pub(crate) detail: String,
}

impl Failure {
    /// The program runs, and what it does can be compared as well.
    pub(crate) fn runs(&self) -> bool {
        self.kind.ends_with("warnings")
    }

    /// What failures of one kind are told apart by: the code of an error or of a lint.
    fn code(&self) -> &str {
        match self.kind.as_str() {
            "refused" => self.detail.split_whitespace().next().unwrap_or_default(),
            _ if self.runs() => self.detail.split(['"', ':']).nth(1).unwrap_or_default(),
            _ => "",
        }
    }
}

/// A generator of programs, and how they are tried.
pub(crate) trait Pairs: Sync {
    type Program: Clone + Send;

    /// The pairs of one crate.
    const BATCH: u64 = 40;

    /// How long to go on where no variable says so.
    const SECONDS: u64 = 40;

    /// The program of a seed.
    fn program(&self, seed: u64, switched: &Switched) -> Self::Program;

    /// What is wrong with each of these programs; with `like`, only as far as a failure like that one can be
    /// told.
    fn try_all(
        &self,
        setting: Setting,
        programs: &[Self::Program],
        like: Option<&Failure>,
    ) -> Vec<Option<Failure>>;

    /// Programs that have something less, the much smaller ones first.
    fn edits(&self, program: &Self::Program) -> Vec<Self::Program>;

    /// Everything it holds that has a name.
    fn features(&self, program: &Self::Program) -> Vec<Feature>;

    fn seed(&self, program: &Self::Program) -> u64;

    /// Both forms, to read.
    fn shown(&self, program: &Self::Program) -> String;
}

struct Found<P> {
    setting: Setting,
    program: P,
    failure: Failure,
}

/// Tries random programs for some time and prints the smallest of each kind of failure; returns how many
/// there are.
pub(crate) fn search<P: Pairs>(pairs: &P) -> usize {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let seconds = Duration::from_secs(number("JOBLIB_PAIRS_SECONDS", P::SECONDS));
    let first = number("JOBLIB_PAIRS_SEED", 0);
    let most = number("JOBLIB_PAIRS_SHRINK", 6) as usize;
    let switched = Switched::from_environment();
    let start = Instant::now();
    let (next, tried) = (AtomicU64::new(0), AtomicU64::new(0));
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while start.elapsed() < seconds {
                    let batch = next.fetch_add(1, Ordering::Relaxed);
                    let failing = one_batch(pairs, &switched, first, batch);
                    tried.fetch_add(P::BATCH, Ordering::Relaxed);
                    found.lock().unwrap().extend(failing);
                }
            });
        }
    });
    let tried = tried.into_inner();
    println!("{tried} pairs from seed {first} in {:.0} s", start.elapsed().as_secs_f64());
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|found| pairs.seed(&found.program));
    report(pairs, found, most)
}

fn one_batch<P: Pairs>(pairs: &P, switched: &Switched, first: u64, batch: u64) -> Vec<Found<P::Program>> {
    // Every setting in turn.
    let (edition, release) =
        [("2024", false), ("2021", false), ("2024", true), ("2021", true)][batch as usize % 4];
    let setting = Setting { edition, release };
    let seeds = (0..P::BATCH).map(|i| first.wrapping_add(batch * P::BATCH + i));
    let programs: Vec<P::Program> = seeds.map(|seed| pairs.program(seed, switched)).collect();
    let failures = pairs.try_all(setting, &programs, None);
    let all = programs.into_iter().zip(failures);
    all.filter_map(|(program, failure)| Some(Found { setting, program, failure: failure? })).collect()
}

fn report<P: Pairs>(pairs: &P, found: Vec<Found<P::Program>>, most: usize) -> usize {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Found { failure, .. } in &found {
        *counts.entry(failure.kind.clone()).or_default() += 1;
    }
    println!("failures by kind: {counts:?}");
    let mut kinds = Vec::new();
    for Found { setting, program, failure } in found {
        if kinds.iter().any(|kind| explained(pairs, kind, &program, &failure)) {
            continue;
        }
        // Each step of a hang takes the watchdog's patience; what is invalid may become so in many ways.
        let (program, failure) = match kinds.len() < most && !["hang", "invalid"].contains(&&*failure.kind) {
            true => shrink(pairs, setting, program, failure),
            false => (program, failure),
        };
        let (seed, features) = (pairs.seed(&program), pairs.features(&program));
        println!("\n== seed {seed} {setting:?}: {} {features:?}\n{}", failure.kind, failure.detail);
        if kinds.len() < most {
            println!("{}", pairs.shown(&program));
        }
        kinds.push((program, failure));
    }
    kinds.len()
}

/// The smallest program found, and how it fails. All edits of a round are tried as one batch.
fn shrink<P: Pairs>(
    pairs: &P,
    setting: Setting,
    mut program: P::Program,
    mut failure: Failure,
) -> (P::Program, Failure) {
    loop {
        let candidates = pairs.edits(&program);
        let found = pairs.try_all(setting, &candidates, Some(&failure));
        let same = |found: &Option<Failure>| found.as_ref().is_some_and(|found| alike(found, &failure));
        let which: Vec<usize> = (0..candidates.len()).filter(|i| same(&found[*i])).collect();
        let Some(first) = which.first() else { return (program, failure) };
        program = candidates[*first].clone();
        failure = found[*first].clone().unwrap_or(failure);
    }
}

/// Whether a failure is likely the one that was made smaller already: it fails alike and has all that one
/// needs.
fn explained<P: Pairs>(
    pairs: &P,
    by: &(P::Program, Failure),
    program: &P::Program,
    failure: &Failure,
) -> bool {
    let features = pairs.features(program);
    alike(&by.1, failure) && pairs.features(&by.0).iter().all(|feature| features.contains(feature))
}

/// Whether a failure is the same as that before, not another that an edit brought about.
fn alike(a: &Failure, b: &Failure) -> bool {
    a.kind == b.kind && a.code() == b.code()
}
