//! What rustfmt writes otherwise without changing what it means: commas, braces around one expression, ..

use super::attribute::Attribute;
use super::token::{Kind, Tokens};
use super::words::is_keyword;
use std::ops::Range;

/// The body of a `match` arm.
pub(super) enum Body {
    /// A block of one expression: what is in it.
    Lone(Range<usize>),
    /// Up to here.
    Until(usize),
}

/// Whether two touching signs mean something else than the same signs apart: `&&`, but not the `>>` of
/// `Vec<Vec<_>>`, the `<<` of `Vec<<T as Trait>::Item>` or the `=-` of `x =-1`.
pub(super) fn is_operator(first: &str, second: &str) -> bool {
    matches!(
        (first, second),
        ("&", "&" | "=")
            | ("|", "|" | "=")
            | ("<", "=")
            | ("=", "=" | ">")
            | ("-", ">" | "=")
            | (":", ":")
            | (".", "." | "=")
            | ("!" | "+" | "*" | "/" | "%" | "^", "=")
    )
}

/// Whether the comma ends generic arguments or bounds.
pub(super) fn is_idle_comma(tokens: &Tokens, at: usize, end: usize, in_where: bool) -> bool {
    tokens.is_punct(at + 1, '>')
        || in_where && (at + 1 >= end || tokens.is_open(at + 1, "{") || tokens.is_punct(at + 1, ';'))
}

/// Whether the group at `open` ends in a comma that rustfmt adds or removes at will.
pub(super) fn ends_in_idle_comma(tokens: &Tokens, open: usize) -> bool {
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
        Some(Kind::Ident) => !is_keyword(tokens.text(before)),
        Some(Kind::Close) => tokens.text(before) != "}",
        Some(Kind::Punct) if tokens.is_punct(before, '!') => {
            before.checked_sub(1).is_some_and(|name| tokens.ident(name).is_some())
        }
        // `fn name<T>(..)`; in an expression, `a > (b,)` is rare.
        Some(Kind::Punct) => tokens.is_punct(before, '>') && follows_generics(tokens, before),
        _ => false,
    }
}

/// Whether the `>` closes the generics of a function or a tuple struct that is defined here.
fn follows_generics(tokens: &Tokens, close: usize) -> bool {
    let mut depth = 0usize;
    for at in (0..=close).rev() {
        if tokens.is_punct(at, '>') && !(at > 0 && tokens.is_punct(at - 1, '-')) {
            depth += 1;
        } else if tokens.is_punct(at, '<') {
            depth -= 1;
            if depth == 0 {
                let before = |steps: usize| at.checked_sub(steps).map_or("", |at| tokens.text(at));
                // Also a turbofish, and `Fn<..>(..)`.
                return matches!(before(2), "fn" | "struct" | "$") || before(1) == ":";
            }
        } else if matches!(tokens.kind(at), Some(Kind::Open)) && depth == 0 {
            return false;
        }
    }
    false
}

fn top_level_commas(tokens: &Tokens, range: Range<usize>) -> usize {
    tokens.trees(range).filter(|&at| tokens.is_punct(at, ',')).count()
}

/// Whether a semicolon says nothing: after another one, or at the end of a block after `return x`.
pub(super) fn is_idle_semicolon(tokens: &Tokens, at: usize, statement: usize, level: &Range<usize>) -> bool {
    if at == level.start || tokens.is_punct(at - 1, ';') {
        return true;
    }
    at + 1 == level.end && is_jump(tokens, statement)
}

fn is_jump(tokens: &Tokens, at: usize) -> bool {
    matches!(tokens.ident(at), Some("return" | "break" | "continue"))
}

/// Whether a statement ends with the token or group before `at`.
pub(super) fn ends_statement(tokens: &Tokens, last: usize, at: usize) -> bool {
    if tokens.kind(last) == Some(Kind::Close) && tokens.text(last) == "}" {
        return tokens.ident(at).is_some_and(|word| !matches!(word, "else" | "as"));
    }
    tokens.is_punct(last, ';')
}

/// Whether this is the inside of a `match`.
pub(super) fn has_arms(tokens: &Tokens, range: Range<usize>) -> bool {
    tokens.trees(range).any(|at| tokens.is_punct(at, '=') && tokens.is_punct(at + 1, '>'))
}

/// Whether the `|` stands before the first pattern of an arm.
pub(super) fn leads_arm(tokens: &Tokens, at: usize, start: usize) -> bool {
    at == start || tokens.is_punct(at - 1, ',') || matches!(tokens.text(at - 1), "}" | "]")
}

/// The body that begins here.
pub(super) fn body_of_arm(tokens: &Tokens, start: usize, end: usize) -> Body {
    if tokens.is_open(start, "{") {
        let inside = tokens.inside(start);
        return if is_lone(tokens, inside.clone()) {
            Body::Lone(inside)
        } else {
            Body::Until(tokens.after(start))
        };
    }
    let is_blocklike = matches!(
        tokens.ident(start),
        Some("if" | "match" | "loop" | "while" | "for" | "unsafe" | "async" | "const")
    );
    let ends = |&at: &usize| {
        let after = tokens.after(at);
        let goes_on = tokens.is_ident(after, "else")
            || tokens.is_punct(after, '.') && !tokens.is_punct(after + 1, '.')
            || tokens.is_punct(after, '?')
            || tokens.is_open(after, "{");
        tokens.is_punct(after, ',') || is_blocklike && tokens.is_open(at, "{") && !goes_on
    };
    Body::Until(tokens.trees(start..end).find(ends).map_or(end, |at| tokens.after(at)))
}

/// Whether the group stands around one expression, and only rustfmt wants it, or wants none.
pub(super) fn is_lone_expression(tokens: &Tokens, open: usize) -> bool {
    let inside = tokens.inside(open);
    match tokens.text(open) {
        // The body of a closure.
        "{" => {
            let after = tokens.after(open);
            let ends = tokens.kind(after).is_none_or(|kind| kind == Kind::Close)
                || tokens.is_punct(after, ',')
                || tokens.is_punct(after, ';');
            open > 0 && tokens.is_punct(open - 1, '|') && ends && is_lone(tokens, inside)
        }
        // `((a))`
        "(" => {
            !is_call(tokens, open)
                && tokens.is_open(inside.start, "(")
                && tokens.after(inside.start) == inside.end
        }
        _ => false,
    }
}

/// Whether a block holds an expression and nothing else.
fn is_lone(tokens: &Tokens, inside: Range<usize>) -> bool {
    let is_jump = is_jump(tokens, inside.start);
    let mut semicolons = tokens.trees(inside.clone()).filter(|&at| tokens.is_punct(at, ';'));
    !inside.is_empty()
        && Attribute::at(tokens, inside.start).is_none()
        && semicolons.all(|at| is_jump && at + 1 == inside.end)
}

/// Whether `extern` stands here without what it is short for.
pub(super) fn means_c(tokens: &Tokens, at: usize) -> bool {
    tokens.is_ident(at, "extern") && (tokens.is_ident(at + 1, "fn") || tokens.is_open(at + 1, "{"))
}

/// Whether the `in` of `pub(in crate)` stands here.
pub(super) fn is_idle_in(tokens: &Tokens, at: usize) -> bool {
    tokens.is_ident(at, "in")
        && at >= 2
        && tokens.is_ident(at - 2, "pub")
        && matches!(tokens.ident(at + 1), Some("crate" | "self" | "super"))
        && !tokens.is_path_sign(at + 2)
}

/// Whether the group holds the arguments of `vec!`, which are written in brackets.
pub(super) fn is_vec(tokens: &Tokens, open: usize) -> bool {
    open >= 2
        && tokens.is_punct(open - 1, '!')
        && tokens.is_ident(open - 2, "vec")
        && tokens.text(open) != "{"
}

/// Whether the group holds a macro's arguments or rules.
pub(super) fn is_macros(tokens: &Tokens, open: usize) -> bool {
    let is_name = |at: usize| tokens.ident(at).is_some_and(|name| !is_keyword(name));
    let is_named = |bang: usize| tokens.is_punct(bang, '!') && is_name(bang - 1);
    open >= 2 && is_named(open - 1) || open >= 3 && tokens.ident(open - 1).is_some() && is_named(open - 2)
}

/// Whether the group is what a rule of a macro stands for: rustfmt takes it for code.
pub(super) fn is_rule(tokens: &Tokens, open: usize) -> bool {
    open >= 2 && tokens.is_punct(open - 1, '>') && tokens.is_punct(open - 2, '=')
}

/// Whether this is the semicolon after a rule of a macro.
pub(super) fn ends_rules(tokens: &Tokens, at: usize) -> bool {
    let Some(close) = at.checked_sub(1).filter(|_| tokens.is_punct(at, ';')) else { return false };
    tokens.kind(close) == Some(Kind::Close) && is_rule(tokens, tokens.open_of(close))
}
