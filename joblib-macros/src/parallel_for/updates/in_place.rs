//! Updates in place, of an accumulator of `with`: by its own methods, at its elements and fields, and by
//! functions that it is passed to.

use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprAssign, ExprBinary, Macro, Token, parse_quote_spanned};

use super::Updates;
use crate::parallel_for::find::marked_reductions;
use crate::parallel_for::forms::bare;
use crate::parallel_for::methods;
use crate::parallel_for::reduction::Operator;
use crate::tokens::ends_in;

impl Updates<'_> {
    /// The accumulator of `with` that a place or a chain of calls begins with.
    pub(super) fn rooted(&mut self, expr: &mut Expr) -> bool {
        let root = root_mut(expr);
        let Some(index) = self.accumulator(root) else { return false };
        if !matches!(self.operator(index), Operator::With(_)) {
            return false;
        }
        *root = parse_quote_spanned!(root.span()=> #root.__in_place());
        true
    }

    /// `counts[i] += e`, `stats.n = e`, `*counts.entry(k).or_insert(0) += 1`
    pub(super) fn assigned_inside(&mut self, expr: &mut Expr) -> bool {
        let (left, right) = match expr {
            Expr::Assign(ExprAssign { left, right, .. }) | Expr::Binary(ExprBinary { left, right, .. }) => {
                (left, right)
            }
            _ => return false,
        };
        if self.rooted(left) {
            self.visit_expr_mut(left);
            self.visit_expr_mut(right);
            return true;
        }
        false
    }

    /// Statements that change an accumulator of `with` by its own methods, or by a function that it is passed
    /// to.
    pub(super) fn update_in_place(&mut self, expr: &mut Expr) -> bool {
        match expr {
            Expr::MethodCall(call) => {
                if let Some(index) = self.accumulator(&call.receiver)
                    && matches!(self.operator(index), Operator::First)
                    && call.method == "get_or_insert"
                {
                    call.args.iter_mut().for_each(|e| self.visit_expr_mut(e));
                    return true;
                }
                if changes(expr) {
                    self.rooted(expr);
                }
                self.visit_expr_mut(expr);
                true
            }
            Expr::Call(call) => {
                // These put another value in its place, or take this one away.
                let moves = match &*call.func {
                    Expr::Path(called) => ends_in(&called.path, &["swap", "take", "replace"]),
                    _ => false,
                };
                if !moves {
                    call.args.iter_mut().for_each(|argument| self.lend(argument));
                }
                self.visit_expr_mut(expr);
                true
            }
            Expr::ForLoop(inner) => {
                self.lend_all(&mut inner.expr);
                self.visit_expr_mut(&mut inner.expr);
                let reduced = marked_reductions(inner);
                self.inside(|this| {
                    this.scope.declare_all(&inner.pat);
                    this.inner_loop(&mut inner.body, &reduced);
                });
                true
            }
            Expr::While(inner) => {
                self.condition(&mut inner.cond, |this| this.block(&mut inner.body, true));
                true
            }
            Expr::Loop(inner) => {
                self.block(&mut inner.body, true);
                true
            }
            _ => false,
        }
    }

    /// `f(&mut counts, x)` becomes `f(counts.__in_place(), x)`.
    pub(super) fn lend(&mut self, argument: &mut Expr) {
        if let Expr::Reference(reference) = argument
            && reference.mutability.is_some()
            && let Some(index) = self.accumulator(&reference.expr)
            && matches!(self.operator(index), Operator::With(_))
        {
            let name = &reference.expr;
            *argument = parse_quote_spanned!(name.span()=> #name.__in_place());
        }
    }

    /// In what a loop runs over: `counts.iter_mut()`, `&mut counts`, as a receiver or an argument.
    pub(super) fn lend_all(&mut self, source: &mut Expr) {
        self.lend(source);
        if let Expr::MethodCall(call) = source {
            if call.method.to_string().ends_with("_mut")
                && let Some(index) = self.accumulator(&call.receiver)
                && matches!(self.operator(index), Operator::With(_))
            {
                let receiver = &call.receiver;
                *call.receiver = parse_quote_spanned!(receiver.span()=> #receiver.__in_place());
                return;
            }
            self.lend_all(&mut call.receiver);
            call.args.iter_mut().for_each(|argument| self.lend_all(argument));
        }
    }

    /// `write!(text, ..)`
    pub(super) fn written_to(
        &mut self,
        mac: &mut Macro,
        arguments: &mut Punctuated<Expr, Token![,]>,
    ) -> bool {
        let writes = ends_in(&mac.path, &["write", "writeln"]);
        let Some(target) = arguments.first_mut().filter(|_| writes) else { return false };
        if let Some(index) = self.accumulator(target)
            && matches!(self.operator(index), Operator::With(_))
        {
            *target = parse_quote_spanned!(target.span()=> #target.__in_place());
            return true;
        }
        false
    }
}

/// The innermost receiver or base of a place or of a chain of calls.
fn root_mut(mut expr: &mut Expr) -> &mut Expr {
    loop {
        expr = match expr {
            Expr::Unary(inner) if !matches!(inner.op, syn::UnOp::Deref(_)) => return expr,
            Expr::Field(_) | Expr::Index(_) | Expr::MethodCall(_) | Expr::Paren(_) | Expr::Group(_) => {
                inside(expr)
            }
            Expr::Unary(_) => inside(expr),
            _ => return expr,
        };
    }
}

/// What a place or call begins with.
fn inside(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Field(inner) => &mut inner.base,
        Expr::Index(inner) => &mut inner.expr,
        Expr::MethodCall(inner) => &mut inner.receiver,
        Expr::Paren(inner) => &mut inner.expr,
        Expr::Group(inner) => &mut inner.expr,
        Expr::Unary(inner) => &mut inner.expr,
        other => other,
    }
}

/// Whether a chain of calls, as a statement, changes what it begins with, by one call or by a call on a part
/// of it, and nothing is done with the result.
fn changes(chain: &Expr) -> bool {
    let Expr::MethodCall(last) = chain else { return false };
    let mut leads = &*last.receiver;
    while let Expr::MethodCall(call) = bare(leads) {
        if !methods::leads(&call.method) {
            return false;
        }
        leads = &call.receiver;
    }
    let of_whole = matches!(bare(&last.receiver), Expr::Path(_));
    let takes_away = of_whole && methods::takes_away(&last.method);
    let tells = ["then", "then_some", "map", "is_some_and", "map_or"].iter().any(|name| last.method == name);
    !takes_away && !tells && matches!(bare(leads), Expr::Path(_) | Expr::Field(_) | Expr::Index(_))
}
