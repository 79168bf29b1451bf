//! The function and what stands beside it.

use super::super::model::{Companions, Model, Place};
use super::call::{self, Parts};
use super::signature::{
    Receiver, inputs, kept_attributes, macro_attributes, names, outer_attributes, turbofish,
};
use crate::fingerprint::Fingerprint;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};

pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let parts = Parts::of(model);
    match model.companions {
        Companions::Type => beside_function(model, &parts),
        Companions::Methods => beside_method(model, &parts),
        Companions::None => alone(model, &parts),
    }
}

fn beside_function(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let p = &parts.private;
    let (vis, name) = (&model.function.vis, model.name());
    let attrs: Vec<_> = kept_attributes(model).collect();
    let (arguments, turbofish) = (names(model), turbofish(model));
    let call = outer(model, &quote!(#name::entry #turbofish(#(#arguments),*)));
    let entry = entry(model, parts, &format_ident!("entry", span = name.span()));
    let memo = memo(model, parts, &format_ident!("memo", span = name.span()));
    let tracked = match &parts.fingerprint {
        Fingerprint::Constant(fingerprint) => quote! {
            #(#attrs)*
            #[automatically_derived]
            impl #p::fingerprint::Tracked for #name {
                const FINGERPRINT: ::core::primitive::u128 = #fingerprint;
            }
        },
        Fingerprint::Computed(_) => TokenStream::new(),
    };
    let summary = format!("The cache of the function [`{name}`](fn@{name}).");
    quote! {
        #call

        #[doc = #summary]
        #(#attrs)*
        #[allow(non_camel_case_types, unreachable_pub)]
        #vis struct #name {}

        #(#attrs)*
        #[allow(dead_code)]
        impl #name {
            #entry
            #memo
        }

        #tracked
    }
}

fn beside_method(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let name = model.name();
    let entry_name = format_ident!("{}_entry", name);
    let (arguments, turbofish) = (names(model), turbofish(model));
    let call = outer(model, &quote!(Self::#entry_name #turbofish(#(#arguments),*)));
    let entry = entry(model, parts, &entry_name);
    let memo = memo(model, parts, &format_ident!("{}_memo", name));
    quote!(#call #entry #memo)
}

fn alone(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let entry = call::entry(model, parts);
    let macros = macro_attributes(model);
    let function = function(model, Receiver::ForTheBody, &quote!({ #entry }));
    quote!(#(#macros)* #function)
}

/// The user's function, its body replaced by a look-up through this entry.
fn outer(model: &Model<'_>, entry: &TokenStream) -> TokenStream {
    function(model, Receiver::PassedOn, entry)
}

fn function(model: &Model<'_>, receiver: Receiver, entry: &TokenStream) -> TokenStream {
    let function = model.function;
    let (attrs, vis) = (outer_attributes(model), &function.vis);
    let mut sig = function.sig.clone();
    sig.inputs = inputs(model, receiver).map(|input| -> syn::FnArg { syn::parse_quote!(#input) }).collect();
    let wait = model.is_async().then(|| quote!(.await));
    quote! {
        #(#attrs)*
        #vis #sig {
            #entry.get_or_compute() #wait
        }
    }
}

fn entry(model: &Model<'_>, parts: &Parts, name: &syn::Ident) -> TokenStream {
    let p = &parts.private;
    let (vis, answer) = (&model.function.vis, &model.answer);
    let generics = &model.function.sig.generics;
    let bounds = &generics.where_clause;
    let attrs = kept_attributes(model).chain(macro_attributes(model));
    let (inputs, body) = (inputs(model, Receiver::ForTheBody), call::entry(model, parts));
    let storable = call::storable(model, p);
    let returned = if model.is_async() {
        quote!(#p::AsyncEntry<#answer, #storable, impl ::core::future::Future<Output = #answer>>)
    } else {
        quote!(#p::Entry<#answer, #storable, impl ::core::ops::FnOnce() -> #answer>)
    };
    let summary = format!(
        "One call of [`{0}`](Self::{0}), before it is made: look up, compute, store, remove.",
        model.name()
    );
    let summary = match model.companions {
        Companions::Type => {
            "One call of the function, before it is made: look up, compute, store, remove.".to_owned()
        }
        _ => summary,
    };
    quote! {
        #[doc = #summary]
        #(#attrs)*
        #[allow(dead_code, unreachable_pub, clippy::too_many_arguments, clippy::needless_pass_by_value)]
        #vis fn #name #generics(#(#inputs),*) -> #returned #bounds {
            #body
        }
    }
}

/// None where the place depends on arguments, or a type argument cannot be named.
fn memo(model: &Model<'_>, parts: &Parts, name: &syn::Ident) -> Option<TokenStream> {
    if model.has_impl_trait() {
        return None;
    }
    let receiver = match &model.place {
        Place::Memory(expr) if model.mentions_only_self(expr) => Some(quote!(&self)),
        Place::Memory(expr) if model.mentions_parameter(expr) => return None,
        _ => None,
    };
    let p = &parts.private;
    let (vis, answer) = (&model.function.vis, &model.answer);
    let generics = &model.function.sig.generics;
    let bounds = &generics.where_clause;
    let (body, storable) = (call::memo(model, parts), call::storable(model, p));
    let attrs = kept_attributes(model).map(ToTokens::to_token_stream);
    Some(quote! {
        /// The entries of all calls: list, count, clear, bound them.
        #(#attrs)*
        #[allow(dead_code, unreachable_pub)]
        #vis fn #name #generics(#receiver) -> #p::MemorizedFunc<#p::Answers<#answer>, #storable> #bounds {
            #body
        }
    })
}
