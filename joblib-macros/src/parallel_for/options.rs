//! The options of a loop, parsed.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Token};

use super::reduction::Reduction;
use crate::attr::{Attr, Given};
use crate::ctxt::Ctxt;
use crate::names::suggestion;
use crate::root::Root;
use crate::tokens::ends_in;

/// What may stand at a loop.
const OF_A_LOOP: &[&str] = &[
    "n_jobs", "schedule", "chunk", "reduce", "collapse", "if", "collect", "init", "progress", "backend",
    "share", "crate",
];
/// What may stand at the function, for all of its loops.
const OF_A_FUNCTION: &[&str] =
    &["n_jobs", "schedule", "chunk", "if", "progress", "backend", "share", "crate"];

/// `#[parallel_for(..)]` as written.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) n_jobs: Attr<Expr>,
    pub(crate) schedule: Attr<Schedule>,
    pub(crate) chunk: Attr<Expr>,
    pub(crate) reductions: Vec<Reduction>,
    pub(crate) collapse: Attr<usize>,
    pub(crate) condition: Attr<Expr>,
    pub(crate) collect: Attr<bool>,
    pub(crate) init: Vec<Init>,
    pub(crate) progress: Attr<bool>,
    pub(crate) backend: Attr<Backend>,
    pub(crate) share: Vec<Ident>,
    pub(crate) root: Attr<Root>,
}

/// `schedule = ".."`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    Auto,
    Static,
    Dynamic,
    Guided,
}

/// `backend = ".."`
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Threads,
    Processes,
}

/// One entry of `init(..)`: a variable of which every participant has its own.
#[derive(Clone)]
pub(crate) struct Init {
    pub(crate) variable: Ident,
    pub(crate) value: Expr,
}

impl Options {
    pub(crate) fn none() -> Self {
        Options {
            n_jobs: Attr::none("n_jobs"),
            schedule: Attr::none("schedule"),
            chunk: Attr::none("chunk"),
            reductions: Vec::new(),
            collapse: Attr::none("collapse"),
            condition: Attr::none("if"),
            collect: Attr::none("collect"),
            init: Vec::new(),
            progress: Attr::none("progress"),
            backend: Attr::none("backend"),
            share: Vec::new(),
            root: Attr::none("crate"),
        }
    }

    /// The options at the function.
    pub(crate) fn parse_at_function(cx: &Ctxt, tokens: TokenStream) -> Self {
        let mut options = Options::none();
        options.read(cx, tokens, OF_A_FUNCTION);
        options
    }

    /// The options of a loop, from one or more marks; what is not given is as `at_function`.
    pub(crate) fn parse_at_loop(
        cx: &Ctxt,
        marks: impl IntoIterator<Item = TokenStream>,
        at_function: &Options,
    ) -> Self {
        let mut options = Options::none();
        for mark in marks {
            options.read(cx, mark, OF_A_LOOP);
        }
        options.inherit(at_function);
        options.reductions = Reduction::joined(options.reductions);
        options
    }

    fn inherit(&mut self, from: &Options) {
        self.n_jobs.or(&from.n_jobs);
        // A chunk size belongs to its schedule.
        if !self.schedule.is_set() && !self.chunk.is_set() {
            self.schedule.or(&from.schedule);
            self.chunk.or(&from.chunk);
        }
        self.condition.or(&from.condition);
        self.progress.or(&from.progress);
        self.backend.or(&from.backend);
        // Loops on threads share everything anyhow.
        if self.share.is_empty() && self.backend.get() == Some(&Backend::Processes) {
            self.share.clone_from(&from.share);
        }
        self.root.or(&from.root);
    }

    fn read(&mut self, cx: &Ctxt, tokens: TokenStream, valid: &[&str]) {
        let (known, only_at_loops): (Vec<_>, Vec<_>) = Given::parse_all(cx, tokens, OF_A_LOOP)
            .into_iter()
            .partition(|given| valid.contains(&given.name.unraw().to_string().as_str()));
        for given in only_at_loops {
            let name = given.name.unraw();
            cx.error(
                &given.name,
                format_args!(
                    "`{name}` concerns one loop: write `#[parallel_for({name} ..)]` above that loop"
                ),
            );
        }
        for given in known {
            self.read_one(cx, given);
        }
    }

    fn read_one(&mut self, cx: &Ctxt, given: Given) {
        let span = given.span();
        match given.name.unraw().to_string().as_str() {
            "n_jobs" => set(cx, &mut self.n_jobs, span, given.into_expr(cx, "n_jobs = -1")),
            "schedule" => set(cx, &mut self.schedule, span, Schedule::parse(cx, given)),
            "chunk" => set(cx, &mut self.chunk, span, given.into_expr(cx, "chunk = 64")),
            "reduce" => self.reductions.extend(Reduction::parse_all(cx, given)),
            "collapse" => set(cx, &mut self.collapse, span, parse_collapse(cx, given)),
            "if" => set(cx, &mut self.condition, span, given.into_expr(cx, "if = n > 1000")),
            "collect" => set(cx, &mut self.collect, span, given.into_flag(cx)),
            "init" => self.init.extend(parse_init(cx, given)),
            "progress" => set(cx, &mut self.progress, span, given.into_flag(cx)),
            "backend" => set(cx, &mut self.backend, span, parse_backend(cx, given)),
            "share" => self.share.extend(parse_shared(cx, given)),
            "crate" => set(cx, &mut self.root, span, Root::from_option(cx, given)),
            _ => {}
        }
    }
}

fn set<T>(cx: &Ctxt, attr: &mut Attr<T>, span: Span, value: Option<T>) {
    if let Some(value) = value {
        attr.set(cx, span, value);
    }
}

/// The option list of a mark.
pub(crate) fn options_of(mark: &Attribute) -> TokenStream {
    match &mark.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

/// Whether an attribute is `#[parallel_for]`, however it is imported.
pub(crate) fn is_mark(attribute: &Attribute) -> bool {
    ends_in(attribute.path(), &["parallel_for"])
}

impl Schedule {
    const NAMES: &'static [&'static str] = &["auto", "static", "dynamic", "guided"];

    fn parse(cx: &Ctxt, given: Given) -> Option<Self> {
        let (span, name) = given.into_str(cx, "schedule = \"dynamic\"")?;
        match name.as_str() {
            "auto" => Some(Schedule::Auto),
            "static" => Some(Schedule::Static),
            "dynamic" => Some(Schedule::Dynamic),
            "guided" => Some(Schedule::Guided),
            _ => {
                let hint = suggestion(&name, Self::NAMES);
                cx.error_at(span, format_args!("there is no schedule \"{name}\": {hint}"));
                None
            }
        }
    }
}

fn parse_collapse(cx: &Ctxt, given: Given) -> Option<usize> {
    let value = given.into_expr(cx, "collapse = 2")?;
    let depth = match &value {
        Expr::Lit(ExprLit { lit: Lit::Int(depth), .. }) => depth.base10_parse::<usize>().ok(),
        _ => None,
    };
    if !depth.is_some_and(|depth| (1..=8).contains(&depth)) {
        cx.error(&value, "`collapse` takes the number of nested loops as a literal: write `collapse = 2`");
        return None;
    }
    depth
}

fn parse_backend(cx: &Ctxt, given: Given) -> Option<Backend> {
    let (span, name) = given.into_str(cx, "backend = \"threads\"")?;
    match name.as_str() {
        "threads" => Some(Backend::Threads),
        "processes" => Some(Backend::Processes),
        _ => {
            let hint = suggestion(&name, &["threads", "processes"]);
            cx.error_at(span, format_args!("loops have no backend \"{name}\": {hint}"));
            None
        }
    }
}

/// `share(grid, scale)`
fn parse_shared(cx: &Ctxt, given: Given) -> Vec<Ident> {
    given.into_list(cx, "the variables that worker processes get", "share(grid, scale)", |input| {
        let expr: Expr = input.parse()?;
        as_ident(&expr).ok_or_else(|| {
            let message = "`share` names variables: give this a name by a `let` before the loop";
            syn::Error::new_spanned(expr, message)
        })
    })
}

/// `init(scratch = EXPR, ..)`
fn parse_init(cx: &Ctxt, given: Given) -> Vec<Init> {
    given.into_list(cx, "a variable and its value", "init(scratch = Vec::new())", |input| {
        let variable = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Init { variable, value: input.parse()? })
    })
}

/// The single identifier an expression consists of.
pub(crate) fn as_ident(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) if path.attrs.is_empty() => path.path.get_ident().cloned(),
        Expr::Group(group) => as_ident(&group.expr),
        _ => None,
    }
}
