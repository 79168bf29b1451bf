//! Files that code includes: `include!`, `include_str!`, `include_bytes!`.

use super::attribute::string_value;
use super::token::{Kind, Tokens};
use std::ops::Range;

/// The path that stands between the parentheses: a literal, or a `concat!` of literals and `env!`s such as
/// `concat!(env!("OUT_DIR"), "/tables.rs")`.
pub(super) fn path_argument(tokens: &Tokens, range: Range<usize>) -> Option<String> {
    let mut path = String::new();
    for at in range {
        match tokens.kind(at)? {
            Kind::Literal if is_variable(tokens, at) => {
                path.push_str(&std::env::var(string_value(tokens.text(at))?).ok()?);
            }
            Kind::Literal => path.push_str(&string_value(tokens.text(at))?),
            Kind::Ident if !matches!(tokens.text(at), "concat" | "env") => return None,
            _ => {}
        }
    }
    (!path.is_empty()).then_some(path)
}

/// The paths of the data files that these tokens include.
pub(super) fn data_files(tokens: &Tokens, range: Range<usize>) -> Vec<String> {
    calls(tokens, range, &["include_str", "include_bytes", "include"])
        .filter_map(|inside| path_argument(tokens, inside))
        .collect()
}

/// The environment variables that these tokens read when compiled.
pub(super) fn variables(tokens: &Tokens, range: Range<usize>) -> Vec<String> {
    calls(tokens, range, &["env", "option_env"])
        .filter_map(|inside| string_value(tokens.text(inside.start)))
        .collect()
}

/// The arguments of the calls of these macros.
pub(super) fn calls<'t>(
    tokens: &'t Tokens,
    range: Range<usize>,
    macros: &'t [&str],
) -> impl Iterator<Item = Range<usize>> + use<'t> {
    range.filter_map(move |at| {
        let called =
            tokens.ident(at).is_some_and(|name| macros.contains(&name)) && tokens.is_punct(at + 1, '!');
        (called && tokens.kind(at + 2) == Some(Kind::Open)).then(|| tokens.inside(at + 2))
    })
}

fn is_variable(tokens: &Tokens, at: usize) -> bool {
    at >= 3 && tokens.is_ident(at - 3, "env") && tokens.is_punct(at - 2, '!')
}
