//! How results are stored.

use super::super::model::Model;
use super::respan::{at, here};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;

/// How the result is stored, by its type.
///
/// A statement that binds it to `keep`: problems with the type are then reported in one place, and so only
/// once.
pub(super) fn kept(model: &Model<'_>, keep: &Ident) -> TokenStream {
    // Errors about the type are reported at the type.
    let (span, there) = (here(model.result_span), model.result_span.resolved_at(Span::mixed_site()));
    let p = model.root.private_at(there);
    let mut keep = keep.clone();
    keep.set_span(there);
    let result = at(model.result_span, model.result.to_token_stream());
    let (mut traits, method) = match model.cache_err {
        true => (quote_spanned!(span=> EveryKind as _, NoErrorKind as _), Ident::new("__every", span)),
        false => (quote_spanned!(span=> OkKind as _, WholeKind as _), Ident::new("__kind", span)),
    };
    // A probe does not see lifetimes: results that may borrow are not shared.
    if !model.result_may_borrow() {
        traits.extend(match model.cache_err {
            true => quote_spanned!(span=> , SharedEveryKind as _),
            false => quote_spanned!(span=> , SharedOkKind as _, SharedWholeKind as _),
        });
    }
    let mut kind = quote_spanned!(span=> {
        use #p::{#traits};
        (&&&&#p::Probe::<#result>::NEW).#method()
    });
    if model.policy.iter().any(|(option, _)| *option == "hot") {
        kind = quote_spanned!(span=> #p::hot::<#result, _>(#kind));
    }
    quote_spanned!(span=> let #keep = #p::storable::<#result, _>(#kind);)
}

/// `impl Storable<R>`: the kind, which the signature cannot name.
pub(super) fn storable(model: &Model<'_>, result: &Type) -> TokenStream {
    let span = here(model.result_span);
    let (root, result) = (model.root.at(span), at(model.result_span, result.to_token_stream()));
    quote_spanned!(span=> impl #root::keep::Storable<#result>)
}
