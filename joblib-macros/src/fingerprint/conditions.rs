//! The predicates of `#[cfg(..)]`: which hold in this build, as far as a macro can know.

use super::attribute::{Attribute, string_value};
use super::compilation::Cfg;
use super::token::{Kind, Tokens};
use std::ops::Range;

/// Names that the compiler sets by itself, and that the macro cannot ask for.
#[rustfmt::skip]
const BUILT_IN: &[&str] = &[
    "clippy", "debug_assertions", "doc", "doctest", "emscripten_wasm_eh", "fmt_debug", "miri", "overflow_checks",
    "panic", "proc_macro", "relocation_model", "rustfmt", "sanitize", "sanitizer_cfi_generalize_pointers",
    "sanitizer_cfi_normalize_integers", "target_abi", "target_feature", "target_has_atomic",
    "target_has_atomic_equal_alignment", "target_has_atomic_load_store", "target_object_format",
    "target_thread_local", "ub_checks",
];

/// Whether something with these attributes is surely not compiled.
pub(super) fn is_left_out(tokens: &Tokens, start: usize, cfg: Option<&Cfg>) -> bool {
    let Some(cfg) = cfg else { return false };
    let mut at = start;
    while let Some(attribute) = Attribute::at(tokens, at) {
        let open = attribute.inside.start + 1;
        if tokens.is_ident(open - 1, "cfg")
            && tokens.is_open(open, "(")
            && holds(tokens, tokens.inside(open), cfg) == Some(false)
        {
            return true;
        }
        at = attribute.end;
    }
    false
}

/// Whether the predicate holds, where that can be told.
fn holds(tokens: &Tokens, range: Range<usize>, cfg: &Cfg) -> Option<bool> {
    let name = tokens.ident(range.start)?;
    let next = range.start + 1;
    if tokens.is_open(next, "(") {
        let mut parts = parts(tokens, tokens.inside(next)).map(|part| holds(tokens, part, cfg));
        return match name {
            "not" => parts.next()?.map(|holds| !holds),
            "all" => parts
                .try_fold(Some(true), |all, part| match (all, part) {
                    (_, Some(false)) => Err(()),
                    (Some(true), Some(true)) => Ok(Some(true)),
                    _ => Ok(None),
                })
                .unwrap_or(Some(false)),
            "any" => parts
                .try_fold(Some(false), |any, part| match (any, part) {
                    (_, Some(true)) => Err(()),
                    (Some(false), Some(false)) => Ok(Some(false)),
                    _ => Ok(None),
                })
                .unwrap_or(Some(true)),
            _ => None,
        };
    }
    if tokens.is_punct(next, '=') {
        let value =
            (tokens.kind(next + 1) == Some(Kind::Literal)).then(|| string_value(tokens.text(next + 1)))??;
        return has_value(name, &value, cfg);
    }
    match name {
        "true" => Some(true),
        "false" => Some(false),
        "test" => Some(cfg.is_test),
        "unix" => (!cfg.is_for_another).then_some(cfg!(unix)),
        "windows" => (!cfg.is_for_another).then_some(cfg!(windows)),
        _ if BUILT_IN.contains(&name) => None,
        _ => Some(cfg.has(name)),
    }
}

fn has_value(name: &str, value: &str, cfg: &Cfg) -> Option<bool> {
    let host = match name {
        "target_os" => std::env::consts::OS,
        "target_family" => std::env::consts::FAMILY,
        "target_arch" => std::env::consts::ARCH,
        "target_pointer_width" if cfg!(target_pointer_width = "64") => "64",
        "target_endian" if cfg!(target_endian = "little") => "little",
        _ if name.starts_with("target_") || BUILT_IN.contains(&name) => return None,
        _ => return Some(cfg.has_value(name, value)),
    };
    (!cfg.is_for_another).then_some(host == value)
}

/// What the commas separate.
fn parts(tokens: &Tokens, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let mut start = range.start;
    std::iter::from_fn(move || {
        if start >= range.end {
            return None;
        }
        let end = tokens.trees(start..range.end).find(|&at| tokens.is_punct(at, ',')).unwrap_or(range.end);
        let part = start..end;
        start = end + 1;
        Some(part)
    })
}
