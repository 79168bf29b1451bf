//! The item under `#[cached]`: a function, or an impl block.

use super::conditional;
use super::function::{Function, is_cached};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, ImplItem, ItemImpl, Meta, Token};

/// The item under the attribute.
pub(super) enum Item {
    Function(Box<Function>),
    Impl(Box<ImplBlock>),
}

/// An impl block with its methods' bodies unparsed.
pub(super) struct ImplBlock {
    /// The block without its items.
    pub(super) head: ItemImpl,
    pub(super) items: Vec<BlockItem>,
}

pub(super) enum BlockItem {
    /// A method marked `#[cached(..)]`, with the tokens in the parentheses.
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

fn is_impl(input: ParseStream<'_>) -> bool {
    let fork = input.fork();
    if fork.call(Attribute::parse_outer).is_err() {
        return false;
    }
    let _ = fork.parse::<Option<Token![unsafe]>>();
    fork.peek(Token![impl])
}

/// The header is parsed with an empty body in place of the items.
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
    /// One item as the user wrote it becomes several where conditions decide what it is.
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

/// The item for re-emission: inside an impl block `#[cached]` is removed, so that it is not expanded again.
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
