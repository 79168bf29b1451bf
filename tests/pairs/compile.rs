//! One crate of many pairs: what does not compile is found by the lines of the messages and left out.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::tools::{Diagnostic, Tools};
use super::{Failure, Setting};

/// The two forms of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    Plain,
    /// What the attribute, or the macro, makes of it.
    Marked,
}

/// What of a pair is in the crate.
#[derive(Clone)]
pub(crate) enum State {
    Both,
    /// The marked form was refused, with this message. The plain one may be as well.
    Plain(String),
    Out(Failure),
}

/// A crate as text, and where in it the forms of the pairs stand.
#[derive(Default)]
pub(crate) struct Source {
    pub(crate) text: String,
    places: Vec<Place>,
}

struct Place {
    pair: usize,
    written: Written,
    lines: Range<usize>,
}

impl Source {
    /// Adds lines that belong to one form.
    pub(crate) fn add(&mut self, pair: usize, written: Written, lines: &str) {
        let first = self.text.lines().count() + 1;
        self.text += lines;
        self.places.push(Place { pair, written, lines: first..self.text.lines().count() + 1 });
    }

    fn place(&self, diagnostic: &Diagnostic) -> Option<&Place> {
        let line = diagnostic.at?.start.0;
        self.places.iter().find(|place| place.lines.contains(&line))
    }
}

/// How a crate of pairs is compiled.
pub(crate) struct Compile<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) setting: Setting,
    /// To this file, from one of the same name that ends in `.rs`.
    pub(crate) output: PathBuf,
    pub(crate) arguments: &'a [&'a str],
    /// Lints that may differ.
    pub(crate) free: &'a [&'a str],
}

impl Compile<'_> {
    /// Compiles the crate that `write` makes of those pairs whose forms compile.
    pub(crate) fn pairs(&self, count: usize, write: impl Fn(&[State]) -> Source) -> Vec<Option<Failure>> {
        let mut states = vec![State::Both; count];
        let file = self.output.with_extension("rs");
        let output = format!("-o{}", self.output.display());
        let arguments = [self.arguments, &[output.as_str()]].concat();
        loop {
            let source = write(&states);
            std::fs::write(&file, &source.text).unwrap();
            let (success, diagnostics) = self.tools.compile(self.setting, &file, &arguments);
            if success {
                let all = states.into_iter().enumerate();
                return all.map(|(pair, state)| self.failure(pair, state, &source, &diagnostics)).collect();
            }
            if !leave_out(&mut states, &source, &diagnostics) {
                give_up(&file, &diagnostics);
            }
        }
    }

    fn failure(
        &self,
        pair: usize,
        state: State,
        source: &Source,
        diagnostics: &[Diagnostic],
    ) -> Option<Failure> {
        match state {
            State::Out(failure) => return Some(failure),
            State::Plain(message) => return Some(Failure { kind: "refused".to_owned(), detail: message }),
            State::Both => {}
        }
        let warnings = |written: Written| {
            let mut all: Vec<_> = diagnostics
                .iter()
                .filter(|warning| {
                    source.place(warning).is_some_and(|p| p.pair == pair && p.written == written)
                })
                .filter(|warning| !self.free.contains(&warning.code.as_str()))
                .map(|warning| format!("{}: {}", warning.code, warning.message))
                .collect();
            all.sort();
            all
        };
        let (plain, marked) = (warnings(Written::Plain), warnings(Written::Marked));
        let (missing, more) = (without(&plain, &marked), without(&marked, &plain));
        (!missing.is_empty() || !more.is_empty()).then(|| Failure {
            kind: if more.is_empty() { "fewer warnings" } else { "warnings" }.to_owned(),
            detail: format!("of the plain form alone {missing:?}, of the marked one {more:?}"),
        })
    }
}

/// Takes the forms that have errors out. Whether there were such.
fn leave_out(states: &mut [State], source: &Source, diagnostics: &[Diagnostic]) -> bool {
    let mut found = false;
    for error in diagnostics.iter().filter(|diagnostic| diagnostic.error) {
        let Some(Place { pair, written, .. }) = source.place(error) else { continue };
        let message = format!("{} {}\n{}", error.code, error.message, error.rendered);
        match (&states[*pair], written) {
            (State::Both, Written::Marked) => states[*pair] = State::Plain(message),
            (State::Both | State::Plain(_), Written::Plain) => {
                states[*pair] = State::Out(Failure { kind: "invalid".to_owned(), detail: message });
            }
            _ => continue,
        }
        found = true;
    }
    found
}

fn give_up(file: &Path, diagnostics: &[Diagnostic]) -> ! {
    let kept = std::env::temp_dir().join("pairs_failing.rs");
    let _ = std::fs::copy(file, &kept);
    let all: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.rendered.as_str()).collect();
    panic!("errors outside of all pairs, see {kept:?}:\n{}", all.join("\n"));
}

/// The warnings that have no other of their code in `others`.
fn without(all: &[String], others: &[String]) -> Vec<String> {
    let code = |text: &String| text.split(':').next().unwrap_or_default().to_owned();
    let mut left: Vec<String> = others.iter().map(code).collect();
    let unmatched = move |text: &&String| match left.iter().position(|other| *other == code(text)) {
        Some(at) => {
            left.remove(at);
            false
        }
        None => true,
    };
    all.iter().filter(unmatched).cloned().collect()
}
