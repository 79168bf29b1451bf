//! The walk through a body: what is a statement, which names are shadowed, and where an accumulator stands
//! without being updated.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, ExprMacro, ExprMatch, Macro, Stmt};

use super::{Updates, is_assignment, rewrite};
use crate::ctxt::Ctxt;
use crate::parallel_for::reduction::Reduction;
use crate::parallel_for::{advice, body, macro_input};
use crate::tokens;

impl Updates<'_> {
    /// Visits what has names of its own.
    pub(super) fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scope.enter();
        visit(self);
        self.scope.leave();
    }

    /// Visits a condition, and `then` where the condition's names are known.
    pub(super) fn condition(&mut self, condition: &mut Expr, then: impl FnOnce(&mut Self)) {
        self.inside(|this| {
            this.visit_expr_mut(condition);
            then(this);
        });
    }

    /// Visits a `match`, with `visit` for what its arms do.
    pub(super) fn arms(&mut self, inner: &mut ExprMatch, visit: impl Fn(&mut Self, &mut Expr)) {
        self.visit_expr_mut(&mut inner.expr);
        for arm in &mut inner.arms {
            self.inside(|this| {
                this.scope.declare_all(&arm.pat);
                this.visit_pat_mut(&mut arm.pat);
                visit(this, &mut arm.body);
            });
        }
    }

    pub(super) fn block(&mut self, block: &mut Block, is_statement: bool) {
        self.scope.enter();
        let count = block.stmts.len();
        for (i, statement) in block.stmts.iter_mut().enumerate() {
            let muted = self.muted;
            self.muted |= attributes_of(statement).iter().any(is_conditional);
            match statement {
                Stmt::Expr(expr, semi) if semi.is_some() || i + 1 < count || is_statement => {
                    self.statement(expr)
                }
                Stmt::Expr(expr, _) => self.visit_expr_mut(expr),
                Stmt::Local(local) => self.visit_local_mut(local),
                Stmt::Macro(statement) => self.visit_macro_mut(&mut statement.mac),
                Stmt::Item(_) => {}
            }
            self.muted = muted;
        }
        self.scope.leave();
    }

    /// An expression whose value is not used.
    pub(super) fn statement(&mut self, expr: &mut Expr) {
        if self.update(expr) || self.update_in_place(expr) {
            return;
        }
        match expr {
            Expr::If(inner) => {
                self.condition(&mut inner.cond, |this| this.block(&mut inner.then_branch, true));
                if let Some((_, otherwise)) = &mut inner.else_branch {
                    self.statement(otherwise);
                }
            }
            Expr::Match(inner) => self.arms(inner, Self::statement),
            Expr::Block(inner) => self.block(&mut inner.block, true),
            Expr::Unsafe(inner) => self.block(&mut inner.block, true),
            _ => self.visit_expr_mut(expr),
        }
    }

    /// An update that stands anywhere, as it has no value.
    pub(super) fn update(&mut self, expr: &mut Expr) -> bool {
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

    /// What `move` takes into a closure or a future is a copy, whose updates the plain loop's accumulator
    /// does not see.
    fn refuse_moved(&mut self, at: Span, body: TokenStream) {
        let moved = self.known.iter().flat_map(|known| known.reduction.variables());
        let mut moved = moved.filter(|name| !self.scope.declares(&name.to_string()));
        if let Some(name) = moved.find(|name| tokens::mentions(body.clone(), name)) {
            self.error_at(at, advice::moved(name));
        }
    }

    /// The body of a loop that may reduce some of the variables itself, in the same form.
    pub(super) fn inner_loop(&mut self, body: &mut Block, reduced: &[Reduction]) {
        for inner in reduced.iter().filter(|inner| !inner.others.is_empty()) {
            let around = self
                .known
                .iter()
                .any(|known| known.reduction.variables().any(|name| *name == inner.variable));
            if around {
                self.error_at(inner.variable.span(), advice::nested_arg(&inner.operator, &inner.variable));
            }
        }
        let own: Vec<Reduction> = self.known.iter().map(|known| known.reduction.clone()).collect();
        let shared = |reduction: &&Reduction| own.iter().any(|outer| outer.variable == reduction.variable);
        let twice: Vec<Reduction> = reduced.iter().filter(shared).cloned().collect();
        if !twice.is_empty() {
            for accumulator in Ctxt::unheard(|cx| rewrite(cx, twice, &mut body.clone(), false)) {
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
}

impl VisitMut for Updates<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if self.update(expr) {
            return;
        }
        match expr {
            Expr::Path(_) => {
                if let Some(index) = self.accumulator(expr) {
                    self.error_at(expr.span(), advice::read(self.operator(index), &self.variable(index)));
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
                if let Some(moves) = &inner.capture {
                    self.refuse_moved(moves.span(), inner.body.to_token_stream());
                }
                self.inside(|this| {
                    inner.inputs.iter().for_each(|input| this.scope.declare_all(input));
                    this.statement(&mut inner.body);
                });
            }
            Expr::If(inner) => {
                self.condition(&mut inner.cond, |this| this.block(&mut inner.then_branch, false));
                if let Some((_, otherwise)) = &mut inner.else_branch {
                    self.visit_expr_mut(otherwise);
                }
            }
            Expr::Let(inner) => {
                self.visit_expr_mut(&mut inner.expr);
                self.scope.declare_all(&inner.pat);
            }
            Expr::Macro(ExprMacro { mac, .. }) => self.visit_macro_mut(mac),
            Expr::Async(inner) => {
                if let Some(moves) = &inner.capture {
                    self.refuse_moved(moves.span(), inner.block.to_token_stream());
                }
                visit_mut::visit_expr_async_mut(self, inner);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.block(block, false);
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.inside(|this| {
            this.scope.declare_all(&arm.pat);
            visit_mut::visit_arm_mut(this, arm);
        });
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            visit_mut::visit_local_init_mut(self, init);
        }
        self.scope.declare_all(&local.pat);
    }

    /// std's macros are looked into; any other may take its input for something else, and is left to the
    /// types.
    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        let Some(mut arguments) = macro_input::arguments(mac) else {
            if let Some(moves) = tokens::moves(mac.tokens.clone()) {
                self.refuse_moved(moves, mac.tokens.clone());
            }
            return;
        };
        if self.written_to(mac, &mut arguments) {
            mac.tokens = arguments.to_token_stream();
        }
        for name in macro_input::captured_names(mac, &arguments) {
            if let Some(index) = self.named(&name) {
                self.error_at(name.span(), advice::read(self.operator(index), &name));
            }
        }
        for argument in &mut arguments {
            match argument {
                // `name = value` in a format.
                Expr::Assign(named) => self.visit_expr_mut(&mut named.right),
                argument => self.visit_expr_mut(argument),
            }
        }
    }

    fn visit_item_mut(&mut self, _item: &mut syn::Item) {}

    fn visit_attribute_mut(&mut self, _attribute: &mut syn::Attribute) {}
}

/// What stands above a statement.
fn attributes_of(statement: &Stmt) -> &[Attribute] {
    match statement {
        Stmt::Expr(expr, _) => body::attributes_of(expr),
        Stmt::Local(local) => &local.attrs,
        Stmt::Macro(statement) => &statement.attrs,
        Stmt::Item(_) => &[],
    }
}

/// Whether it may leave a statement out of the program: then what is wrong there is left to the types.
fn is_conditional(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
}
