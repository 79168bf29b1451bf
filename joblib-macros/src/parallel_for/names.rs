//! The names generated code uses for itself, invisible to the user's.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Ident, Lifetime};

use crate::root::Root;

/// `quote!` whose own names the user's code does not see.
macro_rules! hygienic {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
pub(crate) use hygienic;

/// A local variable.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The label of the block a part of the loop runs in.
pub(crate) fn exit_label() -> Lifetime {
    Lifetime::new("'exit", Span::mixed_site())
}

/// The label of the block around the inner loop.
pub(crate) fn done_label() -> Lifetime {
    Lifetime::new("'done", Span::mixed_site())
}

/// `value`, leaving by way number `way`.
pub(crate) fn exit_value(root: &Root, way: usize, value: impl ToTokens) -> TokenStream {
    let private = root.private();
    (0..way).fold(
        hygienic!(#private::parallel_for::Exit::Here(#value)),
        |inner, _| hygienic!(#private::parallel_for::Exit::Other(#inner)),
    )
}

/// The type of an exit that knows `ways`, of types to be inferred.
pub(crate) fn exit_type(root: &Root, ways: usize) -> TokenStream {
    let private = root.private();
    (0..ways).fold(
        hygienic!(#private::parallel_for::NoExit),
        |others, _| hygienic!(#private::parallel_for::Exit<_, #others>),
    )
}
