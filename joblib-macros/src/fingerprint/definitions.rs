//! What the crate's own macros make of their calls, as far as their definitions say.

use super::header;
use super::inclusion::{self, Template};
use super::items::{end_of_statement, first_word};
use super::token::{Kind, Tokens};
use super::uses;
use super::words::{is_keyword, is_std};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

/// A macro, with all that it calls.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    /// What it names its items, and the types that it implements something for.
    pub(super) names: BTreeSet<String>,
    /// The traits that it implements.
    pub(super) traits: BTreeSet<String>,
    /// Whether it makes up names, as by `paste!`.
    pub(super) builds_names: bool,
    /// What it makes them of, besides what comes with the call.
    pub(super) pieces: BTreeSet<String>,
    /// The paths that it makes of what comes with the call.
    pub(super) paths: Vec<Template>,
    /// The names of environment variables that it makes so.
    pub(super) variables: Vec<Template>,
    /// Whether it tells where the call stands.
    pub(super) tells_position: bool,
    /// Macros that it calls, its own calls left out.
    pub(super) calls: BTreeSet<String>,
}

impl Definition {
    /// Of the tokens from `macro_rules` on.
    fn read(tokens: &Tokens, range: Range<usize>) -> Self {
        let mut found = Self::default();
        let mut at = range.start;
        while at < range.end {
            at = match tokens.ident(at) {
                Some("impl") => found.implementation(tokens, at, range.end),
                Some(word) => {
                    found.word(tokens, at, word, range.end);
                    at + 1
                }
                None => at + 1,
            };
        }
        for group in inclusion::built_names(tokens, range.clone()) {
            found.builds_names = true;
            found.pieces.extend(inclusion::pieces(tokens, group));
        }
        found.paths = inclusion::templates(tokens, range.clone());
        found.variables = inclusion::variable_templates(tokens, range.clone());
        found.tells_position = inclusion::positions(tokens, range).next().is_some();
        found
    }

    fn word(&mut self, tokens: &Tokens, at: usize, word: &str, end: usize) {
        let after = at + 1 + usize::from(tokens.is_ident(at + 1, "mut") || tokens.is_ident(at + 1, "ref"));
        let named = || tokens.ident(after).filter(|name| !is_keyword(name)).map(str::to_owned);
        match word {
            "fn" | "const" | "static" | "struct" | "union" | "type" | "mod" => self.names.extend(named()),
            "enum" | "trait" => {
                self.names.extend(named());
                let body = tokens.trees(at..end).find(|&at| tokens.kind(at) != Some(Kind::Ident));
                if let Some(open) = body.filter(|&at| tokens.is_open(at, "{")) {
                    let read = if word == "enum" { header::variants } else { header::members };
                    self.names.extend(read(tokens, tokens.inside(open)));
                }
            }
            "use" => {
                let leaves = uses::leaves(tokens, at + 1..end_of_statement(tokens, at, end));
                self.names.extend(leaves.into_iter().filter_map(|leaf| leaf.name));
            }
            "macro_rules" if tokens.is_punct(at + 1, '!') => {
                self.names.extend(tokens.ident(at + 2).map(str::to_owned));
            }
            "concat_idents" if tokens.is_punct(at + 1, '!') => self.builds_names = true,
            _ => {}
        }
        if tokens.is_punct(at + 1, '!') && tokens.kind(at + 2) == Some(Kind::Open) {
            self.calls.insert(word.to_owned());
        }
    }

    /// The types and the trait in the head; gives the index behind the body.
    fn implementation(&mut self, tokens: &Tokens, at: usize, end: usize) -> usize {
        let level = tokens.trees(at + 1..end).take_while(|&at| tokens.kind(at) != Some(Kind::Close));
        let Some(open) = level.into_iter().find(|&at| tokens.is_open(at, "{")) else { return at + 1 };
        let heading = header::implementation(tokens, at + 1..open);
        self.traits.extend(heading.of);
        self.names.extend(heading.types.into_iter().filter(|name| !is_std(name)));
        tokens.after(open)
    }

    /// Adds what another macro makes, which this one calls.
    fn add(&mut self, called: &Self) {
        self.names.extend(called.names.iter().cloned());
        self.traits.extend(called.traits.iter().cloned());
        self.builds_names |= called.builds_names;
        self.pieces.extend(called.pieces.iter().cloned());
        self.paths.extend(called.paths.iter().cloned());
        self.variables.extend(called.variables.iter().cloned());
        self.tells_position |= called.tells_position;
        self.calls.extend(called.calls.iter().cloned());
    }
}

/// The macros of a crate by name.
#[derive(Debug, Default)]
pub(super) struct Definitions(HashMap<String, Definition>);

impl Definitions {
    /// Of these items; several of one name are taken together.
    pub(super) fn of<'t>(macros: impl Iterator<Item = (&'t str, &'t Tokens, Range<usize>)>) -> Self {
        let mut single: HashMap<String, Definition> = HashMap::new();
        for (name, tokens, range) in macros {
            let start = first_word(tokens, range.start);
            single.entry(name.to_owned()).or_default().add(&Definition::read(tokens, start..range.end));
        }
        let whole = single.keys().map(|name| (name.clone(), with_calls(&single, name))).collect();
        Self(whole)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Definition> {
        self.0.get(name)
    }
}

/// A macro with those that it calls, and so on.
fn with_calls(single: &HashMap<String, Definition>, name: &str) -> Definition {
    let mut whole = Definition::default();
    let (mut seen, mut pending) = (BTreeSet::from([name]), vec![name]);
    while let Some(definition) = pending.pop().and_then(|name| single.get(name)) {
        whole.add(definition);
        pending.extend(
            definition
                .calls
                .iter()
                .map(String::as_str)
                .filter(|name| single.contains_key(*name) && seen.insert(name)),
        );
    }
    whole
}
