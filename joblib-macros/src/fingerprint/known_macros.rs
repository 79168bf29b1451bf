//! Macro calls, and what is known about the macros of other crates.

use super::token::{Kind, Tokens};
use crate::std_macros::gives;
use std::ops::Range;

/// `name!(..)`
pub(super) struct Call<'t> {
    /// The last word of its path.
    pub(super) name: &'t str,
    /// Where that stands.
    pub(super) at: usize,
    /// Between the delimiters.
    pub(super) inside: Range<usize>,
}

/// All calls, inner ones after those around them.
pub(super) fn calls(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = Call<'_>> {
    range.filter_map(|at| {
        let is_call = tokens.is_punct(at + 1, '!') && tokens.kind(at + 2) == Some(Kind::Open);
        let name = if is_call { tokens.ident(at)? } else { return None };
        Some(Call { name, at, inside: tokens.inside(at + 2) })
    })
}

/// What a macro that is not the crate's own does, where that is known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Prints, logs or fails: what it is given is read by people.
    Tells,
    /// Makes a text: a literal in it is no file's name.
    Formats,
    /// Makes a value of its arguments as they are written.
    Evaluates,
    /// Makes the items that are written in it, and no others.
    MakesItems,
    /// Looked at elsewhere: `include_str!`, `env!`, ..
    Reads,
}

#[rustfmt::skip]
const KNOWN: &[(Known, &[&str])] = &[
    (Known::Tells, &[
        "anyhow", "bail", "compile_error", "crit", "debug", "debug_span", "ensure", "error", "error_span", "event",
        "eyre", "info", "info_span", "log", "span", "trace", "trace_span", "warn", "warn_span", "warning",
    ]),
    (Known::MakesItems, &[
        "assert_eq_align", "assert_eq_size", "assert_impl_all", "assert_not_impl_any", "assert_obj_safe",
        "assert_type_eq_all", "bitflags", "cfg_if", "const_assert", "const_assert_eq", "const_assert_ne",
        "criterion_group", "criterion_main", "global_asm", "lazy_static", "task_local", "thread_local",
    ]),
    (Known::Reads, &[
        "cfg", "column", "concat", "env", "file", "include", "include_bytes", "include_str", "line",
        "module_path", "option_env", "stringify",
    ]),
    (Known::Evaluates, &[
        "addr_of", "addr_of_mut", "asm", "is_x86_feature_detected", "join", "offset_of", "parallel", "pin",
        "select", "try_join",
    ]),
];

pub(super) fn known(name: &str) -> Option<Known> {
    match name {
        "format" | "format_args" | "write" | "writeln" => Some(Known::Formats),
        "dbg" | "matches" | "vec" => Some(Known::Evaluates),
        _ if gives(name).is_some() => Some(Known::Tells),
        _ => KNOWN.iter().find(|(_, names)| names.contains(&name)).map(|(known, _)| *known),
    }
}
