//! The variables of `reduce(..)`, in the expansion of their loop.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::names::{local, standing_at};
use super::options::{Operator, Reduction};
use crate::root::Root;

/// The accumulators of one loop. Everything about one stands where its variable is named in `reduce(..)`, so that a
/// type that cannot be reduced is one error, there.
pub(crate) struct Accumulators<'a> {
    root: &'a Root,
    reductions: &'a [Reduction],
}

/// One accumulator, and the names that are its own.
struct Accumulator<'a> {
    here: Span,
    rt: TokenStream,
    reduction: &'a Reduction,
    /// The variable that is shared by the participants.
    fold: Ident,
    /// The variable each participant has its own of.
    worker: Ident,
}

impl<'a> Accumulators<'a> {
    pub(crate) fn new(root: &'a Root, reductions: &'a [Reduction]) -> Self {
        Accumulators { root, reductions }
    }

    fn each(&self, expand: impl Fn(Accumulator<'a>) -> TokenStream) -> TokenStream {
        let all = self.reductions.iter().enumerate().map(|(index, reduction)| {
            let here = standing_at(reduction.variable.span());
            let private = self.root.private_at(here);
            expand(Accumulator {
                here,
                rt: quote_spanned!(here=> #private::parallel_for),
                reduction,
                fold: format_ident!("fold_{index}", span = here),
                worker: format_ident!("worker_{index}", span = here),
            })
        });
        all.collect()
    }

    /// Before the loop: takes the values the variables have.
    pub(crate) fn take_over(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, reduction, fold, .. }| {
            let operator = match &reduction.operator {
                Operator::Known(name) => {
                    let name = local(name, here);
                    quote_spanned!(here=> #rt::#name)
                }
                Operator::With(with) => {
                    let (merge, init) = (&with.merge, &with.init);
                    quote_spanned!(here=> #rt::With::new(#merge, || #init))
                }
            };
            let variable = &reduction.variable;
            quote_spanned!(here=> let #fold = #rt::fold(#operator, &mut #variable);)
        })
    }

    /// The call on the loop's plan that says whether parts must be blocks.
    pub(crate) fn need_blocks(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, fold, .. }| {
            quote_spanned!(here=> .in_blocks(#rt::Accumulator::needs_blocks(&#fold)))
        })
    }

    /// When a participant starts.
    pub(crate) fn workers(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, fold, worker, .. }| {
            quote_spanned!(here=> let mut #worker = #rt::Accumulator::worker(&#fold);)
        })
    }

    /// Before a part of the loop: a variable of the user's name, to accumulate in.
    pub(crate) fn begin_block(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, reduction, worker, .. }| {
            let variable = &reduction.variable;
            quote_spanned! {here=>
                #[allow(unused_mut)]
                let mut #variable = #rt::AccumulatorWorker::identity(&#worker);
            }
        })
    }

    /// After it.
    pub(crate) fn end_block(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, reduction, worker, .. }| {
            let variable = &reduction.variable;
            quote_spanned!(here=> #rt::AccumulatorWorker::add(&mut #worker, feed.position(), #variable);)
        })
    }

    /// After the loop: the variables get their values.
    pub(crate) fn hand_back(&self) -> TokenStream {
        self.each(|Accumulator { here, rt, reduction, fold, .. }| {
            let variable = &reduction.variable;
            quote_spanned!(here=> #variable = #rt::Accumulator::finish(#fold, left_at);)
        })
    }
}
