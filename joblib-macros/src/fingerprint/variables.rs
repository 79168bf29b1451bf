//! Where a name stands for a variable: there it reaches nothing.

use super::layout::is_macros;
use super::token::{Kind, Tokens};
use super::words::is_keyword;
use std::collections::HashMap;
use std::ops::Range;

/// Parameters and `let` bindings by name, and where each is in scope.
#[derive(Debug, Default)]
pub(super) struct Variables<'t>(HashMap<&'t str, Vec<Range<usize>>>);

impl<'t> Variables<'t> {
    /// Of the functions in this range. Inside a macro's arguments nobody knows what is bound.
    pub(super) fn of(tokens: &'t Tokens, range: Range<usize>) -> Self {
        let mut found = Self::default();
        found.level(tokens, range);
        found
    }

    /// Whether the name that stands there is a variable.
    pub(super) fn holds(&self, name: &str, at: usize) -> bool {
        self.0.get(name).is_some_and(|scopes| scopes.iter().any(|scope| scope.contains(&at)))
    }

    fn level(&mut self, tokens: &'t Tokens, range: Range<usize>) {
        for at in tokens.trees(range.clone()) {
            match tokens.ident(at) {
                Some("let") if begins_statement(tokens, at, range.start) => {
                    let mut rest = tokens.trees(at + 1..range.end);
                    let Some(end) = rest.find(|&at| tokens.is_punct(at, ';')) else { continue };
                    let pattern = tokens.trees(at + 1..end).take_while(|&at| !ends_pattern(tokens, at));
                    self.bind(tokens, pattern, end + 1..range.end);
                }
                Some("fn") => self.parameters(tokens, at, range.end),
                None if tokens.kind(at) == Some(Kind::Open) && !is_macros(tokens, at) => {
                    self.level(tokens, tokens.inside(at));
                }
                _ => {}
            }
        }
    }

    fn parameters(&mut self, tokens: &'t Tokens, start: usize, end: usize) {
        let open = |delimiter: &'static str| {
            move |&at: &usize| tokens.is_open(at, delimiter) || tokens.is_punct(at, ';')
        };
        let Some(list) = tokens.trees(start..end).find(open("(")) else { return };
        let Some(body) = tokens.trees(list..end).find(open("{")) else { return };
        if !tokens.is_open(list, "(") || !tokens.is_open(body, "{") {
            return;
        }
        let mut in_pattern = true;
        for at in tokens.trees(tokens.inside(list)) {
            if ends_pattern(tokens, at) {
                in_pattern = false;
            } else if in_pattern {
                self.bind(tokens, [at].into_iter(), tokens.inside(body));
            }
            // Also a comma between generic arguments: what follows it there is no variable's name by its
            // case.
            in_pattern |= tokens.is_punct(at, ',');
        }
    }

    /// Binds the names in a pattern.
    fn bind(&mut self, tokens: &'t Tokens, trees: impl Iterator<Item = usize>, scope: Range<usize>) {
        for at in trees.flat_map(|tree| tree..tokens.after(tree)) {
            let Some(name) = tokens.ident(at) else { continue };
            let is_small = name.starts_with(|char: char| char == '_' || char.is_lowercase());
            let is_other = tokens.is_punct(at + 1, ':')
                || at > 0 && tokens.is_punct(at - 1, ':')
                || tokens.kind(at + 1) == Some(Kind::Open)
                || tokens.is_punct(at + 1, '!');
            // `name: Type` is cut at the colon.
            let is_field = is_other && tokens.is_punct(at + 1, ':') && !tokens.is_path_sign(at + 1);
            if is_small && !is_keyword(name) && (!is_other || is_field && is_whole(tokens, at)) {
                self.0.entry(name).or_default().push(scope.clone());
            }
        }
    }
}

/// Whether the name before a colon is all of the pattern, and no field of one.
fn is_whole(tokens: &Tokens, at: usize) -> bool {
    let before = at.checked_sub(1).map_or("", |at| tokens.text(at));
    matches!(before, "let" | "mut" | "(" | ",") && !is_in_braces(tokens, at)
}

/// Whether the innermost group around is one of braces whose fields a pattern names.
fn is_in_braces(tokens: &Tokens, at: usize) -> bool {
    let mut depth = 0usize;
    for at in (0..at).rev() {
        match tokens.kind(at) {
            Some(Kind::Close) => depth += 1,
            Some(Kind::Open) if depth == 0 => {
                return tokens.text(at) == "{" && at > 0 && tokens.ident(at - 1).is_some();
            }
            Some(Kind::Open) => depth -= 1,
            Some(Kind::Punct) if depth == 0 && tokens.is_punct(at, ';') => return false,
            _ => {}
        }
    }
    false
}

fn ends_pattern(tokens: &Tokens, at: usize) -> bool {
    tokens.is_punct(at, '=') || tokens.is_punct(at, ':') && !is_part_of_path(tokens, at)
}

fn is_part_of_path(tokens: &Tokens, at: usize) -> bool {
    tokens.is_path_sign(at) || at > 0 && tokens.is_path_sign(at - 1)
}

/// Whether a statement begins here, and not a condition as in `if let`.
fn begins_statement(tokens: &Tokens, at: usize, start: usize) -> bool {
    at == start || tokens.is_punct(at - 1, ';') || matches!(tokens.text(at - 1), "}" | "]")
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    /// Which of the `x` that follow `#` are variables.
    fn marked(source: &str) -> Vec<bool> {
        let tokens = lex(source);
        let variables = Variables::of(&tokens, 0..tokens.len());
        let marks = (1..tokens.len()).filter(|&at| tokens.is_ident(at, "x") && tokens.is_punct(at - 1, '#'));
        marks.map(|at| variables.holds("x", at)).collect()
    }

    #[test]
    fn parameters_and_let_bindings_are_variables_in_their_scope() {
        for (source, expected) in [
            ("fn f(x: u8) { # x; m!(# x) } fn g() { # x }", &[true, true, false][..]),
            ("fn f((a, mut x): (u8, u8), y: Map<A, B>) -> u8 { # x }", &[true]),
            ("fn f(p: P) { # x; let x = # x; # x; { # x } } # x", &[false, false, true, true, false]),
            ("fn f() { { let x: u8 = 1; # x } # x }", &[true, false]),
            ("fn f() { let P { x: y, z } = p; # x }", &[false]),
            ("fn f() { let P { x, .. } = p; # x }", &[true]),
            ("fn f() { let Some(x) = y else { # x }; # x }", &[false, true]),
            ("fn f() { if let x = y { # x } # x }", &[false, false]),
            ("fn f() { m! { let x = 1; # x } # x }", &[false, false]),
            ("fn f(y: x::Y) { # x }", &[false]),
            ("fn f(y: fn(x: u8)) { # x }", &[false]),
        ] {
            assert_eq!(marked(source), expected, "{source}");
        }
    }
}
