//! The macros of the standard library that evaluate expressions and make no items.

#[rustfmt::skip]
const ALL: &[(Gives, &[&str])] = &[
    (Gives::Unit, &[
        "assert", "assert_eq", "assert_ne", "debug_assert", "debug_assert_eq", "debug_assert_ne", "eprint",
        "eprintln", "print", "println",
    ]),
    (Gives::Never, &["panic", "todo", "unimplemented", "unreachable"]),
    (Gives::Value, &["dbg", "format", "format_args", "matches", "vec", "write", "writeln"]),
];

/// What a call of one is as an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gives {
    Unit,
    /// It does not return.
    Never,
    Value,
}

/// Of the macro with this name; `None` if it is none of these.
pub(crate) fn gives(name: &str) -> Option<Gives> {
    ALL.iter().find(|(_, names)| names.contains(&name)).map(|(gives, _)| *gives)
}
