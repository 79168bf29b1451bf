//! How results are stored.

use super::super::model::Model;
use super::respan::at;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

/// How the result is stored, by its type.
///
/// As a statement that binds it to `keep`: whatever is wrong with the type is reported in one place, and so
/// once.
pub(super) fn kept(model: &Model<'_>, p: &TokenStream, keep: &Ident) -> TokenStream {
    let answer = &model.answer;
    let (mut traits, method) = match model.cache_err {
        true => (quote!(EveryKind as _, NoErrorKind as _), quote!(__every)),
        false => (quote!(OkKind as _, WholeKind as _), quote!(__kind)),
    };
    // A probe does not see lifetimes: what may borrow is not shared.
    if !model.answer_may_borrow() {
        traits.extend(match model.cache_err {
            true => quote!(, SharedEveryKind as _),
            false => quote!(, SharedOkKind as _, SharedWholeKind as _),
        });
    }
    let mut kind = quote!({
        use #p::{#traits};
        (&&&&#p::Probe::<#answer>::NEW).#method()
    });
    if model.policy.iter().any(|(option, _)| *option == "hot") {
        kind = quote!(#p::hot::<#answer, _>(#kind));
    }
    // Errors about the type are to be read at the type.
    at(model.answer_span, quote!(let #keep = #p::storable::<#answer, _>(#kind);))
}

/// `impl Storable<R>`: the kind, whose name the signature does not know.
pub(super) fn storable(model: &Model<'_>, answer: &Type) -> TokenStream {
    let root = &model.root;
    at(model.answer_span, quote!(impl #root::keep::Storable<#answer>))
}
