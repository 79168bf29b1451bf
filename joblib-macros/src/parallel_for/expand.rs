//! Writes a loop as a call into the runtime.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Ident;
use syn::spanned::Spanned;

use super::accumulators::{Accumulators, position};
use super::body::own_break;
use super::exits;
use super::model::ParallelLoop;
use super::names::{self, done_label, exit_by, exit_label, local};
use super::nest::Level;
use super::options::Schedule;
use super::reduction::Operator;

/// Expands to, with every name in it preceded by `__`, for
/// `#[parallel_for(reduce(+ = sum))] for x in xs.iter() { sum += f(x)?; }`:
/// ```text
/// let plan = Plan::new({ static SITE: Site = Site::new(); &SITE });
/// match Start(xs.iter()).source() {
///     source => {
///         let (way_0, way_1) = (Way::new(), Way::new());
///         let exits = Exits::of((&way_0, (&way_1, ())));
///         let fold_0 = Variable(&mut sum).fold(Sum::<false>);
///         let plan = plan.in_blocks(fold_0.needs_blocks());
///         let positions = Positions::here();
///         let ran = source.try_run(&plan, |feed| {
///             let position = positions.enter();
///             let mut worker_0 = fold_0.worker();
///             while let Some(mut part) = source.next(feed) {
///                 let mut block_0 = worker_0.begin(source.position(feed).start);
///                 let mut sum = block_0.accumulator::<0>();
///                 let exit = 'exit: {
///                     'done: {
///                         let mut iterations = position.iterations(source.position(feed));
///                         loop {
///                             match { source.between(&mut iterations); part.next() } {
///                                 Some(x) => {
///                                     iterations.begin_next();
///                                     sum += match way_1.branch(branch(f(x))) {
///                                         Continue(value) => value,
///                                         Break(residual) => break 'exit Some(..),
///                                     };
///                                 }
///                                 None => break 'done,
///                             }
///                         }
///                         break 'exit Some(Exit::Here(way_0.along(leaving(()))));  // the loop's own `break`
///                     }
///                     None
///                 };
///                 block_0.end(source.position(feed), exit.is_some());
///                 if let Some(exit) = exit { exits.leave(&source, feed, part.len(), exit) }
///             }
///             BodyOfAParallelLoop
///         });
///         fold_0.finish();
///         if let Err(panicked) = ran { panicked.resume() }
///         match exits.first() { Some((_, Exit::Other(Exit::Here(residual)))) => match residual? {}, .. }
///     }
/// }
/// ```
pub(crate) fn expand(parallel: &ParallelLoop) -> TokenStream {
    Expansion::of(parallel).on_threads()
}

/// A loop, and what all parts of its expansion mention.
pub(super) struct Expansion<'a> {
    pub(super) parallel: &'a ParallelLoop,
    pub(super) accumulators: Accumulators<'a>,
    pub(super) here: Span,
    /// The path of the runtime.
    pub(super) rt: TokenStream,
}

/// What loops on threads and loops in processes write differently.
pub(super) struct Own {
    /// The traits whose methods the expansion calls.
    pub(super) traits: TokenStream,
    /// The label of the block that is the loop's value.
    pub(super) label: Option<TokenStream>,
    /// Before the accumulators are taken over.
    pub(super) before: TokenStream,
    /// Runs the loop by `__plan`.
    pub(super) run: TokenStream,
    /// After the accumulators have got their values: how the loop is left.
    pub(super) outcome: TokenStream,
}

impl<'a> Expansion<'a> {
    pub(super) fn of(parallel: &'a ParallelLoop) -> Self {
        let here = parallel.here;
        Expansion {
            parallel,
            accumulators: Accumulators::new(&parallel.rt, &parallel.accumulators),
            here,
            rt: parallel.rt.at(here),
        }
    }

    /// The whole loop.
    pub(super) fn whole(&self, own: Own) -> TokenStream {
        let Expansion { parallel: ParallelLoop { attributes, source, .. }, accumulators, here, .. } = self;
        let Own { traits, label, before, run, outcome } = own;
        let (plan, blocks) = (self.plan(), accumulators.need_blocks());
        let (folds, finish) = (accumulators.take_over(), accumulators.finish());
        quote_spanned! {*here=>
            #(#attributes)*
            {
                #traits
                let __plan = #plan;
                match #source {
                    __source => #label {
                        #before
                        #folds
                        let __plan = __plan #blocks;
                        #run
                        #finish
                        #outcome
                    }
                }
            }
        }
    }

    fn on_threads(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let ways = exits::declare(parallel);
        let value = names::value_label();
        let collector = parallel.collects.then(|| {
            quote_spanned! {here=>
                let __collector = #rt::Collector::new(#rt::Source::known_len(&__source));
                if false {
                    break #value __collector.never();
                }
                let __plan = __plan.in_parts(__collector.longest_part());
            }
        });
        let (progress, done) = self.progress();
        // If nothing in the loop asks for positions, only the source may.
        let positions = match self.is_entered() {
            true => quote_spanned!(here=> let __positions = #rt::Positions::here();),
            false => quote_spanned!(here=> let __positions = #rt::Source::positions(&__source);),
        };
        let (participant, outcome) = (self.participant(), self.outcome());
        self.whole(Own {
            traits: quote_spanned! {here=>
                #[allow(unused_imports)]
                use #rt::{AnyCollector as _, AnyStart as _, AnyTaken as _, AnyVariable as _};
            },
            label: parallel.collects.then(|| quote_spanned!(here=> #value:)),
            before: quote_spanned!(here=> #ways #collector),
            run: quote_spanned! {here=>
                #progress
                #positions
                let __ran = #rt::Source::try_run(&__source, &__plan, #participant);
                #done
            },
            outcome: quote_spanned! {here=>
                if let ::core::result::Result::Err(__panicked) = __ran {
                    __panicked.resume();
                }
                #outcome
            },
        })
    }

    /// Whether code of the user's runs inside the loop that may ask where it is.
    fn is_entered(&self) -> bool {
        let ParallelLoop { positions, init, accumulators, .. } = self.parallel;
        *positions
            || !init.is_empty()
            || accumulators.iter().any(|one| matches!(one.operator, Operator::With(_)))
    }

    /// The options, evaluated before the source takes what they may look at.
    pub(super) fn plan(&self) -> TokenStream {
        let Expansion { parallel, here, .. } = self;
        let (here, rt) = (*here, parallel.rt.of_both(*here));
        let n_jobs = parallel.n_jobs.iter().map(|n_jobs| quote_spanned!(here=> .n_jobs(#n_jobs)));
        let schedule = parallel.schedule.map(|schedule| {
            let variant = match schedule {
                Schedule::Auto => "Auto",
                Schedule::Static => "Static",
                Schedule::Dynamic => "Dynamic",
                Schedule::Guided => "Guided",
            };
            let variant = local(variant, here);
            quote_spanned!(here=> .schedule(#rt::Schedule::#variant))
        });
        let chunk = parallel.chunk.iter().map(|chunk| quote_spanned!(here=> .chunk(#chunk)));
        let condition =
            parallel.condition.iter().map(|condition| quote_spanned!(here=> .only_if(#condition)));
        let site = local("__SITE", here);
        // In a block of its own: all code after a static would see its name.
        let site = quote_spanned!(here=> { static #site: #rt::Site = #rt::Site::new(); &#site });
        quote_spanned!(here=> #rt::Plan::new(#site) #(#n_jobs)* #schedule #(#chunk)* #(#condition)*)
    }

    /// What starts and what ends the report of progress.
    fn progress(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let Expansion { here, rt, .. } = self;
        let start = self.parallel.progress.then(|| {
            let progress = self.parallel.rt.progress(*here);
            quote_spanned! {*here=>
                let __progress = #progress::new(
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                    #rt::Source::known_len(&__source),
                );
            }
        });
        (start, self.parallel.progress.then(|| quote_spanned!(*here=> __progress.finish();)))
    }

    /// What each participant runs.
    fn participant(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let init = self.init();
        let collects = parallel.collects.then_some(());
        let values = collects.map(|()| quote_spanned!(here=> let __values = __collector.worker();));
        let position = position(rt, here);
        let len_of = quote_spanned!(here=> ::core::iter::ExactSizeIterator::len);
        let slots =
            collects.map(|()| quote_spanned!(here=> let mut __part = __values.part(#position, __part);));
        let count = parallel.progress.then(|| quote_spanned!(here=> __progress.add(#len_of(&#position));));
        let workers = self.accumulators.workers();
        let (begin, end) = (self.accumulators.begin_block(), self.accumulators.end_block());
        let iterations = parallel
            .positions
            .then(|| quote_spanned!(here=> let mut __iterations = __position.iterations(#position);));
        let enter = match self.is_entered() {
            true => quote_spanned!(here=> __positions.enter()),
            false => quote_spanned!(here=> __positions.map(#rt::Positions::enter)),
        };
        // What the source does between items belongs to no iteration.
        let part = match parallel.positions {
            true => {
                quote_spanned!(here=> { #rt::Source::between(&__source, &mut __iterations); &mut __part })
            }
            false => quote_spanned!(here=> &mut __part),
        };
        let begin_next = parallel.positions.then(|| quote_spanned!(here=> __iterations.begin_next();));
        let slot = parallel.collects.then(|| local("__slot", here));
        let inner = self.loop_over(&part, begin_next, slot.as_ref(), |value| self.collect(value));
        let run = self.run_part(&quote_spanned!(here=> #iterations #inner));
        quote_spanned! {here=>
            |__feed| -> #rt::BodyOfAParallelLoop {
                let __position = #enter;
                #init
                #workers
                #values
                while let ::core::option::Option::Some(mut __part) = #rt::Source::next(&__source, __feed) {
                    #slots
                    #begin
                    let __exit = #run;
                    #end
                    #count
                    if let ::core::option::Option::Some(__exit) = __exit {
                        __exits.leave(&__source, __feed, #len_of(&__part), __exit);
                    }
                }
                #rt::BodyOfAParallelLoop
            }
        }
    }

    /// What a participant makes once.
    pub(super) fn init(&self) -> TokenStream {
        let init = self.parallel.init.iter().map(|init| {
            let (variable, value) = (&init.variable, &init.value);
            quote_spanned!(self.here=> #[allow(unused_mut)] let mut #variable = #value;)
        });
        init.collect()
    }

    /// A block around the loop over one part, whose value says how that was left. After the loop stands its
    /// own `break`.
    pub(super) fn run_part(&self, inner: &TokenStream) -> TokenStream {
        let ParallelLoop { rt, number, here, .. } = self.parallel;
        let (exit, done, here) = (exit_label(), done_label(), *here);
        let own_break = own_break(rt, *number, here);
        quote_spanned! {here=>
            #exit: {
                #done: {
                    #inner
                    #[allow(unreachable_code)]
                    { break #exit ::core::option::Option::Some(#own_break) }
                }
                ::core::option::Option::None
            }
        }
    }

    /// The user's loop over what is left of `part`, as `for` is one: the patterns see each item where it came
    /// from, and what they do not bind lives until the end of the body. The body stands in a `match`, where
    /// the compiler reports no braces as unnecessary; where the loop collects, `store` says what becomes of
    /// its value.
    pub(super) fn loop_over(
        &self,
        part: &TokenStream,
        begin: Option<TokenStream>,
        slot: Option<&Ident>,
        store: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        let Expansion { parallel, here, .. } = self;
        let (here, body, iteration) = (*here, &parallel.body, parallel.iteration());
        let (label, done) = (parallel.label(), done_label());
        let body = match parallel.collects {
            false => quote_spanned!(here=> { #begin match () { () => #iteration #body } }),
            true => {
                let stored = store(quote_spanned!(here=> match () { () => #body }));
                quote_spanned!(here=> #iteration { #begin #stored })
            }
        };
        let (item, body) = match &*parallel.levels {
            [Level { pattern, .. }] => (quote_spanned!(here=> #pattern), body),
            levels => {
                // The patterns of all levels, each in a scope of its own: a name may be bound by several.
                let names: Vec<_> =
                    (0..levels.len()).map(|level| local(&format!("__item_{level}"), here)).collect();
                let items = names.iter().map(|name| quote_spanned!(here=> #name));
                let items = items.reduce(|outer, inner| quote_spanned!(here=> (#outer, #inner)));
                let matched = levels.iter().zip(&names).rev().fold(body, |body, (level, name)| {
                    let pattern = &level.pattern;
                    quote_spanned!(here=> match #name { #pattern => { #body } })
                });
                (quote_spanned!(here=> #items), matched)
            }
        };
        let item = match slot {
            Some(slot) => quote_spanned!(here=> (#slot, #item)),
            None => item,
        };
        // A pattern that does not match every item is reported at the pattern.
        let of_pattern =
            parallel.levels.first().map_or(here, |level| names::standing_at(level.pattern.span()));
        let next = quote_spanned!(of_pattern=> ::core::iter::Iterator::next(#part));
        quote_spanned! {here=>
            #label loop {
                match #next {
                    ::core::option::Option::Some(#item) => #body,
                    ::core::option::Option::None => break #done,
                }
            }
        }
    }

    /// Where the value of a body is.
    pub(super) fn value_span(&self) -> Span {
        let body = &self.parallel.body;
        body.stmts.last().map_or_else(|| body.span(), Spanned::span)
    }

    /// The value of an iteration goes into its slot.
    fn collect(&self, value: TokenStream) -> TokenStream {
        let Expansion { parallel, here, .. } = self;
        let (here, exit, way) = (*here, exit_label(), parallel.ways.len() + 1);
        let stop = exit_by(&parallel.rt, way, here, quote_spanned!(here=> __stop));
        let at_value = self.value_span();
        let (convert, keep) = (quote_spanned!(at_value=> value), quote_spanned!(at_value=> keep));
        quote_spanned! {here=>
            let __value = __values.#convert(#value);
            if let ::core::ops::ControlFlow::Break(__stop) = __values.#keep(__slot, __value) {
                break #exit ::core::option::Option::Some(#stop);
            }
        }
    }

    /// What happens when all participants are done.
    fn outcome(&self) -> TokenStream {
        let (here, collects) = (self.here, self.parallel.collects);
        let finished = collects.then(|| quote_spanned!(here=> __collector.finish(__left_at)));
        let stopped = collects.then(|| quote_spanned!(here=> __stop => __collector.stopped(__stop)));
        let leave = exits::leave(self.parallel, finished, stopped);
        quote_spanned! {here=>
            let (__left_at, __left) = ::core::option::Option::unzip(__exits.first());
            #leave
        }
    }
}
