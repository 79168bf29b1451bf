//! What `#[cached]` stands on: a function, or an impl block. Bodies stay tokens: they need not parse for the
//! editor to complete inside them, and errors in them keep their place.

use super::attributes::is_cached;
use super::conditional;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{AttrStyle, Attribute, ImplItem, ItemImpl, Meta, Signature, Token, Visibility};

/// The item under the attribute.
pub(super) enum Item {
    Function(Box<Function>),
    Impl(Box<ImplBlock>),
}

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

/// An impl block with its methods' bodies unparsed.
pub(super) struct ImplBlock {
    /// The block without its items.
    pub(super) head: ItemImpl,
    pub(super) items: Vec<BlockItem>,
}

pub(super) enum BlockItem {
    /// A method marked `#[cached(..)]`, with what stands in the parentheses.
    Cached(TokenStream, Box<Function>),
    /// Anything else.
    Other(TokenStream),
}

impl Item {
    pub(super) fn parse(input: TokenStream) -> syn::Result<Self> {
        let parser = |input: ParseStream<'_>| {
            if is_impl(input) {
                parse_impl(input).map(|block| Item::Impl(Box::new(block)))
            } else {
                input.parse::<Function>().map(|function| Item::Function(Box::new(function)))
            }
        };
        parser.parse2(input)
    }
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

/// A block, also one that a `macro_rules` has passed on as `$body:block`.
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

/// The attributes that a body begins with, as they would stand before the function, and the rest.
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

fn is_impl(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    if fork.call(Attribute::parse_outer).is_err() {
        return false;
    }
    let _ = fork.parse::<Option<Token![unsafe]>>();
    fork.peek(Token![impl])
}

/// The head is parsed with an empty body in place of the items.
fn parse_impl(input: ParseStream<'_>) -> syn::Result<ImplBlock> {
    let mut head = TokenStream::new();
    let items = loop {
        match input.parse()? {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace && input.is_empty() => {
                break group;
            }
            token => head.extend([token]),
        }
    };
    let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
    empty.set_span(items.span());
    head.extend([TokenTree::Group(empty)]);
    let parser = |input: ParseStream<'_>| {
        let mut items = Vec::new();
        while !input.is_empty() {
            BlockItem::parse_into(input, &mut items)?;
        }
        Ok(items)
    };
    Ok(ImplBlock { head: syn::parse2(head)?, items: parser.parse2(items.stream())? })
}

impl BlockItem {
    /// One item as the user wrote it is several where conditions decide what it is.
    fn parse_into(input: ParseStream<'_>, items: &mut Vec<Self>) -> syn::Result<()> {
        let fork = input.fork();
        let Ok(mut function) = fork.parse::<Function>() else {
            items.push(BlockItem::Other(input.parse::<ImplItem>()?.into_token_stream()));
            return Ok(());
        };
        input.advance_to(&fork);
        let (options, function) = match function.attrs.iter().position(|attr| is_cached(attr.path())) {
            Some(at) => match function.attrs.remove(at).meta {
                Meta::List(list) => (list.tokens, function),
                _ => (TokenStream::new(), function),
            },
            None => match conditional::cached_if(&function) {
                Some((options, with, without)) => {
                    items.push(BlockItem::Other(without.into_token_stream()));
                    (options, with)
                }
                None => {
                    items.push(BlockItem::Other(function.into_token_stream()));
                    return Ok(());
                }
            },
        };
        let versions = conditional::versions(function).into_iter();
        items.extend(versions.map(|version| BlockItem::Cached(options.clone(), Box::new(version))));
        Ok(())
    }
}

/// The item for re-emission: inside an impl block `#[cached]` goes, so that it is not expanded alone.
pub(super) fn without_cached(input: TokenStream) -> TokenStream {
    match Item::parse(input.clone()) {
        Ok(Item::Impl(block)) => {
            let items = block.items.iter().map(|item| match item {
                BlockItem::Cached(_, function) => function.to_token_stream(),
                BlockItem::Other(tokens) => tokens.clone(),
            });
            with_items(&block.head, items)
        }
        _ => input,
    }
}

/// The impl block with these items.
pub(super) fn with_items(head: &ItemImpl, items: impl Iterator<Item = TokenStream>) -> TokenStream {
    let mut tokens: Vec<TokenTree> = head.to_token_stream().into_iter().collect();
    if let Some(TokenTree::Group(empty)) = tokens.pop() {
        let mut filled = Group::new(Delimiter::Brace, items.collect());
        filled.set_span(empty.span());
        tokens.push(TokenTree::Group(filled));
    }
    tokens.into_iter().collect()
}
