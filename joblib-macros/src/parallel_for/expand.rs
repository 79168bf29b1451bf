//! Writes a loop as a call of the run-time.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote_spanned};

use super::body::Way;
use super::model::ParallelLoop;
use super::names::{done_label, exit_label, exit_type, exit_value, hygienic, local};
use super::options::{Operator, Schedule};

/// expands to, for `#[parallel_for(reduce(+ = sum))] for x in xs.iter() { sum += f(x)?; }`:
/// ```text
/// match Start(xs.iter()).source() {
///     source => {
///         static SITE: Site = Site::new();
///         let exits = Exits::new();
///         let fold_0 = Fold::new(Sum, &mut sum);
///         let plan = Plan::new(&SITE).in_blocks(fold_0.needs_blocks());
///         source.run(&plan, |feed| {
///             let mut worker_0 = fold_0.worker();
///             while let Some(mut part) = feed.next() {
///                 let mut sum = worker_0.identity();
///                 let exit = 'exit: {
///                     'done: {
///                         loop {
///                             let item = match part.next() { Some(item) => item, None => break 'done };
///                             let x = item;
///                             { sum += match branch(f(x)) { Continue(v) => v, Break(r) => break 'exit Some(..) }; }
///                         }
///                         break 'exit Some(Exit::Here(()));   // the loop's own `break`
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
    let private = parallel.root.private();
    let rt = hygienic!(#private::parallel_for);
    let source = &parallel.source;
    let site = local("SITE");
    let folds = folds(parallel, &rt);
    let plan = plan(parallel, &rt, &site);
    let participant = participant(parallel, &rt);
    let outcome = outcome(parallel, &rt);
    // Its own `break`, what the body does, and a value that ends a collection.
    let exit = exit_type(&parallel.root, 1 + parallel.ways.len() + usize::from(parallel.collects));
    let collector = parallel
        .collects
        .then(|| hygienic!(let collector = #rt::Collector::new(#rt::Source::known_len(&source));));
    hygienic! {
        {
            #[allow(unused_imports)]
            use #rt::AnyStart as _;
            match #source {
                source => {
                    static #site: #rt::Site = #rt::Site::new();
                    let exits = #rt::Exits::<#exit>::new();
                    #collector
                    #folds
                    let plan = #plan;
                    #rt::Source::run(&source, &plan, #participant);
                    #outcome
                }
            }
        }
    }
}

fn fold_name(index: usize) -> Ident {
    format_ident!("fold_{index}", span = Span::mixed_site())
}

fn worker_name(index: usize) -> Ident {
    format_ident!("worker_{index}", span = Span::mixed_site())
}

/// One fold per reduction, taking over the user's variable.
fn folds(parallel: &ParallelLoop, rt: &TokenStream) -> TokenStream {
    let folds = parallel.reductions.iter().enumerate().map(|(index, reduction)| {
        let (fold, variable) = (fold_name(index), &reduction.variable);
        let operator = match &reduction.operator {
            Operator::Known(name) => {
                let name = local(name);
                hygienic!(#rt::#name)
            }
            Operator::With(with) => {
                let (merge, init) = (&with.merge, &with.init);
                hygienic!(#rt::With::new(#merge, || #init))
            }
        };
        hygienic!(let #fold = #rt::Fold::new(#operator, &mut #variable);)
    });
    hygienic!(#(#folds)*)
}

/// The options.
fn plan(parallel: &ParallelLoop, rt: &TokenStream, site: &Ident) -> TokenStream {
    let n_jobs = parallel.n_jobs.iter().map(|n_jobs| hygienic!(.n_jobs(#n_jobs)));
    let schedule = parallel.schedule.map(|schedule| {
        let variant = local(match schedule {
            Schedule::Auto => "Auto",
            Schedule::Static => "Static",
            Schedule::Dynamic => "Dynamic",
            Schedule::Guided => "Guided",
        });
        hygienic!(.schedule(#rt::Schedule::#variant))
    });
    let chunk = parallel.chunk.iter().map(|chunk| hygienic!(.chunk(#chunk)));
    let condition = parallel.condition.iter().map(|condition| hygienic!(.only_if(#condition)));
    let blocks =
        (0..parallel.reductions.len()).map(fold_name).map(|fold| hygienic!(.in_blocks(#fold.needs_blocks())));
    hygienic!(#rt::Plan::new(&#site) #(#n_jobs)* #schedule #(#chunk)* #(#condition)* #(#blocks)*)
}

/// What each participant runs.
fn participant(parallel: &ParallelLoop, rt: &TokenStream) -> TokenStream {
    let (exit, done) = (exit_label(), done_label());
    let init = parallel.init.iter().map(|init| {
        let (variable, value) = (&init.variable, &init.value);
        hygienic!(#[allow(unused_mut)] let mut #variable = #value;)
    });
    let workers = (0..parallel.reductions.len()).map(|index| {
        let (fold, worker) = (fold_name(index), worker_name(index));
        hygienic!(let mut #worker = #fold.worker();)
    });
    let begin = parallel.reductions.iter().enumerate().map(|(index, reduction)| {
        let (worker, variable) = (worker_name(index), &reduction.variable);
        hygienic!(#[allow(unused_mut)] let mut #variable = #worker.identity();)
    });
    let end = parallel.reductions.iter().enumerate().map(|(index, reduction)| {
        let (worker, variable) = (worker_name(index), &reduction.variable);
        hygienic!(#worker.add(feed.position(), #variable);)
    });
    let (collect_worker, slots) = if parallel.collects {
        (
            hygienic!(let values = collector.worker();),
            hygienic!(let mut part = values.part(feed.position(), part);),
        )
    } else {
        (TokenStream::new(), TokenStream::new())
    };
    let inner = inner_loop(parallel);
    let own_break = exit_value(&parallel.root, 0, hygienic!(()));
    hygienic! {
        |feed| -> #rt::Finished {
            #(#init)*
            #(#workers)*
            #collect_worker
            while let ::core::option::Option::Some(mut part) = feed.next() {
                #slots
                #(#begin)*
                let exit = #exit: {
                    #done: {
                        #inner
                        #[allow(unreachable_code)]
                        { break #exit ::core::option::Option::Some(#own_break) }
                    }
                    ::core::option::Option::None
                };
                #(#end)*
                if let ::core::option::Option::Some(exit) = exit {
                    exits.leave(feed, ::core::iter::ExactSizeIterator::len(&part), exit);
                }
            }
            #rt::Finished
        }
    }
}

/// The user's loop over one part.
fn inner_loop(parallel: &ParallelLoop) -> TokenStream {
    let ParallelLoop { label, pattern, body, .. } = parallel;
    let done = done_label();
    let next = hygienic! {
        match ::core::iter::Iterator::next(&mut part) {
            ::core::option::Option::Some(item) => item,
            ::core::option::Option::None => break #done,
        }
    };
    if !parallel.collects {
        return hygienic! {
            #label loop {
                let item = #next;
                let #pattern = item;
                #body
            }
        };
    }
    let exit = exit_label();
    let stop = exit_value(&parallel.root, parallel.ways.len() + 1, hygienic!(stop));
    hygienic! {
        #label loop {
            let (slot, item) = #next;
            let #pattern = item;
            let value = #body;
            if let ::core::ops::ControlFlow::Break(stop) = values.keep(slot, value) {
                break #exit ::core::option::Option::Some(#stop);
            }
        }
    }
}

/// What happens when all participants are done: accumulators and values are settled, then the loop is left as the
/// earliest iteration left it.
fn outcome(parallel: &ParallelLoop, rt: &TokenStream) -> TokenStream {
    let results = parallel.reductions.iter().enumerate().map(|(index, reduction)| {
        let (fold, variable) = (fold_name(index), &reduction.variable);
        hygienic!(#variable = #fold.finish(left_at);)
    });
    let (finished, stopped) = if parallel.collects {
        (hygienic!(collector.finish(left_at)), Some(hygienic!(collector.stopped(stop))))
    } else {
        (hygienic!(()), None)
    };
    let mut ways: Vec<TokenStream> = parallel.ways.iter().map(take_way).collect();
    ways.extend(stopped.map(|stopped| hygienic!(stop => #stopped)));
    // Innermost first: what is left after the last way is none.
    let others = ways.into_iter().rev().fold(hygienic!(other => match other {}), |others, way| {
        hygienic! {
            other => match other {
                #rt::Exit::Here(way) => match way { #way },
                #rt::Exit::Other(other) => match other { #others },
            }
        }
    });
    hygienic! {
        let left = exits.first();
        let left_at = ::core::option::Option::map(::core::option::Option::as_ref(&left), |left| left.0);
        #(#results)*
        match left {
            ::core::option::Option::None => #finished,
            ::core::option::Option::Some((_, #rt::Exit::Here(()))) => #finished,
            ::core::option::Option::Some((_, #rt::Exit::Other(other))) => match other { #others },
        }
    }
}

/// The way as it was written, at the loop: an arm of a `match` on what came along.
fn take_way(way: &Way) -> TokenStream {
    match way {
        Way::Return { span, value: true } => quote_spanned!(*span=> value => return value),
        Way::Return { span, value: false } => quote_spanned!(*span=> () => return),
        Way::Try { span } => quote_spanned!(*span=> residual => match residual? {}),
        Way::Break { span, label, value: true } => quote_spanned!(*span=> value => break #label value),
        Way::Break { span, label, value: false } => quote_spanned!(*span=> () => break #label),
        Way::Continue { span, label } => quote_spanned!(*span=> () => continue #label),
    }
}
