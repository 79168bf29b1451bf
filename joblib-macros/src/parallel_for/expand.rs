//! Writes a loop as a call of the run-time.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Block;
use syn::spanned::Spanned;

use super::accumulators::Accumulators;
use super::body::Way;
use super::model::ParallelLoop;
use super::names::{done_label, exit_by, exit_label, exit_type, exit_value, local};
use super::options::Schedule;

/// expands to, for `#[parallel_for(reduce(+ = sum))] for x in xs.iter() { sum += f(x)?; }`:
/// ```text
/// let plan = Plan::new({ static SITE: Site = Site::new(); &SITE });
/// match Start(xs.iter()).source() {
///     source => {
///         let exits = Exits::new();
///         let fold_0 = fold(Sum, &mut sum);
///         let plan = plan.in_blocks(fold_0.needs_blocks());
///         let positions = Positions::here();  // for streams of random numbers
///         source.run(&plan, |feed| {
///             let position = positions.enter();
///             let mut worker_0 = fold_0.worker();
///             while let Some(mut part) = feed.next() {
///                 let mut sum = worker_0.identity();
///                 let exit = 'exit: {
///                     'done: {
///                         let mut iterations = position.iterations(Feed::position(feed));
///                         loop {
///                             let item = match part.next() { Some(item) => item, None => break 'done };
///                             iterations.begin_next();
///                             let x = item;
///                             { sum += match branch(f(x)) { Continue(v) => v, Break(r) => break 'exit Some(..) }; }
///                         }
///                         break 'exit Some(Exit::Here(leaving(())));  // the loop's own `break`
///                     }
///                     None
///                 };
///                 worker_0.add(feed.position(), sum);
///                 if let Some(exit) = exit { exits.leave(feed, part.len(), exit) }
///             }
///             Finished
///         });
///         let left = exits.first();
///         sum = fold_0.finish(left.as_ref().map(|left| left.0));
///         match left { Some((_, Exit::Other(Exit::Here(residual)))) => match residual? {}, .. }
///     }
/// }
/// ```
pub(crate) fn expand(parallel: &ParallelLoop) -> TokenStream {
    Expansion::of(parallel).whole()
}

/// A loop, and what all parts of its expansion mention.
struct Expansion<'a> {
    parallel: &'a ParallelLoop,
    accumulators: Accumulators<'a>,
    here: Span,
    /// The path of the run-time.
    rt: TokenStream,
}

impl<'a> Expansion<'a> {
    fn of(parallel: &'a ParallelLoop) -> Self {
        let here = parallel.here;
        Expansion {
            parallel,
            accumulators: Accumulators::new(&parallel.rt, &parallel.reductions),
            here,
            rt: parallel.rt.at(here),
        }
    }

    fn whole(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let (here, source) = (*here, &parallel.source);
        // Its own `break`, what the body does, and a value that ends a collection.
        let ways = 1 + parallel.ways.len() + usize::from(parallel.collects);
        let exit = exit_type(&parallel.rt, ways, here);
        let collector = parallel.collects.then(|| {
            quote_spanned! {here=>
                let collector = #rt::Collector::new(#rt::Source::known_len(&source));
                let plan = plan.in_parts(collector.longest_part());
            }
        });
        let (progress, done) = self.progress();
        let folds = self.accumulators.take_over();
        let plan = self.plan();
        let blocks = self.accumulators.need_blocks();
        let participant = self.participant();
        let outcome = self.outcome();
        let attributes = &parallel.attributes;
        quote_spanned! {here=>
            #(#attributes)*
            {
                #[allow(unused_imports)]
                use #rt::AnyStart as _;
                let plan = #plan;
                match #source {
                    source => {
                        let exits = #rt::Exits::<#exit>::new();
                        #collector
                        #folds
                        let plan = plan #blocks;
                        #progress
                        let positions = #rt::Positions::here();
                        #rt::Source::run(&source, &plan, #participant);
                        #done
                        #outcome
                    }
                }
            }
        }
    }

    /// The options, evaluated before the source takes what they may look at.
    fn plan(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
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
        let site = local("SITE", here);
        // In a block of its own: the name of a static is seen by all that follows it.
        let site = quote_spanned!(here=> { static #site: #rt::Site = #rt::Site::new(); &#site });
        quote_spanned!(here=> #rt::Plan::new(#site) #(#n_jobs)* #schedule #(#chunk)* #(#condition)*)
    }

    /// What starts and what ends the report of progress.
    fn progress(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let Expansion { here, rt, .. } = self;
        let start = self.parallel.progress.then(|| {
            quote_spanned! {*here=>
                let progress = #rt::Progress::new(
                    ::core::concat!(::core::file!(), ":", ::core::line!()),
                    #rt::Source::known_len(&source),
                );
            }
        });
        (start, self.parallel.progress.then(|| quote_spanned!(*here=> progress.finish();)))
    }

    /// What each participant runs.
    fn participant(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let (exit, done) = (exit_label(), done_label());
        let init = parallel.init.iter().map(|init| {
            let (variable, value) = (&init.variable, &init.value);
            quote_spanned!(here=> #[allow(unused_mut)] let mut #variable = #value;)
        });
        let collects = parallel.collects.then_some(());
        let values = collects.map(|()| quote_spanned!(here=> let values = collector.worker();));
        let slots =
            collects.map(|()| quote_spanned!(here=> let mut part = values.part(feed.position(), part);));
        let count = parallel.progress.then(
            || quote_spanned!(here=> progress.add(::core::iter::ExactSizeIterator::len(&feed.position()));),
        );
        let workers = self.accumulators.workers();
        let (begin, end) = (self.accumulators.begin_block(), self.accumulators.end_block());
        let own_break = exit_value(&parallel.rt, 0, here, quote_spanned!(here=> ()));
        let inner = self.inner_loop();
        quote_spanned! {here=>
            |feed| -> #rt::Finished {
                let position = positions.enter();
                #(#init)*
                #workers
                #values
                while let ::core::option::Option::Some(mut part) = #rt::Feed::next(feed) {
                    #slots
                    #begin
                    let exit = #exit: {
                        #done: {
                            let mut iterations = position.iterations(#rt::Feed::position(feed));
                            #inner
                            #[allow(unreachable_code)]
                            { break #exit ::core::option::Option::Some(#own_break) }
                        }
                        ::core::option::Option::None
                    };
                    #end
                    #count
                    if let ::core::option::Option::Some(exit) = exit {
                        exits.leave(feed, ::core::iter::ExactSizeIterator::len(&part), exit);
                    }
                }
                #rt::Finished
            }
        }
    }

    /// The user's loop over one part.
    fn inner_loop(&self) -> TokenStream {
        let Expansion { parallel, here, .. } = self;
        let (here, body) = (*here, &parallel.body);
        let (label, pattern, iteration) = (parallel.label(), parallel.pattern(), parallel.iteration());
        let done = done_label();
        let next = quote_spanned! {here=>
            match ::core::iter::Iterator::next(&mut part) {
                ::core::option::Option::Some(item) => item,
                ::core::option::Option::None => break #done,
            }
        };
        if !parallel.collects {
            return quote_spanned! {here=>
                #label loop {
                    let item = #next;
                    iterations.begin_next();
                    let #pattern = item;
                    #iteration #body
                }
            };
        }
        let exit = exit_label();
        let stop = exit_by(&parallel.rt, parallel.ways.len() + 1, here, quote_spanned!(here=> stop));
        let keep = quote_spanned!(value_span(body)=> keep);
        quote_spanned! {here=>
            #label loop {
                let (slot, item) = #next;
                iterations.begin_next();
                let #pattern = item;
                #iteration {
                    let value = #body;
                    if let ::core::ops::ControlFlow::Break(stop) = values.#keep(slot, value) {
                        break #exit ::core::option::Option::Some(#stop);
                    }
                }
            }
        }
    }

    /// What happens when all participants are done: accumulators and values are settled, then the loop is left as
    /// the earliest iteration left it.
    fn outcome(&self) -> TokenStream {
        let Expansion { parallel, here, rt, .. } = self;
        let here = *here;
        let results = self.accumulators.hand_back(&quote_spanned!(here=> left_at));
        let finished = match parallel.collects {
            true => quote_spanned!(here=> collector.finish(left_at)),
            false => quote_spanned!(here=> ()),
        };
        let stopped = parallel.collects.then(|| quote_spanned!(here=> stop => collector.stopped(stop)));
        let ways = parallel.ways.iter().map(take_way).chain(stopped);
        let others = take_ways(rt, here, ways);
        quote_spanned! {here=>
            let left = exits.first();
            let left_at = ::core::option::Option::map(::core::option::Option::as_ref(&left), |left| left.0);
            #results
            match left {
                ::core::option::Option::None => #finished,
                ::core::option::Option::Some((_, #rt::Exit::Here(_))) => #finished,
                ::core::option::Option::Some((_, #rt::Exit::Other(other))) => match other { #others },
            }
        }
    }
}

/// Where the value of a body is.
pub(crate) fn value_span(body: &Block) -> Span {
    body.stmts.last().map_or_else(|| body.span(), Spanned::span)
}

/// The ways out, beside the loop's own `break`: the arms of a `match`, each of one arm and the others.
pub(crate) fn take_ways(
    rt: &TokenStream,
    here: Span,
    ways: impl DoubleEndedIterator<Item = TokenStream>,
) -> TokenStream {
    // Innermost first: what is left after the last way is none.
    let none = quote_spanned!(here=> other => match other {});
    ways.rev().fold(none, |others, way| {
        quote_spanned! {here=>
            other => match other {
                #rt::Exit::Here(way) => match way.arrived() { #way },
                #rt::Exit::Other(other) => match other { #others },
            }
        }
    })
}

/// The way as it was written, at the loop: an arm of a `match` on what came along.
pub(crate) fn take_way(way: &Way) -> TokenStream {
    match way {
        Way::Return { span, value: true } => quote_spanned!(*span=> value => return value),
        Way::Return { span, value: false } => quote_spanned!(*span=> () => return),
        Way::Try { span } => quote_spanned!(*span=> residual => match residual? {}),
        Way::Break { span, label, value: true } => quote_spanned!(*span=> value => break #label value),
        Way::Break { span, label, value: false } => quote_spanned!(*span=> () => break #label),
        Way::Continue { span, label } => quote_spanned!(*span=> () => continue #label),
    }
}
