//! `entry` and `memo` of one function, and the hidden function that both call.

use super::super::model::{Companions, Model, Param};
use super::call;
use super::kind::{kept, storable};
use super::naming::Naming;
use super::respan::{at, call_at, generated, generated_name, here};
use super::signature::{Receiver, body_attributes, inputs, kept_attributes};
use super::site::Site;
use crate::tokens::unraw;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, ReceiverKind, Type, Visibility, WhereClause, parse_quote};

/// One function beside the user's.
pub(super) struct Companion {
    attrs: TokenStream,
    is_hidden: bool,
    /// Everything from `fn` up to the body.
    signature: TokenStream,
    /// The same for a declaration without a body, so without `mut self`, where `Self` may be of any size.
    declaration: TokenStream,
    body: TokenStream,
}

impl Companion {
    /// The function, as an item or in an inherent impl block.
    pub(super) fn visible(&self, vis: &Visibility) -> TokenStream {
        let Self { attrs, signature, body, .. } = self;
        match self.is_hidden {
            true => self.implemented(),
            false => {
                let vis = generated(vis.to_token_stream());
                quote!(#attrs #vis #signature { #body })
            }
        }
    }

    /// The function in an impl of the trait that declares it.
    pub(super) fn implemented(&self) -> TokenStream {
        let Self { attrs, signature, body, .. } = self;
        let inline = self.is_hidden.then(|| quote!(#[inline]));
        quote!(#attrs #inline #signature { #body })
    }

    /// The function in a trait.
    pub(super) fn declared(&self) -> TokenStream {
        let Self { attrs, declaration, .. } = self;
        quote!(#attrs #declaration;)
    }
}

/// All companions of a function. `of` is what they are called through: a type, or a trait of one.
pub(super) fn companions(model: &Model<'_>, site: &Site, of: &TokenStream) -> [Companion; 3] {
    let (name, span) = (model.name(), model.name().span());
    let called = |companion: &str| match model.companions {
        Companions::Type => generated_name(companion, span),
        _ => generated_name(&format!("{}_{companion}", unraw(name)), span),
    };
    let hidden = match model.companions {
        Companions::Type => Ident::new("__function", Span::mixed_site()),
        _ => format_ident!("__{}_function", unraw(name), span = Span::mixed_site()),
    };
    let function = quote!(#of::#hidden);
    [
        entry(model, site, &called("entry"), &site.for_entry(model, &function)),
        memo(model, site, &called("memo"), &site.for_memo(model, &function)),
        function_of(model, site, &hidden),
    ]
}

fn entry(model: &Model<'_>, site: &Site, name: &Ident, found: &TokenStream) -> Companion {
    let generics = &model.function.sig.generics;
    let attrs = kept_attributes(model).chain(body_attributes(model));
    let storable = storable(model, &model.result);
    let span = here(model.result_span);
    let (root, result) = (model.root.at(span), at(model.result_span, model.result.to_token_stream()));
    let returned = if model.is_async() {
        quote_spanned!(span=> #root::AsyncEntry<#result, #storable, impl ::core::future::Future<Output = #result>>)
    } else {
        quote_spanned!(span=> #root::Entry<#result, #storable, impl #root::Run<#result>>)
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
        attrs: quote!(#[doc = #summary] #(#attrs)*),
        is_hidden: false,
        signature: signature(Receiver::ForTheBody, bounds.clone()),
        declaration: signature(Receiver::PassedOn, with_size(model, bounds)),
        body: call::entry(model, site, found),
    }
}

/// `memo` takes what the place of the entries depends on, and names the types behind `impl Trait`.
fn memo(model: &Model<'_>, site: &Site, name: &Ident, found: &TokenStream) -> Companion {
    let p = &site.private;
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
    let inputs: Vec<TokenStream> = inputs.collect();
    let result = naming.name_lifetimes_of(&model.result);
    naming.imply_bounds(model);
    let storable = storable(model, &result);
    let attrs = kept_attributes(model);
    let generics = naming.generics();
    let bounds = &generics.where_clause;
    let span = here(model.result_span);
    let (root, result) = (model.root.at(span), at(model.result_span, result.to_token_stream()));
    let returned = quote_spanned!(span=> #root::MemorizedFunc<#root::Answers<#result>, #storable>);
    let head = quote!(fn #name #generics(#(#inputs),*) -> #returned);
    let sized = with_size(model, bounds);
    let keep = call::own("keep");
    let kept = kept(model, &keep);
    let make = call_at(model.result_span, quote!(#p::memo), quote!(#found, #keep));
    Companion {
        attrs: quote! {
            /// The entries of all calls: list, count, clear, bound them.
            #(#attrs)*
        },
        is_hidden: false,
        declaration: quote!(#head #sized),
        signature: quote!(#head #bounds),
        body: quote!(#kept #make),
    }
}

/// What `entry` and `memo` have in common: one descriptor.
fn function_of(model: &Model<'_>, site: &Site, name: &Ident) -> Companion {
    let attrs = kept_attributes(model);
    let (signature, bounds, body) = site.function(model, name);
    let sized = with_size(model, &bounds);
    Companion {
        attrs: quote!(#[doc(hidden)] #(#attrs)*),
        is_hidden: true,
        declaration: quote!(#signature #sized),
        signature: quote!(#signature #bounds),
        body,
    }
}

/// A trait declares methods for types of any size; those that pass `Self` by value need a known size.
fn with_size(model: &Model<'_>, bounds: &Option<WhereClause>) -> Option<WhereClause> {
    if !model.params.iter().any(is_self_by_value) && !model.returns_self() {
        return bounds.clone();
    }
    let mut bounds = bounds.clone().unwrap_or_else(|| parse_quote!(where));
    bounds.predicates.push(parse_quote!(Self: ::core::marker::Sized));
    Some(bounds)
}

fn is_self_by_value(param: &Param<'_>) -> bool {
    param.receiver().is_some_and(|receiver| matches!(receiver.kind, ReceiverKind::Value))
}
