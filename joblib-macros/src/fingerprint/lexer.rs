//! Source text to [`Tokens`], without the compiler: a file of 10,000 lines takes a few milliseconds, and no
//! text makes it fail. What the Rust reference calls a token is one here, but for operators, which stay
//! single signs.

use super::token::{Builder, Kind, Tokens};
use super::words::name_of;

/// The tokens of a file, comments and documentation left out.
pub(super) fn lex(source: &str) -> Tokens {
    // The compiler counts no byte-order mark either.
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let mut lexer = Lexer { source, at: 0, into: Builder::of_file(source) };
    lexer.skip_first_line();
    while lexer.next_token() {}
    lexer.into.finish()
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    into: Builder,
}

impl Lexer<'_> {
    /// `#!/usr/bin/env run-cargo-script`, and the like.
    fn skip_first_line(&mut self) {
        if self.source.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('[')) {
            self.skip_line();
        }
    }

    fn next_token(&mut self) -> bool {
        let Some(first) = self.peek(0) else { return false };
        let start = self.at;
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => {
                while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek(0) {
                    self.at += 1;
                }
            }
            b'/' if self.peek(1) == Some(b'/') => self.skip_line(),
            b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
            b'"' => self.string(start),
            b'\'' => self.quote(),
            b'(' | b'[' | b'{' => self.sign(Kind::Open, 1),
            b')' | b']' | b'}' => self.sign(Kind::Close, 1),
            b'0'..=b'9' => self.number(),
            _ => self.word_or_sign(),
        }
        true
    }

    fn word_or_sign(&mut self) {
        let start = self.at;
        let first = match self.peek(0) {
            Some(byte @ 0..0x80) => char::from(byte),
            _ => match self.rest().chars().next() {
                Some(first) => first,
                None => return,
            },
        };
        if first.is_whitespace() {
            self.at += first.len_utf8();
            return;
        }
        if !is_word_start(first) {
            self.sign(Kind::Punct, first.len_utf8());
            return self.into.joint(self.rest().starts_with(is_sign));
        }
        self.skip_word();
        let word = &self.source[start..self.at];
        match (word, self.peek(0)) {
            ("b" | "c", Some(b'"')) => self.string(start),
            ("b", Some(b'\'')) => self.char_literal(start),
            ("r" | "br" | "cr", Some(b'"' | b'#')) if self.raw_string(start) => {}
            ("r", Some(b'#')) if self.source[self.at + 1..].starts_with(is_word_start) => {
                self.at += 1;
                self.skip_word();
                let name = name_of(&self.source[start..self.at]);
                self.into.push(Kind::Ident, self.at - name.len()..self.at);
            }
            _ => self.into.push(Kind::Ident, start..self.at),
        }
    }

    /// `/* .. */`, which nest.
    fn block_comment(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek(0) {
            let step = match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    2
                }
                (b'*', Some(b'/')) => {
                    depth -= 1;
                    2
                }
                _ => 1,
            };
            self.at += step;
            if depth == 0 {
                return;
            }
        }
    }

    /// From the quotation mark on; `start` is where the prefix began.
    fn string(&mut self, start: usize) {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'\\' => self.at += usize::from(self.peek(0).is_some()),
                b'"' => break,
                _ => {}
            }
        }
        self.literal(start);
    }

    /// `r"..."`, `br##"..."##`: from the signs on. `false` if it is none after all.
    fn raw_string(&mut self, start: usize) -> bool {
        let hashes = self.rest().bytes().take_while(|&byte| byte == b'#').count();
        if self.peek(hashes) != Some(b'"') {
            return false;
        }
        let body = self.at + hashes + 1;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = self.source[body..].find(&end).map(|length| length + end.len());
        self.at = length.map_or(self.source.len(), |length| body + length);
        self.literal(start);
        true
    }

    /// A lifetime or a character.
    fn quote(&mut self) {
        let start = self.at;
        let mut after = self.source[start + 1..].chars();
        let (first, second) = (after.next(), after.next());
        if first.is_some_and(is_word_start) && second != Some('\'') {
            self.at += 1;
            self.skip_word();
            return self.into.push(Kind::Lifetime, start..self.at);
        }
        self.char_literal(start);
    }

    /// From the apostrophe on. An apostrophe that closes nothing on its line is punctuation.
    fn char_literal(&mut self, start: usize) {
        let quote = self.at;
        let mut chars = self.source[quote + 1..].char_indices();
        while let Some((offset, char)) = chars.next() {
            match char {
                '\\' => {
                    chars.next();
                }
                '\'' => {
                    self.at = quote + 1 + offset + 1;
                    return self.literal(start);
                }
                '\n' => break,
                _ => {}
            }
        }
        self.at = quote;
        self.sign(Kind::Punct, 1);
    }

    fn number(&mut self) {
        let start = self.at;
        let radix =
            self.rest().starts_with("0x") || self.rest().starts_with("0b") || self.rest().starts_with("0o");
        self.skip_word();
        // `1.5` and `1.`, but neither `1..2` nor `1.max(2)`.
        if self.peek(0) == Some(b'.') {
            let next = self.source[self.at + 1..].chars().next();
            if !next.is_some_and(|next| next == '.' || is_word_start(next)) {
                self.at += 1;
                self.skip_word();
            }
        }
        let ends_in_e = self.source[start..self.at].ends_with(['e', 'E']);
        if !radix && ends_in_e && matches!(self.peek(0), Some(b'+' | b'-')) {
            self.at += 1;
            self.skip_word();
        }
        self.literal(start);
    }

    /// Ends a literal, with its suffix.
    fn literal(&mut self, start: usize) {
        if self.rest().starts_with(is_word_start) {
            self.skip_word();
        }
        self.into.push(Kind::Literal, start..self.at);
    }

    /// A token of this length.
    fn sign(&mut self, kind: Kind, len: usize) {
        self.into.push(kind, self.at..self.at + len);
        self.at += len;
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn skip_word(&mut self) {
        // Letters of other scripts are rare, and slow to tell.
        while let Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') = self.peek(0) {
            self.at += 1;
        }
        if self.peek(0).is_some_and(|byte| byte >= 0x80) {
            self.at += self.rest().find(|char| !is_word(char)).unwrap_or(self.rest().len());
        }
    }

    fn rest(&self) -> &str {
        &self.source[self.at..]
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        Some(*self.source.as_bytes().get(self.at + ahead)?)
    }
}

fn is_word_start(char: char) -> bool {
    matches!(char, 'a'..='z' | 'A'..='Z' | '_') || (!char.is_ascii() && char.is_alphabetic())
}

fn is_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric()
}

fn is_sign(char: char) -> bool {
    char.is_ascii_punctuation() && !matches!(char, '(' | ')' | '[' | ']' | '{' | '}' | '_' | '"' | '\'')
}
