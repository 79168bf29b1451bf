//! Writes a loop whose iterations run in worker processes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::accumulators::nested;
use super::body::Leaves;
use super::exits;
use super::expand::{Expansion, Own};
use super::model::ParallelLoop;
use super::names::{done_label, exit_by, exit_label, standing_at};
use super::receiver;

/// Expands to, with every name in it preceded by `__`, for `#[parallel_for(backend = "processes",
/// share(grid), reduce(+ = sum))] for x in xs { sum += f(grid, x)?; }`:
/// ```text
/// let plan = Plan::new({ static SITE: Site = Site::new(); &SITE });
/// match IntoIterator::into_iter(xs) {
///     source => {
///         let kind = items(&source).kind();
///         let fold_0 = Variable(&mut sum).fold(Sum::<false>);
///         let plan = plan.in_blocks(fold_0.needs_blocks());
///         let shared = (Shared(&grid).known(), ());
///         let start = (fold_0.empty(), ());
///         let (mut outcome, task) = run(&plan, false, shared, start, source, kind, |lent, tasks| {
///             let (grid, ()) = lent;
///             tasks.each(|part, start, values| {
///                 let (mut block_0, ()) = start;
///                 let reduction_0 = Sum::<false>;
///                 let mut sum = Accumulator::new(&mut block_0, &reduction_0);
///                 let exit = 'exit: {
///                     'done: {
///                         loop {
///                             match part.next() {
///                                 Some(x) => {
///                                     sum += match branch(f(grid, x)) {
///                                         Continue(value) => value,
///                                         Break(residual) => break 'exit Some(..),
///                                     };
///                                 }
///                                 None => break 'done,
///                             }
///                         }
///                         break 'exit Some(Exit::Here(leaving(())));  // the loop's own `break`
///                     }
///                     None
///                 };
///                 ((block_0, ()), exit)
///             });
///             (grid, ())
///         });
///         let _: fn(_, _) -> _ = task;  // captures nothing
///         let mut worker_0 = fold_0.worker();
///         for (range, (block_0, ()), last) in outcome.totals() { worker_0.add(range, block_0, last) }
///         fold_0.finish();
///         outcome.rethrow();
///         match outcome.left { Some(Exit::Other(Exit::Here(residual))) => match residual? {}, .. }
///     }
/// }
/// ```
pub(crate) fn expand(parallel: &ParallelLoop) -> TokenStream {
    Expansion::of(parallel).in_processes()
}

impl Expansion<'_> {
    fn in_processes(&self) -> TokenStream {
        let Expansion { parallel, accumulators, here, rt } = self;
        let here = *here;
        let (task, outcome) = (self.task(), self.outcome_of_reports());
        let (start, workers) = (accumulators.empty_blocks(), accumulators.workers());
        let (totals, add) = accumulators.add_all();
        let shared = nested(parallel.shared.iter().flatten().map(|name| {
            let at = standing_at(name.span());
            let rt = parallel.rt.at(at);
            quote_spanned!(at=> #rt::Shared(&#name).known())
        }));
        let of_items = parallel.levels.last().map_or(here, |level| standing_at(level.source.span()));
        let kind = quote_spanned!(of_items=> #rt::items(&__source).kind());
        let exit = self.exit_type();
        // Inferred types stand where they come from, so that one that cannot be sent is reported there.
        let values = match parallel.collects {
            true => quote_spanned!(self.value_span()=> _, _),
            false => quote!((), ()),
        };
        let progress = parallel.progress;
        let both = parallel.rt.of_both(here);
        self.whole(Own {
            traits: quote_spanned! {here=>
                #[allow(unused_imports)]
                use #rt::{AnyItems as _, AnyOutcome as _, AnyShared as _};
                #[allow(unused_imports)]
                use #both::AnyVariable as _;
            },
            label: None,
            before: quote_spanned!(here=> let __kind = #kind;),
            run: quote_spanned! {here=>
                let __start = #start;
                let (mut __outcome, __task) = #rt::run::<_, _, _, #values, _, #exit, _>(
                    &__plan, #progress, #shared, __start, __source, __kind, #task
                );
                let _: fn(_, _) -> _ = __task;
                {
                    #workers
                    for (__range, #totals, __last) in __outcome.totals() {
                        let _ = (&__range, __last);
                        #add
                    }
                }
            },
            outcome: quote_spanned!(here=> __outcome.rethrow(); #outcome),
        })
    }

    /// The type of what leaves the loop.
    fn exit_type(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let none = quote_spanned!(*here=> #rt::NoExit);
        let ways = parallel.ways.iter().map(|way| way.span).rev();
        ways.chain([*here]).fold(none, |others, span| {
            let way = quote_spanned!(span=> _);
            quote_spanned!(*here=> #rt::Exit<#way, #others>)
        })
    }

    /// What a worker runs: a closure that captures nothing.
    fn task(&self) -> TokenStream {
        let Expansion { parallel, accumulators, here, rt } = self;
        let here = *here;
        let shared = || nested(parallel.shared.iter().flatten().map(receiver::variable));
        let (lent, returned) = (shared(), shared());
        let init = self.init();
        let (start, totals) = (accumulators.block_pattern(), accumulators.block_values());
        let (variables, exit) = (accumulators.of_blocks(), exit_label());
        let left_out = parallel.ways.iter().enumerate().filter_map(|(i, way)| {
            let left_out = way.conditions().1?;
            let nothing = match way.leaves {
                Leaves::Try => quote_spanned!(here=> #rt::no_residual()),
                _ => quote_spanned!(here=> #rt::leaving(())),
            };
            let nothing = exit_by(&parallel.rt, i + 1, here, nothing);
            Some(quote_spanned! {here=>
                #left_out if false { break #exit ::core::option::Option::Some(#nothing); }
            })
        });
        let keep = quote_spanned!(self.value_span()=> keep);
        let (part, done) = (quote_spanned!(here=> __part), done_label());
        let inner = self.loop_over(&part, None, None, |value| {
            quote_spanned! {here=>
                let __value = #value;
                if __values.#keep(__value) {
                    break #done;
                }
            }
        });
        let run = self.run_part(&quote_spanned!(here=> #(#left_out)* #inner));
        quote_spanned! {here=>
            |__lent, __tasks| {
                let #lent = __lent;
                {
                    #init
                    #rt::Tasks::each(__tasks, |__part, __start, __values| {
                        let _ = &__values;
                        #[allow(unused_mut)]
                        let #start = __start;
                        #variables
                        let __exit = #run;
                        (#totals, __exit)
                    });
                }
                #returned
            }
        }
    }

    fn outcome_of_reports(&self) -> TokenStream {
        let here = self.here;
        let finished = self.parallel.collects.then(|| quote_spanned!(here=> __outcome.collect()));
        let leave = exits::leave(self.parallel, finished, None);
        quote_spanned! {here=>
            let __left = __outcome.left();
            #leave
        }
    }
}
