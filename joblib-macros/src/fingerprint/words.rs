//! Words that name nothing of the user's.

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
    // Asked of every word: by the first letter there are few to compare with.
    let alike: &[&str] = match word.as_bytes().first().copied().unwrap_or(0) {
        b'S' => &["Self"],
        b'_' => &["_"],
        b'a' => &["as", "async", "await"],
        b'b' => &["box", "break"],
        b'c' => &["const", "continue", "crate"],
        b'd' => &["dyn"],
        b'e' => &["else", "enum", "extern"],
        b'f' => &["false", "fn", "for"],
        b'i' => &["if", "impl", "in"],
        b'l' => &["let", "loop"],
        b'm' => &["match", "mod", "move", "mut"],
        b'p' => &["pub"],
        b'r' => &["ref", "return"],
        b's' => &["self", "static", "struct", "super"],
        b't' => &["trait", "true", "type"],
        b'u' => &["unsafe", "use"],
        b'w' => &["where", "while"],
        b'y' => &["yield"],
        _ => return false,
    };
    alike.contains(&word)
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
