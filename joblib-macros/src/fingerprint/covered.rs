//! The code that a fingerprint covers, seen from a macro call.

use super::facts::Facts;
use super::index::Index;
use super::place::Place;
use super::reach::{Start, closure};
use super::stream::tokens_of;
use super::surroundings::Surroundings;
use super::{crate_root, digest, header};
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
    covered(&Index::default(), Subject { tokens, ..Subject::default() })
}

/// An item and all that it reaches in its crate. Where the crate's root is not to be found, the item by
/// itself.
pub(super) fn with_reachable(subject: Subject<'_>) -> Covered {
    match crate_root::find() {
        Some(root) => covered(&Index::of_crate(&root), subject),
        None => alone(subject.tokens),
    }
}

pub(super) fn covered(index: &Index, subject: Subject<'_>) -> Covered {
    let place = place_of(subject.tokens.clone());
    let around = place.as_ref().and_then(|place| index.locate(&place.file, place.line));
    let self_type = subject.self_type.map(|self_type| tokens_of(self_type.to_token_stream()));
    let owner = match &self_type {
        Some(tokens) => header::implementation(tokens, 0..tokens.len()).owner,
        None => around.and_then(|id| index.item(id).owner()).map(str::to_owned),
    };
    let directory = place.as_ref().and_then(|place| place.file.parent());
    let tokens = tokens_of(subject.tokens);
    let local = subject.surroundings.and_then(|surroundings| surroundings.local_digest(&tokens));
    let facts = Facts::of_tokens(index, &tokens, directory);
    let start = Start {
        facts: &facts,
        module: around.map(|id| index.module(id)),
        owner: owner.as_deref(),
        whole_type: subject.whole_type.as_deref(),
    };
    // The compiler's tokens do not say where they stand, the file's do.
    let positions = around.map_or(0, |id| index.facts(id).positions);
    let reached: Vec<&Facts> = closure(index, &start).into_iter().map(|id| index.facts(id)).collect();
    let mut digests: Vec<u128> = reached.iter().map(|facts| facts.digest).collect();
    digests.sort_unstable();
    digests.dedup();
    let all = || reached.iter().copied().chain([&facts]);
    Covered {
        digest: digest::combine(&[facts.digest, digest::combine(&digests), local.unwrap_or(0), positions]),
        conditions: all().flat_map(|facts| facts.conditions.iter().cloned()).collect(),
        variables: all().flat_map(|facts| facts.variables.iter().cloned()).collect(),
        files: all().flat_map(|facts| facts.files.iter().cloned()).collect(),
        is_cut: all().any(|facts| facts.is_cut),
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
