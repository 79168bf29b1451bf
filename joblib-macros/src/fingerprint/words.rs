//! Words that name nothing of the user's.

/// Whether Rust itself uses the word.
pub(super) fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "as" | "async"
            | "await"
            | "box"
            | "break"
            | "const"
            | "continue"
            | "crate"
            | "dyn"
            | "else"
            | "enum"
            | "extern"
            | "false"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "mod"
            | "move"
            | "mut"
            | "pub"
            | "ref"
            | "return"
            | "self"
            | "Self"
            | "static"
            | "struct"
            | "super"
            | "trait"
            | "true"
            | "type"
            | "unsafe"
            | "use"
            | "where"
            | "while"
            | "yield"
            | "_"
    )
}

/// What an identifier is called: `r#` belongs to the name only where that is a keyword without it.
pub(super) fn name_of(identifier: &str) -> &str {
    identifier.strip_prefix("r#").filter(|name| !is_keyword(name)).unwrap_or(identifier)
}

/// Whether the word is a primitive type or in the prelude: what it qualifies is the standard library's, unless the
/// crate defines the word itself.
pub(super) fn is_std(word: &str) -> bool {
    matches!(
        word,
        "bool"
            | "char"
            | "str"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
            | "Vec"
            | "String"
            | "Box"
            | "Option"
            | "Some"
            | "None"
            | "Result"
            | "Ok"
            | "Err"
            | "std"
            | "core"
            | "alloc"
    )
}

/// Whether the word is a macro of the standard library's that makes no items.
pub(super) fn is_std_macro(word: &str) -> bool {
    matches!(
        word,
        "assert"
            | "assert_eq"
            | "assert_ne"
            | "debug_assert"
            | "debug_assert_eq"
            | "debug_assert_ne"
            | "print"
            | "println"
            | "eprint"
            | "eprintln"
            | "write"
            | "writeln"
            | "panic"
            | "todo"
            | "unimplemented"
            | "unreachable"
            | "vec"
            | "dbg"
            | "format"
            | "matches"
    )
}
