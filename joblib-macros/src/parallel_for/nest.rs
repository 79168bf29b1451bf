//! A loop and the loops directly inside of it that `collapse` makes one.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, Label, Pat, Stmt};

use crate::ctxt::Ctxt;

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
                    "`collapse = {depth}` needs {depth} loops, each the only statement of the one around it: move this \
                     into the innermost loop, or leave `collapse` out"
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
                "collapsed loops read every item several times, so none can be borrowed mutably: leave `collapse` out",
            );
        }
    }
    Mutable(cx).visit_expr(source);
}

/// A collapsed loop runs over the same items whatever the outer ones are at.
fn independent(cx: &Ctxt, outer: &[Level], source: &Expr) {
    struct Names(HashSet<String>);
    impl Visit<'_> for Names {
        fn visit_pat_ident(&mut self, pattern: &syn::PatIdent) {
            self.0.insert(pattern.ident.to_string());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut names = Names(HashSet::new());
    for level in outer {
        names.visit_pat(&level.pattern);
    }
    if let Some(ident) = first_of(&names.0, source.to_token_stream()) {
        cx.error(
            &ident,
            format_args!("collapsed loops cannot depend on one another, as this one does on `{ident}`: leave `collapse` out"),
        );
    }
}

fn first_of(names: &HashSet<String>, tokens: TokenStream) -> Option<proc_macro2::Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()).then_some(ident),
        TokenTree::Group(group) => first_of(names, group.stream()),
        _ => None,
    })
}
