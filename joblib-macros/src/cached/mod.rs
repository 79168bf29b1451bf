//! `#[cached]`: parse -> model -> check -> expand.

mod attributes;
mod borrowing;
mod check;
mod conditional;
mod expand;
mod function;
mod hidden;
mod item;
mod model;
mod options;
mod strict;

use crate::ctxt::Ctxt;
use item::Item;
use options::Options;
use proc_macro2::TokenStream;
use quote::quote;

/// The whole macro. Whatever is wrong, the user's item is emitted, so that no second error follows from its
/// absence.
pub(crate) fn cached(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let (arguments, is_last) = attributes::without_mark(arguments);
    let options = Options::parse(&cx, arguments.clone());
    let item = cx.ok(Item::parse(input.clone()));
    if let Some(Item::Function(function)) = &item {
        attributes::check_once(&cx, function);
        if !cx.has_errors()
            && !is_last
            && let Some(reordered) = attributes::others_first(function, &options, &arguments)
        {
            let _ = cx.check();
            return reordered;
        }
    }
    let expanded = item.and_then(|item| match item {
        Item::Function(function) => {
            let versions = conditional::versions(*function).into_iter();
            versions.map(|version| expand::function(&cx, &options, &version)).collect()
        }
        Item::Impl(block) => expand::impl_block(&cx, &options, block),
    });
    match (cx.check(), expanded) {
        (Ok(()), Some(expanded)) => expanded,
        (Err(errors), _) => {
            let item = item::without_cached(input);
            quote!(#errors #item)
        }
        (Ok(()), None) => input,
    }
}
