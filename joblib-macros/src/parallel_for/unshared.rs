//! Variables that the body of a loop in worker processes uses and `share(..)` does not name.
//!
//! What is found here is said at the user's own token. What a macro hides is left to the compiler, which refuses
//! to take the body for a function pointer.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprForLoop, Ident, ItemFn, Lit, Macro, Pat, Token};

use super::options::{Backend, Options, is_mark, options_of};
use crate::ctxt::Ctxt;

/// Reports them for all loops of `function`; those that are marked run in parallel, or else all outermost ones.
pub(crate) fn check(cx: &Ctxt, at_function: &Options, function: &ItemFn, only_marked: bool) {
    let mut scopes = Scopes { cx, at_function, only_marked, names: vec![HashSet::new()], tasks: Vec::new() };
    scopes.visit_item_fn(function);
}

/// The variables in scope, innermost last.
struct Scopes<'a> {
    cx: &'a Ctxt,
    at_function: &'a Options,
    only_marked: bool,
    names: Vec<HashSet<String>>,
    /// The loops in worker processes that we are inside of.
    tasks: Vec<Task>,
}

struct Task {
    /// The number of scopes outside of it.
    depth: usize,
    /// What it may use of those.
    known: HashSet<String>,
    /// What `share(..)` names.
    shared: Vec<String>,
}

impl Scopes<'_> {
    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.names.push(HashSet::new());
        visit(self);
        self.names.pop();
    }

    fn declare(&mut self, name: &Ident) {
        let name = name.to_string();
        // Others are constants and variants.
        if name.starts_with(|first: char| first.is_lowercase() || first == '_')
            && let Some(scope) = self.names.last_mut()
        {
            scope.insert(name);
        }
    }

    fn declare_all(&mut self, pattern: &Pat) {
        struct Names<'n, 'a>(&'n mut Scopes<'a>);
        impl Visit<'_> for Names<'_, '_> {
            fn visit_pat_ident(&mut self, pattern: &syn::PatIdent) {
                self.0.declare(&pattern.ident);
                visit::visit_pat_ident(self, pattern);
            }
        }
        Names(self).visit_pat(pattern);
    }

    fn used(&mut self, name: &str, at: Span) {
        let Some(declared) = self.names.iter().rposition(|scope| scope.contains(name)) else { return };
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
                "`self` stays in this process: write `share({all})` if workers shall have a copy of all of it, or \
                 name the fields they need by `let`s before the loop, and share those"
            ),
            _ => {
                format!("`{name}` stays in this process: write `share({all})`, and workers have a copy of it")
            }
        };
        self.cx.error_at(at, message);
    }

    /// What a loop is asked for, if it runs in parallel.
    fn options(&self, for_loop: &ExprForLoop) -> Option<Options> {
        let marks: Vec<_> = for_loop.attrs.iter().filter(|attribute| is_mark(attribute)).collect();
        if marks.is_empty() && (self.only_marked || !self.tasks.is_empty()) {
            return None;
        }
        // Mistakes in the options are reported where they are read to be kept.
        let unheard = Ctxt::new();
        let options = Options::parse_at_loop(&unheard, marks.into_iter().map(options_of), self.at_function);
        let _ = unheard.check();
        Some(options)
    }

    fn task(&mut self, options: &Options, for_loop: &ExprForLoop) {
        let shared: Vec<String> = options.share.iter().map(Ident::to_string).collect();
        let reduced = options.reductions.iter().map(|reduction| reduction.variable.to_string());
        let known = shared.iter().cloned().chain(reduced).collect();
        self.tasks.push(Task { depth: self.names.len(), known, shared });
        self.iterations(Some(options), for_loop);
        self.tasks.pop();
    }

    fn iterations(&mut self, options: Option<&Options>, for_loop: &ExprForLoop) {
        self.inside(|this| {
            for init in options.iter().flat_map(|options| &options.init) {
                this.visit_expr(&init.value);
                this.declare(&init.variable);
            }
            this.declare_all(&for_loop.pat);
            this.visit_block(&for_loop.body);
        });
    }

    /// The variables named inside of a format string.
    fn used_in_text(&mut self, text: &syn::LitStr) {
        let value = text.value();
        for piece in value.split('{').skip(1) {
            let name: String = piece.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if piece[name.len()..].starts_with(['}', ':']) {
                self.used(&name, text.span());
            }
        }
    }
}

impl Visit<'_> for Scopes<'_> {
    fn visit_item_fn(&mut self, function: &ItemFn) {
        // An inner function sees no variables.
        let (names, tasks) = (std::mem::take(&mut self.names), std::mem::take(&mut self.tasks));
        self.inside(|this| {
            for input in &function.sig.inputs {
                match input {
                    syn::FnArg::Receiver(receiver) => {
                        this.declare(&Ident::new("self", receiver.self_token.span));
                    }
                    syn::FnArg::Typed(input) => this.declare_all(&input.pat),
                }
            }
            this.visit_block(&function.block);
        });
        (self.names, self.tasks) = (names, tasks);
    }

    fn visit_item(&mut self, item: &syn::Item) {
        match item {
            // One with a mark of its own looks after itself.
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
        self.declare_all(&local.pat);
    }

    fn visit_expr_closure(&mut self, closure: &syn::ExprClosure) {
        self.inside(|this| {
            closure.inputs.iter().for_each(|input| this.declare_all(input));
            this.visit_expr(&closure.body);
        });
    }

    fn visit_arm(&mut self, arm: &syn::Arm) {
        self.inside(|this| {
            this.declare_all(&arm.pat);
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
        self.declare_all(&expr.pat);
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
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let list = |tokens: TokenStream| parser.parse2(tokens);
        for expr in list(mac.tokens.clone()).into_iter().flatten() {
            match &expr {
                Expr::Lit(syn::ExprLit { lit: Lit::Str(text), .. }) => self.used_in_text(text),
                expr => self.visit_expr(expr),
            }
        }
    }
}
