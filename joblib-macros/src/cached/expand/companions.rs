//! The function and its companions.

use super::super::model::{Companions, Model};
use super::call;
use super::companion::companions;
use super::companion_trait::CompanionTrait;
use super::respan::generated;
use super::signature::{Receiver, inputs, kept_attributes, macro_attributes, names, outer_attributes};
use super::site::{Site, parameters, turbofish};
use crate::fingerprint::Fingerprint;
use crate::tokens::unraw;
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, format_ident, quote};

/// A function by itself, or a method of an inherent impl block.
pub(super) fn expand(model: &Model<'_>) -> TokenStream {
    let site = Site::of(model);
    match model.companions {
        Companions::Type => beside_function(model, &site),
        Companions::Methods => beside_method(model, &site),
        Companions::Trait | Companions::None => alone(model, &site),
    }
}

/// A method of a trait impl, whose companions go into `beside`.
pub(super) fn expand_in_trait_impl(model: &Model<'_>, beside: &mut CompanionTrait<'_>) -> TokenStream {
    let path = beside.path();
    let of = quote!(<Self as #path>);
    companions(model, &Site::of(model), &of).iter().for_each(|companion| beside.add(companion));
    let entry = format_ident!("{}_entry", unraw(model.name()));
    outer(model, &passed_on(model, &quote!(#of::#entry)))
}

fn beside_function(model: &Model<'_>, site: &Site) -> TokenStream {
    let p = &site.private;
    let name = model.name();
    let vis = generated(model.function.vis.to_token_stream());
    let own_name = generated(name.to_token_stream());
    let attrs: Vec<_> = kept_attributes(model).collect();
    let call = outer(model, &passed_on(model, &quote!(#name::entry)));
    let beside = companions(model, site, &quote!(Self));
    let beside = beside.iter().map(|companion| companion.visible(&model.function.vis));
    let tracked = match &site.fingerprint {
        Fingerprint::Constant(fingerprint) => quote! {
            #(#attrs)*
            #[automatically_derived]
            impl #p::fingerprint::Tracked for #own_name {
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
        #vis struct #own_name {}

        #(#attrs)*
        impl #own_name {
            #(#beside)*
        }

        #tracked
    }
}

fn beside_method(model: &Model<'_>, site: &Site) -> TokenStream {
    let entry = format_ident!("{}_entry", unraw(model.name()));
    let call = outer(model, &passed_on(model, &quote!(Self::#entry)));
    let beside = companions(model, site, &quote!(Self));
    let beside = beside.iter().map(|companion| companion.visible(&model.function.vis));
    quote!(#call #(#beside)*)
}

fn alone(model: &Model<'_>, site: &Site) -> TokenStream {
    let entry = call::entry(model, site, &site.in_place(model));
    let macros = macro_attributes(model);
    let function = function(model, Receiver::ForTheBody, &quote!({ #entry }));
    quote!(#(#macros)* #function)
}

/// A call of `entry` with the function's arguments.
fn passed_on(model: &Model<'_>, entry: &TokenStream) -> TokenStream {
    let (turbofish, arguments) = (turbofish(&parameters(model, false)), names(model));
    quote!(#entry #turbofish(#(#arguments),*))
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
    // The whole item has the span of the user's, so that lints see it there.
    let mut block = Group::new(Delimiter::Brace, quote!(#entry.get_or_compute() #wait));
    block.set_span(function.body.span());
    quote!(#(#attrs)* #vis #sig #block)
}
