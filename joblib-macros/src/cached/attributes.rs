//! The attributes that stand beside `#[cached]`: the compiler's own, and other macros.

use super::item::Function;
use super::options::Options;
use crate::root::Root;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

/// Attributes that are no macros, and so do not look at the body.
const BUILT_IN: &[&str] = &[
    "allow",
    "automatically_derived",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "inline",
    "must_use",
    "track_caller",
    "warn",
];
const TOOLS: &[&str] = &["clippy", "diagnostic", "rustfmt", "rust_analyzer"];

/// The function with other macros' attributes before this one, if there are such after it.
///
/// They work on the body, which is then no longer that of the function they stand on; so they go first, and
/// `#[cached]` sees what they make.
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
    let Function { vis, sig, body, .. } = function;
    Some(quote!(#(#own)* #(#others)* #[#root::cached(#arguments)] #vis #sig #body))
}

/// Whether this is another macro's attribute.
pub(super) fn is_macro(attr: &Attribute) -> bool {
    let path = attr.path();
    match path.get_ident() {
        Some(ident) => !BUILT_IN.iter().any(|name| ident == name),
        None => !path.segments.first().is_some_and(|tool| TOOLS.iter().any(|name| tool.ident == name)),
    }
}
