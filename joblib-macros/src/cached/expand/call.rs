//! The expression that makes an entry.

use super::super::model::{Model, Param};
use super::key;
use super::kind::kept;
use super::respan::call_at;
use super::site::Site;
use crate::root::Rooted;
use crate::tokens::unraw;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// The entry of a call with these parameters, for the function that the expression looks up.
pub(super) fn entry(model: &Model<'_>, site: &Site, found: &TokenStream) -> TokenStream {
    let p = &site.private;
    let [function, keep, key, args] = ["function", "keep", "key", "args"].map(own);
    let hashed = key::hashed(model, p, &key);
    let text = args_text(model, p);
    let kept = kept(model, &keep);
    let Body { helper, run } = body(model, p);
    let make = if model.is_async() { quote!(async_entry) } else { quote!(entry) };
    let result = &model.result;
    let make = call_at(
        model.result_span,
        quote!(#p::#make::<#result, _, _, _>),
        quote!(#function, #p::KeyHasher::finish(&mut #key), #keep, #run, #args),
    );
    quote! {
        #helper
        let #function = #found;
        #kept
        let mut #key = #p::KeyHasher::new();
        #hashed
        let #args = if #p::Function::<#p::Codec>::wants_args(&#function) {
            ::core::option::Option::Some(#text)
        } else {
            ::core::option::Option::None
        };
        #make
    }
}

/// A variable that cannot be confused with one of the user's constants.
pub(super) fn own(name: &str) -> Ident {
    format_ident!("__joblib_{}", name, span = Span::mixed_site())
}

/// `name=value, ..` of the arguments that are part of the key.
fn args_text(model: &Model<'_>, p: &Rooted) -> TokenStream {
    let texts = model.params.iter().filter(|param| !param.ignored).map(|param| {
        let name = unraw(&param.outer);
        let value = key::by_reference(param);
        quote!((#name, (&#p::describe::Describe(#value)).__text()))
    });
    quote!({
        use #p::describe::{ByDebug as _, ByType as _};
        #p::describe::join(&[#(#texts),*])
    })
}

/// The user's body as a closure without parameters, or as a future.
struct Body {
    /// An item that the closure needs.
    helper: TokenStream,
    run: TokenStream,
}

/// The body's closure takes the function's arguments as its own, so that they are dropped when, and in the
/// order in which, the function would drop them; a closure that captured them would drop unused ones at once.
fn body(model: &Model<'_>, p: &Rooted) -> Body {
    let result = &model.result;
    let statements = model.function.body.stream();
    let typed: Vec<&Param<'_>> = model.params.iter().filter(|param| param.receiver().is_none()).collect();
    // All of `self`, not only the fields that the body uses.
    let whole_self = model.params.iter().find_map(Param::receiver).map(|receiver| {
        let this = &receiver.self_token;
        quote!(let _ = &#this;)
    });
    // Arguments that only an option names count as used.
    let used = key::bound_names(model).into_iter().filter(|name| model.options_mention(name));
    let used = used.map(|name| quote!(let _ = &#name;));
    let patterns = typed.iter().map(|param| param.bound());
    let asyncness = model.is_async().then(|| quote!(async));
    // Where an async body does not return the declared type, this lets the compiler report that at the
    // value.
    let typed_return = model.is_async().then(|| quote!(if false { return #p::typed::<#result>(); }));
    // The braces are the user's: their edition decides when temporaries are dropped.
    let mut block = Group::new(Delimiter::Brace, quote!(#typed_return #whole_self #(#used)* #statements));
    block.set_span(model.function.body.span());
    let run = quote!(#asyncness move |#(#patterns),*| -> #result #block);
    let call = own("call");
    let names: Vec<&Ident> = typed.iter().map(|param| &param.outer).collect();
    if names.is_empty() && !model.is_async() {
        return Body { helper: TokenStream::new(), run };
    }
    let types: Vec<Ident> = (0..names.len()).map(|at| own(&format!("T{at}"))).collect();
    let values: Vec<Ident> = (0..names.len()).map(|at| own(&format!("value{at}"))).collect();
    let [result, body] = ["Result", "body"].map(own);
    let helper = quote! {
        #[inline]
        fn #call<#(#types,)* #result>(
            #(#values: #types,)*
            #body: impl ::core::ops::FnOnce(#(#types),*) -> #result,
        ) -> #result {
            #body(#(#values),*)
        }
    };
    let lazily = (!model.is_async()).then(|| quote!(move ||));
    Body { helper, run: quote!(#lazily #call(#(#names,)* #run)) }
}
