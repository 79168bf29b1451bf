//! The ways out of a loop: before it, where the body leaves by one, and at the loop, which takes it.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use super::accumulators::nested;
use super::body::{Leaves, Way};
use super::model::ParallelLoop;
use super::names;

/// The ways out of the body. Where the type of what leaves by one is known here, it is stated before the
/// body.
pub(super) fn declare(parallel: &ParallelLoop) -> TokenStream {
    let (here, number) = (parallel.here, parallel.number);
    let rt = parallel.rt.at(here);
    // Its own `break`, what the body does, and a value that ends a collection.
    let count = 1 + parallel.ways.len() + usize::from(parallel.collects);
    let all: Vec<_> = (0..count).map(|way| names::way(number, way, here)).collect();
    let list = nested(all.iter().map(|way| quote_spanned!(here=> &#way)));
    let types = parallel.ways.iter().zip(&all[1..]).map(|(way, name)| {
        let (compiled, left_out) = way.conditions();
        let span = names::standing_at(way.span);
        let leaves = match &way.leaves {
            Leaves::Return { value: true } => Some(quote_spanned!(span=> return #name.never())),
            Leaves::Break { label, value: true } => Some(quote_spanned!(span=> break #label #name.never())),
            _ => None,
        };
        let known = leaves.map(|leaves| {
            let lints = quote_spanned!(span=> #[allow(clippy::needless_return)]);
            quote_spanned!(span=> #compiled #lints if false { #leaves; })
        });
        let nothing =
            left_out.map(|left_out| quote_spanned!(span=> #left_out let _: &#rt::Way<()> = &#name;));
        quote_spanned!(span=> #known #nothing)
    });
    quote_spanned! {here=>
        #(let #all = #rt::Way::new();)*
        #(#types)*
        let __exits = #rt::Exits::of(#list);
    }
}

/// Leaves the loop as `__left` says, which is how the earliest iteration left it, or else gives
/// `finished`; `stopped` is one more way.
pub(super) fn leave(
    parallel: &ParallelLoop,
    finished: Option<TokenStream>,
    stopped: Option<TokenStream>,
) -> TokenStream {
    let here = parallel.here;
    let rt = parallel.rt.at(here);
    let finished = finished.unwrap_or_else(|| quote_spanned!(here=> ()));
    let ways = parallel.ways.iter().map(|way| {
        let (compiled, left_out) = way.conditions();
        (take_way(way), compiled, left_out)
    });
    let others = take_ways(&rt, here, ways.chain(stopped.map(|stopped| (stopped, None, None))));
    quote_spanned! {here=>
        #[allow(clippy::needless_return)]
        match __left {
            ::core::option::Option::None => #finished,
            ::core::option::Option::Some(#rt::Exit::Here(_)) => #finished,
            ::core::option::Option::Some(#rt::Exit::Other(__other)) => match __other { #others },
        }
    }
}

/// A way out at the loop, and the attributes under which it is compiled and is not.
type Taken = (TokenStream, Option<TokenStream>, Option<TokenStream>);

/// The ways out, apart from the loop's own `break`: nested `match`es, each with an arm for one way and an arm
/// for the rest.
fn take_ways(rt: &TokenStream, here: Span, ways: impl Iterator<Item = Taken>) -> TokenStream {
    // Innermost first: after the last way nothing is left.
    let none = quote_spanned!(here=> __other => match __other {});
    let ways: Vec<_> = ways.collect();
    ways.into_iter().rev().fold(none, |others, (way, compiled, left_out)| {
        let nothing = left_out
            .map(|left_out| quote_spanned!(here=> #left_out #rt::Exit::Here(_) => ::core::unreachable!(),));
        quote_spanned! {here=>
            __other => match __other {
                #compiled
                #rt::Exit::Here(__way) => match __way.arrived() { #way },
                #nothing
                #rt::Exit::Other(__other) => match __other { #others },
            }
        }
    })
}

/// The exit as the user wrote it, now at the loop: an arm of a `match` on what it carries.
fn take_way(way: &Way) -> TokenStream {
    let span = way.span;
    match &way.leaves {
        Leaves::Return { value: true } => quote_spanned!(span=> __value => return __value),
        Leaves::Return { value: false } => quote_spanned!(span=> () => return),
        Leaves::Try => quote_spanned!(span=> __residual => match __residual? {}),
        Leaves::Break { label, value: true } => quote_spanned!(span=> __value => break #label __value),
        Leaves::Break { label, value: false } => quote_spanned!(span=> () => break #label),
        Leaves::Continue { label } => quote_spanned!(span=> () => continue #label),
    }
}
