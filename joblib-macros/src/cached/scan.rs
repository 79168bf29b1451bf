//! The blocks of a source file, without parsing it: enough to tell what a line stands in.

/// One `{ .. }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) open: usize,
    pub(super) close: usize,
    pub(super) kind: Kind,
}

/// What a block is the body of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `impl T { .. }`
    Impl,
    /// `impl Trait for T { .. }`
    TraitImpl,
    /// `trait T { .. }`
    Trait,
    /// A module, a function, an expression ..
    Other,
}

/// All blocks of a file, inner ones after their outer ones.
pub(super) fn blocks(source: &str) -> Vec<Block> {
    let bytes = source.as_bytes();
    let mut blocks = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // Words since the last `;`, `{` or `}`: the head of the next block.
    let mut head: Vec<&str> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = token_end(bytes, at);
        match bytes[at] {
            b'{' => {
                open.push(blocks.len());
                blocks.push(Block { open: at, close: bytes.len(), kind: kind_of(&head) });
                head.clear();
            }
            b'}' => {
                if let Some(block) = open.pop() {
                    blocks[block].close = at;
                }
                head.clear();
            }
            b';' => head.clear(),
            b'<' => head.push("<"),
            byte if is_word(byte) => head.push(&source[at..end]),
            _ => {}
        }
        at = end;
    }
    blocks
}

/// By the first word that decides; `for<'a>` is not the `for` of a trait impl.
fn kind_of(head: &[&str]) -> Kind {
    let Some(start) = head.iter().position(|word| matches!(*word, "impl" | "trait" | "fn" | "mod")) else {
        return Kind::Other;
    };
    let rest = &head[start..];
    match rest[0] {
        "impl" => {
            let is_trait =
                rest.iter().enumerate().any(|(i, word)| *word == "for" && rest.get(i + 1) != Some(&"<"));
            if is_trait { Kind::TraitImpl } else { Kind::Impl }
        }
        "trait" => Kind::Trait,
        _ => Kind::Other,
    }
}

/// The end of the token, comment or literal that starts at `at`.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => comment_end(bytes, at),
        [b'"', ..] => string_end(bytes, at),
        [b'\'', ..] => quote_end(bytes, at),
        [first, ..] if is_word(*first) => {
            let end = at + rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
            literal_end(bytes, at, end).unwrap_or(end)
        }
        _ => at + 1,
    }
}

/// Block comments nest.
fn comment_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// A character, or the quote alone of a lifetime.
fn quote_end(bytes: &[u8], at: usize) -> usize {
    match &bytes[at + 1..] {
        [b'\\', _, rest @ ..] => {
            at + 3 + rest.iter().position(|&byte| byte == b'\'').map_or(rest.len(), |close| close + 1)
        }
        [_, b'\'', ..] => at + 3,
        // A character of several bytes.
        [first, rest @ ..] if !first.is_ascii() => {
            match rest.iter().take(4).position(|&byte| byte == b'\'') {
                Some(close) => at + close + 3,
                None => at + 1,
            }
        }
        _ => at + 1,
    }
}

/// `b".."`, `r#".."#`, `c".."`, `b'x'` and their mixtures: the prefix is the word from `at` to `word_end`.
fn literal_end(bytes: &[u8], at: usize, word_end: usize) -> Option<usize> {
    let prefix = &bytes[at..word_end];
    match prefix {
        b"b" | b"c" if bytes.get(word_end) == Some(&b'"') => Some(string_end(bytes, word_end)),
        b"b" if bytes.get(word_end) == Some(&b'\'') => Some(quote_end(bytes, word_end)),
        b"r" | b"br" | b"cr" => {
            let hashes = bytes[word_end..].iter().take_while(|&&byte| byte == b'#').count();
            if bytes.get(word_end + hashes) != Some(&b'"') {
                return None;
            }
            let mut close = vec![b'"'];
            close.resize(hashes + 1, b'#');
            let text = word_end + hashes + 1;
            let found = bytes[text..].windows(close.len()).position(|window| window == close);
            Some(found.map_or(bytes.len(), |found| text + found + close.len()))
        }
        _ => None,
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(source: &str) -> Kind {
        let at = source.find("#[cached]").expect("the mark");
        let inside = |block: &&Block| block.open < at && at < block.close;
        blocks(source).iter().rfind(inside).map_or(Kind::Other, |block| block.kind)
    }

    #[test]
    fn impl_blocks_are_told_apart() {
        assert_eq!(around("impl<T: Fn()> S<T> { #[cached] fn f() {} }"), Kind::Impl);
        assert_eq!(
            around("unsafe impl<T> a::Tr<T> for S<T> { fn g() {} #[cached] fn f() {} }"),
            Kind::TraitImpl
        );
        assert_eq!(around("impl<F> S<F> where F: for<'a> Fn(&'a u8) { #[cached] fn f() {} }"), Kind::Impl);
        assert_eq!(around("pub trait Tr { #[cached] fn f() {} }"), Kind::Trait);
        assert_eq!(around("mod m { impl S {} #[cached] fn f() {} }"), Kind::Other);
        assert_eq!(around("fn g() -> impl Sized { #[cached] fn f() {} }"), Kind::Other);
        assert_eq!(around("impl S { fn g() { #[cached] fn f() {} } }"), Kind::Other);
        assert_eq!(
            around("macro_rules! m { ($t:ty) => { impl Tr for $t { #[cached] fn f() {} } } }"),
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
            around(&format!("{noise} impl T for S {{ {noise} #[cached] fn f() {{}} }}")),
            Kind::TraitImpl
        );
        assert_eq!(around(&format!("impl T for S {{ {noise} }} {noise} #[cached] fn f() {{}}")), Kind::Other);
    }

    #[test]
    fn any_text_is_scanned() {
        for source in ["", "{", "}", "'", "\"", "/*", "r#\"", "b'", "'\\", "é{'é", "impl"] {
            let _ = blocks(source);
        }
    }
}
