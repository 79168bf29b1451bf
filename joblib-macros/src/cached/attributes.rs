//! The attributes beside `#[cached]`: the compiler's own, and other macros.

use super::function::{Function, is_cached};
use super::options::Options;
use crate::ctxt::Ctxt;
use crate::root::Root;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Attribute, Meta, Path, Token};

/// Attributes that are no macros, and so do not look at the body.
const BUILT_IN: &[&str] = &[
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "coverage",
    "deprecated",
    "doc",
    "export_name",
    "ignore",
    "inline",
    "instruction_set",
    "link_section",
    "must_use",
    "no_mangle",
    "optimize",
    "should_panic",
    "target_feature",
    "track_caller",
    "unsafe",
];
const LINT_LEVELS: &[&str] = &["allow", "deny", "expect", "forbid", "warn"];
const TOOLS: &[&str] = &["clippy", "diagnostic", "miri", "rustfmt", "rust_analyzer"];

/// Marks a `#[cached(..)]` that an expansion has written: the other macros have had their turn, and none is
/// left.
const LAST: &str = "__others_first";

/// The arguments as the user wrote them, and whether the other macros have had their turn.
pub(super) fn without_mark(arguments: TokenStream) -> (TokenStream, bool) {
    let mut tokens: Vec<TokenTree> = arguments.into_iter().collect();
    let is_last = matches!(tokens.last(), Some(TokenTree::Ident(word)) if word == LAST);
    if is_last {
        tokens.truncate(tokens.len().saturating_sub(2));
    }
    (tokens.into_iter().collect(), is_last)
}

/// The function with the attributes of other macros moved before this one, if there are any after it.
///
/// They work on the body, which this macro moves out of the function they are on; so they go first, and
/// `#[cached]` sees their result.
pub(super) fn others_first(
    function: &Function,
    options: &Options,
    arguments: &TokenStream,
) -> Option<TokenStream> {
    let (others, own): (Vec<_>, Vec<_>) = function.attrs.iter().partition(|attr| is_macro(attr));
    if others.is_empty() {
        return None;
    }
    let root = options.root.get().cloned().unwrap_or_else(Root::default_path);
    let mark = Ident::new(LAST, Span::mixed_site());
    let Function { vis, sig, body, .. } = function;
    Some(quote!(#(#own)* #(#others)* #[#root::cached(#arguments, #mark)] #vis #sig #body))
}

/// Reports a second `#[cached]`.
pub(super) fn check_once(cx: &Ctxt, function: &Function) {
    for attr in function.attrs.iter().filter(|attr| is_cached(attr.path())) {
        cx.error(attr, "`#[cached]` stands here twice: keep one, with the options of both");
    }
}

/// Whether this is another macro's attribute, or becomes one.
pub(super) fn is_macro(attr: &Attribute) -> bool {
    let is_macro = |path: &Path| match path.get_ident() {
        Some(ident) => !BUILT_IN.iter().chain(LINT_LEVELS).any(|name| ident == name),
        None => !path.segments.first().is_some_and(|tool| TOOLS.iter().any(|name| tool.ident == name)),
    };
    match conditional(attr) {
        Some(attrs) => attrs.iter().any(|meta| is_macro(meta.path())),
        None => is_macro(attr.path()),
    }
}

/// `#[allow(..)]` and the like, also where a `cfg_attr` decides.
pub(super) fn is_lint_level(attr: &Attribute) -> bool {
    let is_level = |path: &Path| LINT_LEVELS.iter().any(|name| path.is_ident(name));
    match conditional(attr) {
        Some(attrs) => attrs.iter().all(|meta| is_level(meta.path())),
        None => is_level(attr.path()),
    }
}

/// The attributes that a `cfg_attr` becomes if its condition holds.
fn conditional(attr: &Attribute) -> Option<Vec<Meta>> {
    if !attr.path().is_ident("cfg_attr") {
        return None;
    }
    let parts = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    Some(parts.into_iter().skip(1).collect())
}
