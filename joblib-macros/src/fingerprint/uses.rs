//! Import trees, one leaf at a time.

use super::token::{Kind, Tokens};
use std::ops::Range;

/// One name that a `use` brings, or a `*`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The name it has here; `None` for `*`.
    pub(super) name: Option<String>,
    /// The path it has there.
    pub(super) path: Vec<String>,
}

/// The words of the `use` from here to its semicolon: among them what it brings.
pub(super) fn leaf_names(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = &str> {
    let end = tokens.trees(range.clone()).find(|&at| tokens.is_punct(at, ';')).unwrap_or(range.end);
    (range.start..end).filter_map(|at| tokens.ident(at))
}

/// The leaves of what stands between `use` and the semicolon.
pub(super) fn leaves(tokens: &Tokens, range: Range<usize>) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    read_tree(tokens, range, &mut Vec::new(), &mut leaves);
    leaves
}

fn read_tree(tokens: &Tokens, range: Range<usize>, prefix: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let depth = prefix.len();
    let mut start = range.start;
    let mut at = range.start;
    loop {
        let ended = at >= range.end;
        if ended || tokens.is_punct(at, ',') || tokens.is_punct(at, ';') {
            close_leaf(tokens, start..at.min(range.end), depth, prefix, leaves);
            if ended {
                return;
            }
            start = at + 1;
        } else if tokens.is_open(at, "{") {
            read_tree(tokens, tokens.inside(at), prefix, leaves);
            prefix.truncate(depth);
            start = tokens.after(at);
        } else if let Some(segment) = tokens.ident(at)
            && segment != "as"
            && !(at > start && tokens.is_ident(at - 1, "as"))
        {
            prefix.push(segment.to_owned());
        }
        at = tokens.after(at);
    }
}

/// The tree that ended: `a::b`, `a::b as c`, `a::*` or `self`. After a group there is nothing left to close.
fn close_leaf(
    tokens: &Tokens,
    range: Range<usize>,
    depth: usize,
    prefix: &mut Vec<String>,
    leaves: &mut Vec<Leaf>,
) {
    if range.is_empty() {
        return prefix.truncate(depth);
    }
    let last = range.end - 1;
    if prefix.len() > depth + 1 || prefix.len() > 1 {
        // `a::{self}` imports `a`.
        prefix.truncate(prefix.len() - usize::from(prefix.last().is_some_and(|segment| segment == "self")));
    }
    let name = match tokens.kind(last) {
        Some(Kind::Ident) if last > range.start && tokens.is_ident(last - 1, "as") => {
            Some(tokens.text(last).to_owned())
        }
        Some(Kind::Ident) => prefix.last().cloned(),
        _ => None,
    };
    if name.is_some() || tokens.is_punct(last, '*') {
        leaves.push(Leaf { name, path: prefix.clone() });
    }
    prefix.truncate(depth);
}
