//! The program of a batch: makes the calls of its pairs and reports what differs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, Mutex};

use super::model::{Call, Expected, Kept, Meaning, Since, difference, outcome, same};
use super::places::{mem, set_root};
use super::report::Report;
use super::trace::{Event, note_panics, runs, taken};

/// A pair of a batch.
pub struct Pair {
    pub number: usize,
    pub calls: &'static [Call],
    pub meaning: Meaning,
    /// Of the other build.
    pub since: Since,
    pub plain: fn(usize),
    pub cached: fn(usize),
}

/// Whether bodies take some time, so that callers meet.
pub static RACING: AtomicBool = AtomicBool::new(false);

/// The arguments are what to try, the folder of all results, the file to report to and the numbers of the
/// pairs to run.
pub fn run_all(pairs: &[Pair]) {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, phase, root, report, numbers] = &arguments[..] else { panic!("four arguments") };
    set_root(root);
    let report = Report::new(report);
    let numbers: Vec<usize> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    note_panics();
    for pair in pairs.iter().filter(|pair| numbers.contains(&pair.number)) {
        report.start(pair.number);
        let plain: Vec<Vec<Event>> = (0..pair.calls.len()).map(|i| made(pair.plain, i)).collect();
        let after = || Kept::after(pair.meaning, pair.calls, &plain);
        let found = match phase.as_str() {
            "first" => in_turn(phase, pair, &plain, Kept::nothing(pair.meaning), &report),
            "again" | "readonly" => in_turn(phase, pair, &plain, after(), &report),
            "other" => {
                let kept = match pair.since {
                    Since::Edited => Kept::nothing(pair.meaning),
                    Since::Unsure => after().unsure(),
                };
                in_turn(phase, pair, &plain, kept, &report)
            }
            "off" | "refresh" => {
                let meaning = Meaning { found: Some(false), ..pair.meaning };
                in_turn(phase, pair, &plain, Kept::nothing(meaning), &report)
            }
            "race" => racing(pair, &plain, &report),
            other => panic!("no phase is called {other}"),
        };
        if let Some((kind, detail)) = found {
            report.fail(pair.number, kind, &format!("{phase}: {detail}"));
        }
    }
    report.end();
}

fn made(form: fn(usize), call: usize) -> Vec<Event> {
    drop(taken());
    form(call);
    taken()
}

/// One call after the other.
fn in_turn(
    phase: &str,
    pair: &Pair,
    plain: &[Vec<Event>],
    mut kept: Kept,
    report: &Report,
) -> Option<(&'static str, String)> {
    for (i, call) in pair.calls.iter().enumerate() {
        report.at(&format!("{phase}: call {i}"));
        let expected = kept.expected(*call, &plain[i]);
        let cached = made(pair.cached, i);
        if let Some((kind, text)) = difference(&plain[i], &cached, expected, pair.meaning) {
            return Some((kind, format!("call {i} {text}")));
        }
        kept.add(*call, &plain[i]);
    }
    None
}

const THREADS: usize = 4;

/// Several threads make the same call at once, after all that was kept is gone.
fn racing(pair: &Pair, plain: &[Vec<Event>], report: &Report) -> Option<(&'static str, String)> {
    if let Err(error) = mem(pair.number).clear() {
        return Some(("clear", error.to_string()));
    }
    RACING.store(true, Ordering::Relaxed);
    let mut kept = Kept::nothing(pair.meaning);
    let barrier = Barrier::new(THREADS);
    for (i, call) in pair.calls.iter().enumerate() {
        report.at(&format!("race: call {i}"));
        let before = runs();
        let made_here = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    barrier.wait();
                    let cached = made(pair.cached, i);
                    made_here.lock().unwrap().push(cached);
                });
            }
        });
        let ran = runs() - before;
        for cached in made_here.into_inner().unwrap() {
            if !same(outcome(&plain[i]), outcome(&cached), pair.meaning) {
                return Some(("race", format!("call {i}: plain {:?}, cached {cached:?}", plain[i])));
            }
        }
        let alone = !plain[i].contains(&Event::Run);
        let right = match kept.expected(*call, &plain[i]) {
            _ if pair.meaning.recursive => true,
            _ if alone => ran == 0,
            Expected::Hit => ran == 0,
            Expected::Miss if kept.shared(*call, &plain[i]) => ran == 1,
            _ => ran <= THREADS,
        };
        if !right {
            return Some(("race", format!("call {i}: ran {ran} times, plain {:?}", plain[i])));
        }
        kept.add(*call, &plain[i]);
    }
    RACING.store(false, Ordering::Relaxed);
    None
}
