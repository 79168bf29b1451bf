//! Tokens as the fingerprint sees them: kind, text and matching delimiters, whether lexed from a file or handed over
//! by the compiler.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Ident = 1,
    /// With its apostrophe.
    Lifetime = 2,
    Literal = 3,
    /// One character.
    Punct = 4,
    /// `(`, `[`, `{`, or nothing for the invisible delimiters around macro fragments.
    Open = 5,
    Close = 6,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Punctuation that touches the punctuation after it.
    pub(super) joint: bool,
    start: u32,
    end: u32,
    /// From 1; 0 where unknown.
    pub(super) line: u32,
    /// In characters, from 0.
    column: u32,
    /// Of a delimiter: the index of its partner.
    mate: u32,
}

/// A file, or one item, as a flat list.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    text: String,
    list: Vec<Token>,
}

impl Tokens {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<Token> {
        self.list.get(at).copied()
    }

    /// The token that begins at this line (from 1) and column (in characters, from 0).
    pub(super) fn find(&self, line: u32, column: u32) -> Option<usize> {
        let begins = |token: &Token| (token.line, token.column) == (line, column);
        self.list.iter().position(begins)
    }

    /// The token's text; empty beyond the end.
    pub(super) fn text(&self, at: usize) -> &str {
        match self.list.get(at) {
            Some(token) => &self.text[token.start as usize..token.end as usize],
            None => "",
        }
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        self.list.get(at).map(|token| token.kind)
    }

    /// Whether the token is this one character of punctuation.
    pub(super) fn is_punct(&self, at: usize, sign: char) -> bool {
        self.kind(at) == Some(Kind::Punct) && self.text(at).starts_with(sign)
    }

    /// Whether `::` stands here.
    pub(super) fn is_path_sign(&self, at: usize) -> bool {
        self.is_punct(at, ':') && self.is_punct(at + 1, ':') && self.get(at).is_some_and(|token| token.joint)
    }

    pub(super) fn is_ident(&self, at: usize, word: &str) -> bool {
        self.kind(at) == Some(Kind::Ident) && self.text(at) == word
    }

    pub(super) fn is_open(&self, at: usize, delimiter: &str) -> bool {
        self.kind(at) == Some(Kind::Open) && self.text(at) == delimiter
    }

    /// The identifier at `at`.
    pub(super) fn ident(&self, at: usize) -> Option<&str> {
        (self.kind(at) == Some(Kind::Ident)).then(|| self.text(at))
    }

    /// What stands between the opening delimiter at `at` and its partner.
    pub(super) fn inside(&self, at: usize) -> Range<usize> {
        at + 1..self.close_of(at)
    }

    /// The index after the tree that begins at `at`: one token, or a whole group.
    pub(super) fn after(&self, at: usize) -> usize {
        if self.kind(at) == Some(Kind::Open) { self.close_of(at) + 1 } else { at + 1 }
    }

    fn close_of(&self, at: usize) -> usize {
        self.list.get(at).map_or(at, |token| token.mate as usize).max(at)
    }
}

/// Builds [`Tokens`], pairing delimiters as they come.
#[derive(Default)]
pub(super) struct Builder {
    tokens: Tokens,
    open: Vec<usize>,
    /// Where the next token begins.
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Builder {
    pub(super) fn push(&mut self, kind: Kind, text: &str) {
        let Self { line, column, .. } = *self;
        let start = self.tokens.text.len() as u32;
        self.tokens.text.push_str(text);
        let end = self.tokens.text.len() as u32;
        self.tokens.list.push(Token { kind, joint: false, start, end, line, column, mate: 0 });
    }

    pub(super) fn punct(&mut self, sign: char, joint: bool) {
        self.push(Kind::Punct, sign.encode_utf8(&mut [0; 4]));
        if let Some(token) = self.tokens.list.last_mut() {
            token.joint = joint;
        }
    }

    pub(super) fn open(&mut self, delimiter: &str) {
        self.open.push(self.tokens.list.len());
        self.push(Kind::Open, delimiter);
    }

    /// Closes the innermost group; what closes nothing is mere punctuation.
    pub(super) fn close(&mut self, delimiter: &str) {
        let Some(open) = self.open.pop() else {
            return self.push(Kind::Punct, delimiter);
        };
        let close = self.tokens.list.len();
        self.push(Kind::Close, delimiter);
        self.tokens.list[open].mate = close as u32;
        self.tokens.list[close].mate = open as u32;
    }

    /// Groups left open end where the text ends.
    pub(super) fn finish(mut self) -> Tokens {
        self.line = 0;
        while !self.open.is_empty() {
            self.close("");
        }
        self.tokens
    }
}
