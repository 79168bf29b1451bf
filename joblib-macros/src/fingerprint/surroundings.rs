//! What a function stands in. A macro is not told, but the source file says so.
//!
//! A method of a trait impl can have no companions beside it, and an associated function no type of its name.
//! The compiler names blocks by nothing: functions of one name in two blocks of a function are told apart by
//! their position in the file, and what their blocks hold is part of their code.

use super::digest;
use super::items::{ends_head, first_word};
use super::layout::is_macros;
use super::local_items::{LocalItem, local_items};
use super::place::Place;
use super::source::Source;
use super::token::{Kind as Token, Tokens};
use super::words::name_of;
use proc_macro2::Span;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// The blocks around a place in a source file.
#[derive(Clone)]
pub(crate) struct Surroundings {
    source: Arc<Source>,
    at: usize,
    /// Inner ones after their outer ones.
    blocks: Vec<Block>,
}

/// What a block is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `impl T { .. }`
    Impl,
    /// `impl Trait for T { .. }`
    TraitImpl,
    /// `trait T { .. }`
    Trait,
    /// `mod m { .. }`
    Module,
    /// A function, a constant or a static.
    Value,
    /// `macro_rules! m { .. }`, or the arguments of a macro: nobody knows how often and where that becomes
    /// code.
    Macro,
    /// An expression, or a part of what is around.
    Other,
}

#[derive(Clone, Debug)]
struct Block {
    kind: Kind,
    /// Its name in the compiler's paths, if it has one there; of an impl block, its header.
    name: String,
    inside: Range<usize>,
}

/// Which of several functions of one name and path one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    /// How many of them stand before it.
    pub(crate) before: u32,
    /// How many there are.
    pub(crate) of: u32,
}

impl Surroundings {
    /// Of the token with this span, where its source can be read.
    pub(crate) fn of(span: Span) -> Option<Self> {
        let place = Place::of(span)?;
        let source = Source::read(&place.file)?;
        let at = source.tokens.find(place.line, place.column)?;
        Some(Self::at(source, at))
    }

    /// Of a token of the file.
    pub(super) fn at(source: Arc<Source>, at: usize) -> Self {
        let mut blocks: Vec<Block> = Vec::new();
        let mut range = 0..source.tokens.len();
        while let Some(block) =
            blocks_in(&source.tokens, range).into_iter().find(|block| block.inside.contains(&at))
        {
            range = block.inside.clone();
            blocks.push(block);
        }
        Self { source, at, blocks }
    }

    /// What the innermost block is the body of.
    pub(crate) fn kind(&self) -> Kind {
        self.blocks.last().map_or(Kind::Module, |block| block.kind)
    }

    /// Whether this may become several functions, in places that cannot be seen.
    pub(crate) fn in_macro(&self) -> bool {
        self.blocks.iter().any(|block| block.kind == Kind::Macro)
    }

    /// Whether a function is around it.
    pub(crate) fn is_local(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block.kind, Kind::Value | Kind::Other))
    }

    /// The header of the impl block around, if that is what is around.
    pub(crate) fn implementation(&self) -> Option<&str> {
        match self.blocks.last() {
            Some(Block { kind: Kind::Impl | Kind::TraitImpl, name, .. }) => Some(name),
            _ => None,
        }
    }

    /// The words among the parameters of the impl block around, if any.
    pub(crate) fn generic_words(&self) -> Vec<String> {
        let header = self.implementation().unwrap_or_default();
        let Some(parameters) = header.strip_prefix("impl < ") else { return Vec::new() };
        let mut depth = 1;
        let inside = parameters.split(' ').take_while(|token| {
            depth += i32::from(*token == "<") - i32::from(*token == ">");
            depth > 0
        });
        inside.map(str::to_owned).collect()
    }

    /// Which of the functions with this name and path the one here is.
    pub(crate) fn position(&self, name: &str) -> Position {
        let names = self.blocks.iter().filter_map(Block::path_name).chain([name_of(name)]);
        let path: Vec<String> = names.map(str::to_owned).collect();
        let functions = self.source.functions.get_or_init(|| functions_of(&self.source.tokens));
        let alike = functions.get(&path).map_or(&[][..], Vec::as_slice);
        let here = self.blocks.last().map_or(0, |block| block.inside.start);
        let before = alike.iter().filter(|&&block| block < here).count();
        Position { before: before as u32, of: alike.len() as u32 }
    }

    /// The file.
    pub(super) fn tokens(&self) -> &Tokens {
        &self.source.tokens
    }

    /// Those items in the blocks around that this code can mean.
    pub(super) fn local_items(&self, code: &Tokens) -> Vec<Range<usize>> {
        let tokens = &self.source.tokens;
        let local = self.blocks.iter().skip_while(|block| !matches!(block.kind, Kind::Value | Kind::Other));
        let mut items: Vec<LocalItem<'_>> =
            local.flat_map(|block| local_items(tokens, block.inside.clone())).collect();
        items.retain(|item| !item.tokens.contains(&self.at));
        let around = self.blocks.iter().filter(|block| matches!(block.kind, Kind::Impl | Kind::TraitImpl));
        let headers = around.flat_map(|block| block.name.split(' '));
        let mut words: HashSet<&str> =
            (0..code.len()).filter_map(|at| code.ident(at)).chain(headers).collect();
        let mut reached = Vec::new();
        loop {
            let (found, rest): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.is_meant(&words));
            items = rest;
            if found.is_empty() {
                break;
            }
            words.extend(found.iter().flat_map(|item| item.tokens.clone()).filter_map(|at| tokens.ident(at)));
            reached.extend(found);
        }
        reached.sort_unstable_by_key(|item| item.tokens.start);
        reached.into_iter().map(|item| item.tokens).collect()
    }

    /// The hash of such items.
    pub(super) fn digest(&self, items: &[Range<usize>]) -> u128 {
        let parts = items.iter().map(|item| digest::digest(self.tokens(), item.clone()));
        digest::combine(&Vec::from_iter(parts))
    }
}

impl Block {
    /// Its part of a path. Headers of impl blocks can be spelled in several ways for one type: they are not
    /// told apart.
    fn path_name(&self) -> Option<&str> {
        match self.kind {
            Kind::Impl | Kind::TraitImpl => Some("impl"),
            _ => Some(self.name.as_str()).filter(|name| !name.is_empty()),
        }
    }
}

/// By path and name: where the blocks begin that hold a function so called.
fn functions_of(tokens: &Tokens) -> HashMap<Vec<String>, Vec<usize>> {
    let mut functions = HashMap::new();
    note_functions(tokens, 0..tokens.len(), &mut Vec::new(), &mut functions);
    functions
}

/// Notes the functions in a block, under the names around it.
fn note_functions(
    tokens: &Tokens,
    block: Range<usize>,
    path: &mut Vec<String>,
    functions: &mut HashMap<Vec<String>, Vec<usize>>,
) {
    for at in tokens.trees(block.clone()) {
        if let (true, Some(name)) = (tokens.is_ident(at, "fn"), tokens.ident(at + 1)) {
            let alike = functions.entry([&path[..], &[name.to_owned()]].concat()).or_default();
            // Two in one block are one, under two `cfg`s.
            if alike.last() != Some(&block.start) {
                alike.push(block.start);
            }
        }
    }
    for block in blocks_in(tokens, block) {
        let depth = path.len();
        path.extend(block.path_name().map(str::to_owned));
        note_functions(tokens, block.inside, path, functions);
        path.truncate(depth);
    }
}

/// The outermost groups in this range.
fn blocks_in(tokens: &Tokens, range: Range<usize>) -> Vec<Block> {
    let (mut blocks, mut head) = (Vec::new(), range.start);
    for at in tokens.trees(range) {
        if tokens.kind(at) == Some(Token::Open) {
            let (kind, name) = meaning(tokens, head, at);
            blocks.push(Block { kind, name, inside: tokens.inside(at) });
        }
        if tokens.is_punct(at, ';') || ends_head(tokens, at) {
            head = tokens.after(at);
        }
    }
    blocks
}

/// What the group at `open` is the body of, by the tokens from `head` on, and its name.
fn meaning(tokens: &Tokens, head: usize, open: usize) -> (Kind, String) {
    let start = first_word(tokens, head);
    let named = |kind| (kind, tokens.text(start + 1).to_owned());
    if is_macros(tokens, open) {
        return (Kind::Macro, String::new());
    }
    match tokens.ident(start) {
        // Not the `fn` of a function type, nor what only stands in a signature.
        Some("fn") if tokens.is_open(open, "{") => named(Kind::Value),
        Some("const" | "static") if tokens.ident(start + 1).is_some() => named(Kind::Value),
        Some("mod") => named(Kind::Module),
        Some("trait") => named(Kind::Trait),
        Some("impl") if tokens.is_open(open, "{") => {
            let heading = start..open;
            let is_trait =
                heading.clone().any(|at| tokens.is_ident(at, "for") && !tokens.is_punct(at + 1, '<'));
            let name = heading.map(|at| tokens.text(at)).collect::<Vec<_>>().join(" ");
            (if is_trait { Kind::TraitImpl } else { Kind::Impl }, name)
        }
        _ => (Kind::Other, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::super::source::Stamp;
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Arc::new(Source::new("lib.rs".into(), Stamp::default(), text.as_bytes()))
    }

    /// Of the `fn` behind the first `#[cached]`.
    fn around(text: &str) -> Surroundings {
        let source = source(text);
        let tokens = &source.tokens;
        let mark = (0..tokens.len()).find(|&at| tokens.is_ident(at, "cached")).expect("the mark");
        Surroundings::at(Arc::clone(&source), mark + 2)
    }

    fn kind(source: &str) -> Kind {
        around(source).kind()
    }

    #[test]
    fn impl_blocks_are_told_apart() {
        assert_eq!(kind("impl<T: Fn()> S<T> { #[cached] fn f() {} }"), Kind::Impl);
        assert_eq!(kind("impl S<{ 1 + 1 }> { #[cached] fn f() {} }"), Kind::Impl);
        assert_eq!(
            kind("unsafe impl<T> a::Tr<T> for S<T> { fn g() {} #[cached] fn f() {} }"),
            Kind::TraitImpl
        );
        assert_eq!(kind("impl<F> S<F> where F: for<'a> Fn(&'a u8) { #[cached] fn f() {} }"), Kind::Impl);
        assert_eq!(kind("pub trait Tr { #[cached] fn f() {} }"), Kind::Trait);
        assert_eq!(kind("mod m { impl S {} #[cached] fn f() {} }"), Kind::Module);
        assert_eq!(kind("fn g() -> impl Sized { #[cached] fn f() {} }"), Kind::Value);
        assert_eq!(kind("impl S { fn g() { #[cached] fn f() {} } }"), Kind::Value);
        assert_eq!(
            kind("macro_rules! m { ($t:ty) => { impl Tr for $t { #[cached] fn f() {} } } }"),
            Kind::TraitImpl
        );
    }

    #[test]
    fn braces_in_text_are_not_blocks() {
        let noise = r####"
            // impl S {
            /* impl S { /* { */ { */
            const A: &str = "impl S { \" {"; const B: &str = r#"impl S { " { "#; const C: char = '{';
            const D: u8 = b'{'; const E: char = '\''; const F: &[u8] = b"{\""; fn life<'a>(x: &'a str) {}
            const G: char = 'é'; const H: char = '\u{7b}';
        "####;
        assert_eq!(
            kind(&format!("{noise} impl T for S {{ {noise} #[cached] fn f() {{}} }}")),
            Kind::TraitImpl
        );
        assert_eq!(kind(&format!("impl T for S {{ {noise} }} {noise} #[cached] fn f() {{}}")), Kind::Module);
    }

    #[test]
    fn any_text_is_scanned() {
        for text in ["", "{", "}", "'", "\"", "/*", "r#\"", "b'", "'\\", "é{'é", "impl", "fn{fn("] {
            let source = source(text);
            for at in 0..=source.tokens.len() {
                let around = Surroundings::at(Arc::clone(&source), at);
                let _ = (around.position("f"), around.local_items(&source.tokens));
            }
        }
    }

    #[test]
    fn functions_of_one_path_have_positions() {
        let position = |source: &str| {
            let Position { before, of } = around(source).position("f");
            (before, of)
        };
        assert_eq!(position("#[cached] fn f() {} mod m { fn f() {} } fn g() { fn f() {} }"), (0, 1));
        assert_eq!(position("fn g() { { fn f() {} } { #[cached] fn f() {} } } fn h() { fn f() {} }"), (1, 2));
        assert_eq!(position("fn g() { #[cfg(x)] { fn f() {} } if a { #[cached] fn f() {} } }"), (1, 2));
        assert_eq!(position("const _: () = { fn f() {} }; const _: () = { #[cached] fn f() {} };"), (1, 2));
        assert_eq!(position("fn g() { || { fn f() {} }; |x| { #[cached] fn f() {} } }"), (1, 2));
        assert_eq!(
            position("impl A { fn g() { fn f() {} } } impl B { fn h() { #[cached] fn f() {} } }"),
            (0, 1)
        );
        assert_eq!(
            position("fn g() { { impl S { fn f() {} } } { impl T { #[cached] fn f() {} } } }"),
            (1, 2)
        );
    }

    #[test]
    fn macros_are_seen_around() {
        for source in [
            "macro_rules! m { () => { #[cached] fn f() {} } }",
            "twice! { #[cached] fn f() {} }",
            "fn g() { a::twice!(#[cached] fn f() {}); }",
        ] {
            assert!(around(source).in_macro(), "{source}");
        }
        assert!(!around("m!(); fn g() { n! { } #[cached] fn f() {} }").in_macro());
        assert!(!around("fn g() { if !x { #[cached] fn f() {} } }").in_macro());
    }

    #[test]
    fn what_blocks_hold_counts_where_it_can_be_meant() {
        let digest = |source: &str| {
            let around = around(source);
            let items = around.local_items(&lex("fn f() { K + g() }"));
            (!items.is_empty()).then(|| around.digest(&items))
        };
        assert_eq!(digest("const K: u8 = 1; #[cached] fn f() {}"), None);
        assert_eq!(digest("fn h() { let k = 1; const L: u8 = 2; fn i() {} #[cached] fn f() {} }"), None);
        let plain = "fn h() { { const K: u8 = A; #[cached] fn f() {} } }";
        assert_ne!(digest(plain), None);
        for (edited, same) in [
            ("fn h() { { #[cached] fn f() {} const K: u8 = A; } }", true),
            ("fn h() { println!(); let x = 2; { const K: u8 = A; #[cached] fn f() {} x } }", true),
            ("fn h() { { const K: u8 = B; #[cached] fn f() {} } }", false),
            ("fn h() { use x::*; { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { const A: u8 = 1; { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { items!(); { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { if x { } fn g() {} { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { { const K: u8 = A; impl S { fn g() {} #[cached] fn f() {} } } }", false),
            ("fn h() { { const K: u8 = A; impl S { fn i() {} #[cached] fn f() {} } } }", true),
            ("fn h() { trait T { fn g() {} } { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { impl T for u8 { fn g() {} } { const K: u8 = A; #[cached] fn f() {} } }", false),
            ("fn h() { struct S; { const K: u8 = A; impl S { #[cached] fn f() {} } } }", false),
        ] {
            assert_eq!(digest(edited) == digest(plain), same, "{edited}");
        }
    }
}
