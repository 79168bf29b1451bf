//! The user's function as emitted beside errors, such that no second error follows from the first.

use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprBreak, ExprForLoop, ExprLoop, ItemFn, Lifetime, Local, ReturnType, Stmt};

use super::find::attributes_mut;
use super::options::is_mark;

/// Removes the marks, the values of loops, and the values of `break`s that a `for` loop cannot have.
pub(crate) fn strip(function: &mut ItemFn) {
    Strip::default().visit_item_fn_mut(function);
}

#[derive(Default)]
struct Strip {
    /// The labels of the `for` loops around.
    labels: Vec<Lifetime>,
    /// Whether the innermost loop around is a `for`.
    in_for: bool,
}

impl Strip {
    fn inside(&mut self, is_for: bool, visit: impl FnOnce(&mut Self)) {
        let around = std::mem::replace(&mut self.in_for, is_for);
        visit(self);
        self.in_for = around;
    }
}

/// A loop whose value is used: what it would be is not known, and a plain loop has none.
fn without_value(expr: &mut Expr) {
    let Expr::ForLoop(for_loop) = expr else { return };
    if let Some(Stmt::Expr(value, None)) = for_loop.body.stmts.last_mut() {
        let value = value.clone();
        for_loop.body.stmts.pop();
        for_loop.body.stmts.push(syn::parse_quote!(let _ = #value;));
        *expr = syn::parse_quote!({ #for_loop ::core::unreachable!() });
    }
}

impl VisitMut for Strip {
    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        visit_mut::visit_item_fn_mut(self, function);
        if let (ReturnType::Type(..), Some(Stmt::Expr(last, None))) =
            (&function.sig.output, function.block.stmts.last_mut())
        {
            without_value(last);
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        if let Some(init) = &mut local.init {
            without_value(&mut init.expr);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Some(attributes) = attributes_mut(expr) {
            attributes.retain(|attribute| !is_mark(attribute));
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_expr_for_loop_mut(&mut self, for_loop: &mut ExprForLoop) {
        self.labels.extend(for_loop.label.as_ref().map(|label| label.name.clone()));
        self.inside(true, |this| visit_mut::visit_expr_for_loop_mut(this, for_loop));
    }

    fn visit_expr_loop_mut(&mut self, inner: &mut ExprLoop) {
        self.inside(false, |this| visit_mut::visit_expr_loop_mut(this, inner));
    }

    fn visit_expr_break_mut(&mut self, leaves: &mut ExprBreak) {
        visit_mut::visit_expr_break_mut(self, leaves);
        let of_for = leaves.label.as_ref().map_or(self.in_for, |label| self.labels.contains(label));
        if of_for {
            leaves.expr = None;
        }
    }
}
