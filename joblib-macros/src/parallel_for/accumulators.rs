//! The variables of `reduce(..)`, in the expansion of their loop.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::forms::Form;
use super::names::{local, standing_at};
use super::overflow;
use super::reduction::Operator;
use super::runtime::Runtime;
use super::updates::{self, Accumulator};

/// The accumulators of one loop. All code of one has the span of its variable in `reduce(..)`, so that a type
/// that cannot be reduced is one error, there.
pub(crate) struct Accumulators<'a> {
    rt: &'a Runtime,
    all: &'a [Accumulator],
}

/// One accumulator, and the names that are its own.
struct Named<'a> {
    index: usize,
    here: Span,
    rt: TokenStream,
    accumulator: &'a Accumulator,
    variable: &'a Ident,
    /// Shared by the participants.
    fold: Ident,
    /// Each participant has its own.
    worker: Ident,
    /// Each part of the loop has its own.
    block: Ident,
}

impl<'a> Accumulators<'a> {
    pub(crate) fn new(rt: &'a Runtime, all: &'a [Accumulator]) -> Self {
        Accumulators { rt, all }
    }

    fn each(&self, expand: impl Fn(Named<'a>) -> TokenStream) -> TokenStream {
        self.named().map(expand).collect()
    }

    fn named(&self) -> impl Iterator<Item = Named<'a>> {
        self.all.iter().enumerate().map(|(index, accumulator)| {
            let here = standing_at(accumulator.variable.span());
            let own = |what| format_ident!("__{what}_{index}", span = here);
            Named {
                index,
                here,
                rt: self.rt.of_both(here),
                accumulator,
                variable: &accumulator.variable,
                fold: own("fold"),
                worker: own("worker"),
                block: own("block"),
            }
        })
    }

    /// Before the loop: takes the variables over. Functions are called by their paths: methods of what cannot
    /// be reduced would be errors of their own.
    pub(crate) fn take_over(&self) -> TokenStream {
        self.each(|Named { index, here, rt, accumulator, variable, fold, .. }| {
            let (earlier, later) = updates::operands(variable.span());
            let of_variable = quote_spanned!(here=> #rt::Variable(&mut #variable));
            match (&accumulator.form, &accumulator.operator) {
                (Form::Merge(call), _) => {
                    let merge = &call.of_earlier_and_later;
                    let by = local(if call.is_bare { "fold_ordered" } else { "fold_extreme" }, here);
                    quote_spanned!(here=> let #fold = #of_variable.#by(|#earlier, #later| #merge);)
                }
                (Form::Compared(beats), _) => {
                    let others = accumulator.others.iter().map(|other| quote_spanned!(here=> &mut #other));
                    let (variables, others) =
                        (format_ident!("__variables_{index}", span = here), nested(others));
                    quote_spanned! {here=>
                        let mut #variables = #of_variable.with_others(#others);
                        let #fold = #variables.fold_compared(|#later, #earlier| #beats);
                    }
                }
                (_, Operator::With(with)) => {
                    let (merge, init) = (&with.merge, &with.init);
                    quote_spanned!(here=> let #fold = #of_variable.fold_with(#merge, || #init);)
                }
                (form, operator) => {
                    let reduction = reduction(&rt, here, operator, form);
                    quote_spanned!(here=> let #fold = #of_variable.fold(#reduction);)
                }
            }
        })
    }

    /// The call on the loop's plan that says whether parts must be blocks.
    pub(crate) fn need_blocks(&self) -> TokenStream {
        self.each(
            |Named { here, rt, fold, .. }| quote_spanned!(here=> .in_blocks(#rt::Fold::needs_blocks(&#fold))),
        )
    }

    /// When a participant starts.
    pub(crate) fn workers(&self) -> TokenStream {
        self.each(|Named { here, rt, fold, worker, .. }| {
            quote_spanned!(here=> let mut #worker = #rt::Fold::worker(&#fold);)
        })
    }

    /// Before a part of the loop: what is updated, by the variables' names.
    pub(crate) fn begin_block(&self) -> TokenStream {
        self.each(|named| {
            let Named { index, here, rt, worker, block, .. } = &named;
            let accumulator = quote_spanned!(*here=> #rt::OpenBlock::accumulator::<#index>(&mut #block));
            let variables = named.variables(&accumulator);
            let position = position(rt, *here);
            quote_spanned! {*here=>
                let mut #block = #rt::FoldWorker::begin(&mut #worker, #position.start);
                #variables
            }
        })
    }

    /// After it.
    pub(crate) fn end_block(&self) -> TokenStream {
        self.each(|Named { here, rt, block, .. }| {
            let left = quote_spanned!(here=> ::core::option::Option::is_some(&__exit));
            let position = position(&rt, here);
            quote_spanned!(here=> #rt::OpenBlock::end(#block, #position, #left);)
        })
    }

    /// After the loop: the variables get their values.
    pub(crate) fn finish(&self) -> TokenStream {
        self.each(|Named { here, rt, fold, .. }| quote_spanned!(here=> #rt::Fold::finish(#fold);))
    }

    /// For worker processes: what the blocks of each start with.
    pub(crate) fn empty_blocks(&self) -> TokenStream {
        self.nest(|Named { here, rt, fold, .. }| quote_spanned!(here=> #rt::Fold::empty(&#fold)))
    }

    /// In a worker: the blocks, as a pattern.
    pub(crate) fn block_pattern(&self) -> TokenStream {
        self.nest(|Named { block, .. }| quote!(mut #block))
    }

    /// In a worker: what is updated, by the variables' names.
    pub(crate) fn of_blocks(&self) -> TokenStream {
        self.each(|named| {
            let Named { index, here, rt, accumulator, variable, block, .. } = &named;
            let here = *here;
            let (earlier, later) = updates::operands(variable.span());
            let reduction = match (&accumulator.form, &accumulator.operator) {
                (Form::Merge(call), _) => {
                    let merge = &call.of_earlier_and_later;
                    quote_spanned!(here=> #rt::Extreme::of_block(&#block, |#earlier, #later| #merge))
                }
                (Form::Compared(beats), _) => {
                    quote_spanned!(here=> #rt::ArgExtreme::of_block(&#block, |#later, #earlier| #beats))
                }
                (_, Operator::With(with)) => {
                    let init = &with.init;
                    quote_spanned!(here=> #rt::With::of_block(&#block, || #init))
                }
                (form, operator) => reduction(rt, here, operator, form),
            };
            let by = format_ident!("__reduction_{index}", span = here);
            let accumulator = quote_spanned!(here=> #rt::Accumulator::<_, _, #index>::new(&mut #block, &#by));
            let variables = named.variables(&accumulator);
            quote_spanned! {here=>
                let #by = #reduction;
                #variables
            }
        })
    }

    /// In a worker: the values of the blocks.
    pub(crate) fn block_values(&self) -> TokenStream {
        self.nest(|Named { block, .. }| block.to_token_stream())
    }

    /// At the loop: the values of a block as a pattern, and what adds them.
    pub(crate) fn add_all(&self) -> (TokenStream, TokenStream) {
        let pattern = self.nest(|Named { block, .. }| block.to_token_stream());
        let add = self.each(|Named { here, rt, worker, block, .. }| {
            let range = quote_spanned!(here=> ::core::clone::Clone::clone(&__range));
            quote_spanned!(here=> #rt::FoldWorker::add(&mut #worker, #range, #block, __last);)
        });
        (pattern, add)
    }

    /// One for each: `(first, (second, ()))`.
    fn nest(&self, expand: impl Fn(Named<'a>) -> TokenStream) -> TokenStream {
        let all: Vec<_> = self.named().map(expand).collect();
        nested(all)
    }
}

impl Named<'_> {
    /// The variables' names, for what replaces them inside the body.
    fn variables(&self, accumulator: &TokenStream) -> TokenStream {
        let Named { here, rt, variable, .. } = self;
        let others = self.accumulator.others.iter();
        quote_spanned! {*here=>
            #[allow(unused_mut, unused_variables)]
            let mut #variable = #accumulator;
            #(
                #[allow(unused_mut, unused_variables)]
                let mut #others = #rt::BelongsToExtreme;
            )*
        }
    }
}

/// The indices of the part that a participant is at.
pub(super) fn position(rt: &TokenStream, here: Span) -> TokenStream {
    quote_spanned!(here=> #rt::Source::position(&__source, __feed))
}

/// A reduction that needs nothing of the user's.
fn reduction(rt: &TokenStream, here: Span, operator: &Operator, form: &Form) -> TokenStream {
    let name = match (operator, form) {
        (Operator::Sum, Form::Wrapping) => "WrappingSum",
        (Operator::Sum, Form::Saturating) => "SaturatingSum",
        (Operator::Product, Form::Wrapping) => "WrappingProduct",
        (Operator::Sum, _) => "Sum",
        (Operator::Product, _) => "Product",
        (Operator::BitAnd, _) => "BitAnd",
        (Operator::BitOr, _) => "BitOr",
        (Operator::BitXor, _) => "BitXor",
        (Operator::And, _) => "And",
        (Operator::Or, _) => "Or",
        (Operator::First, _) => "First",
        _ => "Last",
    };
    let is_checked = matches!(name, "Sum" | "Product");
    let name = Ident::new(name, here);
    let checked =
        is_checked.then(|| overflow::is_checked(here)).map(|checked| quote_spanned!(here=> ::<#checked>));
    quote_spanned!(here=> #rt::#name #checked)
}

/// `(first, (second, ()))`
pub(crate) fn nested(all: impl IntoIterator<Item: ToTokens>) -> TokenStream {
    let all: Vec<TokenStream> = all.into_iter().map(ToTokens::into_token_stream).collect();
    all.into_iter().rev().fold(quote!(()), |rest, first| quote!((#first, #rest)))
}
