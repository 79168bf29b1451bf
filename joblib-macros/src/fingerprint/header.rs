//! The heads of impls, and the names that enums and traits bring with them.

use super::attribute::Attribute;
use super::token::{Kind, Tokens};
use super::words::is_keyword;
use std::collections::BTreeSet;
use std::ops::Range;

/// Whose impl it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heading {
    /// The trait's last name, of a trait implementation.
    pub(super) of: Option<String>,
    /// The self type's last name outside generic arguments: `Grid` of `&'a crate::Grid<T>`.
    pub(super) owner: Option<String>,
    /// Every name in the self type and in the trait's arguments.
    pub(super) types: Vec<String>,
}

/// Reads what stands between `impl` and its block.
pub(super) fn implementation(tokens: &Tokens, range: Range<usize>) -> Heading {
    let start =
        if tokens.is_punct(range.start, '<') { after_generics(tokens, range.clone()) } else { range.start };
    let mut depth = 0usize;
    let (mut split, mut end) = (None, range.end);
    for at in tokens.trees(start..range.end) {
        depth = depth_after(tokens, at, depth);
        if depth == 0 && tokens.is_ident(at, "where") {
            end = at;
            break;
        }
        if depth == 0 && tokens.is_ident(at, "for") && !tokens.is_punct(at + 1, '<') {
            split = Some(at);
        }
    }
    let self_type = split.map_or(start, |at| at + 1)..end;
    let mut types = names_in(tokens, self_type.clone(), |_| true);
    let of = split.and_then(|at| last_outer_name(tokens, start..at));
    if let Some(at) = split {
        types.extend(names_in(tokens, start..at, |depth| depth > 0));
    }
    Heading { of, owner: last_outer_name(tokens, self_type), types }
}

/// The traits that a function's header asks of types that its callers choose.
pub(super) fn bounds(tokens: &Tokens) -> BTreeSet<String> {
    let body = tokens.trees(0..tokens.len()).filter(|&at| tokens.is_open(at, "{")).last();
    let (mut bounds, mut is_bound, mut parameters) = (BTreeSet::new(), false, 0);
    for at in 0..body.unwrap_or(tokens.len()) {
        if at >= parameters && tokens.is_open(at, "(") {
            parameters = tokens.after(at);
        }
        // Among the parameters a colon is followed by a type.
        let begins = tokens.is_punct(at, ':') && at >= parameters && !tokens.is_path_sign(at - 1);
        if begins || tokens.is_punct(at, '+') || tokens.is_ident(at, "dyn") || tokens.is_ident(at, "impl") {
            is_bound = true;
        } else if let (true, Some(name)) = (is_bound, tokens.ident(at).filter(|name| !is_keyword(name))) {
            if !tokens.is_path_sign(at + 1) {
                bounds.insert(name.to_owned());
                is_bound = false;
            }
        } else if tokens.is_punct(at, ',') {
            is_bound = false;
        }
    }
    bounds
}

/// The variants of an enum's body.
pub(super) fn variants(tokens: &Tokens, body: Range<usize>) -> Vec<String> {
    let (mut names, mut expected, mut at) = (Vec::new(), true, body.start);
    while at < body.end {
        if let Some(attribute) = Attribute::at(tokens, at) {
            at = attribute.end;
            continue;
        }
        if let (true, Some(name)) = (expected, tokens.ident(at)) {
            names.push(name.to_owned());
        }
        expected = tokens.is_punct(at, ',');
        at = tokens.after(at);
    }
    names
}

/// The functions and constants of a trait's body.
pub(super) fn members(tokens: &Tokens, body: Range<usize>) -> Vec<String> {
    let members = tokens.trees(body).filter(|&at| matches!(tokens.text(at), "fn" | "const"));
    let names = members.filter_map(|at| tokens.ident(at + 1)).filter(|name| !is_keyword(name));
    names.map(str::to_owned).collect()
}

/// The index after the `<..>` that begins the range.
fn after_generics(tokens: &Tokens, range: Range<usize>) -> usize {
    let mut depth = 0;
    let closes = |&at: &usize| {
        depth = depth_after(tokens, at, depth);
        depth == 0
    };
    tokens.trees(range.clone()).find(closes).map_or(range.end, |at| at + 1)
}

/// The nesting of angle brackets after this token; the `>` of `->` closes none.
fn depth_after(tokens: &Tokens, at: usize, depth: usize) -> usize {
    if tokens.is_punct(at, '<') {
        depth + 1
    } else if tokens.is_punct(at, '>') && !(at > 0 && tokens.is_punct(at - 1, '-')) {
        depth.saturating_sub(1)
    } else {
        depth
    }
}

fn last_outer_name(tokens: &Tokens, range: Range<usize>) -> Option<String> {
    let (mut depth, mut last) = (0, None);
    for at in tokens.trees(range) {
        depth = depth_after(tokens, at, depth);
        if let (0, Some(name)) = (depth, tokens.ident(at))
            && !is_keyword(name)
        {
            last = Some(name.to_owned());
        }
    }
    last
}

/// All names in the range, inside groups too, at these depths of angle brackets.
fn names_in(tokens: &Tokens, range: Range<usize>, wanted: impl Fn(usize) -> bool) -> Vec<String> {
    let (mut depth, mut names) = (0, Vec::new());
    for at in range {
        depth = depth_after(tokens, at, depth);
        if let (true, Some(Kind::Ident)) = (wanted(depth), tokens.kind(at))
            && !is_keyword(tokens.text(at))
        {
            names.push(tokens.text(at).to_owned());
        }
    }
    names
}
