//! `#[cached]`: parse -> model -> check -> expand.

mod attributes;
mod check;
mod conditional;
mod expand;
mod item;
mod model;
mod options;
mod units;

use crate::ctxt::Ctxt;
use crate::root::Root;
use item::{Function, Item};
use options::Options;
use proc_macro2::TokenStream;
use quote::quote;

/// The whole macro. Whatever is wrong, the user's item is emitted, so that no second error follows from its absence.
pub(crate) fn cached(arguments: TokenStream, input: TokenStream) -> TokenStream {
    let cx = Ctxt::new();
    let (arguments, is_last) = attributes::without_mark(arguments);
    let options = Options::parse(&cx, arguments.clone());
    let item = cx.ok(Item::parse(input.clone()));
    if let Some(Item::Function(function)) = &item {
        attributes::check_once(&cx, function);
        if !cx.has_errors()
            && let Some(again) = expanded_later(function, &options, &arguments, is_last)
        {
            let _ = cx.check();
            return again;
        }
    }
    let expanded = item.and_then(|item| match item {
        Item::Function(function) => expand::function(&cx, &options, function),
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

/// The function under attributes that come first: other macros, and conditions that decide its parameters.
fn expanded_later(
    function: &Function,
    options: &Options,
    arguments: &TokenStream,
    is_last: bool,
) -> Option<TokenStream> {
    let others = || attributes::others_first(function, options, arguments);
    if let Some(reordered) = (!is_last).then(others).flatten() {
        return Some(reordered);
    }
    let versions = conditional::versions(function.clone());
    let root = options.root.get().cloned().unwrap_or_else(Root::default_path);
    (versions.len() > 1).then(|| {
        let again = versions.iter().map(|Function { attrs, vis, sig, body }| {
            quote!(#(#attrs)* #[#root::cached(#arguments)] #vis #sig #body)
        });
        again.collect()
    })
}
