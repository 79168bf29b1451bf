//! Signatures of what is generated, made from the user's.

use super::super::attributes::is_macro;
use super::super::model::{Model, Param};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, FnArg, GenericParam};

/// What becomes of `mut self`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receiver {
    /// It stays: the body is here.
    ForTheBody,
    /// It goes: `self` is only passed on.
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

/// `::<T, N>` for the type and constant parameters; lifetimes, and types behind `impl Trait`, are inferred.
pub(super) fn turbofish(model: &Model<'_>) -> TokenStream {
    let parameters: Vec<&Ident> = model
        .function
        .sig
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(&param.ident),
            GenericParam::Const(param) => Some(&param.ident),
            GenericParam::Lifetime(_) => None,
        })
        .collect();
    if parameters.is_empty() { TokenStream::new() } else { quote!(::<#(#parameters),*>) }
}

/// Attributes that decide whether an item exists and how its code is linted: wanted wherever the body goes.
pub(super) fn kept_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = &'a Attribute> {
    const KEPT: &[&str] = &["cfg", "allow", "expect", "warn", "deny", "forbid"];
    model.function.attrs.iter().filter(|attr| KEPT.iter().any(|name| attr.path().is_ident(name)))
}

/// Attributes of other macros, which work on the body: methods of an impl block under `#[cached]` may have them.
pub(super) fn macro_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = &'a Attribute> {
    model.function.attrs.iter().filter(|attr| is_macro(attr))
}

/// All others: they speak of the function that the user calls.
pub(super) fn outer_attributes<'a>(model: &'a Model<'a>) -> impl Iterator<Item = &'a Attribute> {
    model.function.attrs.iter().filter(|attr| !is_macro(attr))
}
