//! The names that a piece of code uses, and how.

use super::attribute::Attribute;
use super::token::{Kind, Tokens};
use super::variables::Variables;
use super::words::is_keyword;
use std::ops::Range;

/// One use of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mention<S> {
    /// By itself, or behind `crate::`, `self::`, `super::`.
    Plain(S),
    /// Before `::`: a type, a trait, a module.
    Prefix(S),
    /// Before `!`.
    Macro(S),
    /// `.name(..)`, or after something that is not a name: `<T as Trait>::name`.
    Method(S),
    /// `of::name`
    Qualified { of: S, name: S },
    /// A trait, in the head of its implementation.
    Implemented(S),
    /// Put together by a macro: may be any of these.
    Built(S),
}

impl<S: AsRef<str>> Mention<S> {
    /// The name that is used.
    pub(super) fn name(&self) -> &str {
        match self {
            Mention::Plain(name)
            | Mention::Prefix(name)
            | Mention::Macro(name)
            | Mention::Method(name)
            | Mention::Implemented(name)
            | Mention::Qualified { name, .. }
            | Mention::Built(name) => name.as_ref(),
        }
    }
}

impl Mention<&str> {
    pub(super) fn to_owned(self) -> Mention<String> {
        match self {
            Mention::Plain(name) => Mention::Plain(name.to_owned()),
            Mention::Prefix(name) => Mention::Prefix(name.to_owned()),
            Mention::Macro(name) => Mention::Macro(name.to_owned()),
            Mention::Method(name) => Mention::Method(name.to_owned()),
            Mention::Implemented(name) => Mention::Implemented(name.to_owned()),
            Mention::Built(name) => Mention::Built(name.to_owned()),
            Mention::Qualified { of, name } => {
                Mention::Qualified { of: of.to_owned(), name: name.to_owned() }
            }
        }
    }
}

/// Hands out every mention in the range.
pub(super) fn visit<'t>(tokens: &'t Tokens, range: Range<usize>, visit: &mut dyn FnMut(Mention<&'t str>)) {
    let variables = Variables::of(tokens, range.clone());
    let mut at = range.start;
    while at < range.end {
        if let Some(attribute) = Attribute::at(tokens, at) {
            in_attribute(tokens, &attribute, visit);
            at = attribute.end;
            continue;
        }
        let visit = &mut |mention: Mention<&'t str>| match mention {
            Mention::Plain(name) if variables.holds(name, at) => {}
            mention => visit(mention),
        };
        match tokens.kind(at) {
            Some(Kind::Ident) => in_code(tokens, at, visit),
            Some(Kind::Literal) => in_format(tokens.text(at), visit),
            _ => {}
        }
        at += 1;
    }
}

/// Attributes are macros, or belong to a derive; they may call functions, by path or, as serde's do, by
/// string.
fn in_attribute<'t>(tokens: &'t Tokens, attribute: &Attribute, visit: &mut dyn FnMut(Mention<&'t str>)) {
    if attribute.is_idle(tokens) || matches!(attribute.name(tokens), "cached" | "cfg" | "test") {
        return;
    }
    let is_derive = attribute.name(tokens) == "derive";
    let is_macro =
        |at: usize| !tokens.is_path_sign(at + 1) && (is_derive || tokens.text(at) == attribute.name(tokens));
    for at in attribute.inside.clone() {
        match tokens.kind(at) {
            Some(Kind::Ident) if is_macro(at) => visit(Mention::Macro(tokens.text(at))),
            Some(Kind::Ident) => in_code(tokens, at, visit),
            Some(Kind::Literal) => {
                for word in words(tokens.text(at)) {
                    visit(Mention::Plain(word));
                    visit(Mention::Method(word));
                }
            }
            _ => {}
        }
    }
}

fn in_code<'t>(tokens: &'t Tokens, at: usize, visit: &mut dyn FnMut(Mention<&'t str>)) {
    let name = tokens.text(at);
    let is_prefix = tokens.is_path_sign(at + 1);
    if is_keyword(name) {
        return;
    }
    if is_prefix {
        visit(Mention::Prefix(name));
    }
    let is_macro = tokens.is_punct(at + 1, '!') && !tokens.is_punct(at + 2, '=');
    if is_macro {
        return visit(Mention::Macro(name));
    }
    let before = |steps: usize| at.checked_sub(steps);
    let sign_before = |sign: char| before(1).is_some_and(|at| tokens.is_punct(at, sign));
    if sign_before('.') && !before(2).is_some_and(|at| tokens.is_punct(at, '.')) {
        if is_prefix || tokens.is_open(at + 1, "(") {
            visit(Mention::Method(name));
        }
    } else if before(2).is_some_and(|at| tokens.is_path_sign(at)) {
        visit(match before(3).map_or("", |at| qualifier(tokens, at)) {
            "crate" | "self" | "super" => Mention::Plain(name),
            "" => Mention::Method(name),
            of => Mention::Qualified { of, name },
        });
    } else if !is_prefix && !sign_before('$') && !is_binding(tokens, at) {
        visit(Mention::Plain(name));
    }
}

/// What qualifies the name after the `::` that follows `last`: `Grid` in `Grid::<T>::new`, nothing in
/// `<T>::new`.
fn qualifier(tokens: &Tokens, last: usize) -> &str {
    let is_arrow = |at: usize| at > 0 && (tokens.is_punct(at - 1, '-') || tokens.is_punct(at - 1, '='));
    if !tokens.is_punct(last, '>') || is_arrow(last) {
        return tokens.ident(last).unwrap_or("");
    }
    let (mut depth, mut at) = (0usize, last);
    loop {
        if tokens.is_punct(at, '>') {
            depth += 1;
        } else if tokens.is_punct(at, '<') {
            depth -= 1;
        }
        let Some(before) = at.checked_sub(1) else { return "" };
        if depth == 0 {
            let is_turbofish = before >= 2 && tokens.is_path_sign(before - 1);
            return if is_turbofish { tokens.ident(before - 2).unwrap_or("") } else { "" };
        }
        at = before;
    }
}

/// Whether the name is only introduced here: a parameter, a field, a `let`, a function's own name.
fn is_binding(tokens: &Tokens, at: usize) -> bool {
    let is_named = tokens.is_punct(at + 1, ':');
    let before = at.checked_sub(1).map_or("", |at| tokens.text(at));
    let before_that = at.checked_sub(2).map_or("", |at| tokens.text(at));
    // `if let LIMIT = x` compares with a constant.
    let is_small = tokens.text(at).starts_with(|char: char| char == '_' || char.is_lowercase());
    let is_let = is_small && (before == "let" || (before == "mut" && before_that == "let"));
    is_named || matches!(before, "fn" | "trait") || (is_let && tokens.kind(at + 1) != Some(Kind::Open))
}

/// `format!("{NAME}")` uses `NAME`, and `"{:>WIDTH$.PRECISION$}"` these two.
fn in_format<'t>(literal: &'t str, visit: &mut dyn FnMut(Mention<&'t str>)) {
    for piece in literal.split('{').skip(1) {
        if let Some(name) = words(piece).next()
            && piece.starts_with(name)
        {
            visit(Mention::Plain(name));
        }
        let sizes = piece.split('}').next().unwrap_or("").split('$').rev().skip(1);
        for before in sizes {
            let is_word = |char: char| char == '_' || char.is_alphanumeric();
            let word = &before[before.rfind(|char| !is_word(char)).map_or(0, |at| next_char(before, at))..];
            // A zero before it is a flag.
            let name = word.trim_start_matches(|char: char| char.is_ascii_digit());
            if !name.is_empty() && !is_keyword(name) {
                visit(Mention::Plain(name));
            }
        }
    }
}

fn next_char(text: &str, at: usize) -> usize {
    at + text[at..].chars().next().map_or(1, char::len_utf8)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |char: char| char == '_' || char.is_alphanumeric();
    text.split(move |char| !is_word(char)).filter(|word| {
        word.starts_with(|char: char| char == '_' || char.is_alphabetic()) && !is_keyword(word)
    })
}
