//! Finds the loops to run in parallel and replaces them by their expansion, inner ones first.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ExprForLoop, ItemFn, ReturnType, Stmt};

use super::model::{ParallelLoop, Understood};
use super::options::{Options, is_mark, options_of};
use super::reduction::Reduction;
use super::updates;
use super::{captured, check, expand, positions, processes, unshared, value};
use crate::ctxt::Ctxt;

/// Replaces the marked loops of `function`, or every outermost loop if none is marked.
pub(crate) fn expand_loops(cx: &Ctxt, at_function: &Options, function: &mut ItemFn) {
    let mut marks = CountMarks::default();
    marks.visit_block(&function.block);
    unshared::check(cx, at_function, function, marks.0 > 0);
    let mutable = captured::mutable_locals(function);
    let mut finder = Finder { cx, at_function, mutable, only_marked: marks.0 > 0, found: 0 };
    finder.visit_function(function);
    if finder.found == 0 {
        cx.error(&function.sig.ident, "there is no `for` loop in this function to run in parallel");
    }
}

/// The loop of `parallel!`.
pub(crate) fn expand_marked(cx: &Ctxt, marks: Vec<TokenStream>, mut for_loop: ExprForLoop) -> Expr {
    let at_function = Options::default();
    let mutable = HashSet::new();
    let mut finder = Finder { cx, at_function: &at_function, mutable, only_marked: true, found: 0 };
    let options = Options::parse_at_loop(cx, marks, &at_function);
    finder.understood(options, &mut for_loop, Position::Value)
}

/// What a marked loop reduces.
pub(crate) fn marked_reductions(for_loop: &ExprForLoop) -> Vec<Reduction> {
    let marks = for_loop.attrs.iter().filter(|attribute| is_mark(attribute)).map(options_of);
    Ctxt::unheard(|cx| Options::parse_at_loop(cx, marks, &Options::default())).reductions
}

/// Whether the loop's value is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Statement,
    Value,
}

#[derive(Default)]
struct CountMarks(usize);

impl Visit<'_> for CountMarks {
    fn visit_attribute(&mut self, attribute: &Attribute) {
        self.0 += usize::from(is_mark(attribute));
    }
    // An inner function with a mark of its own is expanded by that.
    fn visit_item_fn(&mut self, item: &ItemFn) {
        if !item.attrs.iter().any(is_mark) {
            visit::visit_item_fn(self, item);
        }
    }
}

struct Finder<'a> {
    cx: &'a Ctxt,
    at_function: &'a Options,
    /// The names the function declares as `mut`.
    mutable: HashSet<String>,
    only_marked: bool,
    found: usize,
}

impl Finder<'_> {
    fn visit_function(&mut self, function: &mut ItemFn) {
        let value = match &function.sig.output {
            ReturnType::Default => Position::Statement,
            ReturnType::Type(_, ty) => match &**ty {
                syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Position::Statement,
                _ => Position::Value,
            },
        };
        let mut statements = std::mem::take(&mut function.block.stmts);
        // A loop at the end of the function is its value.
        let last = match statements.last_mut() {
            Some(Stmt::Expr(Expr::ForLoop(_), None)) if value == Position::Value => statements.pop(),
            _ => None,
        };
        for statement in &mut statements {
            self.visit_stmt_mut(statement);
        }
        if let Some(Stmt::Expr(mut expr, semi)) = last {
            self.visit_expr_mut(&mut expr);
            statements.push(Stmt::Expr(expr, semi));
        }
        function.block.stmts = statements;
    }

    /// Takes the marks off a loop; `None` if it stays as it is.
    fn take_options(&mut self, for_loop: &mut ExprForLoop) -> Option<Options> {
        let (marks, others) = std::mem::take(&mut for_loop.attrs).into_iter().partition::<Vec<_>, _>(is_mark);
        for_loop.attrs = others;
        if marks.is_empty() && self.only_marked {
            return None;
        }
        self.found += 1;
        Some(Options::parse_at_loop(self.cx, marks.iter().map(options_of), self.at_function))
    }

    /// Checks and rewrites what the user wrote, then what is inside, then puts the expansion together.
    fn understood(&mut self, mut options: Options, for_loop: &mut ExprForLoop, position: Position) -> Expr {
        let number = self.found;
        check::all(self.cx, &options, &self.mutable, for_loop);
        let depth = options.collapse.get().copied().unwrap_or(1);
        let ends_in_value = position == Position::Value && value::ends_in_one(for_loop, depth);
        let collects = options.collect.get().copied().unwrap_or(ends_in_value);
        let reductions = std::mem::take(&mut options.reductions);
        let positions = positions::may_be_asked_for(&for_loop.body);
        let accumulators = updates::rewrite(self.cx, reductions, &mut for_loop.body, collects);
        if self.only_marked {
            visit_mut::visit_expr_for_loop_mut(self, for_loop);
        }
        let understood = Understood { accumulators, positions, collects };
        match ParallelLoop::new(self.cx, number, options, understood, for_loop.clone()) {
            Some(parallel) => {
                let expanded = match parallel.shared {
                    Some(_) => processes::expand(&parallel),
                    None => expand::expand(&parallel),
                };
                // Parsed again, so that a loop around this one sees what leaves it.
                syn::parse2(expanded.clone()).unwrap_or(Expr::Verbatim(expanded))
            }
            None => syn::parse_quote!({}),
        }
    }

    fn replace(&mut self, expr: &mut Expr, position: Position) {
        let Expr::ForLoop(for_loop) = expr else { return };
        let Some(options) = self.take_options(for_loop) else {
            return visit_mut::visit_expr_mut(self, expr);
        };
        *expr = self.understood(options, for_loop, position);
    }
}

impl VisitMut for Finder<'_> {
    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        match statement {
            Stmt::Expr(expr @ Expr::ForLoop(_), _) => self.replace(expr, Position::Statement),
            other => visit_mut::visit_stmt_mut(self, other),
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::ForLoop(_) = expr {
            return self.replace(expr, Position::Value);
        }
        if let Some(attributes) = attributes_mut(expr)
            && let Some(mark) = attributes.iter().find(|attribute| is_mark(attribute))
        {
            self.cx.error(mark, "`#[parallel_for]` marks `for` loops only");
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        let own = item.attrs.iter().any(is_mark);
        if self.only_marked && !own {
            self.visit_function(item);
        }
    }
}

/// The attributes of an expression, of the kinds a mark could be put on.
pub(crate) fn attributes_mut(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    match expr {
        Expr::ForLoop(expr) => Some(&mut expr.attrs),
        Expr::While(expr) => Some(&mut expr.attrs),
        Expr::Loop(expr) => Some(&mut expr.attrs),
        Expr::Block(expr) => Some(&mut expr.attrs),
        Expr::If(expr) => Some(&mut expr.attrs),
        Expr::Match(expr) => Some(&mut expr.attrs),
        Expr::Call(expr) => Some(&mut expr.attrs),
        Expr::MethodCall(expr) => Some(&mut expr.attrs),
        Expr::Macro(expr) => Some(&mut expr.attrs),
        _ => None,
    }
}
