//! The options of a loop, parsed.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, Meta, Token};

use super::reduction::Reduction;
use crate::attr::{Attr, Given};
use crate::ctxt::Ctxt;
use crate::names::suggestion;
use crate::root::Root;
use crate::tokens::{as_ident, ends_in};

/// How an option is read.
type Read = fn(&mut Options, &Ctxt, Given);

/// Every option: its name, whether it may stand at the function too, for all of its loops, and how it is
/// read.
const OPTIONS: &[(&str, bool, Read)] = &[
    ("n_jobs", true, |to, cx, given| to.n_jobs.read(cx, given, |given| given.into_expr(cx, "n_jobs = -1"))),
    ("schedule", true, |to, cx, given| to.schedule.read(cx, given, |given| Schedule::parse(cx, given))),
    ("chunk", true, |to, cx, given| to.chunk.read(cx, given, |given| given.into_expr(cx, "chunk = 64"))),
    ("reduce", false, |to, cx, given| to.reductions.extend(Reduction::parse_all(cx, given))),
    ("collapse", false, |to, cx, given| to.collapse.read(cx, given, |given| parse_collapse(cx, given))),
    ("if", true, |to, cx, given| to.condition.read(cx, given, |given| given.into_expr(cx, "if = n > 1000"))),
    ("collect", false, |to, cx, given| to.collect.read(cx, given, |given| given.into_flag(cx))),
    ("init", false, |to, cx, given| to.init.extend(parse_init(cx, given))),
    ("progress", true, |to, cx, given| to.progress.read(cx, given, |given| given.into_flag(cx))),
    ("backend", true, |to, cx, given| to.backend.read(cx, given, |given| parse_backend(cx, given))),
    ("share", true, |to, cx, given| to.share.extend(parse_shared(cx, given))),
    ("crate", true, |to, cx, given| to.root.read(cx, given, |given| Root::from_option(cx, given))),
];

/// `#[parallel_for(..)]` as written.
#[derive(Clone, Default)]
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
    /// The options at the function.
    pub(crate) fn parse_at_function(cx: &Ctxt, tokens: TokenStream) -> Self {
        let mut options = Options::default();
        options.read(cx, tokens, false);
        options
    }

    /// The options of a loop, from one or more marks; what is not given is as `at_function`.
    pub(crate) fn parse_at_loop(
        cx: &Ctxt,
        marks: impl IntoIterator<Item = TokenStream>,
        at_function: &Options,
    ) -> Self {
        let mut options = Options::default();
        for mark in marks {
            options.read(cx, mark, true);
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

    fn read(&mut self, cx: &Ctxt, tokens: TokenStream, at_loop: bool) {
        let names: Vec<&str> = OPTIONS.iter().map(|(name, ..)| *name).collect();
        let all = Given::parse_all(cx, tokens, &names).into_iter().filter_map(|given| {
            let name = given.name.unraw();
            let (_, at_function, read) = OPTIONS.iter().find(|(known, ..)| name == known)?;
            Some((given, at_loop || *at_function, read))
        });
        let (known, only_at_loops): (Vec<_>, Vec<_>) = all.partition(|(_, stands_right, _)| *stands_right);
        for (given, ..) in only_at_loops {
            let name = given.name.unraw();
            cx.error(
                &given.name,
                format_args!(
                    "`{name}` concerns one loop: write `#[parallel_for({name} ..)]` above that loop"
                ),
            );
        }
        for (given, _, read) in known {
            read(self, cx, given);
        }
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
