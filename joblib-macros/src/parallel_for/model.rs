//! One loop, understood: what [`expand`](super::expand) needs and nothing that could still be wrong.

use proc_macro2::TokenStream;
use syn::{Block, Expr, ExprForLoop, Label, Pat};

use super::body::{self, Way};
use super::check;
use super::options::{Init, Options, Reduction, Schedule};
use super::source;
use crate::ctxt::Ctxt;
use crate::root::Root;

/// A loop to run in parallel.
pub(crate) struct ParallelLoop {
    pub(crate) root: Root,
    pub(crate) label: Option<Label>,
    pub(crate) pattern: Pat,
    /// The expression after `in`, as a call into the run-time.
    pub(crate) source: TokenStream,
    /// The body, with what leaves it taken to the loop.
    pub(crate) body: Block,
    /// The ways out of the body, beside `break`.
    pub(crate) ways: Vec<Way>,
    pub(crate) collects: bool,
    pub(crate) reductions: Vec<Reduction>,
    pub(crate) init: Vec<Init>,
    pub(crate) n_jobs: Option<Expr>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) chunk: Option<Expr>,
    pub(crate) condition: Option<Expr>,
}

impl ParallelLoop {
    /// Checks and takes apart; `None` after an error.
    pub(crate) fn new(cx: &Ctxt, options: Options, for_loop: ExprForLoop, value_used: bool) -> Option<Self> {
        check::options(cx, &options, &for_loop);
        let ExprForLoop { label, pat, expr, mut body, .. } = for_loop;
        let has_value = matches!(body.stmts.last(), Some(syn::Stmt::Expr(_, None)));
        let collects = options.collect.get().copied().unwrap_or(value_used && has_value);
        let root = options.root.get().cloned().unwrap_or_else(Root::default_path);
        let ways = body::open(cx, &root, label.as_ref(), &mut body);
        if cx.has_errors() {
            return None;
        }
        Some(ParallelLoop {
            source: source::open(&root, &expr),
            pattern: *pat,
            root,
            label,
            body,
            ways,
            collects,
            reductions: options.reductions,
            init: options.init,
            n_jobs: options.n_jobs.into_value(),
            schedule: options.schedule.into_value(),
            chunk: options.chunk.into_value(),
            condition: options.condition.into_value(),
        })
    }
}
