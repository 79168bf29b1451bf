//! Tokens as the fingerprint sees them: kind, text and matching delimiters, whether lexed from a file or
//! handed over by the compiler.

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
    /// The first byte of its text; 0 if that is empty. Macros are built without optimization: most questions
    /// are answered by it, without looking at the text.
    first: u8,
    /// Where in the text it stands; of a raw identifier, its name.
    start: u32,
    end: u32,
    /// Of a delimiter: the index of its partner.
    mate: u32,
}

/// A file, or one item, as a flat list.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    text: String,
    list: Vec<Token>,
    /// Of a file: where in the text its lines begin.
    lines: Vec<u32>,
}

impl Tokens {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<Token> {
        self.list.get(at).copied()
    }

    /// The line of a file that a token begins on, from 1.
    pub(super) fn line(&self, at: usize) -> Option<u32> {
        let token = self.list.get(at)?;
        Some(self.lines.partition_point(|&start| start <= token.start) as u32)
    }

    /// The line and column of a file that a token begins on, as one number.
    pub(super) fn place(&self, at: usize) -> Option<u128> {
        let (line, token) = (self.line(at)?, self.list.get(at)?);
        let start = self.lines.get((line as usize).checked_sub(1)?)?;
        Some(u128::from(line) << 32 | u128::from(token.start - start))
    }

    /// The token that begins at this line (from 1) and column (in characters, from 0).
    pub(super) fn find(&self, line: u32, column: u32) -> Option<usize> {
        let start = *self.lines.get(line.checked_sub(1)? as usize)? as usize;
        let (offset, _) = self.text[start..].char_indices().nth(column as usize)?;
        let place = (start + offset) as u32;
        self.list.binary_search_by_key(&place, |token| token.start).ok()
    }

    /// The token's text; empty beyond the end.
    pub(super) fn text(&self, at: usize) -> &str {
        match self.list.get(at) {
            Some(token) => &self.text[token.start as usize..token.end as usize],
            None => "",
        }
    }

    pub(super) fn kind(&self, at: usize) -> Option<Kind> {
        Some(self.list.get(at)?.kind)
    }

    /// Whether the token is this one character of punctuation.
    pub(super) fn is_punct(&self, at: usize, sign: char) -> bool {
        match self.list.get(at) {
            Some(token) if token.kind as u8 == Kind::Punct as u8 => match token.first {
                0..0x80 => token.first as u32 == sign as u32,
                _ => self.text(at).starts_with(sign),
            },
            _ => false,
        }
    }

    /// Whether `::` stands here.
    pub(super) fn is_path_sign(&self, at: usize) -> bool {
        self.is_punct(at, ':') && self.is_punct(at + 1, ':') && self.get(at).is_some_and(|token| token.joint)
    }

    pub(super) fn is_ident(&self, at: usize, word: &str) -> bool {
        match self.list.get(at) {
            Some(token) if token.kind as u8 == Kind::Ident as u8 => {
                let bytes = word.as_bytes();
                (token.end - token.start) as usize == bytes.len()
                    && bytes.first() == Some(&token.first)
                    && self.text(at) == word
            }
            _ => false,
        }
    }

    pub(super) fn is_open(&self, at: usize, delimiter: &str) -> bool {
        match self.list.get(at) {
            Some(token) if token.kind as u8 == Kind::Open as u8 => {
                token.first == delimiter.as_bytes().first().copied().unwrap_or(0)
            }
            _ => false,
        }
    }

    /// The identifier at `at`.
    pub(super) fn ident(&self, at: usize) -> Option<&str> {
        match self.list.get(at) {
            Some(token) if token.kind as u8 == Kind::Ident as u8 => Some(self.text(at)),
            _ => None,
        }
    }

    /// What stands between the opening delimiter at `at` and its partner.
    pub(super) fn inside(&self, at: usize) -> Range<usize> {
        at + 1..self.close_of(at)
    }

    /// The index after the tree that begins at `at`: one token, or a whole group.
    pub(super) fn after(&self, at: usize) -> usize {
        match self.list.get(at) {
            Some(token) if token.kind as u8 == Kind::Open as u8 => self.close_of(at) + 1,
            _ => at + 1,
        }
    }

    /// Where the trees of a range begin.
    pub(super) fn trees(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let begins = move |at: usize| (at < range.end).then_some(at);
        std::iter::successors(begins(range.start), move |&at| begins(self.after(at)))
    }

    /// The opening delimiter of the one that closes at `at`.
    pub(super) fn open_of(&self, at: usize) -> usize {
        self.list.get(at).map_or(at, |token| token.mate as usize).min(at)
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
}

impl Builder {
    /// Of a file's tokens.
    pub(super) fn of_file(text: &str) -> Self {
        let starts = text.match_indices('\n').map(|(at, _)| at as u32 + 1);
        let lines = [0].into_iter().chain(starts).collect();
        Self { tokens: Tokens { text: text.to_owned(), list: Vec::new(), lines }, open: Vec::new() }
    }

    /// Adds the token that stands there in the text. What closes nothing is mere punctuation.
    pub(super) fn push(&mut self, mut kind: Kind, Range { start, end }: Range<usize>) {
        let (at, mut mate) = (self.tokens.list.len(), 0);
        match kind {
            Kind::Open => self.open.push(at),
            Kind::Close => match self.open.pop() {
                Some(open) => {
                    self.tokens.list[open].mate = at as u32;
                    mate = open as u32;
                }
                None => kind = Kind::Punct,
            },
            _ => {}
        }
        let first = if start < end { self.tokens.text.as_bytes()[start] } else { 0 };
        let (start, end) = (start as u32, end as u32);
        self.tokens.list.push(Token { kind, joint: false, first, start, end, mate });
    }

    /// Adds a token with its text.
    pub(super) fn push_text(&mut self, kind: Kind, text: &str) {
        let start = self.tokens.text.len();
        self.tokens.text.push_str(text);
        self.push(kind, start..self.tokens.text.len());
    }

    /// Says whether the last token touches the punctuation after it.
    pub(super) fn joint(&mut self, joint: bool) {
        if let Some(token) = self.tokens.list.last_mut() {
            token.joint = joint;
        }
    }

    /// Groups left open end where the text ends.
    pub(super) fn finish(mut self) -> Tokens {
        while !self.open.is_empty() {
            self.push_text(Kind::Close, "");
        }
        self.tokens
    }
}
