//! A loop and the loops directly inside it that `collapse` makes one.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, Ident, Label, Pat, Stmt};

use super::methods;
use crate::ctxt::Ctxt;
use crate::pattern::names_in;

/// The head of a `for` loop.
pub(crate) struct Level {
    pub(crate) label: Option<Label>,
    pub(crate) pattern: Pat,
    pub(crate) source: Expr,
}

/// Collapsed loops, outermost first, and the body of the innermost.
pub(crate) struct Nest {
    pub(crate) levels: Vec<Level>,
    pub(crate) body: Block,
}

impl Nest {
    /// Takes `depth` loops apart; `None` after an error.
    pub(crate) fn peel(cx: &Ctxt, depth: usize, for_loop: ExprForLoop) -> Option<Self> {
        let ExprForLoop { label, pat, expr, mut body, .. } = for_loop;
        let mut levels = Vec::new();
        if depth > 1 {
            readable_again(cx, &expr);
        }
        levels.push(Level { label, pattern: *pat, source: *expr });
        while levels.len() < depth {
            let inner = only_loop(cx, depth, body)?;
            readable_again(cx, &inner.expr);
            same_again(cx, &inner.expr);
            independent(cx, &levels, &inner.expr);
            levels.push(Level { label: inner.label, pattern: *inner.pat, source: *inner.expr });
            body = inner.body;
        }
        Some(Nest { levels, body })
    }
}

/// The loop that is all of a collapsed loop's body.
fn only_loop(cx: &Ctxt, depth: usize, mut body: Block) -> Option<ExprForLoop> {
    match body.stmts.pop() {
        Some(Stmt::Expr(Expr::ForLoop(inner), _)) if body.stmts.is_empty() && inner.attrs.is_empty() => {
            Some(inner)
        }
        last => {
            let at = body.stmts.first().or(last.as_ref()).map_or_else(|| body.span(), Spanned::span);
            cx.error_at(
                at,
                format_args!(
                    "`collapse = {depth}` needs {depth} loops, each the only statement of the one around it: \
                     move this into the innermost loop, or leave `collapse` out"
                ),
            );
            None
        }
    }
}

/// A collapsed loop's items are read once for every item of the others, so they are not borrowed mutably.
fn readable_again(cx: &Ctxt, source: &Expr) {
    struct Mutable<'a>(&'a Ctxt);
    impl Visit<'_> for Mutable<'_> {
        fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
            if call.method.to_string().ends_with("_mut") {
                self.report(call.method.to_token_stream());
            }
            visit::visit_expr_method_call(self, call);
        }
        fn visit_expr_reference(&mut self, reference: &syn::ExprReference) {
            if reference.mutability.is_some() {
                self.report(reference.to_token_stream());
            }
        }
        fn visit_expr_closure(&mut self, _closure: &syn::ExprClosure) {}
    }
    impl Mutable<'_> {
        fn report(&self, at: TokenStream) {
            self.0.error(
                at,
                "collapsed loops read every item several times, so none can be borrowed mutably: leave \
                 `collapse` out",
            );
        }
    }
    Mutable(cx).visit_expr(source);
}

/// The plain loop evaluates an inner source for every outer item, collapsed loops once: that must make no
/// difference.
fn same_again(cx: &Ctxt, source: &Expr) {
    let each = |parts: &mut dyn Iterator<Item = &Expr>| parts.for_each(|part| same_again(cx, part));
    match source {
        Expr::Lit(_) | Expr::Path(_) => {}
        Expr::Paren(inner) => same_again(cx, &inner.expr),
        Expr::Group(inner) => same_again(cx, &inner.expr),
        Expr::Field(field) => same_again(cx, &field.base),
        Expr::Reference(reference) => same_again(cx, &reference.expr),
        Expr::Unary(unary) => same_again(cx, &unary.expr),
        Expr::Cast(cast) => same_again(cx, &cast.expr),
        Expr::Index(index) => each(&mut [&*index.expr, &*index.index].into_iter()),
        Expr::Range(range) => each(&mut range.start.iter().chain(&range.end).map(|bound| &**bound)),
        Expr::Repeat(repeat) => each(&mut [&*repeat.expr, &*repeat.len].into_iter()),
        Expr::Array(array) => each(&mut array.elems.iter()),
        Expr::Tuple(tuple) => each(&mut tuple.elems.iter()),
        // `a += b` is one of these, with a value that is no source.
        Expr::Binary(binary) => each(&mut [&*binary.left, &*binary.right].into_iter()),
        Expr::MethodCall(call) => {
            // Methods that borrow mutably have been refused.
            if !methods::looks(&call.method) && !call.method.to_string().ends_with("_mut") {
                evaluated_again(cx, &call.method);
            }
            each(&mut std::iter::once(&*call.receiver).chain(&call.args));
        }
        other => evaluated_again(cx, other),
    }
}

fn evaluated_again(cx: &Ctxt, at: impl ToTokens) {
    cx.error(
        at,
        "the plain loop evaluates this anew for every item of the outer loop, collapsed ones do so once: \
         bind it by a `let` before the loops, or leave `collapse` out",
    );
}

/// A collapsed loop runs over the same items at every item of the outer ones.
fn independent(cx: &Ctxt, outer: &[Level], source: &Expr) {
    let names = outer.iter().flat_map(|level| names_in(&level.pattern)).collect();
    if let Some(variable) = first_of(&names, source) {
        cx.error(
            variable,
            format_args!(
                "collapsed loops cannot depend on one another, as this one does on `{variable}`: leave \
                 `collapse` out"
            ),
        );
    }
}

/// Nor does it depend on what the body changes: that is scratch variables, since accumulators cannot be read.
pub(crate) fn unchanging<'v>(cx: &Ctxt, levels: &[Level], changed: impl Iterator<Item = &'v Ident>) {
    let changed = changed.cloned().collect();
    let inner = levels.iter().skip(1);
    if let Some(variable) = inner.filter_map(|level| first_of(&changed, &level.source)).next() {
        cx.error(
            variable,
            format_args!(
                "the body changes `{variable}`, so that the plain loop's inner loop depends on the outer \
                 one: leave `collapse` out"
            ),
        );
    }
}

/// The first variable of `names` in an expression of those that [`same_again`] lets pass.
fn first_of<'e>(names: &HashSet<Ident>, source: &'e Expr) -> Option<&'e Ident> {
    struct Variables<'n, 'e> {
        names: &'n HashSet<Ident>,
        first: Option<&'e Ident>,
    }
    impl<'e> Visit<'e> for Variables<'_, 'e> {
        fn visit_expr_path(&mut self, path: &'e syn::ExprPath) {
            let variable = path.path.get_ident().filter(|ident| self.names.contains(ident));
            self.first = self.first.or(variable);
        }
    }
    let mut variables = Variables { names, first: None };
    variables.visit_expr(source);
    variables.first
}
