//! Parameters under `#[cfg(..)]`: the function with them under that condition, and without them under its opposite.

use super::item::Function;
use syn::{Attribute, FnArg, Meta, parse_quote};

/// The function for every choice of its conditional parameters; itself where there are none.
pub(super) fn versions(function: Function) -> Vec<Function> {
    let Some((parameter, attr)) = first_condition(&function) else { return vec![function] };
    let (mut with, mut without) = (function.clone(), function);
    let FnArg::Typed(typed) = &mut with.sig.inputs[parameter] else { return vec![with] };
    let Meta::List(condition) = typed.attrs.remove(attr).meta else { return vec![with] };
    let condition = condition.tokens;
    with.attrs.insert(0, parse_quote!(#[cfg(#condition)]));
    without.attrs.insert(0, parse_quote!(#[cfg(not(#condition))]));
    let rest = without.sig.inputs.into_iter().enumerate().filter(|(at, _)| *at != parameter);
    without.sig.inputs = rest.map(|(_, input)| input).collect();
    [with, without].into_iter().flat_map(versions).collect()
}

/// The first parameter under a condition, and where among its attributes that stands.
fn first_condition(function: &Function) -> Option<(usize, usize)> {
    let is_condition = |attr: &Attribute| attr.path().is_ident("cfg") && matches!(attr.meta, Meta::List(_));
    function.sig.inputs.iter().enumerate().find_map(|(at, input)| match input {
        FnArg::Typed(typed) => Some((at, typed.attrs.iter().position(is_condition)?)),
        FnArg::Receiver(_) => None,
    })
}
