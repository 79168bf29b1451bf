//! Attributes: which of them can change what a function computes.

use super::digest::{write_meaningful, write_token};
use super::token::{Kind, Tokens};
use std::ops::Range;

/// `#[..]` or `#![..]`.
pub(super) struct Attribute {
    start: usize,
    /// Between the brackets.
    pub(super) inside: Range<usize>,
    pub(super) end: usize,
}

/// Attributes that say nothing about values.
const IDLE: [&str; 14] = [
    "doc",
    "allow",
    "warn",
    "deny",
    "expect",
    "forbid",
    "must_use",
    "inline",
    "cold",
    "deprecated",
    "rustfmt",
    "clippy",
    "track_caller",
    "tracked",
];

/// Of `#[cached(..)]`, the options that decide what a result means. Where and for how long it is stored does
/// not.
const CACHED_OPTIONS: [&str; 7] = ["ignore", "version", "salt", "depends", "code", "key", "cache_err"];

impl Attribute {
    pub(super) fn at(tokens: &Tokens, start: usize) -> Option<Self> {
        if !tokens.is_punct(start, '#') {
            return None;
        }
        let open = start + 1 + usize::from(tokens.is_punct(start + 1, '!'));
        let inside = tokens.is_open(open, "[").then(|| tokens.inside(open))?;
        Some(Self { start, inside, end: tokens.after(open) })
    }

    /// Whether nothing about values can depend on it.
    pub(super) fn is_idle(&self, tokens: &Tokens) -> bool {
        let first = tokens.ident(self.inside.start).unwrap_or("");
        IDLE.contains(&first) || IDLE.contains(&self.name(tokens))
    }

    /// The last word of the attribute's path.
    pub(super) fn name<'t>(&self, tokens: &'t Tokens) -> &'t str {
        let mut at = self.inside.start;
        while at + 3 < self.inside.end && tokens.is_path_sign(at + 1) {
            at += 3;
        }
        tokens.ident(at).unwrap_or("")
    }

    /// Feeds what matters of it to a digest.
    pub(super) fn write(&self, tokens: &Tokens, into: &mut Vec<u8>) {
        if self.is_idle(tokens) {
            return;
        }
        if self.name(tokens) == "derive" && tokens.is_open(self.inside.start + 1, "(") {
            // rustfmt makes one of several.
            for name in split_at_commas(tokens, tokens.inside(self.inside.start + 1)) {
                into.extend_from_slice(b"derive");
                write_meaningful(tokens, name, into);
            }
            return;
        }
        if self.name(tokens) != "cached" {
            for at in self.start..self.inside.start {
                write_token(tokens, at, into);
            }
            write_meaningful(tokens, self.inside.clone(), into);
            return into.push(Kind::Close as u8);
        }
        let Some(open) = self.inside.clone().find(|&at| tokens.kind(at) == Some(Kind::Open)) else { return };
        for option in split_at_commas(tokens, tokens.inside(open)) {
            if CACHED_OPTIONS.contains(&tokens.text(option.start)) {
                write_meaningful(tokens, option, into);
                into.push(Kind::Close as u8);
            }
        }
    }
}

/// The file that `#[path = ".."]`, alone or inside `cfg_attr`, names among these attributes.
pub(super) fn path_of(tokens: &Tokens, range: Range<usize>) -> Option<String> {
    range
        .clone()
        .find(|&at| tokens.is_ident(at, "path") && tokens.is_punct(at + 1, '='))
        .and_then(|at| string_value(tokens.text(at + 2)))
}

/// The value of a string literal.
pub(super) fn string_value(literal: &str) -> Option<String> {
    let raw = literal.strip_prefix('r').map(|rest| rest.trim_matches('#'));
    let inner = raw.unwrap_or(literal).strip_prefix('"')?.strip_suffix('"')?;
    if raw.is_none() && inner.contains('\\') {
        return syn::parse_str::<syn::LitStr>(literal).ok().map(|literal| literal.value());
    }
    Some(inner.to_owned())
}

/// The parts of a list, without the commas.
fn split_at_commas(tokens: &Tokens, range: Range<usize>) -> Vec<Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), range.start);
    for comma in tokens.trees(range.clone()).filter(|&at| tokens.is_punct(at, ',')) {
        parts.push(start..comma);
        start = comma + 1;
    }
    parts.push(start..range.end);
    parts.retain(|part| !part.is_empty());
    parts
}
