//! Options of the attribute, and attributes and items that stand beside it.

use crate::program::{Choice, Fails, Feature, Found, Kind, Returns, Side};
use crate::random::Random;

use Found::{Always, Maybe, Never, OtherCode};

const PLACES: &[(Feature, usize, &str)] =
    &[("", 8, "memory = ::harness::mem(@P)"), ("dir", 2, "dir = ::harness::dir(@P)")];

const ROWS: &[(Feature, usize, &str, Found)] = &[
    ("version", 3, "version = \"2\"", Always),
    ("salt", 3, "salt = 3_u8", Always),
    ("salt", 1, "salt = (\"a\", twice(2))", Always),
    ("code_reachable", 1, "code = \"reachable\"", Always),
    ("code_body", 2, "code = \"body\"", OtherCode),
    ("code_binary", 2, "code = \"binary\"", OtherCode),
    ("code_none", 2, "code = \"none\"", OtherCode),
    ("hot", 6, "hot = \"1M\"", Always),
    ("hot_small", 2, "hot = 1", Always),
    ("expires_after", 2, "expires_after = \"30d\"", Always),
    ("expired", 2, "expires_after = \"0s\"", Never),
    ("validate", 2, "validate = accept", Always),
    ("validate_closure", 2, "validate = |meta| meta.duration.as_secs() < 100", Always),
    ("validate_refuses", 2, "validate = refuse", Never),
    ("validate_panics", 2, "validate = validate_panics", Never),
    ("max_items", 2, "max_items = 1000", Always),
    ("max_items_small", 2, "max_items = 1", Maybe),
    ("max_bytes", 1, "max_bytes = \"1G\"", Always),
    ("max_age", 1, "max_age = \"1d\"", Always),
    ("compress", 2, "compress = true", Always),
    ("compress", 2, "compress = (\"zlib\", 3)", Always),
    ("record_args", 4, "record_args", Always),
    ("verbose", 3, "verbose = 11", Always),
    ("mmap_mode", 1, "mmap_mode = \"r\"", Always),
    ("crate", 2, "crate = \"::joblib\"", Always),
];

pub(super) fn options(random: &mut Random<'_>, kind: Kind, returns: &Returns) -> Vec<Choice> {
    let places: Vec<_> = PLACES.iter().map(|row| (row.0, row.1, row.2)).collect();
    let (feature, text) = random.weighted(&places).unwrap_or(("", PLACES[0].2));
    let mut all = vec![Choice { feature, text: text.to_owned(), found: Always }];
    let fallible = !matches!(returns.fails, Fails::No | Fails::Option);
    let serializable =
        !matches!(returns.feature, "returns_boxed_error") && !returns.ty.starts_with("std::io");
    if fallible && serializable && random.has("cache_err", 20) {
        all.push(Choice { feature: "cache_err", text: "cache_err".to_owned(), found: Always });
    }
    for _ in 0..random.one(&[0, 0, 1, 1, 2, 3]) {
        let rows: Vec<_> = ROWS.iter().map(|row| (row.0, row.1, *row)).collect();
        let Some((feature, (_, _, text, found))) = random.weighted(&rows) else { continue };
        let name = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        let given = all.iter().any(|option| name(&option.text) == name(text));
        // Nothing would tell them apart.
        let twins = kind == Kind::Twins && ["code_body", "code_none"].contains(&feature);
        if given || twins || feature.starts_with("hot") && !returns.clone {
            continue;
        }
        all.push(Choice { feature, text: text.to_owned(), found });
    }
    all
}

const ATTRIBUTES: &[(Feature, usize, &str)] = &[
    ("attr_allow", 2, "#[allow(dead_code, unused_variables)]"),
    ("attr_inline", 2, "#[inline]"),
    ("attr_inline", 1, "#[inline(never)]"),
    ("attr_must_use", 2, "#[must_use]"),
    ("attr_must_use", 1, "#[must_use = \"it is worth something\"]"),
    ("attr_cold", 1, "#[cold]"),
    ("attr_deprecated", 2, "#[deprecated]"),
    ("attr_doc", 2, "/// Documented."),
    ("attr_doc", 1, "#[doc = \"Documented.\"]"),
    ("attr_track_caller", 3, "#[track_caller]"),
    ("attr_expect", 3, "#[expect(unused_variables)]"),
    ("attr_expect", 1, "#[expect(clippy::needless_return)]"),
    ("attr_warn", 2, "#[warn(unused_results, unused_qualifications)]"),
    ("attr_deny", 1, "#[deny(unused_must_use)]"),
    ("attr_forbid", 2, "#[forbid(unused_variables)]"),
    ("attr_forbid", 2, "#[forbid(dead_code)]"),
    ("attr_cfg", 1, "#[cfg(not(any()))]"),
    ("attr_cfg_attr", 1, "#[cfg_attr(not(any()), inline)]"),
    ("attr_target_feature", 2, "#[target_feature(enable = \"sse2\")]"),
    ("attr_no_mangle", 2, "#[unsafe(export_name = \"joblib_pair_@P_@FORM\")]"),
    ("attr_link_section", 1, "#[unsafe(link_section = \".text.joblib\")]"),
    ("attr_rustfmt", 1, "#[rustfmt::skip]"),
    ("attr_clippy", 1, "#[allow(clippy::all)]"),
    ("attr_diagnostic", 1, "#[diagnostic::do_not_recommend]"),
];

pub(super) fn attributes(random: &mut Random<'_>, kind: Kind) -> Vec<(Feature, String, Side)> {
    let mut all: Vec<(Feature, String, Side)> = Vec::new();
    for _ in 0..random.one(&[0, 0, 0, 1, 1, 2]) {
        let rows: Vec<_> = ATTRIBUTES.iter().map(|row| (row.0, row.1, row.2)).collect();
        let Some((feature, text)) = random.weighted(&rows) else { continue };
        let of_trait = matches!(kind, Kind::TraitMethod | Kind::TraitBlock | Kind::TraitDefault);
        let speaks_of_item = [
            "attr_must_use",
            "attr_deprecated",
            "attr_target_feature",
            "attr_no_mangle",
            "attr_diagnostic",
            "attr_cfg",
        ];
        // Twins would be two functions of one symbol.
        let refused = feature == "attr_no_mangle" && kind == Kind::Twins || feature == "attr_diagnostic";
        if refused
            || of_trait && speaks_of_item.contains(&feature)
            || all.iter().any(|other| other.0 == feature)
        {
            continue;
        }
        let side = random.one(&[Side::Above, Side::Below]);
        all.push((feature, text.to_owned(), side));
    }
    all
}

/// Names that generated code may use for itself, and methods that it may call.
const BESIDE: &[(Feature, usize, &str)] = &[
    (
        "constants_beside",
        4,
        "#[allow(non_upper_case_globals, dead_code)] mod constants { pub(super) const key: u64 = 3; pub(super) const function: u64 = 3; pub(super) const args: u64 = 3; pub(super) const policy: u64 = 3; pub(super) const memory: u64 = 3; pub(super) const entry: u64 = 3; pub(super) const memo: u64 = 3; pub(super) const answer: u64 = 3; pub(super) const keep: u64 = 3; } #[allow(unused_imports)] use constants::*;",
    ),
    (
        "statics_beside",
        2,
        "#[allow(non_upper_case_globals, dead_code)] mod constants { pub(super) static key: u64 = 3; pub(super) static function: u64 = 3; pub(super) static args: u64 = 3; pub(super) static policy: u64 = 3; pub(super) static memory: u64 = 3; } #[allow(unused_imports)] use constants::*;",
    ),
    (
        "units_beside",
        2,
        "#[allow(non_camel_case_types, dead_code)] mod units { pub(super) struct key; pub(super) struct function; pub(super) struct args; pub(super) struct policy; pub(super) struct memory; } #[allow(unused_imports)] use units::*;",
    ),
    (
        "type_beside",
        2,
        "#[allow(dead_code)] mod types { pub(super) struct N; pub(super) struct T; pub(super) struct U; pub(super) struct V; pub(super) struct Impl0; pub(super) struct Site; pub(super) struct Entry; pub(super) struct Key; pub(super) struct Memory; pub(super) struct Probe; } #[allow(unused_imports)] use types::*;",
    ),
    (
        "prelude_beside",
        3,
        "#[allow(dead_code, non_camel_case_types)] mod types { pub(super) struct FnOnce; pub(super) struct Future; pub(super) struct Unpin; pub(super) struct u16; pub(super) mod core {} pub(super) mod joblib {} } #[allow(unused_imports)] use types::*;",
    ),
    (
        "macros_beside",
        2,
        "#[allow(unused_macros)] macro_rules! concat { ($($t:tt)*) => { compile_error!(\"not this one\") } } #[allow(unused_macros)] macro_rules! unreachable2 { () => {} } #[allow(unused_macros)] macro_rules! stringify { ($($t:tt)*) => { compile_error!(\"not this one\") } } #[allow(unused_macros)] macro_rules! option_env { ($($t:tt)*) => { compile_error!(\"not this one\") } }",
    ),
    (
        "methods_beside",
        4,
        "#[allow(dead_code)] mod methods { pub(super) trait Hijack { fn kind(&self) -> u8 { 1 } fn every(&self) -> u8 { 1 } fn text(&self) -> u8 { 1 } fn get_or_compute(&self) -> u8 { 1 } fn finish(&self) -> u8 { 1 } fn function(&self) -> u8 { 1 } fn wants_args(&self) -> u8 { 1 } } impl<T: ?Sized> Hijack for T {} } #[allow(unused_imports)] use methods::Hijack as _;",
    ),
];

pub(super) fn beside(random: &mut Random<'_>) -> Vec<(Feature, &'static str)> {
    if !random.percent(20) {
        return vec![];
    }
    let rows: Vec<_> = BESIDE.iter().map(|row| (row.0, row.1, row.2)).collect();
    random.weighted(&rows).into_iter().collect()
}

const FIRST: &[(Feature, usize, &str)] = &[
    ("inner_allow", 2, "#![allow(unused_variables)]"),
    ("inner_doc", 2, "//! Documented inside."),
    ("inner_doc", 1, "/*! Documented inside. */"),
    ("inner_expect", 1, "#![expect(unused_variables)]"),
    ("inner_cfg_attr", 1, "#![cfg_attr(any(), allow(dead_code))]"),
];

pub(super) fn first(random: &mut Random<'_>, kind: Kind) -> Vec<(Feature, &'static str)> {
    if kind == Kind::MacroBody || !random.percent(10) {
        return vec![];
    }
    let rows: Vec<_> = FIRST.iter().map(|row| (row.0, row.1, row.2)).collect();
    random.weighted(&rows).into_iter().collect()
}

const LINTS: &[&str] = &[
    "unreachable_pub",
    "missing_debug_implementations",
    "missing_docs",
    "unused_qualifications",
    "single_use_lifetimes",
    "unused_results",
    "unused_lifetimes",
    "trivial_casts",
    "trivial_numeric_casts",
    "let_underscore_drop",
    "explicit_outlives_requirements",
    "unit_bindings",
    "variant_size_differences",
    "redundant_lifetimes",
    "meta_variable_misuse",
    "rust_2018_idioms",
    "unused",
    "nonstandard_style",
    "future_incompatible",
    "unsafe_code",
    "missing_copy_implementations",
    "unnameable_types",
    "impl_trait_redundant_captures",
    "private_bounds",
    "private_interfaces",
    "elided_lifetimes_in_paths",
    "unused_import_braces",
    "non_local_definitions",
    "let_underscore",
    "keyword_idents",
    "refining_impl_trait",
    "async_fn_in_trait",
];
/// That the generated modules themselves do not break or switch off.
const FORBIDDEN: &[&str] = &[
    "unreachable_pub",
    "missing_docs",
    "unsafe_code",
    "non_camel_case_types",
    "dead_code",
    "unused_variables",
    "unreachable_code",
    "unused_qualifications",
    "non_upper_case_globals",
    "unused_imports",
    "unused_mut",
    "unused_results",
    "single_use_lifetimes",
    "unused_must_use",
];

pub(super) fn lints(random: &mut Random<'_>) -> Option<(Feature, String)> {
    if random.has("forbid", 6) {
        let some: Vec<&str> = FORBIDDEN.iter().copied().filter(|_| random.percent(30)).collect();
        return (!some.is_empty()).then(|| ("forbid", format!("forbid({})", some.join(", "))));
    }
    if random.has("lints", 25) {
        let some: Vec<&str> = LINTS.iter().copied().filter(|_| random.percent(40)).collect();
        return (!some.is_empty()).then(|| ("lints", format!("warn({})", some.join(", "))));
    }
    None
}
