//! The names in a piece of code that nothing visible gives a meaning to: a macro may have made what they
//! mean.

use super::attribute::Attribute;
use super::compilation::Compilation;
use super::token::{Kind, Tokens};
use super::uses;
use super::words::{is_keyword, is_prelude, is_std};
use std::collections::HashSet;
use std::ops::Range;

/// The names that are neither bound here nor Rust's own, nor a dependency's, nor pass `is_known`.
pub(super) fn names(tokens: &Tokens, range: Range<usize>, is_known: impl Fn(&str) -> bool) -> Vec<&str> {
    let bound = bound(tokens, range.clone());
    let mut names = Vec::new();
    let mut at = range.start;
    while at < range.end {
        // Names of options.
        if tokens.is_ident(at, "cfg") && tokens.is_punct(at + 1, '!') {
            at = tokens.after(at + 2);
            continue;
        }
        if let Some(attribute) = Attribute::at(tokens, at) {
            at = attribute.end;
            continue;
        }
        if let Some(name) = tokens.ident(at)
            && begins_path(tokens, at)
            && !bound.contains(name)
            && !is_given_elsewhere(name)
            && !is_known(name)
        {
            names.push(name);
        }
        at += 1;
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn is_given_elsewhere(name: &str) -> bool {
    let is_crate = |build: &Compilation| build.externs.iter().any(|(known, _)| known == name);
    is_keyword(name) || is_std(name) || is_prelude(name) || Compilation::of_process().is_some_and(is_crate)
}

/// Whether the word is used, as the first of a path that does not lead elsewhere: no field, method, macro,
/// nor the name that something is given.
fn begins_path(tokens: &Tokens, at: usize) -> bool {
    let before = |steps: usize| at.checked_sub(steps);
    let is_sign = |steps: usize, sign: char| before(steps).is_some_and(|at| tokens.is_punct(at, sign));
    if tokens.is_punct(at + 1, '!') && tokens.kind(at + 2) == Some(Kind::Open) {
        return false;
    }
    if before(2).is_some_and(|at| tokens.is_path_sign(at)) {
        let first = before(3).map_or("", |at| tokens.text(at));
        return matches!(first, "crate" | "self" | "super");
    }
    let is_field = is_sign(1, '.') && !is_sign(2, '.');
    let is_named = gives_type(tokens, at + 1);
    // `$name`, and the `ident` of `$name:ident`.
    let is_fragment = is_sign(1, '$') || (is_sign(1, ':') && is_sign(3, '$'));
    !is_field && !is_named && !is_fragment
}

/// The names that the code gives to something itself.
fn bound(tokens: &Tokens, range: Range<usize>) -> HashSet<&str> {
    let mut bound = HashSet::new();
    for at in range.clone() {
        match tokens.ident(at) {
            Some("let") => {
                let ends = |at: &usize| {
                    !(tokens.is_punct(*at, '=')
                        || tokens.is_punct(*at, ';')
                        || tokens.kind(*at) == Some(Kind::Close))
                };
                in_pattern(tokens, tokens.trees(at + 1..range.end).take_while(ends), &mut bound);
            }
            Some("for") => {
                let ends = |at: &usize| !tokens.is_ident(*at, "in") && !tokens.is_open(*at, "{");
                in_pattern(tokens, tokens.trees(at + 1..range.end).take_while(ends), &mut bound);
            }
            Some(
                "fn" | "const" | "static" | "struct" | "enum" | "union" | "type" | "trait" | "mod" | "mut"
                | "ref",
            ) => {
                let name = at + 1 + usize::from(tokens.is_ident(at + 1, "mut"));
                bound.extend(tokens.ident(name));
                if tokens.is_punct(name + 1, '<') {
                    generics(tokens, name + 1, range.end, &mut bound);
                }
            }
            Some("impl") if tokens.is_punct(at + 1, '<') => generics(tokens, at + 1, range.end, &mut bound),
            Some("use") => {
                let leaves = uses::leaf_names(tokens, at + 1..range.end);
                bound.extend(leaves);
            }
            Some(name) if gives_type(tokens, at + 1) => {
                bound.insert(name);
            }
            // `(a, b): (u8, u8)`
            None if tokens.kind(at) == Some(Kind::Open) && gives_type(tokens, tokens.after(at)) => {
                in_pattern(tokens, std::iter::once(at), &mut bound);
            }
            None if tokens.is_punct(at, '|') => {
                let ends = |at: &usize| !tokens.is_punct(*at, '|') && !tokens.is_punct(*at, ';');
                in_pattern(tokens, tokens.trees(at + 1..range.end).take(64).take_while(ends), &mut bound);
            }
            None if tokens.is_punct(at, '=') && tokens.is_punct(at + 1, '>') => {
                in_arm(tokens, range.start, at, &mut bound);
            }
            _ => {}
        }
    }
    bound
}

/// Whether a colon by itself stands here.
fn gives_type(tokens: &Tokens, at: usize) -> bool {
    tokens.is_punct(at, ':') && !tokens.is_path_sign(at)
}

/// Names of variables begin with a small letter; others are constants or types, which a pattern only uses.
fn in_pattern<'t>(tokens: &'t Tokens, trees: impl Iterator<Item = usize>, bound: &mut HashSet<&'t str>) {
    for tree in trees {
        bound.extend((tree..tokens.after(tree)).filter_map(|at| variable(tokens, at)));
    }
}

/// The pattern before `=>`, back to where its arm begins.
fn in_arm<'t>(tokens: &'t Tokens, start: usize, end: usize, bound: &mut HashSet<&'t str>) {
    let mut depth = 0usize;
    for at in (start..end).rev() {
        match tokens.kind(at) {
            Some(Kind::Close) if depth == 0 && tokens.text(at) == "}" => return,
            Some(Kind::Close) => depth += 1,
            Some(Kind::Open) if depth == 0 => return,
            Some(Kind::Open) => depth -= 1,
            Some(Kind::Punct) if depth == 0 && tokens.is_punct(at, ',') => return,
            _ => bound.extend(variable(tokens, at)),
        }
    }
}

fn variable(tokens: &Tokens, at: usize) -> Option<&str> {
    let name = tokens.ident(at)?;
    let is_small = name.starts_with(|char: char| char == '_' || char.is_lowercase());
    let is_used = tokens.is_path_sign(at + 1) || tokens.is_open(at + 1, "(") || tokens.is_punct(at + 1, '!');
    (is_small && !is_used && !is_keyword(name)).then_some(name)
}

/// The parameters in the `<..>` that begins at `open`.
fn generics<'t>(tokens: &'t Tokens, open: usize, end: usize, bound: &mut HashSet<&'t str>) {
    let mut depth = 0usize;
    for at in tokens.trees(open..end) {
        if tokens.is_punct(at, '<') {
            depth += 1;
        } else if tokens.is_punct(at, '>') && !tokens.is_punct(at - 1, '-') {
            depth -= 1;
            if depth == 0 {
                return;
            }
        } else if depth == 1 && (tokens.is_punct(at - 1, '<') || tokens.is_punct(at - 1, ',')) {
            bound.extend(tokens.ident(at + usize::from(tokens.is_ident(at, "const"))));
        }
    }
}
