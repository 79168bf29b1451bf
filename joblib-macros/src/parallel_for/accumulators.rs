//! The variables of `reduce(..)`, in the expansion of their loop.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::names::{local, standing_at};
use super::options::{Operator, Reduction};
use super::runtime::Runtime;

/// The accumulators of one loop. Everything about one stands where its variable is named in `reduce(..)`, so that a
/// type that cannot be reduced is one error, there.
pub(crate) struct Accumulators<'a> {
    rt: &'a Runtime,
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
    pub(crate) fn new(rt: &'a Runtime, reductions: &'a [Reduction]) -> Self {
        Accumulators { rt, reductions }
    }

    fn each(&self, expand: impl Fn(Accumulator<'a>) -> TokenStream) -> TokenStream {
        self.all().map(expand).collect()
    }

    fn all(&self) -> impl Iterator<Item = Accumulator<'a>> {
        self.reductions.iter().enumerate().map(|(index, reduction)| {
            let here = standing_at(reduction.variable.span());
            Accumulator {
                here,
                rt: self.rt.of_both(here),
                reduction,
                fold: format_ident!("fold_{index}", span = here),
                worker: format_ident!("worker_{index}", span = here),
            }
        })
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

    /// After the loop: the variables get their values, of the iterations up to `left_at`.
    pub(crate) fn hand_back(&self, left_at: &TokenStream) -> TokenStream {
        self.each(|Accumulator { here, rt, reduction, fold, .. }| {
            let variable = &reduction.variable;
            quote_spanned!(here=> #variable = #rt::Accumulator::finish(#fold, #left_at);)
        })
    }

    /// For worker processes: what the blocks of each start with.
    pub(crate) fn identities(&self) -> TokenStream {
        self.nest(|Accumulator { here, rt, worker, .. }| {
            quote_spanned!(here=> #rt::AccumulatorWorker::identity(&#worker))
        })
    }

    /// There: the variables of the users' names, as a pattern.
    pub(crate) fn pattern(&self) -> TokenStream {
        self.nest(|Accumulator { reduction, .. }| {
            let variable = &reduction.variable;
            quote!(mut #variable)
        })
    }

    /// There: their values.
    pub(crate) fn values(&self) -> TokenStream {
        self.nest(|Accumulator { reduction, .. }| reduction.variable.to_token_stream())
    }

    /// At the loop: the values of a block's iterations as a pattern, and what adds them.
    pub(crate) fn add_all(&self) -> (TokenStream, TokenStream) {
        let pattern = self.nest(|Accumulator { fold, .. }| fold.to_token_stream());
        let add = self.each(|Accumulator { here, rt, fold, worker, .. }| {
            quote_spanned!(here=> #rt::AccumulatorWorker::add(&mut #worker, ::core::clone::Clone::clone(&range), #fold);)
        });
        (pattern, add)
    }

    /// One for each: `(first, (second, ()))`.
    fn nest(&self, expand: impl Fn(Accumulator<'a>) -> TokenStream) -> TokenStream {
        let all: Vec<_> = self.all().map(expand).collect();
        nested(all)
    }
}

/// `(first, (second, ()))`
pub(crate) fn nested(all: impl IntoIterator<Item: ToTokens, IntoIter: DoubleEndedIterator>) -> TokenStream {
    all.into_iter().rev().fold(quote!(()), |rest, first| quote!((#first, #rest)))
}
