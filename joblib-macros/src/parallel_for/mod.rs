//! `#[parallel_for]` and `parallel!`.
//!
//! [`find`] looks for the loops of an item; [`options`] and [`reduction`] parse what is asked of each;
//! [`check`] and [`captured`] hold the rules that options and loop must obey together; [`value`] says whether
//! the body ends in a value. [`updates`] rewrites the updates of accumulators, whose shapes [`forms`] knows;
//! [`quiet`] says what may be evaluated when the plain loop would not, [`methods`] what std's methods do,
//! [`advice`] what to write instead, and [`positions`] whether a body may ask which iteration it is in.
//! [`nest`] takes collapsed loops apart, [`body`] turns what leaves a body into ways out, [`source`] prepares
//! the expression after `in`, [`macro_input`] reads the input of macros, and [`expand`] writes the result,
//! with [`accumulators`] and [`exits`] in it.
//!
//! For loops in worker processes [`unshared`] finds what the body would need from this process, [`receiver`]
//! gives `self` a name, and [`processes`] writes the result.

mod accumulators;
mod advice;
mod body;
mod captured;
mod check;
mod exits;
mod expand;
mod fallback;
mod find;
mod forms;
mod half_open;
mod macro_input;
mod methods;
mod model;
mod names;
mod nest;
mod options;
mod overflow;
mod positions;
mod processes;
mod quiet;
mod receiver;
mod reduction;
mod runtime;
mod scope;
mod source;
mod unshared;
mod updates;
mod value;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{ExprForLoop, ItemFn, Meta, Token, bracketed};

use crate::ctxt::Ctxt;
use crate::tokens::ends_in;
use options::Options;

/// `#[parallel_for(args)] item`
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = syn::parse2::<ItemFn>(item.clone());
    let mut function =
        match parsed.or_else(|error| syn::parse2(half_open::closed(item.clone())).map_err(|_| error)) {
            Ok(function) => function,
            Err(error) => {
                let (error, item) = not_a_function(item, error);
                let error = error.into_compile_error();
                return quote!(#error #item);
            }
        };
    let cx = Ctxt::new();
    let options = Options::parse_at_function(&cx, args);
    let mut parallel = function.clone();
    find::expand_loops(&cx, &options, &mut parallel);
    match cx.check() {
        Ok(()) => parallel.into_token_stream(),
        Err(errors) => {
            fallback::strip(&mut function);
            quote!(#errors #function)
        }
    }
}

/// `parallel! { #[options] for .. }`
pub(crate) fn expression(input: TokenStream) -> TokenStream {
    let parsed =
        syn::parse2(input.clone()).or_else(|error| syn::parse2(half_open::closed(input)).map_err(|_| error));
    let MarkedLoop { marks, for_loop } = match parsed {
        Ok(marked) => marked,
        Err(error) => return error.into_compile_error(),
    };
    let cx = Ctxt::new();
    let expanded = find::expand_marked(&cx, marks, for_loop);
    match cx.check() {
        Ok(()) => expanded.into_token_stream(),
        Err(errors) => quote!({ #errors }),
    }
}

/// The input of `parallel!`.
struct MarkedLoop {
    /// The option lists.
    marks: Vec<TokenStream>,
    for_loop: ExprForLoop,
}

impl Parse for MarkedLoop {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut marks = Vec::new();
        while input.peek(Token![#]) {
            input.parse::<Token![#]>()?;
            let content;
            bracketed!(content in input);
            // `#[parallel_for(options)]` as elsewhere, or just `#[options]`.
            let attribute = content.fork().parse::<Meta>();
            marks.push(match attribute {
                Ok(Meta::List(list)) if ends_in(&list.path, &["parallel_for"]) => {
                    content.parse::<Meta>()?;
                    list.tokens
                }
                _ => content.parse()?,
            });
        }
        let for_loop = input.parse().map_err(|error| {
            syn::Error::new(
                error.span(),
                "`parallel!` takes one `for` loop, with its options above it: \
                 `parallel! { #[n_jobs = 2] for x in xs { .. } }`",
            )
        })?;
        Ok(MarkedLoop { marks, for_loop })
    }
}

/// What is wrong with an item, and what is emitted in its place.
fn not_a_function(item: TokenStream, error: syn::Error) -> (syn::Error, TokenStream) {
    if let Ok(for_loop) = syn::parse2::<ExprForLoop>(item.clone()) {
        let error = syn::Error::new_spanned(
            for_loop.for_token,
            "`#[parallel_for]` at a loop is read by the one at its function: write `#[parallel_for]` above \
             that function too, or `parallel! { for .. }` here",
        );
        return (error, TokenStream::new());
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(other) => {
            let message = "`#[parallel_for]` goes on the function that contains the loops";
            (syn::Error::new_spanned(first_tokens(&other), message), item)
        }
        Err(_) => (error, item),
    }
}

/// Enough of an item to point at it.
fn first_tokens(item: &syn::Item) -> TokenStream {
    item.to_token_stream().into_iter().take(2).collect()
}
