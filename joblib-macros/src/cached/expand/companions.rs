//! The function and what stands beside it.

use super::super::model::{Companions, Model};
use super::call::{self, Parts};
use super::companion::{entry, memo};
use super::companion_trait::CompanionTrait;
use super::signature::{
    Receiver, inputs, kept_attributes, macro_attributes, names, outer_attributes, turbofish,
};
use crate::fingerprint::Fingerprint;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

/// A function by itself, or a method of an inherent impl block.
pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let parts = Parts::of(model);
    match model.companions {
        Companions::Type => beside_function(model, &parts),
        Companions::Methods => beside_method(model, &parts),
        Companions::Trait | Companions::None => alone(model, &parts),
    }
}

/// A method of a trait impl, whose companions go to `companions`.
pub(super) fn expand_in_trait_impl(model: &Model<'_>, companions: &mut CompanionTrait<'_>) -> TokenStream {
    let parts = Parts::of(model);
    let entry_name = format_ident!("{}_entry", model.name());
    companions.add(&entry(model, &parts, &entry_name));
    companions.add(&memo(model, &parts, &format_ident!("{}_memo", model.name())));
    let (arguments, turbofish, path) = (names(model), turbofish(model), companions.path());
    outer(model, &quote!(<Self as #path>::#entry_name #turbofish(#(#arguments),*)))
}

fn beside_function(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let p = &parts.private;
    let (vis, name) = (&model.function.vis, model.name());
    let attrs: Vec<_> = kept_attributes(model).collect();
    let (arguments, turbofish) = (names(model), turbofish(model));
    let call = outer(model, &quote!(#name::entry #turbofish(#(#arguments),*)));
    let entry = entry(model, parts, &format_ident!("entry", span = name.span())).visible(vis);
    let memo = memo(model, parts, &format_ident!("memo", span = name.span())).visible(vis);
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
    let (vis, name) = (&model.function.vis, model.name());
    let entry_name = format_ident!("{}_entry", name);
    let (arguments, turbofish) = (names(model), turbofish(model));
    let call = outer(model, &quote!(Self::#entry_name #turbofish(#(#arguments),*)));
    let entry = entry(model, parts, &entry_name).visible(vis);
    let memo = memo(model, parts, &format_ident!("{}_memo", name)).visible(vis);
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
