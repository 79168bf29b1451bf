//! Updates that choose: `&&`, `||`, `min`, `max`, `argmin`, `argmax`, `first`.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{BinOp, Expr, ExprIf, ExprLit, Ident, Lit, Stmt, parse_quote_spanned};

use super::{Updates, operands};
use crate::parallel_for::advice;
use crate::parallel_for::forms::{self, Form, bare, is_variable};
use crate::parallel_for::quiet::is_quiet;
use crate::parallel_for::reduction::{Operator, Reduction};
use crate::tokens;

impl Updates<'_> {
    /// `all = all && e`, `all = false` and the like.
    pub(super) fn decided(&mut self, index: usize, expr: &mut Expr) {
        let Expr::Assign(assign) = expr else { return };
        let name = self.variable(index);
        let operator = self.operator(index).clone();
        let (is_and, settles) = (matches!(operator, Operator::And), !matches!(operator, Operator::And));
        let links = if is_and { forms::conjuncts(&assign.right) } else { forms::disjuncts(&assign.right) };
        let own: Vec<usize> =
            links.iter().enumerate().filter(|(_, e)| is_variable(e, &name)).map(|(i, _)| i).collect();
        let literal = match bare(&assign.right) {
            Expr::Lit(ExprLit { lit: Lit::Bool(literal), .. }) => literal.value == settles,
            _ => false,
        };
        let mut rest: Vec<Expr> =
            links.iter().filter(|e| !is_variable(e, &name)).map(|e| (*e).clone()).collect();
        let update = match own.as_slice() {
            [] if literal => assign.right.to_token_stream(),
            [at] if links.len() > 1 => {
                // The operand after the accumulator is not evaluated once the accumulator has decided.
                for skipped in &links[at + 1..] {
                    if !is_quiet(skipped) {
                        self.error_at(skipped.span(), advice::skipped(&operator, &name));
                        return;
                    }
                }
                rest.iter_mut().for_each(|e| self.visit_expr_mut(e));
                let link = if is_and { syn::parse_quote!(&&) } else { syn::parse_quote!(||) };
                forms::joined(rest, link).to_token_stream()
            }
            _ => match bare(&assign.right) {
                Expr::Binary(binary)
                    if matches!(
                        (&binary.op, is_and),
                        (BinOp::BitAnd(_), true) | (BinOp::BitOr(_), false)
                    ) && is_variable(&binary.left, &name) != is_variable(&binary.right, &name) =>
                {
                    let mut operand =
                        if is_variable(&binary.left, &name) { &binary.right } else { &binary.left }.clone();
                    self.visit_expr_mut(&mut operand);
                    operand.to_token_stream()
                }
                _ if tokens::mentions(assign.right.to_token_stream(), &name) => {
                    return self.visit_expr_mut(&mut assign.right);
                }
                _ => {
                    self.error_at(assign.span(), advice::overwritten(&operator, &name));
                    return;
                }
            },
        };
        let (left, attributes) = (&assign.left, &assign.attrs);
        *expr = match is_and {
            true => parse_quote_spanned!(left.span()=> #(#attributes)* #left &= #update),
            false => parse_quote_spanned!(left.span()=> #(#attributes)* #left |= #update),
        };
    }

    /// `best = best.max(e)`, `best = if e > best { e } else { best }`
    pub(super) fn chosen(&mut self, index: usize, expr: &mut Expr) {
        let Expr::Assign(assign) = expr else { return };
        let (name, span) = (self.variable(index), assign.left.span());
        let is_max = matches!(self.operator(index), Operator::Max);
        let (earlier, later) = operands(span);
        let (left, attributes) = (&assign.left, &assign.attrs);
        if let Expr::If(ExprIf { cond, then_branch, else_branch: Some((_, otherwise)), .. }) =
            bare(&assign.right)
            && let Some(compared) = forms::comparison(cond, &name, &earlier, &later)
            && compared.larger == is_max
            && let ([Stmt::Expr(value, None)], Expr::Block(otherwise)) = (&*then_branch.stmts, &**otherwise)
            && let [Stmt::Expr(kept, None)] = &*otherwise.block.stmts
            && is_variable(kept, &name)
            && forms::is_what_was_compared(value, &compared.operand)
        {
            let operand = forms::borrowed(&compared.operand);
            *expr = parse_quote_spanned! {span=>
                #(#attributes)*
                if #left.__is_beaten_by(#operand) { #left.__choose(#value, ()) }
            };
            return self.settle(index, Form::Compared(Box::new(compared.of_later_and_earlier)), span);
        }
        let names = if is_max { ["max", "maximum"] } else { ["min", "minimum"] };
        match forms::combined(&assign.right, &name, &earlier, &later) {
            Some(call) if names.iter().any(|own| call.method == own) => {
                let mut operand = call.operand.clone();
                self.visit_expr_mut(&mut operand);
                let is_receiver = !call.variable_first && matches!(bare(&assign.right), Expr::MethodCall(_));
                *expr = match is_receiver {
                    true => parse_quote_spanned!(span=> #(#attributes)* #left.take_in_receiver(#operand)),
                    false => parse_quote_spanned!(span=> #(#attributes)* #left.take_in(#operand)),
                };
                self.settle(index, Form::Merge(Box::new(call)), span);
            }
            _ if tokens::mentions(assign.right.to_token_stream(), &name) => {
                self.error_at(assign.right.span(), advice::no_choice(self.operator(index), &name));
            }
            _ => self.error_at(assign.span(), advice::overwritten(self.operator(index), &name)),
        }
    }

    /// `if e > best { best = e; at = i; }`, `if first.is_none() { first = Some(e) }`
    pub(super) fn conditional(&mut self, expr: &mut Expr) -> bool {
        let Expr::If(inner) = expr else { return false };
        let Some(assigned) = forms::assignments(&inner.then_branch) else { return false };
        let Some(index) = assigned.iter().find_map(|(name, _)| self.named(name)) else { return false };
        match self.operator(index) {
            Operator::Min | Operator::Max | Operator::ArgMin | Operator::ArgMax => {
                self.replaced(index, inner)
            }
            Operator::First => self.opened(index, inner),
            _ => false,
        }
    }

    /// `if e > best { best = e; at = i; }`
    pub(super) fn replaced(&mut self, index: usize, inner: &mut ExprIf) -> bool {
        let Reduction { operator, variable, others } = self.known[index].reduction.clone();
        let span = inner.if_token.span;
        let wants_larger = matches!(operator, Operator::Max | Operator::ArgMax);
        let (earlier, later) = operands(variable.span());
        let conditions: Vec<Expr> = forms::conjuncts(&inner.cond).into_iter().cloned().collect();
        let compared = conditions
            .iter()
            .enumerate()
            .find_map(|(i, e)| Some((i, forms::comparison(e, &variable, &earlier, &later)?)));
        let Some((at, compared)) = compared.filter(|(_, compared)| compared.larger == wants_larger) else {
            return false;
        };
        let Some(assigned) = forms::assignments(&inner.then_branch) else { return false };
        let value_of = |name: &Ident| {
            let mut values =
                assigned.iter().filter(|(assigned, _)| *assigned == name).map(|(_, value)| *value);
            values.next().filter(|_| values.next().is_none())
        };
        let together: Vec<&Ident> =
            assigned.iter().map(|(name, _)| *name).filter(|name| **name != variable).collect();
        if !together.is_empty() && others.is_empty() {
            self.error_at(span, advice::together(&operator, &variable, &together));
            return true;
        }
        let values: Option<Vec<&Expr>> = others.iter().map(value_of).collect();
        let (Some(value), Some(values)) = (value_of(&variable), values) else { return false };
        if assigned.len() != 1 + others.len() || !forms::is_what_was_compared(value, &compared.operand) {
            return false;
        }
        let beaten =
            |operand: Expr| parse_quote_spanned!(variable.span()=> #variable.__is_beaten_by(#operand));
        let decision = (at, beaten(forms::borrowed(&compared.operand)));
        self.decide_by(&variable, &mut inner.cond, conditions, decision, &values);
        let values =
            values.iter().rev().fold(quote::quote!(()), |rest, value| quote::quote!((#value, #rest)));
        inner.then_branch = parse_quote_spanned!(span=> { #variable.__choose(#value, #values); });
        self.settle(index, Form::Compared(Box::new(compared.of_later_and_earlier)), span);
        true
    }

    /// `if first.is_none() { first = Some(e) }`
    pub(super) fn opened(&mut self, index: usize, inner: &mut ExprIf) -> bool {
        let name = self.variable(index);
        let conditions: Vec<Expr> = forms::conjuncts(&inner.cond).into_iter().cloned().collect();
        let is_none = |e: &Expr| match e {
            Expr::MethodCall(call) => call.method == "is_none" && is_variable(&call.receiver, &name),
            _ => false,
        };
        let Some(at) = conditions.iter().position(is_none) else { return false };
        let value = match forms::assignments(&inner.then_branch).as_deref() {
            Some([(assigned, value)]) if *assigned == &name => (*value).clone(),
            _ => return false,
        };
        let is_open = parse_quote_spanned!(name.span()=> #name.__is_open());
        self.decide_by(&name, &mut inner.cond, conditions, (at, is_open), &[&value]);
        inner.then_branch = parse_quote_spanned!(name.span()=> { #name.set(#value); });
        true
    }

    /// A condition that is about the variable becomes the block's own. What stands behind it, and the
    /// `values` that belong to it, are evaluated more or less often than in the plain loop.
    fn decide_by(
        &mut self,
        name: &Ident,
        condition: &mut Expr,
        mut conditions: Vec<Expr>,
        (at, decision): (usize, Expr),
        values: &[&Expr],
    ) {
        for loud in conditions[at + 1..].iter().chain(values.iter().copied()).filter(|e| !is_quiet(e)) {
            self.error_at(loud.span(), advice::evaluated_by_chance(name));
        }
        let others = conditions.iter_mut().enumerate().filter(|(i, _)| *i != at);
        others.for_each(|(_, condition)| self.visit_expr_mut(condition));
        conditions[at] = decision;
        if let Some(joined) = forms::joined(conditions, syn::parse_quote!(&&)) {
            *condition = joined;
        }
    }
}
