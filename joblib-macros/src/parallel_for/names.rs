//! The names generated code uses for itself, invisible to the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, Lifetime};

use super::runtime::Runtime;

/// Where generated code stands: its names are invisible to the user's, errors in it are shown at `span`.
pub(crate) fn standing_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A local variable of generated code.
pub(crate) fn local(name: &str, here: Span) -> Ident {
    Ident::new(name, standing_at(here))
}

/// The label of the block a part of the loop runs in.
pub(crate) fn exit_label() -> Lifetime {
    Lifetime::new("'__exit", Span::mixed_site())
}

/// The label of the block around the inner loop.
pub(crate) fn done_label() -> Lifetime {
    Lifetime::new("'__done", Span::mixed_site())
}

/// The label of the block that a collection is the value of.
pub(crate) fn value_label() -> Lifetime {
    Lifetime::new("'__value", Span::mixed_site())
}

/// The label of one iteration, where several loops are one.
pub(crate) fn iteration_label() -> Lifetime {
    Lifetime::new("'__iteration", Span::mixed_site())
}

/// The variable that stands for way number `way` out of loop number `number` of its function.
pub(crate) fn way(number: usize, way: usize, here: Span) -> Ident {
    local(&format!("__way_{number}_{way}"), here)
}

/// What is known to be able to leave, leaving by way number `way`.
pub(crate) fn exit_by(rt: &Runtime, way: usize, here: Span, leaving: impl ToTokens) -> TokenStream {
    let rt = rt.at(here);
    (0..way).fold(
        quote_spanned!(here=> #rt::Exit::Here(#leaving)),
        |inner, _| quote_spanned!(here=> #rt::Exit::Other(#inner)),
    )
}
