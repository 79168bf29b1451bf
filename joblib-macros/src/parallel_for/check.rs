//! The rules about options and loop together, one function per rule.

use std::collections::HashSet;

use syn::ExprForLoop;

use super::captured;
use super::options::{Backend, Options, Schedule};
use super::reduction::Reduction;
use crate::ctxt::Ctxt;

/// All of them; `mutable` are the names the function declares as `mut`.
pub(crate) fn all(cx: &Ctxt, options: &Options, mutable: &HashSet<String>, for_loop: &ExprForLoop) {
    auto_schedule_takes_no_chunk(cx, options);
    accumulators_are_named_once(cx, &options.reductions);
    init_is_no_accumulator(cx, options);
    what_is_shared_is_a_copy(cx, options);
    processes_take_tasks_as_they_come(cx, options);
    captured::no_writes(cx, options, mutable, for_loop);
}

fn what_is_shared_is_a_copy(cx: &Ctxt, options: &Options) {
    if options.backend.get() != Some(&Backend::Processes) {
        if let Some(name) = options.share.first() {
            cx.error(name, "threads share everything: `share(..)` goes with `backend = \"processes\"`");
        }
        return;
    }
    for (i, name) in options.share.iter().enumerate() {
        if options.share[..i].contains(name) {
            cx.error(name, format_args!("`{name}` is in `share` twice: keep one of the two"));
        }
        if reduced(&options.reductions).any(|variable| variable == name) {
            cx.error(name, format_args!("`{name}` is in `reduce` already, which gives every block its own"));
        }
        if options.init.iter().any(|init| init.variable == *name) {
            cx.error(
                name,
                format_args!("`{name}` is in `init` too, which gives every worker its own: keep one"),
            );
        }
    }
}

fn processes_take_tasks_as_they_come(cx: &Ctxt, options: &Options) {
    if options.backend.get() == Some(&Backend::Processes)
        && matches!(options.schedule.get(), Some(Schedule::Static | Schedule::Guided))
        && let Some(span) = options.schedule.span()
    {
        cx.error_at(
            span,
            "worker processes take iterations as they become free: leave `schedule` out; `chunk = N` hands \
             out N together",
        );
    }
}

fn auto_schedule_takes_no_chunk(cx: &Ctxt, options: &Options) {
    if options.schedule.get() == Some(&Schedule::Auto)
        && let Some(span) = options.chunk.span()
    {
        cx.error_at(
            span,
            "`schedule = \"auto\"` finds its own chunk size: leave `chunk` out, or write `schedule = \
             \"dynamic\"`",
        );
    }
}

fn accumulators_are_named_once(cx: &Ctxt, reductions: &[Reduction]) {
    for (i, reduction) in reductions.iter().enumerate() {
        for name in reduction.variables() {
            let earlier =
                reductions[..i].iter().find(|earlier| earlier.variables().any(|other| other == name));
            match earlier {
                Some(earlier) if reduction.others.is_empty() && earlier.others.is_empty() => {
                    cx.error(
                        name,
                        format_args!(
                            "`{name}` is reduced twice: one operator merges one \
                                                 variable"
                        ),
                    );
                }
                Some(_) => cx.error(
                    name,
                    format_args!(
                        "`{name}` is reduced twice: `argmax` and `argmin` reduce the variable of the extreme \
                         value too, so leave out the other"
                    ),
                ),
                None => {}
            }
        }
        let mut own: Vec<_> = Vec::new();
        for name in reduction.variables() {
            if own.contains(&name) {
                cx.error(name, format_args!("`{name}` is named twice here: name another variable"));
            }
            own.push(name);
        }
    }
}

fn reduced(reductions: &[Reduction]) -> impl Iterator<Item = &syn::Ident> {
    reductions.iter().flat_map(Reduction::variables)
}

fn init_is_no_accumulator(cx: &Ctxt, options: &Options) {
    for (i, init) in options.init.iter().enumerate() {
        let name = &init.variable;
        if reduced(&options.reductions).any(|variable| variable == name) {
            cx.error(
                name,
                format_args!(
                    "`{name}` is in `reduce` too: a value of `init` is each thread's own and is lost after \
                     the loop"
                ),
            );
        }
        if options.init[..i].iter().any(|earlier| earlier.variable == *name) {
            cx.error(name, format_args!("`{name}` is in `init` twice: keep one of the two"));
        }
    }
}
