//! Where errors and lints find what is generated.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// For tokens of this macro's, with errors reported at `span`.
pub(super) fn here(span: Span) -> Span {
    span.resolved_at(Span::call_site())
}

/// The same tokens, with errors reported at `span`.
pub(super) fn at(span: Span, tokens: TokenStream) -> TokenStream {
    each(tokens, &|own| span.resolved_at(own))
}

/// A call of `function` with these arguments, whose own tokens stay where they are.
pub(super) fn call_at(span: Span, function: TokenStream, arguments: TokenStream) -> TokenStream {
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(span.resolved_at(Span::mixed_site()));
    at(span, function).into_iter().chain([TokenTree::Group(arguments)]).collect()
}

/// The same tokens as this macro's: lints are silent about what other crates' macros write.
pub(super) fn generated(tokens: TokenStream) -> TokenStream {
    each(tokens, &|own| own.resolved_at(Span::mixed_site()))
}

/// A name that stands where `at` does and is this macro's.
pub(super) fn generated_name(name: &str, at: Span) -> Ident {
    Ident::new(name, at.resolved_at(Span::mixed_site()))
}

fn each(tokens: TokenStream, change: &impl Fn(Span) -> Span) -> TokenStream {
    let changed = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            let mut inner = Group::new(group.delimiter(), each(group.stream(), change));
            inner.set_span(change(group.span()));
            return TokenTree::Group(inner);
        }
        token.set_span(change(token.span()));
        token
    };
    tokens.into_iter().map(changed).collect()
}
