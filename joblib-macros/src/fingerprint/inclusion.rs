//! What macro calls read, and how they write it: paths, environment variables, positions, names in pieces.

use super::attribute::string_value;
use super::known_macros::{self, Known};
use super::token::{Kind, Tokens};
use super::words::is_keyword;
use std::ops::Range;

/// A text with holes for what comes with a macro's call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Option<String>>);

impl Template {
    /// The text with this in its holes.
    pub(super) fn fill(&self, hole: &str) -> String {
        self.0.iter().map(|part| part.as_deref().unwrap_or(hole)).collect()
    }

    /// What stands before the first hole.
    pub(super) fn beginning(&self) -> &str {
        self.0.first().and_then(Option::as_deref).unwrap_or("")
    }
}

/// The text that stands between the parentheses: a literal, or a `concat!` of literals and `env!`s such as
/// `concat!(env!("OUT_DIR"), "/tables.rs")`.
pub(super) fn path_argument(tokens: &Tokens, range: Range<usize>) -> Option<String> {
    match &template(tokens, range)?.0[..] {
        [Some(whole)] => Some(whole.clone()),
        _ => None,
    }
}

/// As [`path_argument`], in a macro's definition.
fn template(tokens: &Tokens, range: Range<usize>) -> Option<Template> {
    let mut parts: Vec<Option<String>> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let part = match tokens.kind(at)? {
            Kind::Literal if at >= range.start + 3 && is_variable(tokens, at) => {
                Some(Some(std::env::var(string_value(tokens.text(at))?).ok()?))
            }
            Kind::Literal => {
                Some(Some(string_value(tokens.text(at)).unwrap_or_else(|| tokens.text(at).to_owned())))
            }
            Kind::Punct if tokens.is_punct(at, '$') => {
                at += 1;
                Some(None)
            }
            Kind::Ident if !matches!(tokens.text(at), "concat" | "env" | "stringify") => return None,
            _ => None,
        };
        match (part, parts.last_mut()) {
            (Some(Some(text)), Some(Some(before))) => before.push_str(&text),
            (Some(part), _) => parts.push(part),
            (None, _) => {}
        }
        at += 1;
    }
    (!parts.is_empty()).then_some(Template(parts))
}

/// The paths with holes that a macro's definition makes.
pub(super) fn templates(tokens: &Tokens, range: Range<usize>) -> Vec<Template> {
    calls(tokens, range, &["include_str", "include_bytes", "include", "concat"])
        .filter_map(|inside| template(tokens, inside))
        .filter(|template| template.0.contains(&None))
        .collect()
}

/// The names of environment variables that a macro's definition makes of what comes with the call.
pub(super) fn variable_templates(tokens: &Tokens, range: Range<usize>) -> Vec<Template> {
    calls(tokens, range, &["env", "option_env"])
        .filter_map(|inside| template(tokens, inside))
        .filter(|template| template.0.contains(&None))
        .collect()
}

/// The paths of the data files that these tokens include.
pub(super) fn data_files(tokens: &Tokens, range: Range<usize>) -> Vec<String> {
    calls(tokens, range, &["include_str", "include_bytes"])
        .filter_map(|inside| path_argument(tokens, inside))
        .collect()
}

/// The paths of the code that these tokens include.
pub(super) fn code_files(tokens: &Tokens, range: Range<usize>) -> Vec<String> {
    calls(tokens, range, &["include"]).filter_map(|inside| path_argument(tokens, inside)).collect()
}

/// The environment variables that these tokens read when compiled, and those in the paths of included files.
pub(super) fn variables(tokens: &Tokens, range: Range<usize>) -> (Vec<String>, Vec<String>) {
    let included: Vec<Range<usize>> =
        calls(tokens, range.clone(), &["include_str", "include_bytes", "include"])
            .filter(|inside| template(tokens, inside.clone()).is_some())
            .collect();
    let name = |inside: &Range<usize>| {
        let end = tokens.trees(inside.clone()).find(|&at| tokens.is_punct(at, ',')).unwrap_or(inside.end);
        path_argument(tokens, inside.start..end)
    };
    let (of_paths, own): (Vec<_>, Vec<_>) = calls(tokens, range, &["env", "option_env"])
        .partition(|inside| included.iter().any(|included| included.contains(&inside.start)));
    (own.iter().filter_map(name).collect(), of_paths.iter().filter_map(name).collect())
}

/// Where `line!()` and `column!()` stand, but for those in panics and logs.
pub(super) fn positions(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = usize> {
    told(tokens, range, &["line", "column"])
}

/// Whether the code tells in which file it stands.
pub(super) fn tells_file(tokens: &Tokens, range: Range<usize>) -> bool {
    told(tokens, range, &["file"]).next().is_some()
}

/// Where the calls of these macros stand, but for those in what only prints, logs or panics.
fn told<'t>(
    tokens: &'t Tokens,
    range: Range<usize>,
    macros: &'t [&str],
) -> impl Iterator<Item = usize> + use<'t> {
    let silent = known_macros::calls(tokens, range.clone())
        .filter(|call| known_macros::known(call.name) == Some(Known::Tells))
        .map(|call| call.inside)
        .collect::<Vec<_>>();
    calls(tokens, range, macros)
        .map(|inside| inside.start - 3)
        .filter(move |at| !silent.iter().any(|inside| inside.contains(at)))
}

/// What stands in `[< .. >]`, of which `paste!` makes a name.
pub(super) fn built_names(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    range.filter_map(|at| {
        let inside = tokens.is_open(at, "[").then(|| tokens.inside(at))?;
        (inside.len() > 2 && tokens.is_punct(inside.start, '<') && tokens.is_punct(inside.end - 1, '>'))
            .then(|| inside.start + 1..inside.end - 1)
    })
}

/// The words, numbers and strings of which a macro can make names; what comes by `$` comes with the call.
pub(super) fn pieces(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = String> {
    range.filter_map(|at| match tokens.kind(at)? {
        Kind::Ident if at > 0 && tokens.is_punct(at - 1, '$') => None,
        Kind::Ident if is_keyword(tokens.text(at)) => None,
        Kind::Ident => Some(tokens.text(at).to_owned()),
        Kind::Literal => {
            let text = string_value(tokens.text(at)).unwrap_or_else(|| tokens.text(at).to_owned());
            let is_piece = text.chars().all(|char| char == '_' || char.is_alphanumeric());
            (is_piece && !text.is_empty()).then_some(text)
        }
        _ => None,
    })
}

/// The arguments of the calls of these macros.
pub(super) fn calls<'t>(
    tokens: &'t Tokens,
    range: Range<usize>,
    macros: &'t [&str],
) -> impl Iterator<Item = Range<usize>> + use<'t> {
    known_macros::calls(tokens, range).filter(|call| macros.contains(&call.name)).map(|call| call.inside)
}

fn is_variable(tokens: &Tokens, at: usize) -> bool {
    tokens.is_ident(at - 3, "env") && tokens.is_punct(at - 2, '!')
}
