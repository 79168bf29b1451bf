//! Updates by an operator, as assignment and as operation.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{BinOp, Block, Expr, ExprBinary, ExprIf, ExprMethodCall, Stmt, parse_quote_spanned};

use super::{Updates, operands};
use crate::parallel_for::accumulators::nested;
use crate::parallel_for::advice;
use crate::parallel_for::forms::{self, Form, bare, is_variable};
use crate::parallel_for::names::local;
use crate::parallel_for::reduction::Operator;
use crate::tokens;

impl Updates<'_> {
    /// `s += e`
    pub(super) fn compound(&mut self, index: usize, expr: &mut Expr) -> bool {
        let Expr::Binary(binary) = expr else { return false };
        let name = self.variable(index);
        self.visit_expr_mut(&mut binary.right);
        let operator = self.operator(index);
        let fits = match (operator, &binary.op) {
            (Operator::Sum, BinOp::AddAssign(_) | BinOp::SubAssign(_)) => true,
            (Operator::Product, BinOp::MulAssign(_)) => true,
            (Operator::BitAnd | Operator::And, BinOp::BitAndAssign(_)) => true,
            (Operator::BitOr | Operator::Or, BinOp::BitOrAssign(_)) => true,
            (Operator::BitXor, BinOp::BitXorAssign(_)) => true,
            (Operator::With(_), _) => {
                let left = &mut binary.left;
                *left = parse_quote_spanned!(name.span()=> *#left.__in_place());
                return true;
            }
            _ => false,
        };
        if fits {
            let at = binary.op.span();
            if let BinOp::SubAssign(_) = binary.op {
                let ExprBinary { attrs, left, right, .. } = binary;
                *expr = parse_quote_spanned!(at=> #(#attrs)* #left.__take_away(#right));
            }
            self.settle(index, Form::Plain, at);
        } else {
            let message = advice::wrong_operator(operator, &name, &binary.op);
            self.error_at(binary.span(), message);
        }
        true
    }

    /// `s = ..`
    pub(super) fn assignment(&mut self, index: usize, expr: &mut Expr) -> bool {
        let Expr::Assign(assign) = expr else { return false };
        let name = self.variable(index);
        match self.operator(index).clone() {
            Operator::Sum | Operator::Product | Operator::BitAnd | Operator::BitOr | Operator::BitXor => {
                self.computed(index, &mut assign.right);
                let (right, attributes) = (&assign.right, &assign.attrs);
                *expr = parse_quote_spanned!(name.span()=> #(#attributes)* { let _ = #right; });
            }
            Operator::And | Operator::Or => self.decided(index, expr),
            Operator::Min | Operator::Max => self.chosen(index, expr),
            Operator::ArgMin | Operator::ArgMax => {
                self.error_at(assign.span(), advice::overwritten(self.operator(index), &name));
            }
            Operator::Last => {
                self.visit_expr_mut(&mut assign.right);
                let (left, right) = (&assign.left, &assign.right);
                let attributes = &assign.attrs;
                *expr = parse_quote_spanned!(left.span()=> #(#attributes)* #left.set(#right));
            }
            Operator::First => {
                let (earlier, later) = operands(name.span());
                match forms::combined(&assign.right, &name, &earlier, &later) {
                    Some(call) if call.method == "or" && call.variable_first => {
                        let mut value = call.operand;
                        self.visit_expr_mut(&mut value);
                        let attributes = &assign.attrs;
                        let mut operands = Vec::new();
                        let operand = keep(&mut operands, value);
                        let update = parse_quote_spanned!(name.span()=> #name.__again().or(#operand));
                        let update = evaluated_before(operands, update);
                        *expr = parse_quote_spanned!(name.span()=> #(#attributes)* { let _ = #update; });
                    }
                    _ => self.error_at(assign.span(), advice::overwritten(&Operator::First, &name)),
                }
            }
            Operator::With(_) => {
                if !tokens::mentions(assign.right.to_token_stream(), &name) {
                    self.error_at(assign.span(), advice::overwritten(self.operator(index), &name));
                }
                if let Some(exit) = tokens::exit_before(assign.right.to_token_stream(), &name) {
                    self.error_at(exit, advice::left_with(&name));
                }
                // Here the name stands for the value itself.
                self.inside(|this| {
                    this.scope.declare(&name);
                    this.visit_expr_mut(&mut assign.right);
                });
                let (left, right, attributes) = (&assign.left, &assign.right, &assign.attrs);
                *expr = parse_quote_spanned! {left.span()=>
                    #(#attributes)*
                    {
                        let __updated = {
                            #[allow(unused_mut)]
                            let mut #name = #left.__taken();
                            #right
                        };
                        *#left.__in_place() = __updated;
                    }
                };
            }
        }
        true
    }

    /// What a sum or the like becomes: itself and something, in each branch.
    pub(super) fn computed(&mut self, index: usize, value: &mut Expr) {
        let name = self.variable(index);
        match value {
            Expr::Paren(inner) => return self.computed(index, &mut inner.expr),
            Expr::Group(inner) => return self.computed(index, &mut inner.expr),
            Expr::Block(inner) if inner.label.is_none() => return self.computed_by(index, &mut inner.block),
            Expr::Unsafe(inner) => return self.computed_by(index, &mut inner.block),
            Expr::If(ExprIf { cond, then_branch, else_branch: Some((_, otherwise)), .. }) => {
                self.condition(cond, |this| this.computed_by(index, then_branch));
                return self.computed(index, otherwise);
            }
            Expr::Match(inner) => return self.arms(inner, |this, body| this.computed(index, body)),
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Macro(_) => {
                return self.visit_expr_mut(value);
            }
            _ if is_variable(value, &name) => {
                *value = parse_quote_spanned!(value.span()=> #value.__again());
                return;
            }
            _ => {}
        }
        let at = value.span();
        if let Some(form) = self.by_method(index, value) {
            return self.settle(index, form, at);
        }
        let mut operands = Vec::new();
        match self.with_the_variable_first(index, value, false, &mut operands) {
            Some(first) => {
                *value = evaluated_before(operands, first);
                self.settle(index, Form::Plain, at);
            }
            None if tokens::mentions(value.to_token_stream(), &name) => self.visit_expr_mut(value),
            None => self.error_at(value.span(), advice::overwritten(self.operator(index), &name)),
        }
    }

    pub(super) fn computed_by(&mut self, index: usize, block: &mut Block) {
        self.scope.enter();
        let last = match block.stmts.pop() {
            Some(Stmt::Expr(last, None)) => Some(last),
            other => {
                block.stmts.extend(other);
                None
            }
        };
        for statement in &mut block.stmts {
            self.visit_stmt_mut(statement);
        }
        if let Some(mut last) = last {
            self.computed(index, &mut last);
            block.stmts.push(Stmt::Expr(last, None));
        }
        self.scope.leave();
    }

    /// `s.wrapping_add(e)` and the like, written with the variable first.
    pub(super) fn by_method(&mut self, index: usize, value: &mut Expr) -> Option<Form> {
        let name = self.variable(index);
        let (earlier, later) = operands(name.span());
        let call = forms::combined(value, &name, &earlier, &later)?;
        let form = match (self.operator(index), call.method.to_string().as_str()) {
            (Operator::Sum, "wrapping_add") | (Operator::Product, "wrapping_mul") => Form::Wrapping,
            (Operator::Sum, "wrapping_sub") if call.variable_first => Form::Wrapping,
            (Operator::Sum, "saturating_add") => Form::Saturating,
            (Operator::Sum, "saturating_sub") if call.variable_first => Form::Saturating,
            _ => return None,
        };
        let (method, mut operand) = (call.method, call.operand);
        self.visit_expr_mut(&mut operand);
        if !call.variable_first && matches!(bare(value), Expr::MethodCall(_)) {
            // As a receiver it may be a reference.
            let neutral = if method == "wrapping_mul" { 1 } else { 0 };
            let neutral = proc_macro2::Literal::i32_unsuffixed(neutral);
            operand = parse_quote_spanned!(operand.span()=> (#operand).#method(#neutral));
        }
        let mut operands = Vec::new();
        let operand = keep(&mut operands, operand);
        let update = parse_quote_spanned!(value.span()=> #name.__again().#method(#operand));
        *value = evaluated_before(operands, update);
        Some(form)
    }

    /// `s + e` for `e + s`, `s + e - f` as it is, with the operands evaluated in their order; `None` if it is
    /// no such chain. `behind` says that the variable stands behind an operand.
    pub(super) fn with_the_variable_first(
        &mut self,
        index: usize,
        value: &Expr,
        behind: bool,
        operands: &mut Vec<Expr>,
    ) -> Option<Expr> {
        let name = self.variable(index);
        if is_variable(value, &name) {
            return Some(match behind {
                true => parse_quote_spanned!(value.span()=> #value.__again().__commuted()),
                false => parse_quote_spanned!(value.span()=> #value.__again()),
            });
        }
        let Expr::Binary(binary) = bare(value) else { return None };
        let (fits, commutes) = match (self.operator(index), &binary.op) {
            (Operator::Sum, BinOp::Sub(_)) => (true, false),
            (Operator::Sum, BinOp::Add(_)) | (Operator::Product, BinOp::Mul(_)) => (true, true),
            (Operator::BitAnd, BinOp::BitAnd(_)) => (true, true),
            (Operator::BitOr, BinOp::BitOr(_)) | (Operator::BitXor, BinOp::BitXor(_)) => (true, true),
            _ => (false, false),
        };
        let in_front = tokens::mentions(binary.left.to_token_stream(), &name);
        if !fits || !(in_front || commutes) {
            return None;
        }
        let mut operand = (*if in_front { &binary.right } else { &binary.left }).clone();
        self.visit_expr_mut(&mut operand);
        let (left, right) = match in_front {
            true => {
                let left = self.with_the_variable_first(index, &binary.left, behind, operands)?;
                (left, keep(operands, *operand))
            }
            false => {
                let right = keep(operands, *operand);
                (self.with_the_variable_first(index, &binary.right, true, operands)?, right)
            }
        };
        if let BinOp::Sub(minus) = &binary.op {
            let mut less: ExprMethodCall = parse_quote_spanned!(minus.span()=> #name.__less(#right));
            *less.receiver = left;
            return Some(Expr::MethodCall(less));
        }
        Some(Expr::Binary(ExprBinary { left: Box::new(left), right: Box::new(right), ..binary.clone() }))
    }
}

/// The name of an operand that is evaluated before the update.
fn keep(operands: &mut Vec<Expr>, operand: Expr) -> Expr {
    let name = local(&format!("__operand_{}", operands.len()), operand.span());
    operands.push(operand);
    parse_quote_spanned!(name.span()=> #name)
}

/// An update whose operands are evaluated first: what leaves one of them, or panics, leaves the accumulator
/// as it was.
fn evaluated_before(operands: Vec<Expr>, update: Expr) -> Expr {
    let names = (0..operands.len()).map(|i| local(&format!("__operand_{i}"), operands[i].span()));
    let names = nested(names);
    let operands = nested(operands);
    parse_quote_spanned!(update.span()=> match #operands { #names => #update })
}
