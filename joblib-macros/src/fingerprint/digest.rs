//! The hash of a run of tokens: what they mean counts, how they are laid out does not.
//!
//! Left out are: comments and documentation, white space, a comma before a closing delimiter (but for the
//! tuple of one), attributes that cannot change a value, and of `#[cached(..)]` the options that cannot.

use super::attribute::Attribute;
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

pub(super) fn write_meaningful(tokens: &Tokens, range: Range<usize>, into: &mut Vec<u8>) {
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

pub(super) fn write_token(tokens: &Tokens, at: usize, into: &mut Vec<u8>) {
    let (Some(token), text) = (tokens.get(at), tokens.text(at)) else { return };
    into.push(
        token.kind as u8 | if token.joint && is_operator(text, tokens.text(at + 1)) { 0x80 } else { 0 },
    );
    into.extend_from_slice(&(text.len() as u32).to_le_bytes());
    into.extend_from_slice(text.as_bytes());
}

/// Whether two touching signs mean something else than the same signs apart: `&&`, but not the `>>` of
/// `Vec<Vec<_>>` or the `=-` of `x =-1`.
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
    tokens.trees(range).filter(|&at| tokens.is_punct(at, ',')).count()
}
