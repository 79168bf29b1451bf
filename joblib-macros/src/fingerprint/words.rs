//! Words that name nothing of the user's.

#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "as", "async", "await", "box", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern",
    "false", "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref",
    "return", "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where",
    "while", "yield", "_",
];

#[rustfmt::skip]
const OF_STD: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
    "isize", "f32", "f64", "Vec", "String", "Box", "Option", "Some", "None", "Result", "Ok", "Err", "std",
    "core", "alloc",
];

#[rustfmt::skip]
const OF_PRELUDE: &[&str] = &[
    "AsMut", "AsRef", "Clone", "Copy", "Debug", "Default", "DoubleEndedIterator", "Drop", "Eq",
    "ExactSizeIterator", "Extend", "Fn", "FnMut", "FnOnce", "From", "FromIterator", "Hash", "Into",
    "IntoIterator", "Iterator", "Ord", "PartialEq", "PartialOrd", "Send", "Sized", "Sync", "ToOwned", "ToString",
    "TryFrom", "TryInto", "Unpin", "drop", "macro_rules", "static", "union",
];

/// Whether Rust itself uses the word.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// What an identifier is called: `r#` belongs to the name only where that is a keyword without it.
pub(super) fn name_of(identifier: &str) -> &str {
    identifier.strip_prefix("r#").filter(|name| !is_keyword(name)).unwrap_or(identifier)
}

/// Whether the word is known everywhere besides those of [`is_std`]; the crate's types may implement it.
pub(super) fn is_prelude(word: &str) -> bool {
    OF_PRELUDE.contains(&word)
}

/// Whether the word is a primitive type or in the prelude: what it qualifies is the standard library's,
/// unless the crate defines the word itself.
pub(super) fn is_std(word: &str) -> bool {
    OF_STD.contains(&word)
}
