//! Variables that the body of a loop in worker processes uses and `share(..)` does not name.
//!
//! What is found here is reported at the user's own token. What a macro hides is left to the compiler, which
//! refuses to make a function pointer of the body.

use std::collections::HashSet;

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Expr, ExprForLoop, Ident, ItemFn, Macro};

use super::macro_input;
use super::options::{Backend, Options, is_mark, options_of};
use super::reduction::Reduction;
use super::scope::Scope;
use crate::ctxt::Ctxt;

/// Reports them for all loops of `function`; those that are marked run in parallel, or else all outermost
/// ones.
pub(crate) fn check(cx: &Ctxt, at_function: &Options, function: &ItemFn, only_marked: bool) {
    let mut scopes = Scopes { cx, at_function, only_marked, scope: Scope::new(), tasks: Vec::new() };
    scopes.visit_item_fn(function);
}

/// The variables in scope, innermost last.
struct Scopes<'a> {
    cx: &'a Ctxt,
    at_function: &'a Options,
    only_marked: bool,
    scope: Scope,
    /// The loops in worker processes that we are inside of.
    tasks: Vec<Task>,
}

struct Task {
    /// The number of scopes outside it.
    depth: usize,
    /// What it may use of those.
    known: HashSet<String>,
    /// What `share(..)` names.
    shared: Vec<String>,
}

impl Scopes<'_> {
    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.scope.enter();
        visit(self);
        self.scope.leave();
    }

    fn used(&mut self, name: &str, at: Span) {
        let Some(declared) = self.scope.depth_of(name) else { return };
        let Some(task) =
            self.tasks.iter_mut().find(|task| declared < task.depth && !task.known.contains(name))
        else {
            return;
        };
        task.known.insert(name.to_owned());
        let mut all = task.shared.clone();
        all.push(name.to_owned());
        let all = all.join(", ");
        let message = match name {
            "self" => format!(
                "`self` stays in this process: write `share({all})` if workers shall have a copy of all of \
                 it, or name the fields they need by `let`s before the loop, and share those"
            ),
            _ => {
                format!("`{name}` stays in this process: write `share({all})`, and workers have a copy of it")
            }
        };
        self.cx.error_at(at, message);
    }

    /// The options of a loop, if it runs in parallel.
    fn options(&self, for_loop: &ExprForLoop) -> Option<Options> {
        let marks: Vec<_> = for_loop.attrs.iter().filter(|attribute| is_mark(attribute)).collect();
        if marks.is_empty() && (self.only_marked || !self.tasks.is_empty()) {
            return None;
        }
        let marks = marks.into_iter().map(options_of);
        Some(Ctxt::unheard(|cx| Options::parse_at_loop(cx, marks, self.at_function)))
    }

    fn task(&mut self, options: &Options, for_loop: &ExprForLoop) {
        let shared: Vec<String> = options.share.iter().map(Ident::to_string).collect();
        let reduced = options.reductions.iter().flat_map(Reduction::variables).map(ToString::to_string);
        let known = shared.iter().cloned().chain(reduced).collect();
        self.tasks.push(Task { depth: self.scope.depth(), known, shared });
        self.iterations(Some(options), for_loop);
        self.tasks.pop();
    }

    fn iterations(&mut self, options: Option<&Options>, for_loop: &ExprForLoop) {
        self.inside(|this| {
            for init in options.iter().flat_map(|options| &options.init) {
                this.visit_expr(&init.value);
                this.scope.declare(&init.variable);
            }
            this.scope.declare_all(&for_loop.pat);
            this.visit_block(&for_loop.body);
        });
    }
}

impl Visit<'_> for Scopes<'_> {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        // An inner function sees no variables.
        let scope = std::mem::replace(&mut self.scope, Scope::new());
        let tasks = std::mem::take(&mut self.tasks);
        self.inside(|this| {
            for input in &function.sig.inputs {
                match input {
                    syn::FnArg::Receiver(receiver) => {
                        this.scope.declare(&Ident::new("self", receiver.self_token.span));
                    }
                    syn::FnArg::Typed(input) => this.scope.declare_all(&input.pat),
                }
            }
            this.visit_block(&function.block);
        });
        (self.scope, self.tasks) = (scope, tasks);
    }

    fn visit_item(&mut self, item: &syn::Item) {
        match item {
            // One with a mark of its own is expanded by that.
            syn::Item::Fn(function) if self.only_marked && !function.attrs.iter().any(is_mark) => {
                self.visit_item_fn(function);
            }
            _ => {}
        }
    }

    fn visit_block(&mut self, block: &syn::Block) {
        self.inside(|this| visit::visit_block(this, block));
    }

    fn visit_local(&mut self, local: &syn::Local) {
        if let Some(init) = &local.init {
            visit::visit_local_init(self, init);
        }
        self.scope.declare_all(&local.pat);
    }

    fn visit_expr_closure(&mut self, closure: &syn::ExprClosure) {
        self.inside(|this| {
            closure.inputs.iter().for_each(|input| this.scope.declare_all(input));
            this.visit_expr(&closure.body);
        });
    }

    fn visit_arm(&mut self, arm: &syn::Arm) {
        self.inside(|this| {
            this.scope.declare_all(&arm.pat);
            visit::visit_arm(this, arm);
        });
    }

    fn visit_expr_if(&mut self, expr: &syn::ExprIf) {
        self.inside(|this| {
            this.visit_expr(&expr.cond);
            this.visit_block(&expr.then_branch);
        });
        if let Some((_, otherwise)) = &expr.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, expr: &syn::ExprWhile) {
        self.inside(|this| visit::visit_expr_while(this, expr));
    }

    fn visit_expr_let(&mut self, expr: &syn::ExprLet) {
        self.visit_expr(&expr.expr);
        self.scope.declare_all(&expr.pat);
    }

    fn visit_expr_for_loop(&mut self, for_loop: &ExprForLoop) {
        self.visit_expr(&for_loop.expr);
        match self.options(for_loop) {
            Some(options) if options.backend.get() == Some(&Backend::Processes) => {
                self.task(&options, for_loop);
            }
            options => self.iterations(options.as_ref(), for_loop),
        }
    }

    fn visit_expr_path(&mut self, path: &syn::ExprPath) {
        if let Some(name) = path.path.get_ident() {
            self.used(&name.to_string(), name.span());
        }
        visit::visit_expr_path(self, path);
    }

    /// A macro whose input is a list of expressions is looked into.
    fn visit_macro(&mut self, mac: &Macro) {
        let Some(arguments) = macro_input::list(mac) else { return };
        for name in macro_input::captured_names(mac, &arguments) {
            self.used(&name.to_string(), name.span());
        }
        for argument in &arguments {
            match argument {
                // `name = value` in a format.
                Expr::Assign(named) => self.visit_expr(&named.right),
                argument => self.visit_expr(argument),
            }
        }
    }
}
