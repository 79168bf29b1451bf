//! `entry` and `memo` of one function.

use super::super::model::{Companions, Model, Param};
use super::call::{self, Parts};
use super::naming::Naming;
use super::signature::{Receiver, inputs, kept_attributes, macro_attributes};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, ReceiverKind, Type, Visibility, WhereClause, parse_quote};

/// One function that stands beside the user's.
pub(super) struct Companion {
    attrs: TokenStream,
    /// From `fn` to before the body.
    signature: TokenStream,
    /// The same where there is no body, and so no `mut self`, and `Self` may be of any size.
    declaration: TokenStream,
    body: TokenStream,
}

impl Companion {
    /// The function, as an item or in an inherent impl block.
    pub(super) fn visible(&self, vis: &Visibility) -> TokenStream {
        let Self { attrs, signature, body, .. } = self;
        quote!(#attrs #vis #signature { #body })
    }

    /// The function in an impl of the trait that declares it.
    pub(super) fn implemented(&self) -> TokenStream {
        let Self { attrs, signature, body, .. } = self;
        quote!(#attrs #signature { #body })
    }

    /// The function in a trait.
    pub(super) fn declared(&self) -> TokenStream {
        let Self { attrs, declaration, .. } = self;
        quote!(#attrs #declaration;)
    }
}

pub(super) fn entry(model: &Model<'_>, parts: &Parts, name: &Ident) -> Companion {
    let p = &parts.private;
    let answer = &model.answer;
    let generics = &model.function.sig.generics;
    let attrs = kept_attributes(model).chain(macro_attributes(model));
    let storable = call::storable(model, p);
    let returned = if model.is_async() {
        quote!(#p::AsyncEntry<#answer, #storable, impl ::core::future::Future<Output = #answer>>)
    } else {
        quote!(#p::Entry<#answer, #storable, impl ::core::ops::FnOnce() -> #answer>)
    };
    let signature = |becomes: Receiver, bounds: Option<WhereClause>| {
        let inputs = inputs(model, becomes);
        quote!(fn #name #generics(#(#inputs),*) -> #returned #bounds)
    };
    let bounds = &generics.where_clause;
    let summary = match model.companions {
        Companions::Type => {
            "One call of the function, before it is made: look up, compute, store, remove.".to_owned()
        }
        _ => format!(
            "One call of [`{0}`](Self::{0}), before it is made: look up, compute, store, remove.",
            model.name()
        ),
    };
    Companion {
        attrs: quote! {
            #[doc = #summary]
            #(#attrs)*
            #[allow(dead_code, unreachable_pub, clippy::too_many_arguments, clippy::needless_pass_by_value)]
        },
        signature: signature(Receiver::ForTheBody, bounds.clone()),
        declaration: signature(Receiver::PassedOn, with_size(model, bounds)),
        body: call::entry(model, parts),
    }
}

/// `memo` takes what the place of the entries depends on, and the types that `impl Trait` stands for by name.
pub(super) fn memo(model: &Model<'_>, parts: &Parts, name: &Ident) -> Companion {
    let p = &parts.private;
    let answer = &model.answer;
    let mut naming = Naming::of(&model.function.sig.generics);
    let types: Vec<Option<Type>> =
        model.params.iter().map(|param| param.ty().map(|ty| naming.name_impl_traits(ty))).collect();
    let inputs = model.params.iter().zip(&types).filter(|(param, _)| model.place_mentions(param)).map(
        |(param, ty)| match ty {
            Some(ty) => {
                let name = &param.outer;
                quote!(#name: #ty)
            }
            None => quote!(&self),
        },
    );
    let (body, storable) = (call::memo(model, parts), call::storable(model, p));
    let attrs = kept_attributes(model).map(ToTokens::to_token_stream);
    let generics = naming.generics();
    let bounds = &generics.where_clause;
    let head = quote! {
        fn #name #generics(#(#inputs),*) -> #p::MemorizedFunc<#p::Answers<#answer>, #storable>
    };
    let sized = with_size(model, bounds);
    Companion {
        attrs: quote! {
            /// The entries of all calls: list, count, clear, bound them.
            #(#attrs)*
            #[allow(dead_code, unreachable_pub, clippy::extra_unused_lifetimes, clippy::needless_pass_by_value)]
        },
        declaration: quote!(#head #sized),
        signature: quote!(#head #bounds),
        body,
    }
}

/// A trait declares for types of any size; what passes `Self` itself is for those of known size.
fn with_size(model: &Model<'_>, bounds: &Option<WhereClause>) -> Option<WhereClause> {
    if !model.params.iter().any(is_self_by_value) && !model.answers_self() {
        return bounds.clone();
    }
    let mut bounds = bounds.clone().unwrap_or_else(|| parse_quote!(where));
    bounds.predicates.push(parse_quote!(Self: ::core::marker::Sized));
    Some(bounds)
}

fn is_self_by_value(param: &Param<'_>) -> bool {
    param.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Value))
}
