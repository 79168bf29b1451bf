//! The hash of a run of tokens: what they mean counts, how they are laid out does not.
//!
//! Left out are: comments and documentation, white space, attributes that cannot change a value, of
//! `#[cached(..)]` the options that cannot, and what rustfmt writes otherwise (see `layout`).

use super::attribute::Attribute;
use super::layout::{self, Body};
use super::token::{Kind, Tokens};
use super::uses::{self, Leaf};
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

/// One hash of several, in any order.
pub(super) fn combine_unordered(parts: impl Iterator<Item = u128>) -> u128 {
    // Parts are hashes: what adds up is the same set.
    combine(&[parts.fold(0, u128::wrapping_add)])
}

pub(super) fn write_meaningful(tokens: &Tokens, range: Range<usize>, into: &mut Vec<u8>) {
    Writer { tokens, into }.level(range, Level::default());
}

/// What the tokens of one nesting depth stand in.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    /// Between braces.
    is_block: bool,
    /// The arguments of a macro in braces, or its rules: rustfmt leaves them as they are.
    is_raw: bool,
}

struct Writer<'w> {
    tokens: &'w Tokens,
    into: &'w mut Vec<u8>,
}

impl Writer<'_> {
    fn level(&mut self, range: Range<usize>, level: Level) {
        let tokens = self.tokens;
        let has_arms = level.is_block && !level.is_raw && layout::has_arms(tokens, range.clone());
        let mut at = range.start;
        let (mut statement, mut in_where) = (at, false);
        while at < range.end {
            if let Some(attribute) = Attribute::at(tokens, at) {
                at = attribute.end;
                attribute.write(tokens, self.into);
                continue;
            }
            if level.is_raw {
                let is_last = at + 1 == range.end && layout::ends_rules(tokens, at);
                at = if is_last { at + 1 } else { self.tree(at, range.end, level) };
                continue;
            }
            if level.is_block && tokens.is_ident(at, "use") && !tokens.is_punct(at + 1, '<') {
                at = self.imports(at, range.end);
                statement = at;
                continue;
            }
            in_where = tokens.is_ident(at, "where") || (in_where && !tokens.is_open(at, "{"));
            if layout::is_idle_in(tokens, at)
                || tokens.is_punct(at, ',') && layout::is_idle_comma(tokens, at, range.end, in_where)
                || tokens.is_punct(at, ';') && layout::is_idle_semicolon(tokens, at, statement, &range)
                || has_arms && tokens.is_punct(at, '|') && layout::leads_arm(tokens, at, range.start)
            {
                at += 1;
            } else if has_arms && tokens.is_punct(at, '=') && tokens.is_punct(at + 1, '>') {
                write_token(tokens, at, self.into);
                write_token(tokens, at + 1, self.into);
                at = self.arm(at + 2, range.end);
            } else {
                at = self.tree(at, range.end, level);
            }
            if level.is_block && layout::ends_statement(tokens, at - 1, at) {
                statement = at;
            }
        }
    }

    /// One token, or a group; gives the index after it.
    fn tree(&mut self, at: usize, end: usize, level: Level) -> usize {
        let tokens = self.tokens;
        if tokens.kind(at) != Some(Kind::Open) {
            write_token(tokens, at, self.into);
            if !level.is_raw && layout::means_c(tokens, at) {
                write(Kind::Literal as u8, "\"C\"", self.into);
            }
            return at + 1;
        }
        let (inside, after) = (tokens.inside(at), tokens.after(at));
        let inside = inside.start..inside.end.min(end);
        let is_block = tokens.text(at) == "{";
        if !level.is_raw && layout::is_lone_expression(tokens, at) {
            self.level(inside, Level { is_block, ..level });
            return after;
        }
        let rest = if layout::ends_in_idle_comma(tokens, at) { inside.end - 1 } else { inside.end };
        if layout::is_vec(tokens, at) {
            self.into.push(Kind::Open as u8);
        } else {
            write_token(tokens, at, self.into);
        }
        let is_raw =
            is_block && layout::is_macros(tokens, at) || level.is_raw && !layout::is_rule(tokens, at);
        self.level(inside.start..rest, Level { is_block, is_raw });
        self.into.push(Kind::Close as u8);
        after
    }

    /// What follows the `=>` of a `match`, and a comma after it: braces and commas are rustfmt's there.
    fn arm(&mut self, start: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let level = Level { is_block: true, is_raw: false };
        let mut at = match layout::body_of_arm(tokens, start, end) {
            Body::Lone(inside) => {
                self.level(inside, level);
                tokens.after(start)
            }
            Body::Until(end) => {
                self.level(start..end, Level::default());
                end
            }
        };
        at += usize::from(tokens.is_punct(at, ','));
        if at < end {
            write(Kind::Punct as u8, ",", self.into);
        }
        at
    }

    /// Imports beside each other, in any order.
    fn imports(&mut self, start: usize, end: usize) -> usize {
        let tokens = self.tokens;
        let (mut leaves, mut at) = (Vec::new(), start);
        while at < end && tokens.is_ident(at, "use") {
            let semicolon = tokens.trees(at..end).find(|&at| tokens.is_punct(at, ';')).unwrap_or(end);
            leaves.extend(uses::leaves(tokens, at + 1..semicolon));
            at = (semicolon + 1).min(end);
        }
        leaves.sort_unstable_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
        for Leaf { path, name } in leaves {
            let text = format!("use {} as {};", path.join("::"), name.as_deref().unwrap_or("*"));
            self.into.extend_from_slice(text.as_bytes());
        }
        at
    }
}

pub(super) fn write_token(tokens: &Tokens, at: usize, into: &mut Vec<u8>) {
    let (Some(token), text) = (tokens.get(at), tokens.text(at)) else { return };
    let is_joint = token.joint && layout::is_operator(text, tokens.text(at + 1));
    write(token.kind as u8 | if is_joint { 0x80 } else { 0 }, text, into);
}

fn write(kind: u8, text: &str, into: &mut Vec<u8>) {
    into.push(kind);
    into.extend_from_slice(&(text.len() as u32).to_le_bytes());
    into.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;

    fn of(source: &str) -> u128 {
        let tokens = lex(source);
        digest(&tokens, 0..tokens.len())
    }

    #[test]
    fn what_rustfmt_writes_otherwise_does_not_count() {
        for (one, other) in [
            (
                "fn f<A, B>(a: A, b: B) -> C<A, B> where A: X { a }",
                "fn f<A, B,>(a: A, b: B,) -> C<A, B,> where A: X, { a }",
            ),
            (
                "fn f() { match x { A => b, C(d) => e, _ => {} } }",
                "fn f() { match x { | A => { b } | C(d,) => { e }, _ => {}, } }",
            ),
            (
                "fn f() { match x { A => if b { c } else { d }, E => 1 } }",
                "fn f() { match x { A => { if b { c } else { d } } E => { 1 } } }",
            ),
            (
                "fn f() { match x { A => match unsafe { b } { C => D::<E, F>::g(), }, H => i } }",
                "fn f() { match x { A => { match unsafe { b } { C => { D::<E, F>::g() } } } H => i, } }",
            ),
            (
                "fn f() { a.map(|x| x + 1); b(|| c, move |_| -> u8 { d }) }",
                "fn f() { a.map(|x| { x + 1 }); b(|| { c }, move |_| -> u8 { d },) }",
            ),
            (
                "fn f() { if !a { return b; } for c in d { continue } return ((e)) }",
                "fn f() { if !a { return b } for c in d { continue; } return (e); }",
            ),
            ("fn f() { use a::{b, c}; use d; e }", "fn f() {; use d; use a::{c, b};; e }"),
            (
                "extern fn f() { vec!(a, b); x<-1; <A<<B as C>::D>>::e() }",
                "extern \"C\" fn f() { vec![a, b,]; x < -1; <A< <B as C>::D> >::e() }",
            ),
            ("pub(in crate) fn f() {}", "pub(crate) fn f() {}"),
            ("macro_rules! m { () => { a } }", "macro_rules! m { () => { a }; }"),
            ("#[derive(A, B)] struct S<T>(T);", "#[derive(A)] #[derive(B,)] struct S<T,>(T,);"),
            (
                "macro_rules! m { ($a:expr) => { f($a, |x| { x }) }; }",
                "macro_rules! m { ($a:expr) => { f($a, |x| x,) }; }",
            ),
        ] {
            assert_eq!(of(one), of(other), "{one}\n{other}");
        }
        for (one, other) in [
            ("fn f() { match x { A => { b } C => d } }", "fn f() { match x { A => { b; } C => d } }"),
            ("fn f() { |x| { x } + 1 }", "fn f() { |x| x + 1 }"),
            ("fn f() { g((a, b)) }", "fn f() { g(a, b) }"),
            ("fn f() { (a,) }", "fn f() { (a) }"),
            ("fn f() { a }", "fn f() { a; }"),
            ("fn f() { m! { A => { b }, C => d } }", "fn f() { m! { A => b, C => d } }"),
            ("fn f() { use a::b; b() }", "fn f() { use c::b; b() }"),
            (
                "macro_rules! m { (a) => { b }; (b) => { c } }",
                "macro_rules! m { (b) => { c }; (a) => { b } }",
            ),
            ("#[derive(A)] struct S;", "#[derive(B)] struct S;"),
        ] {
            assert_ne!(of(one), of(other), "{one}\n{other}");
        }
    }
}
