//! Writes a loop whose iterations run in worker processes.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;
use syn::spanned::Spanned;

use super::accumulators::{Accumulators, nested};
use super::body::Way;
use super::expand::{take_way, take_ways, value_span};
use super::model::ParallelLoop;
use super::names::{done_label, exit_label, exit_value, standing_at};
use super::receiver;
use super::runtime::Runtime;

/// What a loop runs over: a plain iterator, which this process alone asks for items.
pub(crate) fn source<'e>(rt: &Runtime, levels: impl Iterator<Item = &'e Expr>) -> TokenStream {
    let opened = levels.map(|expr| {
        let span = expr.span();
        (span, quote_spanned!(span=> ::core::iter::IntoIterator::into_iter(#expr)))
    });
    let all = opened.reduce(|(_, outer), (span, inner)| {
        let rt = rt.at(span);
        (span, quote_spanned!(span=> #rt::product(#outer, || #inner)))
    });
    all.map(|(_, source)| source).unwrap_or_default()
}

/// expands to, for `#[parallel_for(backend = "processes", share(grid), reduce(+ = sum))] for x in xs { sum += f(grid, x)?; }`:
/// ```text
/// let plan = Plan::new();
/// match IntoIterator::into_iter(xs) {
///     source => {
///         let kind = items(&source).kind();
///         let fold_0 = fold(Sum, &mut sum);
///         let mut worker_0 = fold_0.worker();
///         let plan = plan.in_blocks(fold_0.needs_blocks());
///         let shared = (Shared(&grid).known(), ());
///         let start = (worker_0.identity(), ());
///         let (mut outcome, task) = run(plan, shared, start, source, kind, |lent, tasks| {
///             let (grid, ()) = lent;
///             tasks.each(|part, start, values| {
///                 let (mut sum, ()) = start;
///                 let exit = 'exit: {
///                     'done: {
///                         loop {
///                             let item = match part.next() { Some(item) => item, None => break 'done };
///                             let x = item;
///                             { sum += match branch(f(grid, x)) { Continue(v) => v, Break(r) => break 'exit Some(..) }; }
///                         }
///                         break 'exit Some(Exit::Here(leaving(())));  // the loop's own `break`
///                     }
///                     None
///                 };
///                 ((sum, ()), exit)
///             });
///             (grid, ())
///         });
///         let _: fn(_, _) -> _ = task;  // captures nothing
///         for (range, (fold_0, ())) in outcome.totals { worker_0.add(range, fold_0) }
///         sum = fold_0.finish(None);
///         match outcome.left { Some(Exit::Other(Exit::Here(residual))) => match residual? {}, .. }
///     }
/// }
/// ```
pub(crate) fn expand(parallel: &ParallelLoop) -> TokenStream {
    let here = parallel.here;
    let rt = parallel.rt.at(here);
    Expansion { parallel, accumulators: Accumulators::new(&parallel.rt, &parallel.reductions), here, rt }
        .whole()
}

/// A loop, and what all parts of its expansion mention.
struct Expansion<'a> {
    parallel: &'a ParallelLoop,
    accumulators: Accumulators<'a>,
    here: Span,
    /// The path of the run-time.
    rt: TokenStream,
}

impl Expansion<'_> {
    fn whole(&self) -> TokenStream {
        let Expansion { parallel, accumulators, here, rt } = self;
        let (here, source) = (*here, &parallel.source);
        let (plan, task, outcome) = (self.plan(), self.task(), self.outcome());
        let (folds, workers) = (accumulators.take_over(), accumulators.workers());
        let blocks = accumulators.need_blocks();
        let start = accumulators.identities();
        let (totals, add) = accumulators.add_all();
        let results = accumulators.hand_back(&quote!(::core::option::Option::None));
        let shared = nested(parallel.shared.iter().flatten().map(|name| {
            let at = standing_at(name.span());
            let rt = parallel.rt.at(at);
            quote_spanned!(at=> #rt::Shared(&#name).known())
        }));
        let of_items = parallel.levels.last().map_or(here, |level| standing_at(level.source.span()));
        let kind = quote_spanned!(of_items=> #rt::items(&source).kind());
        let exit = self.exit_type();
        // Types to be inferred stand where they come from: that is where they may turn out not to travel.
        let values = match parallel.collects {
            true => quote_spanned!(value_span(&parallel.body)=> _, _),
            false => quote!((), ()),
        };
        let attributes = &parallel.attributes;
        quote_spanned! {here=>
            #(#attributes)*
            {
                #[allow(unused_imports)]
                use #rt::{AnyItems as _, AnyShared as _};
                let plan = #plan;
                match #source {
                    source => {
                        let kind = #kind;
                        #folds
                        let plan = plan #blocks;
                        #[allow(unused_mut)]
                        let (mut outcome, totals) = {
                            #workers
                            let start = #start;
                            let (mut outcome, task) =
                                #rt::run::<_, _, _, #values, _, #exit, _>(plan, #shared, start, source, kind, #task);
                            let _: fn(_, _) -> _ = task;
                            for (range, #totals) in ::core::mem::take(&mut outcome.totals) {
                                let _ = &range;
                                #add
                            }
                            (outcome, ())
                        };
                        let () = totals;
                        #results
                        #outcome
                    }
                }
            }
        }
    }

    /// The type of what leaves the loop.
    fn exit_type(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let none = quote_spanned!(*here=> #rt::NoExit);
        let ways = parallel.ways.iter().map(Way::span).rev();
        ways.chain([*here]).fold(none, |others, span| {
            let way = quote_spanned!(span=> _);
            quote_spanned!(*here=> #rt::Exit<#way, #others>)
        })
    }

    /// The options, evaluated before the source takes what they may look at.
    fn plan(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let n_jobs = parallel.n_jobs.iter().map(|n_jobs| quote_spanned!(here=> .n_jobs(#n_jobs)));
        let chunk = parallel.chunk.iter().map(|chunk| quote_spanned!(here=> .chunk(#chunk)));
        let condition =
            parallel.condition.iter().map(|condition| quote_spanned!(here=> .only_if(#condition)));
        let progress = parallel.progress.then(|| quote_spanned!(here=> .progress()));
        quote_spanned!(here=> #rt::Plan::new() #(#n_jobs)* #(#chunk)* #(#condition)* #progress)
    }

    /// What a worker runs: captures nothing.
    fn task(&self) -> TokenStream {
        let Expansion { parallel, accumulators, here, rt } = self;
        let here = *here;
        let shared = || nested(parallel.shared.iter().flatten().map(receiver::variable));
        let (lent, returned) = (shared(), shared());
        let init = parallel.init.iter().map(|init| {
            let (variable, value) = (&init.variable, &init.value);
            quote_spanned!(here=> #[allow(unused_mut)] let mut #variable = #value;)
        });
        let (exit, done) = (exit_label(), done_label());
        let (start, totals) = (accumulators.pattern(), accumulators.values());
        let own_break = exit_value(&parallel.rt, 0, here, quote_spanned!(here=> ()));
        let inner = self.inner_loop();
        quote_spanned! {here=>
            |lent, tasks| {
                let #lent = lent;
                {
                    #(#init)*
                    #rt::Tasks::each(tasks, |part, start, values| {
                        let _ = &values;
                        #[allow(unused_mut)]
                        let #start = start;
                        let exit = #exit: {
                            #done: {
                                #inner
                                #[allow(unreachable_code)]
                                { break #exit ::core::option::Option::Some(#own_break) }
                            }
                            ::core::option::Option::None
                        };
                        (#totals, exit)
                    });
                }
                #returned
            }
        }
    }

    /// The user's loop over one block.
    fn inner_loop(&self) -> TokenStream {
        let Expansion { parallel, here, .. } = self;
        let (here, body) = (*here, &parallel.body);
        let (label, pattern, iteration) = (parallel.label(), parallel.pattern(), parallel.iteration());
        let done = done_label();
        let run = match parallel.collects {
            false => quote_spanned!(here=> #iteration #body),
            true => {
                let keep = quote_spanned!(value_span(body)=> keep);
                quote_spanned! {here=>
                    #iteration {
                        let value = #body;
                        if values.#keep(value) {
                            break #done;
                        }
                    }
                }
            }
        };
        quote_spanned! {here=>
            #label loop {
                let item = match ::core::iter::Iterator::next(part) {
                    ::core::option::Option::Some(item) => item,
                    ::core::option::Option::None => break #done,
                };
                let #pattern = item;
                #run
            }
        }
    }

    /// The loop is left as the earliest iteration left it.
    fn outcome(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let finished = match parallel.collects {
            true => quote_spanned!(here=> outcome.collect()),
            false => quote_spanned!(here=> ()),
        };
        let others = take_ways(rt, here, parallel.ways.iter().map(take_way));
        quote_spanned! {here=>
            match ::core::option::Option::take(&mut outcome.left) {
                ::core::option::Option::None => #finished,
                ::core::option::Option::Some(#rt::Exit::Here(_)) => #finished,
                ::core::option::Option::Some(#rt::Exit::Other(other)) => match other { #others },
            }
        }
    }
}
