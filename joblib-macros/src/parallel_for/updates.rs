//! The updates of accumulators in a loop's body.
//!
//! Inside of the body an accumulator has a type of its own, which offers nothing but its operator's updates, so whatever reads it
//! does not compile. Updates that no type can offer, like `if e > best { best = e }`, become calls of it here; and what is
//! visibly no update is told in the user's words, at his token.

use proc_macro2::Span;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BinOp, Block, Expr, ExprAssign, ExprBinary, ExprIf, ExprMacro, Ident, Macro, Stmt, Token,
    parse_quote_spanned,
};

use super::advice;
use super::find::marked_reductions;
use super::forms::{self, Form, bare, is_variable};
use super::names::standing_at;
use super::quiet::is_quiet;
use super::reduction::{Operator, Reduction};
use super::scope::Scope;
use super::std_macros;
use crate::ctxt::Ctxt;

/// One accumulator of a loop, understood.
#[derive(Clone)]
pub(crate) struct Accumulator {
    pub(crate) operator: Operator,
    pub(crate) variable: Ident,
    /// The variables that belong to an extreme value.
    pub(crate) others: Vec<Ident>,
    pub(crate) form: Form,
}

/// Rewrites the updates in `body`; the values of a body that `collects` are not statements.
pub(crate) fn rewrite(
    cx: &Ctxt,
    reductions: Vec<Reduction>,
    body: &mut Block,
    collects: bool,
) -> Vec<Accumulator> {
    let known = reductions.into_iter().map(|reduction| Known { reduction, form: None }).collect();
    let mut updates = Updates { cx, known, scope: Scope::new() };
    if !updates.known.is_empty() {
        updates.block(body, !collects);
    }
    let finished = updates.known.into_iter().map(|Known { reduction, form }| {
        let Reduction { operator, variable, others } = reduction;
        let form = form.unwrap_or_else(|| default_form(&operator, variable.span()));
        Accumulator { operator, variable, others, form }
    });
    finished.collect()
}

/// The form of an accumulator that is not updated in any other.
fn default_form(operator: &Operator, span: Span) -> Form {
    let (earlier, later) = operands(span);
    match operator {
        Operator::Max | Operator::ArgMax => {
            Form::Compared(Box::new(parse_quote_spanned!(span=> #later > #earlier)))
        }
        Operator::Min | Operator::ArgMin => {
            Form::Compared(Box::new(parse_quote_spanned!(span=> #later < #earlier)))
        }
        _ => Form::Plain,
    }
}

/// The parameters of the functions that blocks are merged by.
pub(crate) fn operands(span: Span) -> (Expr, Expr) {
    let here = standing_at(span);
    (parse_quote_spanned!(here=> __earlier), parse_quote_spanned!(here=> __later))
}

struct Known {
    reduction: Reduction,
    form: Option<Form>,
}

struct Updates<'a> {
    cx: &'a Ctxt,
    known: Vec<Known>,
    /// What the body declares.
    scope: Scope,
}

impl Updates<'_> {
    /// The accumulator that an expression consists of.
    fn accumulator(&self, expr: &Expr) -> Option<usize> {
        match bare(expr) {
            Expr::Path(path) if path.attrs.is_empty() => self.named(path.path.get_ident()?),
            _ => None,
        }
    }

    fn named(&self, name: &Ident) -> Option<usize> {
        let known = || self.known.iter().position(|known| known.reduction.variables().any(|own| own == name));
        if self.scope.declares(&name.to_string()) { None } else { known() }
    }

    fn operator(&self, index: usize) -> &Operator {
        &self.known[index].reduction.operator
    }

    fn variable(&self, index: usize) -> Ident {
        self.known[index].reduction.variable.clone()
    }

    /// The form of an update, which has to be that of the others.
    fn settle(&mut self, index: usize, form: Form, at: Span) {
        let name = self.variable(index);
        match &self.known[index].form {
            Some(earlier) if !earlier.is_same(&form) => self.cx.error_at(at, advice::two_forms(&name)),
            Some(_) => {}
            None => self.known[index].form = Some(form),
        }
    }

    fn block(&mut self, block: &mut Block, is_statement: bool) {
        self.scope.enter();
        let count = block.stmts.len();
        for (i, statement) in block.stmts.iter_mut().enumerate() {
            match statement {
                Stmt::Expr(expr, semi) if semi.is_some() || i + 1 < count || is_statement => {
                    self.statement(expr)
                }
                Stmt::Expr(expr, _) => self.visit_expr_mut(expr),
                Stmt::Local(local) => self.visit_local_mut(local),
                Stmt::Macro(statement) => self.visit_macro_mut(&mut statement.mac),
                Stmt::Item(_) => {}
            }
        }
        self.scope.leave();
    }

    /// An expression whose value is not used.
    fn statement(&mut self, expr: &mut Expr) {
        if self.update(expr) || self.update_in_place(expr) {
            return;
        }
        match expr {
            Expr::If(inner) => {
                self.scope.enter();
                self.visit_expr_mut(&mut inner.cond);
                self.block(&mut inner.then_branch, true);
                self.scope.leave();
                if let Some((_, otherwise)) = &mut inner.else_branch {
                    self.statement(otherwise);
                }
            }
            Expr::Match(inner) => {
                self.visit_expr_mut(&mut inner.expr);
                for arm in &mut inner.arms {
                    self.scope.enter();
                    self.scope.declare_all(&arm.pat);
                    self.visit_pat_mut(&mut arm.pat);
                    self.statement(&mut arm.body);
                    self.scope.leave();
                }
            }
            Expr::Block(inner) => self.block(&mut inner.block, true),
            Expr::Unsafe(inner) => self.block(&mut inner.block, true),
            _ => self.visit_expr_mut(expr),
        }
    }

    /// An update that stands anywhere, as it has no value.
    fn update(&mut self, expr: &mut Expr) -> bool {
        match expr {
            Expr::Assign(assign) => match self.accumulator(&assign.left) {
                Some(index) => self.assignment(index, expr),
                None => self.assigned_inside(expr),
            },
            Expr::Binary(binary) if is_assignment(&binary.op) => match self.accumulator(&binary.left) {
                Some(index) => self.compound(index, expr),
                None => self.assigned_inside(expr),
            },
            Expr::If(inner) if inner.else_branch.is_none() => self.conditional(expr),
            _ => false,
        }
    }

    /// `s += e`
    fn compound(&mut self, index: usize, expr: &mut Expr) -> bool {
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
            self.settle(index, Form::Plain, binary.op.span());
        } else {
            let message = advice::wrong_operator(operator, &name, &binary.op);
            self.cx.error_at(binary.span(), message);
        }
        true
    }

    /// `s = ..`
    fn assignment(&mut self, index: usize, expr: &mut Expr) -> bool {
        let Expr::Assign(assign) = expr else { return false };
        let name = self.variable(index);
        match self.operator(index).clone() {
            Operator::Sum | Operator::Product | Operator::BitAnd | Operator::BitOr | Operator::BitXor => {
                self.computed(index, &mut assign.right);
            }
            Operator::And | Operator::Or => self.decided(index, expr),
            Operator::Min | Operator::Max => self.chosen(index, expr),
            Operator::ArgMin | Operator::ArgMax => {
                self.cx.error_at(assign.span(), advice::overwritten(self.operator(index), &name));
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
                        if let Expr::MethodCall(call) = &mut *assign.right {
                            call.args.iter_mut().for_each(|e| self.visit_expr_mut(e));
                        }
                    }
                    _ => self.cx.error_at(assign.span(), advice::overwritten(&Operator::First, &name)),
                }
            }
            Operator::With(_) => {
                if !forms::mentions(assign.right.to_token_stream(), &name) {
                    self.cx.error_at(assign.span(), advice::overwritten(self.operator(index), &name));
                }
                // The value itself is what stands there.
                self.scope.enter();
                self.scope.declare(&name);
                self.visit_expr_mut(&mut assign.right);
                self.scope.leave();
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
    fn computed(&mut self, index: usize, value: &mut Expr) {
        let name = self.variable(index);
        match value {
            Expr::Paren(inner) => return self.computed(index, &mut inner.expr),
            Expr::Group(inner) => return self.computed(index, &mut inner.expr),
            Expr::Block(inner) if inner.label.is_none() => return self.computed_by(index, &mut inner.block),
            Expr::If(ExprIf { cond, then_branch, else_branch: Some((_, otherwise)), .. }) => {
                self.scope.enter();
                self.visit_expr_mut(cond);
                self.computed_by(index, then_branch);
                self.scope.leave();
                return self.computed(index, otherwise);
            }
            Expr::Match(inner) => {
                self.visit_expr_mut(&mut inner.expr);
                for arm in &mut inner.arms {
                    self.scope.enter();
                    self.scope.declare_all(&arm.pat);
                    self.visit_pat_mut(&mut arm.pat);
                    self.computed(index, &mut arm.body);
                    self.scope.leave();
                }
                return;
            }
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Macro(_) => {
                return self.visit_expr_mut(value);
            }
            _ if is_variable(value, &name) => return,
            _ => {}
        }
        let at = value.span();
        if let Some(form) = self.by_method(index, value) {
            return self.settle(index, form, at);
        }
        match self.with_the_variable_first(index, value) {
            Some(first) => {
                *value = first;
                self.settle(index, Form::Plain, at);
            }
            None if forms::mentions(value.to_token_stream(), &name) => self.visit_expr_mut(value),
            None => self.cx.error_at(value.span(), advice::overwritten(self.operator(index), &name)),
        }
    }

    fn computed_by(&mut self, index: usize, block: &mut Block) {
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

    /// `s.wrapping_add(e)` and its kin; written with the variable first.
    fn by_method(&mut self, index: usize, value: &mut Expr) -> Option<Form> {
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
        *value = parse_quote_spanned!(value.span()=> #name.#method(#operand));
        Some(form)
    }

    /// `s + e` for `e + s`, `s + e - f` as it is; `None` if it is no such chain.
    fn with_the_variable_first(&mut self, index: usize, value: &Expr) -> Option<Expr> {
        let name = self.variable(index);
        if is_variable(value, &name) {
            return Some(value.clone());
        }
        let Expr::Binary(binary) = bare(value) else { return None };
        let (fits, commutes) = match (self.operator(index), &binary.op) {
            (Operator::Sum, BinOp::Sub(_)) => (true, false),
            (Operator::Sum, BinOp::Add(_)) | (Operator::Product, BinOp::Mul(_)) => (true, true),
            (Operator::BitAnd, BinOp::BitAnd(_)) => (true, true),
            (Operator::BitOr, BinOp::BitOr(_)) | (Operator::BitXor, BinOp::BitXor(_)) => (true, true),
            _ => (false, false),
        };
        if !fits {
            return None;
        }
        let in_front = forms::mentions(binary.left.to_token_stream(), &name);
        let (variable, operand) = match in_front {
            true => (&binary.left, &binary.right),
            false if commutes => (&binary.right, &binary.left),
            false => return None,
        };
        let left = self.with_the_variable_first(index, variable)?;
        let mut operand = (**operand).clone();
        self.visit_expr_mut(&mut operand);
        Some(Expr::Binary(ExprBinary { left: Box::new(left), right: Box::new(operand), ..binary.clone() }))
    }

    /// `all = all && e`, `all = false` and their likes.
    fn decided(&mut self, index: usize, expr: &mut Expr) {
        let Expr::Assign(assign) = expr else { return };
        let name = self.variable(index);
        let operator = self.operator(index).clone();
        let (is_and, settles) = (matches!(operator, Operator::And), !matches!(operator, Operator::And));
        let links = if is_and { forms::conjuncts(&assign.right) } else { forms::disjuncts(&assign.right) };
        let own: Vec<usize> =
            links.iter().enumerate().filter(|(_, e)| is_variable(e, &name)).map(|(i, _)| i).collect();
        let literal = matches!(bare(&assign.right), Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(b), .. }) if b.value == settles);
        let mut rest: Vec<Expr> =
            links.iter().filter(|e| !is_variable(e, &name)).map(|e| (*e).clone()).collect();
        let update = match own.as_slice() {
            [] if literal => assign.right.to_token_stream(),
            [at] if links.len() > 1 => {
                // What stands behind the accumulator is not evaluated when that has decided.
                for skipped in &links[at + 1..] {
                    if !is_quiet(skipped) {
                        self.cx.error_at(skipped.span(), advice::skipped(&operator, &name));
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
                _ if forms::mentions(assign.right.to_token_stream(), &name) => {
                    return self.visit_expr_mut(&mut assign.right);
                }
                _ => {
                    self.cx.error_at(assign.span(), advice::overwritten(&operator, &name));
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
    fn chosen(&mut self, index: usize, expr: &mut Expr) {
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
                *expr = parse_quote_spanned!(span=> #(#attributes)* #left.take_in(#operand));
                self.settle(index, Form::Merge(Box::new(call)), span);
            }
            _ if forms::mentions(assign.right.to_token_stream(), &name) => {
                self.cx.error_at(assign.right.span(), advice::no_choice(self.operator(index), &name));
            }
            _ => self.cx.error_at(assign.span(), advice::overwritten(self.operator(index), &name)),
        }
    }

    /// `if e > best { best = e; at = i; }`, `if first.is_none() { first = Some(e) }`
    fn conditional(&mut self, expr: &mut Expr) -> bool {
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
    fn replaced(&mut self, index: usize, inner: &mut ExprIf) -> bool {
        let Reduction { operator, variable, others } = self.known[index].reduction.clone();
        let span = inner.if_token.span;
        let wants_larger = matches!(operator, Operator::Max | Operator::ArgMax);
        let (earlier, later) = operands(variable.span());
        let mut conditions: Vec<Expr> = forms::conjuncts(&inner.cond).into_iter().cloned().collect();
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
            self.cx.error_at(span, advice::together(&operator, &variable, &together));
            return true;
        }
        let values: Option<Vec<&Expr>> = others.iter().map(value_of).collect();
        let (Some(value), Some(values)) = (value_of(&variable), values) else { return false };
        if assigned.len() != 1 + others.len() || !forms::is_what_was_compared(value, &compared.operand) {
            return false;
        }
        for loud in conditions[at + 1..].iter().chain(values.iter().copied()).filter(|e| !is_quiet(e)) {
            self.cx.error_at(loud.span(), advice::evaluated_by_chance(&variable));
        }
        let values =
            values.iter().rev().fold(quote::quote!(()), |rest, value| quote::quote!((#value, #rest)));
        let operand = forms::borrowed(&compared.operand);
        conditions[at] = parse_quote_spanned!(variable.span()=> #variable.__is_beaten_by(#operand));
        for (i, condition) in conditions.iter_mut().enumerate() {
            if i != at {
                self.visit_expr_mut(condition);
            }
        }
        inner.cond =
            forms::joined(conditions, syn::parse_quote!(&&)).map_or_else(|| inner.cond.clone(), Box::new);
        inner.then_branch = parse_quote_spanned!(span=> { #variable.__choose(#value, #values); });
        self.settle(index, Form::Compared(Box::new(compared.of_later_and_earlier)), span);
        true
    }

    /// `if first.is_none() { first = Some(e) }`
    fn opened(&mut self, index: usize, inner: &mut ExprIf) -> bool {
        let name = self.variable(index);
        let mut conditions: Vec<Expr> = forms::conjuncts(&inner.cond).into_iter().cloned().collect();
        let is_none = |e: &Expr| matches!(e, Expr::MethodCall(call) if call.method == "is_none" && is_variable(&call.receiver, &name));
        let Some(at) = conditions.iter().position(is_none) else { return false };
        let value = match forms::assignments(&inner.then_branch).as_deref() {
            Some([(assigned, value)]) if *assigned == &name => (*value).clone(),
            _ => return false,
        };
        for loud in conditions[at + 1..].iter().chain([&value]).filter(|e| !is_quiet(e)) {
            self.cx.error_at(loud.span(), advice::evaluated_by_chance(&name));
        }
        for (i, condition) in conditions.iter_mut().enumerate() {
            if i != at {
                self.visit_expr_mut(condition);
            }
        }
        conditions[at] = parse_quote_spanned!(name.span()=> #name.__is_open());
        inner.cond =
            forms::joined(conditions, syn::parse_quote!(&&)).map_or_else(|| inner.cond.clone(), Box::new);
        inner.then_branch = parse_quote_spanned!(name.span()=> { #name.set(#value); });
        true
    }

    /// The accumulator of `with` that a place or a chain of calls begins with.
    fn rooted(&mut self, expr: &mut Expr) -> bool {
        let root = forms::root_mut(expr);
        let Some(index) = self.accumulator(root) else { return false };
        if !matches!(self.operator(index), Operator::With(_)) {
            return false;
        }
        *root = parse_quote_spanned!(root.span()=> #root.__in_place());
        true
    }

    /// `counts[i] += e`, `stats.n = e`, `*counts.entry(k).or_insert(0) += 1`
    fn assigned_inside(&mut self, expr: &mut Expr) -> bool {
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

    /// Statements that change an accumulator of `with` by its own methods, or by a function that is given it.
    fn update_in_place(&mut self, expr: &mut Expr) -> bool {
        match expr {
            Expr::MethodCall(call) => {
                if let Some(index) = self.accumulator(&call.receiver)
                    && matches!(self.operator(index), Operator::First)
                    && call.method == "get_or_insert"
                {
                    call.args.iter_mut().for_each(|e| self.visit_expr_mut(e));
                    return true;
                }
                self.rooted(expr);
                self.lend_arguments(expr);
                self.visit_expr_mut(expr);
                true
            }
            Expr::Call(_) => {
                self.lend_arguments(expr);
                self.visit_expr_mut(expr);
                true
            }
            Expr::ForLoop(inner) => {
                self.lend_all(&mut inner.expr);
                self.visit_expr_mut(&mut inner.expr);
                let reduced = marked_reductions(inner);
                self.scope.enter();
                self.scope.declare_all(&inner.pat);
                self.inner_loop(&mut inner.body, &reduced);
                self.scope.leave();
                true
            }
            Expr::While(inner) => {
                self.scope.enter();
                self.visit_expr_mut(&mut inner.cond);
                self.block(&mut inner.body, true);
                self.scope.leave();
                true
            }
            Expr::Loop(inner) => {
                self.block(&mut inner.body, true);
                true
            }
            _ => false,
        }
    }

    /// The body of a loop that may reduce some of the variables itself, in the same form.
    fn inner_loop(&mut self, body: &mut Block, reduced: &[Reduction]) {
        let own: Vec<Reduction> = self.known.iter().map(|known| known.reduction.clone()).collect();
        let shared = |reduction: &&Reduction| own.iter().any(|outer| outer.variable == reduction.variable);
        let twice: Vec<Reduction> = reduced.iter().filter(shared).cloned().collect();
        if !twice.is_empty() {
            let unheard = Ctxt::new();
            let inner = rewrite(&unheard, twice, &mut body.clone(), false);
            let _ = unheard.check();
            for accumulator in inner {
                if let Some(index) = self.named(&accumulator.variable) {
                    self.settle(index, accumulator.form, accumulator.variable.span());
                }
            }
        }
        for name in reduced.iter().flat_map(Reduction::variables) {
            self.scope.declare(name);
        }
        self.block(body, true);
    }

    /// `f(&mut counts, x)` becomes `f(counts.__in_place(), x)`.
    fn lend_arguments(&mut self, call: &mut Expr) {
        match call {
            Expr::Call(call) => call.args.iter_mut().for_each(|argument| self.lend(argument)),
            Expr::MethodCall(call) => call.args.iter_mut().for_each(|argument| self.lend(argument)),
            _ => {}
        }
    }

    fn lend(&mut self, argument: &mut Expr) {
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
    fn lend_all(&mut self, source: &mut Expr) {
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
    fn written_to(&mut self, mac: &mut Macro, arguments: &mut Punctuated<Expr, Token![,]>) -> bool {
        let writes =
            mac.path.segments.last().is_some_and(|last| last.ident == "write" || last.ident == "writeln");
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

impl VisitMut for Updates<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if self.update(expr) {
            return;
        }
        match expr {
            Expr::Path(_) => {
                if let Some(index) = self.accumulator(expr) {
                    self.cx.error_at(expr.span(), advice::read(self.operator(index), &self.variable(index)));
                }
            }
            // Made here.
            Expr::MethodCall(call) if call.method == "__in_place" => {}
            Expr::MethodCall(call) if call.method.to_string().starts_with("checked_") => {
                match self.accumulator(&call.receiver) {
                    Some(index) => self
                        .cx
                        .error_at(call.method.span(), advice::checked(&self.variable(index), &call.method)),
                    None => visit_mut::visit_expr_mut(self, expr),
                }
            }
            Expr::ForLoop(_) | Expr::While(_) | Expr::Loop(_) => {
                self.update_in_place(expr);
            }
            Expr::Closure(inner) => {
                self.scope.enter();
                inner.inputs.iter().for_each(|input| self.scope.declare_all(input));
                self.statement(&mut inner.body);
                self.scope.leave();
            }
            Expr::If(inner) => {
                self.scope.enter();
                self.visit_expr_mut(&mut inner.cond);
                self.block(&mut inner.then_branch, false);
                self.scope.leave();
                if let Some((_, otherwise)) = &mut inner.else_branch {
                    self.visit_expr_mut(otherwise);
                }
            }
            Expr::Let(inner) => {
                self.visit_expr_mut(&mut inner.expr);
                self.scope.declare_all(&inner.pat);
            }
            Expr::Macro(ExprMacro { mac, .. }) => self.visit_macro_mut(mac),
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, false);
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scope.enter();
        self.scope.declare_all(&arm.pat);
        visit_mut::visit_arm_mut(self, arm);
        self.scope.leave();
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            visit_mut::visit_local_init_mut(self, init);
        }
        self.scope.declare_all(&local.pat);
    }

    /// std's macros are looked into; any other may take its input for something else, and is left to the types.
    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let Some(mut arguments) = std_macros::arguments(mac) else { return };
        if self.written_to(mac, &mut arguments) {
            mac.tokens = arguments.to_token_stream();
        }
        for argument in &mut arguments {
            match argument {
                Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                    for name in std_macros::captured_names(text) {
                        if let Some(index) = self.named(&name) {
                            self.cx.error_at(text.span(), advice::read(self.operator(index), &name));
                        }
                    }
                }
                // `name = value` in a format.
                Expr::Assign(named) => self.visit_expr_mut(&mut named.right),
                argument => self.visit_expr_mut(argument),
            }
        }
    }

    fn visit_item_mut(&mut self, _item: &mut syn::Item) {}

    fn visit_attribute_mut(&mut self, _attribute: &mut syn::Attribute) {}
}

pub(crate) fn is_assignment(operator: &BinOp) -> bool {
    matches!(
        operator,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
