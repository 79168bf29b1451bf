//! A function under `#[cached]`. Its body stays tokens: it need not parse for the editor to complete inside
//! it, and errors in it keep their place.

use crate::tokens::ends_in;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{AttrStyle, Attribute, Path, Signature, Visibility};

/// A function with its body unparsed.
#[derive(Clone)]
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) body: Group,
    /// Names of parameters that another version of it has, under other conditions.
    pub(super) absent: Vec<Ident>,
}

/// `#[cached]` under any path.
pub(super) fn is_cached(path: &Path) -> bool {
    ends_in(path, &["cached"])
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse().map_err(|error| {
            let hint = "`#[cached]` stands on a function, a method or an impl block";
            syn::Error::new(error.span(), format!("{error}; {hint}"))
        })?;
        let (inner, body) = without_attributes(body_of(input.parse()?)?)?;
        Ok(Self { attrs: attrs.into_iter().chain(inner).collect(), vis, sig, body, absent: Vec::new() })
    }
}

/// A block, even one that a `macro_rules` passes on as `$body:block`.
fn body_of(token: TokenTree) -> syn::Result<Group> {
    match token {
        TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => Ok(body),
        TokenTree::Group(invisible) if invisible.delimiter() == Delimiter::None => {
            let mut tokens = invisible.stream().into_iter();
            match (tokens.next(), tokens.next()) {
                (Some(only), None) => body_of(only),
                _ => Err(syn::Error::new(invisible.span(), "a cached function has a body")),
            }
        }
        other => Err(syn::Error::new(other.span(), "a cached function has a body")),
    }
}

/// The attributes that a body begins with, in the form they would have before the function, and the rest.
fn without_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let mut attrs = Vec::new();
    let parser = |input: ParseStream<'_>| {
        attrs = input.call(Attribute::parse_inner)?;
        input.parse::<TokenStream>()
    };
    let mut rest = Group::new(Delimiter::Brace, parser.parse2(body.stream())?);
    rest.set_span(body.span());
    let outer = attrs.into_iter().map(|attr| Attribute { style: AttrStyle::Outer, ..attr });
    Ok((outer.collect(), rest))
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { attrs, vis, sig, body, .. } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}
