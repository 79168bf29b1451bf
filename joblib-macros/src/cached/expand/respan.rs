//! Spans: where errors and lints place generated code.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// A span for this macro's own tokens, with errors reported at `span`.
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

/// The same tokens, marked as this macro's: lints say nothing about code written by other crates' macros.
pub(super) fn generated(tokens: TokenStream) -> TokenStream {
    each(tokens, &|own| own.resolved_at(Span::mixed_site()))
}

/// A name at the position of `at` that belongs to this macro.
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
