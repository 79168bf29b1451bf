//! `#[cached]`: parse -> model -> check -> expand.

mod attributes;
mod check;
mod expand;
mod item;
mod model;
mod options;
mod ordinal;
mod scan;
mod surroundings;
mod units;

use crate::ctxt::Ctxt;
use item::Item;
use options::Options;
use proc_macro2::TokenStream;

/// The whole macro. Whatever is wrong, the user's item is emitted, so that no second error follows from its absence.
pub(crate) fn cached(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let options = Options::parse(&cx, arguments.clone());
    let item = cx.ok(Item::parse(input.clone()));
    if let Some(Item::Function(function)) = &item
        && !cx.has_errors()
        && let Some(reordered) = attributes::others_first(function, &options, &arguments)
    {
        let _ = cx.check();
        return reordered;
    }
    let expanded = item.and_then(|item| match item {
        Item::Function(function) => expand::function(&cx, &options, function),
        Item::Impl(block) => expand::impl_block(&cx, &options, block),
    });
    match (cx.check(), expanded) {
        (Ok(()), Some(expanded)) => expanded,
        (Err(errors), _) => {
            let item = item::without_cached(input);
            quote::quote!(#errors #item)
        }
        (Ok(()), None) => input,
    }
}
