//! Conditions that the compiler has not decided yet: the function is written once for each outcome. These are
//! parameters under `#[cfg(..)]`, and `#[cfg_attr(.., cached(..))]` on the methods of a block.

use super::function::{Function, is_cached};
use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, FnArg, Meta, Pat, Token, parse_quote};

/// The function for every choice of its conditional parameters; the function itself where there are none.
pub(super) fn versions(function: Function) -> Vec<Function> {
    let Some((parameter, attr)) = first_condition(&function) else { return vec![function] };
    let (mut with, mut without) = (function.clone(), function);
    let FnArg::Typed(typed) = &mut with.sig.inputs[parameter] else { return vec![with] };
    let Meta::List(condition) = typed.attrs.remove(attr).meta else { return vec![with] };
    let condition = condition.tokens;
    with.attrs.insert(0, parse_quote!(#[cfg(#condition)]));
    without.attrs.insert(0, parse_quote!(#[cfg(not(#condition))]));
    let rest = without.sig.inputs.into_iter().enumerate().filter(|(at, _)| *at != parameter);
    if let Pat::Ident(pat) = &*typed.pat {
        without.absent.push(pat.ident.clone());
    }
    without.sig.inputs = rest.map(|(_, input)| input).collect();
    [with, without].into_iter().flat_map(versions).collect()
}

/// A `#[cached]` in a `cfg_attr`: the function with it under that condition, and without it under the
/// opposite.
pub(super) fn cached_if(function: &Function) -> Option<(TokenStream, Function, Function)> {
    let (at, condition, mark) = function.attrs.iter().enumerate().find_map(|(at, attr)| {
        if !attr.path().is_ident("cfg_attr") {
            return None;
        }
        let parts = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
        let mut parts = parts.into_iter();
        let condition = parts.next()?;
        Some((at, condition, parts.find(|meta| is_cached(meta.path()))?))
    })?;
    let (mut with, mut without) = (function.clone(), function.clone());
    with.attrs[at] = parse_quote!(#[cfg(#condition)]);
    without.attrs[at] = parse_quote!(#[cfg(not(#condition))]);
    let options = match mark {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Some((options, with, without))
}

/// The first parameter under a condition, and the position of that condition among its attributes.
fn first_condition(function: &Function) -> Option<(usize, usize)> {
    let is_condition = |attr: &Attribute| attr.path().is_ident("cfg") && matches!(attr.meta, Meta::List(_));
    function.sig.inputs.iter().enumerate().find_map(|(at, input)| match input {
        FnArg::Typed(typed) => Some((at, typed.attrs.iter().position(is_condition)?)),
        FnArg::Receiver(_) => None,
    })
}
