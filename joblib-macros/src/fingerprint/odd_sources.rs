//! No source makes the indexer fail: whatever stands in the files of a crate, the compiler is the one to
//! complain.

use super::covered::{Subject, covered};
use super::index::Index;
use super::items::scan;
use super::lexer::lex;
use super::modules::load;
use super::program::Program;
use super::source::Source;
use super::surroundings::Surroundings;
use super::token::{Kind, Tokens};
use proptest::prelude::*;
use std::sync::Arc;

/// Lexes, scans, indexes, follows names and looks around.
fn process(source: impl AsRef<[u8]>) -> u128 {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("lib.rs");
    std::fs::write(&root, source).unwrap();
    let index = Index::build(load(&root), None);
    let source = Source::read(&root).unwrap();
    for at in 0..=source.tokens.len() {
        let around = Surroundings::at(Arc::clone(&source), at);
        let _ = (around.position("a"), around.local_items(&source.tokens));
    }
    let tokens = "fn run() { a::b(Foo::new()).c(); m!(X) }".parse().unwrap();
    covered(
        &Program::of_index(index),
        Subject { tokens, whole_type: Some("Foo".to_owned()), ..Subject::default() },
    )
    .digest
}

fn kinds(tokens: &Tokens) -> Vec<(Kind, &str)> {
    (0..tokens.len()).map(|at| (tokens.kind(at).unwrap(), tokens.text(at))).collect()
}

#[test]
fn tokens_are_those_of_the_reference() {
    use Kind::{Close, Ident, Lifetime, Literal, Open, Punct};
    let cases: &[(&str, &[(Kind, &str)])] = &[
        (
            "r#type r#name r#\"a\"b\"# br\"x\" c\"y\"",
            &[
                (Ident, "r#type"),
                (Ident, "name"),
                (Literal, "r#\"a\"b\"#"),
                (Literal, "br\"x\""),
                (Literal, "c\"y\""),
            ],
        ),
        (
            "'a 'a' '\\'' b'\\n' '\u{1f980}'",
            &[
                (Lifetime, "'a"),
                (Literal, "'a'"),
                (Literal, "'\\''"),
                (Literal, "b'\\n'"),
                (Literal, "'\u{1f980}'"),
            ],
        ),
        (
            "1..2 1.5e-3f32 0xE+1 x.0.1 1.max(2)",
            &[
                (Literal, "1"),
                (Punct, "."),
                (Punct, "."),
                (Literal, "2"),
                (Literal, "1.5e-3f32"),
                (Literal, "0xE"),
                (Punct, "+"),
                (Literal, "1"),
                (Ident, "x"),
                (Punct, "."),
                (Literal, "0.1"),
                (Literal, "1"),
                (Punct, "."),
                (Ident, "max"),
                (Open, "("),
                (Literal, "2"),
                (Close, ")"),
            ],
        ),
        ("/* a /* b */ c */ x // y\n\"/* z */\" /// doc", &[(Ident, "x"), (Literal, "\"/* z */\"")]),
        (
            "\u{feff}#!/bin/sh\n#![a] été",
            &[(Punct, "#"), (Punct, "!"), (Open, "["), (Ident, "a"), (Close, "]"), (Ident, "été")],
        ),
        (") ( \"open", &[(Punct, ")"), (Open, "("), (Literal, "\"open"), (Close, "")]),
    ];
    for (source, expected) in cases {
        assert_eq!(kinds(&lex(source)), *expected, "{source}");
    }
}

#[test]
fn lines_are_counted_everywhere() {
    let tokens = lex("a\n/* \n */ b \"\n\\\n\" r\"\n\" c\n'\n d");
    let lines: Vec<_> = (0..tokens.len()).map(|at| (tokens.text(at), tokens.line(at).unwrap())).collect();
    let line_of = |word: &str| lines.iter().find(|(text, _)| *text == word).unwrap().1;
    assert_eq!((line_of("a"), line_of("b"), line_of("c"), line_of("d")), (1, 3, 6, 8));
}

/// Pieces of Rust in any order.
fn soup() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        "fn", "a", "b", "Foo", "new", "m", "X", "impl", "for", "trait", "struct", "enum", "mod", "use",
        "const", "static", "type", "macro_rules", "where", "pub", "crate", "self", "Self", "as", "extern",
        "unsafe", "async", "let", "dyn", "ref", "!", "#", "#[", "#![", "]", "(", ")", "{", "}", "<", ">",
        "->", "=>", "::", ":", ";", ",", ".", "*", "&", "'", "'a", "\"", "\"{X}\"", "r#\"", "\"#", "//",
        "/*", "*/", "\n", "1", "1.", "$", "=", "cfg", "cfg_attr", "test", "path", "include", "include_str",
        "env", "concat", "cached", "derive", "\\", "é", "macro", "union", "fn a() {", "impl Foo {",
        "mod m {", "use a::{b, c as d, e::*};", "#[cfg(test)]", "m! {",
    ];
    prop::collection::vec(prop::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_pieces_of_rust_are_taken(source in soup()) {
        prop_assert_eq!(process(&source), process(&source));
    }

    #[test]
    fn any_bytes_are_taken(source in soup(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mixed = [source.as_bytes(), &bytes, source.as_bytes()].concat();
        prop_assert_eq!(process(&mixed), process(&mixed));
    }

    #[test]
    fn tokens_are_found_where_they_stand(pieces in soup(), text in "\\PC{0,100}") {
        let source = format!("{pieces}\n{text}{pieces}");
        let tokens = lex(&source);
        let mut found = Vec::new();
        for (line, text) in source.split('\n').enumerate() {
            for (column, (start, _)) in text.char_indices().enumerate() {
                let Some(at) = tokens.find(line as u32 + 1, column as u32) else { continue };
                prop_assert_eq!(tokens.line(at), Some(line as u32 + 1));
                let first = tokens.text(at).lines().next().unwrap();
                prop_assert!(text[start..].starts_with(first));
                found.push(at);
            }
        }
        let all = (0..tokens.len()).filter(|&at| !tokens.text(at).is_empty());
        prop_assert_eq!(found, all.collect::<Vec<_>>());
    }

    #[test]
    fn any_text_is_taken(source in "\\PC{0,200}", cut in any::<prop::sample::Index>()) {
        scan(&lex(&source));
        let own = include_str!("items.rs");
        let cut = (0..=cut.index(own.len())).rev().find(|&at| own.is_char_boundary(at)).unwrap_or(0);
        scan(&lex(&own[cut..]));
        scan(&lex(&own[..cut]));
    }
}
