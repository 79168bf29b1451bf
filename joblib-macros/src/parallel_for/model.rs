//! One loop as a model: all that an expansion needs, with nothing left to check.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{AttrStyle, Attribute, Block, Expr, ExprForLoop, Ident, Label};

use super::body::{self, Way};
use super::names;
use super::nest::{Level, Nest};
use super::options::{Backend, Init, Options, Schedule};
use super::runtime::Runtime;
use super::updates::Accumulator;
use super::{nest, receiver, source};
use crate::ctxt::Ctxt;
use crate::root::Root;

/// A loop to run in parallel.
pub(crate) struct ParallelLoop {
    pub(crate) rt: Runtime,
    /// Its number in its function.
    pub(crate) number: usize,
    /// The variables that worker processes are given; `None` for a loop on threads.
    pub(crate) shared: Option<Vec<Ident>>,
    /// Where the generated code stands: at the `for`.
    pub(crate) here: Span,
    /// What else stands above the loop, like `#[cfg(..)]`.
    pub(crate) attributes: Vec<Attribute>,
    /// The loop and those collapsed with it, outermost first.
    pub(crate) levels: Vec<Level>,
    /// What stands after `in`, as a call into the runtime.
    pub(crate) source: TokenStream,
    /// The body, with what leaves it taken to the loop.
    pub(crate) body: Block,
    /// The ways out of the body, beside `break`.
    pub(crate) ways: Vec<Way>,
    pub(crate) collects: bool,
    pub(crate) progress: bool,
    pub(crate) accumulators: Vec<Accumulator>,
    /// Whether an iteration notes which one it is.
    pub(crate) positions: bool,
    pub(crate) init: Vec<Init>,
    pub(crate) n_jobs: Option<Expr>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) chunk: Option<Expr>,
    pub(crate) condition: Option<Expr>,
}

/// What was found in a body as the user wrote it.
pub(crate) struct Understood {
    pub(crate) accumulators: Vec<Accumulator>,
    pub(crate) positions: bool,
    pub(crate) collects: bool,
}

impl ParallelLoop {
    /// The label of the innermost loop.
    pub(crate) fn label(&self) -> Option<&Label> {
        self.levels.last().and_then(|level| level.label.as_ref())
    }

    /// What stands before a body that several loops share: a `break` hidden in a macro would leave too many
    /// of them, but is an error in a labelled block.
    pub(crate) fn iteration(&self) -> Option<TokenStream> {
        (self.levels.len() > 1).then(|| {
            let label = names::iteration_label();
            quote_spanned!(self.here=> #label:)
        })
    }

    /// The model of a loop; `None` after an error. The updates in its body have been rewritten.
    pub(crate) fn new(
        cx: &Ctxt,
        number: usize,
        options: Options,
        understood: Understood,
        for_loop: ExprForLoop,
    ) -> Option<Self> {
        let Understood { accumulators, positions, collects } = understood;
        let here = names::standing_at(for_loop.for_token.span);
        let depth = options.collapse.get().copied().unwrap_or(1);
        let mut attributes = for_loop.attrs.clone();
        // `#![allow(..)]` inside the loop.
        attributes.iter_mut().for_each(|attribute| attribute.style = AttrStyle::Outer);
        let Nest { levels, mut body } = Nest::peel(cx, depth, for_loop)?;
        nest::unchanging(cx, &levels, options.init.iter().map(|init| &init.variable));
        let root = options.root.get().cloned().unwrap_or_else(Root::default_path);
        let processes = options.backend.get() == Some(&Backend::Processes);
        let rt = Runtime::new(root, processes);
        let mut init = options.init;
        if processes {
            receiver::rename(&mut body);
            init.iter_mut().for_each(|init| receiver::rename_in(&mut init.value));
        }
        let ways = body::open(cx, &rt, number, &levels, &mut body);
        if cx.has_errors() {
            return None;
        }
        Some(ParallelLoop {
            source: match processes {
                true => source::plain(&rt, levels.iter().map(|level| &level.source)),
                false => source::open(&rt, levels.iter().map(|level| &level.source)),
            },
            shared: processes.then_some(options.share),
            rt,
            number,
            here,
            attributes,
            levels,
            body,
            ways,
            collects,
            progress: options.progress.get().copied().unwrap_or(false),
            accumulators,
            positions,
            init,
            n_jobs: options.n_jobs.into_value(),
            schedule: options.schedule.into_value(),
            chunk: options.chunk.into_value(),
            condition: options.condition.into_value(),
        })
    }
}
