//! Signatures of generated functions, made from the user's.

use super::super::attributes::{is_lint_level, is_macro};
use super::super::model::{Model, Param};
use crate::tokens::{mentions, with_inside};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, FnArg};

/// What becomes of `mut self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// It stays: the body is here.
    ForTheBody,
    /// It is removed: `self` is only passed on.
    PassedOn,
}

/// The parameters with plain names, which can be passed on.
pub(super) fn inputs<'a>(model: &'a Model<'a>, becomes: Receiver) -> impl Iterator<Item = TokenStream> {
    model.params.iter().map(move |param| match param.arg {
        FnArg::Receiver(receiver) => {
            let mut receiver = receiver.clone();
            receiver.attrs.clear();
            if becomes == Receiver::PassedOn {
                receiver.mutability = None;
            }
            receiver.to_token_stream()
        }
        FnArg::Typed(typed) => {
            let (name, ty) = (&param.outer, &typed.ty);
            quote!(#name: #ty)
        }
    })
}

/// The names to pass the parameters on by.
pub(super) fn names<'a>(model: &'a Model<'a>) -> impl Iterator<Item = &'a Ident> {
    model.params.iter().map(|param: &Param<'_>| &param.outer)
}

/// Attributes that decide whether an item exists and how its code is linted: needed wherever the body goes.
pub(super) fn kept_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = TokenStream> {
    let kept = |attr: &&Attribute| is_lint_level(attr) || attr.path().is_ident("cfg");
    model.function.attrs.iter().filter(kept).map(not_expecting)
}

/// Attributes that decide how the body is compiled.
pub(super) fn body_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = TokenStream> {
    let kept = |attr: &&Attribute| attr.path().is_ident("target_feature") || is_macro(attr);
    let attrs = &model.function.attrs;
    // A deprecated function that calls itself does not count as using something deprecated.
    let is_deprecated = attrs.iter().any(|attr| attr.path().is_ident("deprecated"));
    let allows = is_deprecated && mentions(model.function.body.stream(), model.name());
    let allowed = allows.then(|| quote!(#[allow(deprecated)]));
    attrs.iter().filter(kept).map(ToTokens::to_token_stream).chain(allowed)
}

/// Attributes of other macros, which work on the body; methods of an impl block under `#[cached]` may have
/// some.
pub(super) fn macro_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = &'a Attribute> {
    model.function.attrs.iter().filter(|attr| is_macro(attr))
}

/// All others: they are about the function that the user calls.
pub(super) fn outer_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = TokenStream> {
    model.function.attrs.iter().filter(|attr| !is_macro(attr)).map(not_expecting)
}

/// An `expect` for one function becomes an `allow` for the several that it expands to.
pub(super) fn not_expecting(attr: &Attribute) -> TokenStream {
    if !is_lint_level(attr) {
        return attr.to_token_stream();
    }
    fn allowing(tokens: TokenStream) -> TokenStream {
        let allowed = |token| match token {
            TokenTree::Ident(word) if word == "expect" => TokenTree::Ident(Ident::new("allow", word.span())),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                with_inside(&group, allowing)
            }
            other => other,
        };
        tokens.into_iter().map(allowed).collect()
    }
    allowing(attr.to_token_stream())
}
