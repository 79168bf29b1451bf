//! Writes to variables from outside the loop, which several iterations would do at once.
//!
//! The borrow checker refuses them all, but speaks of a closure that the user never wrote; these messages say
//! what to write instead. What only types can tell, like a method that takes `&mut self`, is left to the
//! compiler.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprForLoop, Ident, Macro, Pat};

use super::methods;
use super::options::Options;
use super::reduction::Reduction;
use super::updates::is_assignment;
use crate::ctxt::Ctxt;
use crate::tokens::as_ident;

/// Reports every write of `for_loop`'s body to a variable from outside that is not declared to be shared out.
///
/// `mutable` are the names the function declares as `mut`.
pub(crate) fn no_writes(cx: &Ctxt, options: &Options, mutable: &HashSet<String>, for_loop: &ExprForLoop) {
    let mut inside = Declared::default();
    inside.visit_pat(&for_loop.pat);
    inside.visit_block(&for_loop.body);
    inside.0.extend(options.reductions.iter().flat_map(Reduction::variables).map(ToString::to_string));
    inside.0.extend(options.init.iter().map(|init| init.variable.to_string()));
    Writes { cx, inside: &inside.0, mutable }.visit_block(&for_loop.body);
}

/// The names that are, or may be, declared inside.
#[derive(Default)]
struct Declared(HashSet<String>);

impl Declared {
    fn all_of(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    self.0.insert(ident.to_string());
                }
                TokenTree::Group(group) => self.all_of(group.stream()),
                _ => {}
            }
        }
    }
}

impl Visit<'_> for Declared {
    fn visit_pat(&mut self, pattern: &Pat) {
        if let Pat::Ident(pattern) = pattern {
            self.0.insert(pattern.ident.to_string());
        }
        visit::visit_pat(self, pattern);
    }

    fn visit_item(&mut self, _item: &syn::Item) {}

    // A macro may declare what it is given.
    fn visit_macro(&mut self, mac: &Macro) {
        self.all_of(mac.tokens.clone());
    }
}

struct Writes<'a> {
    cx: &'a Ctxt,
    inside: &'a HashSet<String>,
    mutable: &'a HashSet<String>,
}

/// The names a function declares as `mut`, and never otherwise.
pub(crate) fn mutable_locals(function: &syn::ItemFn) -> HashSet<String> {
    #[derive(Default)]
    struct Locals {
        mutable: HashSet<String>,
        others: HashSet<String>,
    }
    impl Visit<'_> for Locals {
        fn visit_pat_ident(&mut self, pattern: &syn::PatIdent) {
            let names = if pattern.mutability.is_some() { &mut self.mutable } else { &mut self.others };
            names.insert(pattern.ident.to_string());
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut locals = Locals::default();
    locals.visit_item_fn(function);
    locals.mutable.retain(|name| !locals.others.contains(name));
    locals.mutable
}

impl Writes<'_> {
    /// The variable from outside that writing to `place` changes.
    fn outside(&self, place: &Expr) -> Option<Ident> {
        let root = root_of(place)?;
        let name = root.to_string();
        // A static, which unsafe code may write to.
        let is_static = name.chars().all(|c| !c.is_lowercase());
        (!is_static && !self.inside.contains(&name)).then_some(root)
    }

    fn assigned(&self, place: &Expr, value: &Expr) {
        let Some(name) = self.outside(place) else { return };
        let message = match (as_ident(place), extremum(&name, value)) {
            (Some(_), Some(operator)) => reduce(&name, operator),
            (Some(_), None) => format!(
                "`{name}` is assigned by several iterations at once: if it accumulates, name it in \
                 `reduce(..)`; to keep what the last iteration assigns, write `reduce(last = {name})`; to \
                 keep a value of every iteration, make it the value of the loop's body and `collect` them"
            ),
            (None, _) => indirect(place, &name),
        };
        self.cx.error_at(place.span(), message);
    }

    fn updated(&self, place: &Expr, operator: &BinOp) {
        let Some(name) = self.outside(place) else { return };
        let operator_as_written = operator;
        let operator = match operator {
            BinOp::AddAssign(_) | BinOp::SubAssign(_) => Some("+"),
            BinOp::MulAssign(_) => Some("*"),
            BinOp::BitAndAssign(_) => Some("&"),
            BinOp::BitOrAssign(_) => Some("|"),
            BinOp::BitXorAssign(_) => Some("^"),
            _ => None,
        };
        let message = match (as_ident(place), operator) {
            (Some(_), Some(operator)) => reduce(&name, operator),
            (Some(_), None) if matches!(operator_as_written, BinOp::DivAssign(_)) => format!(
                "`{name}` is written by several iterations at once: multiply the divisors up in a variable \
                 of their own, `reduce(* = ..)`, and divide after the loop"
            ),
            (Some(_), None) => {
                format!("`{name}` is written by several iterations at once: use an atomic, or a `Mutex`")
            }
            (None, _) => indirect(place, &name),
        };
        self.cx.error_at(place.span(), message);
    }
}

impl Writes<'_> {
    fn called(&self, call: &syn::ExprMethodCall) {
        let Some(name) = as_ident(&call.receiver).and_then(|_| self.outside(&call.receiver)) else { return };
        if self.mutable.contains(&name.to_string()) && methods::changes_collection(&call.method) {
            self.cx.error(
                &name,
                format_args!(
                    "`{name}` is changed by several iterations at once: make what each one adds the value of \
                     the loop's body and collect, as in `let {name}: Vec<_> = #[parallel_for] for .. {{ .. \
                     }}`, or name it in `reduce(with(merge, init) = {name})`"
                ),
            );
        }
    }
}

fn reduce(name: &Ident, operator: &str) -> String {
    format!(
        "`{name}` is written by several iterations at once: write `#[parallel_for(reduce({operator} = \
         {name}))]` above the loop"
    )
}

fn indirect(place: &Expr, name: &Ident) -> String {
    match place {
        Expr::Index(index) if matches!(*index.index, Expr::Array(_)) => format!(
            "`{name}` is written at an index that another iteration might have too: loop over its rows \
             instead, as in `for (i, mut row) in {name}.outer_iter_mut().enumerate()`, and write `row[j]`"
        ),
        Expr::Index(index) if matches!(*index.expr, Expr::Index(_)) => format!(
            "`{name}` is written at an index that another iteration might have too: loop over its rows \
             instead, as in `for (i, row) in {name}.iter_mut().enumerate()`, and write `row[j]`"
        ),
        Expr::Index(_) => format!(
            "`{name}` is written at an index that another iteration might have too: loop over its elements \
             instead, as in `for (i, slot) in {name}.iter_mut().enumerate()`, and write `*slot`"
        ),
        Expr::Field(_) => format!(
            "`{name}` is written by several iterations at once: accumulate in a local variable named in \
             `reduce(..)`, and assign it after the loop"
        ),
        _ => format!(
            "what `{name}` refers to is written by several iterations at once: accumulate in a local \
             variable named in `reduce(..)`, and assign it after the loop"
        ),
    }
}

/// `max` for `name = name.max(..)` and the like.
fn extremum(name: &Ident, value: &Expr) -> Option<&'static str> {
    let (method, receiver, arguments) = match value {
        Expr::MethodCall(call) => (&call.method, Some(&*call.receiver), &call.args),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) => (&path.path.segments.last()?.ident, None, &call.args),
            _ => return None,
        },
        _ => return None,
    };
    let mut operands = receiver.into_iter().chain(arguments);
    let accumulates = operands.any(|operand| as_ident(operand).as_ref() == Some(name));
    match method.to_string().as_str() {
        "max" if accumulates => Some("max"),
        "min" if accumulates => Some("min"),
        "wrapping_add" | "wrapping_sub" | "saturating_add" | "saturating_sub" if accumulates => Some("+"),
        "wrapping_mul" if accumulates => Some("*"),
        _ => None,
    }
}

/// The variable a place is part of.
fn root_of(place: &Expr) -> Option<Ident> {
    match place {
        Expr::Path(_) => as_ident(place),
        Expr::Field(inner) => root_of(&inner.base),
        Expr::Index(inner) => root_of(&inner.expr),
        Expr::Paren(inner) => root_of(&inner.expr),
        Expr::Group(inner) => root_of(&inner.expr),
        Expr::Unary(inner) if matches!(inner.op, syn::UnOp::Deref(_)) => root_of(&inner.expr),
        _ => None,
    }
}

impl Visit<'_> for Writes<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Assign(assign) => self.assigned(&assign.left, &assign.right),
            Expr::Binary(binary) if is_assignment(&binary.op) => self.updated(&binary.left, &binary.op),
            Expr::Reference(reference) if reference.mutability.is_some() => {
                if let Some(name) = self.outside(&reference.expr) {
                    self.cx.error(
                        reference,
                        format_args!(
                            "`{name}` is borrowed mutably by several iterations at once: give every thread \
                             its own by `init({name} = ..)`, or guard it by a `Mutex`"
                        ),
                    );
                }
            }
            Expr::MethodCall(call) => self.called(call),
            // A closure may own a copy; in unsafe code the place may be behind a raw pointer.
            Expr::Closure(_) | Expr::Unsafe(_) => return,
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_item(&mut self, _item: &syn::Item) {}
}
