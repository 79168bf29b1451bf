//! The hash of a run of tokens: what they mean counts, how they are laid out does not.
//!
//! Left out are: comments and documentation, white space, a comma before a closing delimiter (but for the tuple of
//! one), attributes that cannot change a value, and of `#[cached(..)]` the options that cannot.

use super::token::{Kind, Tokens};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_128;

/// The hash of these tokens.
pub(super) fn digest(tokens: &Tokens, range: Range<usize>) -> u128 {
    let mut bytes = Vec::with_capacity(range.len() * 8);
    write_meaningful(tokens, range, &mut bytes);
    xxh3_128(&bytes)
}

/// One hash of several, whose order counts.
pub(super) fn combine(parts: &[u128]) -> u128 {
    let bytes: Vec<u8> = parts.iter().flat_map(|part| part.to_le_bytes()).collect();
    xxh3_128(&bytes)
}

fn write_meaningful(tokens: &Tokens, range: Range<usize>, into: &mut Vec<u8>) {
    let mut at = range.start;
    while at < range.end {
        if let Some(attribute) = Attribute::at(tokens, at) {
            at = attribute.end;
            attribute.write(tokens, into);
            continue;
        }
        match tokens.kind(at) {
            Some(Kind::Open) => {
                let inside = tokens.inside(at);
                let end = if is_idle_comma(tokens, at) { inside.end - 1 } else { inside.end };
                write_token(tokens, at, into);
                write_meaningful(tokens, inside.start..end.min(range.end), into);
                into.push(Kind::Close as u8);
            }
            _ => write_token(tokens, at, into),
        }
        at = tokens.after(at);
    }
}

fn write_token(tokens: &Tokens, at: usize, into: &mut Vec<u8>) {
    let (Some(token), text) = (tokens.get(at), tokens.text(at)) else { return };
    into.push(
        token.kind as u8 | if token.joint && is_operator(text, tokens.text(at + 1)) { 0x80 } else { 0 },
    );
    into.extend_from_slice(&(text.len() as u32).to_le_bytes());
    into.extend_from_slice(text.as_bytes());
}

/// Whether two touching signs mean something else than the same signs apart: `&&`, but not the `>>` of `Vec<Vec<_>>`
/// or the `=-` of `x =-1`.
fn is_operator(first: &str, second: &str) -> bool {
    matches!(
        (first, second),
        ("&", "&" | "=")
            | ("|", "|" | "=")
            | ("<", "<" | "=" | "-")
            | ("=", "=" | ">")
            | ("-", ">" | "=")
            | (":", ":")
            | (".", "." | "=")
            | ("!" | "+" | "*" | "/" | "%" | "^", "=")
    )
}

/// Whether the group at `open` ends in a comma that rustfmt adds or removes at will.
fn is_idle_comma(tokens: &Tokens, open: usize) -> bool {
    let inside = tokens.inside(open);
    if inside.len() < 2 || !tokens.is_punct(inside.end - 1, ',') {
        return false;
    }
    tokens.text(open) != "(" || is_call(tokens, open) || top_level_commas(tokens, inside) > 1
}

/// Whether the parenthesis belongs to what stands before it: a call, a signature, a macro's arguments.
fn is_call(tokens: &Tokens, open: usize) -> bool {
    let Some(before) = open.checked_sub(1) else { return false };
    match tokens.kind(before) {
        Some(Kind::Ident) => !super::words::is_keyword(tokens.text(before)),
        Some(Kind::Close) => tokens.text(before) != "}",
        Some(Kind::Punct) => {
            tokens.is_punct(before, '!')
                && before.checked_sub(1).is_some_and(|name| tokens.ident(name).is_some())
        }
        _ => false,
    }
}

fn top_level_commas(tokens: &Tokens, range: Range<usize>) -> usize {
    let (mut at, mut commas) = (range.start, 0);
    while at < range.end {
        commas += usize::from(tokens.is_punct(at, ','));
        at = tokens.after(at);
    }
    commas
}

/// `#[..]` or `#![..]`.
pub(super) struct Attribute {
    start: usize,
    /// Between the brackets.
    pub(super) inside: Range<usize>,
    pub(super) end: usize,
}

impl Attribute {
    pub(super) fn at(tokens: &Tokens, start: usize) -> Option<Self> {
        if !tokens.is_punct(start, '#') {
            return None;
        }
        let open = if tokens.is_punct(start + 1, '!') { start + 2 } else { start + 1 };
        let inside = tokens.is_open(open, "[").then(|| tokens.inside(open))?;
        Some(Self { start, inside, end: tokens.after(open) })
    }

    /// The last word of the attribute's path.
    pub(super) fn name<'t>(&self, tokens: &'t Tokens) -> &'t str {
        let mut at = self.inside.start;
        while at + 3 < self.inside.end && tokens.is_punct(at + 1, ':') && tokens.is_punct(at + 2, ':') {
            at += 3;
        }
        tokens.ident(at).unwrap_or("")
    }

    fn write(&self, tokens: &Tokens, into: &mut Vec<u8>) {
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
        // Of `cached`, the options that decide what a result means. Where and how long it is kept does not.
        const OPTIONS: [&str; 7] = ["ignore", "version", "salt", "depends", "code", "key", "cache_err"];
        let name = self.name(tokens);
        let first = tokens.text(self.inside.start);
        if IDLE.contains(&name) || IDLE.contains(&first) {
            return;
        }
        if name != "cached" {
            for at in self.start..self.inside.start {
                write_token(tokens, at, into);
            }
            write_meaningful(tokens, self.inside.clone(), into);
            return into.push(Kind::Close as u8);
        }
        let Some(open) = self.inside.clone().find(|&at| tokens.kind(at) == Some(Kind::Open)) else { return };
        for option in split_at_commas(tokens, tokens.inside(open)) {
            if OPTIONS.contains(&tokens.text(option.start)) {
                write_meaningful(tokens, option, into);
                into.push(Kind::Close as u8);
            }
        }
    }
}

/// The parts of a list, without the commas.
pub(super) fn split_at_commas(tokens: &Tokens, range: Range<usize>) -> Vec<Range<usize>> {
    let (mut parts, mut start, mut at) = (Vec::new(), range.start, range.start);
    while at < range.end {
        if tokens.is_punct(at, ',') {
            parts.push(start..at);
            start = at + 1;
        }
        at = tokens.after(at);
    }
    parts.push(start..range.end);
    parts.retain(|part| !part.is_empty());
    parts
}
