//! The code that a fingerprint covers, seen from a macro call.

use super::crossing::{Start, closure};
use super::facts::Facts;
use super::index::Index;
use super::place::Place;
use super::program::Program;
use super::reached::Reached;
use super::stream::tokens_of;
use super::surroundings::Surroundings;
use super::{digest, header};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeSet;
use std::path::PathBuf;
use syn::Type;

/// The hash of some code, and what else it depends on that the compiler alone knows.
#[derive(Debug, Default)]
pub(super) struct Covered {
    pub(super) digest: u128,
    /// Predicates of `cfg`.
    pub(super) conditions: BTreeSet<String>,
    /// Names of environment variables.
    pub(super) variables: BTreeSet<String>,
    /// Files that macros may read, and that the compiler does not know of.
    pub(super) files: BTreeSet<PathBuf>,
    /// Whether there were too many of them.
    pub(super) is_cut: bool,
}

/// What is to be covered.
#[derive(Default)]
pub(super) struct Subject<'a> {
    pub(super) tokens: TokenStream,
    /// `Self`, where the macro sees the impl.
    pub(super) self_type: Option<&'a Type>,
    /// What it stands in, where that is another function: names can mean what its blocks hold.
    pub(super) surroundings: Option<&'a Surroundings>,
    /// A type all of whose methods count, called or not.
    pub(super) whole_type: Option<String>,
}

/// An item by itself.
pub(super) fn alone(tokens: TokenStream) -> Covered {
    covered(&Program::of_index(Index::default()), Subject { tokens, ..Subject::default() })
}

/// An item and all that it reaches in the program. Where no compiler runs, the item by itself.
pub(super) fn with_reachable(subject: Subject<'_>) -> Covered {
    match Program::of_process() {
        Some(program) => covered(program, subject),
        None => alone(subject.tokens),
    }
}

pub(super) fn covered(program: &Program, subject: Subject<'_>) -> Covered {
    let index = program.own().index();
    let place = place_of(subject.tokens.clone());
    let around = place.as_ref().and_then(|place| index.locate(&place.file, place.line));
    let self_type = subject.self_type.map(|self_type| tokens_of(self_type.to_token_stream()));
    let owner = match &self_type {
        Some(tokens) => header::implementation(tokens, 0..tokens.len()).owner,
        None => around.and_then(|id| index.item(id).owner()).map(str::to_owned),
    };
    let directory = place.as_ref().and_then(|place| place.file.parent());
    let tokens = tokens_of(subject.tokens);
    let mut facts = Facts::of_tokens(index, &tokens, directory);
    let local = subject.surroundings.and_then(|surroundings| {
        let items = surroundings.local_items(&tokens);
        let mut parts = vec![surroundings.digest(&items)];
        for item in &items {
            facts.add_code(index, surroundings.tokens(), item.clone(), directory, &mut parts);
        }
        (!items.is_empty()).then(|| digest::combine(&parts))
    });
    let start = Start {
        facts: &facts,
        module: around.map(|id| index.module(id)),
        owner: owner.as_deref(),
        whole_type: subject.whole_type.as_deref(),
        bounds: header::bounds(&tokens),
    };
    // The compiler's tokens do not say where they stand, the file's do.
    let positions = around.map_or(0, |id| index.facts(id).positions);
    let closure = closure(program, &start);
    let reached = Reached::of(program, &closure);
    let all = || reached.own.iter().copied().chain([&facts]);
    let conditions = all().flat_map(|facts| facts.conditions.iter().cloned());
    let variables = all().flat_map(|facts| facts.variables.iter().cloned());
    let files = all().flat_map(|facts| facts.files.iter().cloned());
    Covered {
        digest: digest::combine(&[facts.digest, reached.digest, local.unwrap_or(0), positions]),
        is_cut: all().any(|facts| facts.is_cut) || reached.is_cut,
        files: files.chain(reached.files).collect(),
        conditions: conditions.chain(reached.conditions).collect(),
        variables: variables.chain(reached.variables).collect(),
    }
}

/// Of the item: of its keyword or name if they were written in a file, else of the macro call.
fn place_of(item: TokenStream) -> Option<Place> {
    let words = item.into_iter().filter_map(|tree| match tree {
        TokenTree::Ident(word) => Some(word.span()),
        _ => None,
    });
    words.chain([Span::call_site()]).find_map(Place::of)
}
