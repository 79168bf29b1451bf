//! What leaves a loop's body: `return`, `?`, and `break` or `continue` to a label outside. Each is turned
//! into a way out, which carries its value to the loop; there it is written again as it was.
//!
//! `break` and `continue` of the loop itself stay as they are: the body still stands in a loop.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, Label, Lifetime, Macro, Meta, Token};

use super::forms::bare;
use super::macro_input::{self, Kind};
use super::names;
use super::nest::Level;
use super::runtime::Runtime;
use crate::ctxt::Ctxt;

/// A way out of the body.
pub(crate) struct Way {
    pub(crate) leaves: Leaves,
    /// Where it was written.
    pub(crate) span: Span,
    /// What it is compiled under: the predicates of the `#[cfg(..)]`s around it.
    pub(crate) conditions: Vec<TokenStream>,
}

impl Way {
    /// The attributes of code that is compiled if the way is, and of code that is compiled if it is not.
    pub(crate) fn conditions(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        let conditions = &self.conditions;
        if conditions.is_empty() {
            return (None, None);
        }
        (Some(quote!(#[cfg(all(#(#conditions),*))])), Some(quote!(#[cfg(not(all(#(#conditions),*)))])))
    }
}

/// What leaves the body.
pub(crate) enum Leaves {
    /// `return`, with or without a value
    Return { value: bool },
    /// `?`
    Try,
    /// `break 'label`, with or without a value
    Break { label: Lifetime, value: bool },
    /// `continue 'label`
    Continue { label: Lifetime },
}

/// Opens the ways out of `body`, the body of the innermost of `levels`, of loop number `number` of its
/// function.
pub(crate) fn open(cx: &Ctxt, rt: &Runtime, number: usize, levels: &[Level], body: &mut Block) -> Vec<Way> {
    let of_levels: Vec<_> =
        levels.iter().map(|level| level.label.as_ref().map(|label| label.name.clone())).collect();
    let mut opener = Opener {
        cx,
        rt,
        number,
        labels: of_levels.iter().flatten().cloned().collect(),
        of_levels,
        inner_loops: 0,
        conditions: Vec::new(),
        changed: false,
        ways: Vec::new(),
    };
    opener.visit_block_mut(body);
    opener.ways
}

struct Opener<'a> {
    cx: &'a Ctxt,
    rt: &'a Runtime,
    number: usize,
    /// The labels of the loop itself, outermost first where it is collapsed.
    of_levels: Vec<Option<Lifetime>>,
    /// The labels of the loop itself and of what is inside it.
    labels: Vec<Lifetime>,
    /// How many unmarked loops we are inside of.
    inner_loops: usize,
    /// The predicates of the `#[cfg(..)]`s around.
    conditions: Vec<TokenStream>,
    /// Whether anything was rewritten.
    changed: bool,
    ways: Vec<Way>,
}

impl Opener<'_> {
    /// Leaves the body by a new way, with `value`.
    fn leave(&mut self, span: Span, leaves: Leaves, value: impl ToTokens) -> TokenStream {
        let rt = self.rt.at(span);
        let mut leaving = quote_spanned!(span=> #rt::leaving(#value));
        if !self.rt.is_of_processes() {
            let way = self.next_way(span);
            leaving = quote_spanned!(span=> #way.along(#leaving));
        }
        self.leave_with(span, leaves, leaving)
    }

    /// Leaves the body by a new way, with a value that is known to be able to leave.
    fn leave_with(&mut self, span: Span, leaves: Leaves, leaving: impl ToTokens) -> TokenStream {
        // Way 0 is the loop's own `break`.
        self.ways.push(Way { leaves, span, conditions: self.conditions.clone() });
        let exit = names::exit_label();
        let value = names::exit_by(self.rt, self.ways.len(), span, leaving);
        quote_spanned!(span=> break #exit ::core::option::Option::Some(#value))
    }

    /// The variable of the way that is about to be made.
    fn next_way(&self, span: Span) -> syn::Ident {
        names::way(self.number, self.ways.len() + 1, span)
    }

    fn is_inside(&self, label: &Lifetime) -> bool {
        self.labels.contains(label)
    }

    fn with_label<R>(&mut self, label: Option<&Label>, visit: impl FnOnce(&mut Self) -> R) -> R {
        let depth = self.labels.len();
        self.labels.extend(label.map(|label| label.name.clone()));
        let result = visit(self);
        self.labels.truncate(depth);
        result
    }

    fn inside_loop(&mut self, label: Option<&Label>, visit: impl FnOnce(&mut Self)) {
        self.inner_loops += 1;
        self.with_label(label, visit);
        self.inner_loops -= 1;
    }

    fn open_return(&mut self, expr: &syn::ExprReturn) -> TokenStream {
        let span = expr.return_token.span;
        let value = expr.expr.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
        self.leave(span, Leaves::Return { value: expr.expr.is_some() }, value)
    }

    fn open_break(&mut self, expr: &syn::ExprBreak) -> Option<TokenStream> {
        let span = expr.break_token.span;
        if let Some(label) = expr.label.as_ref().filter(|label| !self.is_inside(label)) {
            let value = expr.expr.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
            let leaves = Leaves::Break { label: label.clone(), value: expr.expr.is_some() };
            return Some(self.leave(span, leaves, value));
        }
        let level = self.level(expr.label.as_ref())?;
        if let Some(value) = &expr.expr {
            self.cx.error(
                value,
                "a `for` loop has no value to `break` with: use `return`, or assign to a variable named in \
                 `reduce(..)` and `break` without a value",
            );
        }
        if self.of_levels.len() == 1 {
            return None;
        }
        if level > 0 {
            self.cx.error_at(
                span,
                "`break` leaves an inner loop only, but `collapse` makes the loops one: leave `collapse` \
                 out, or `break` to the outermost loop's label",
            );
        }
        let exit = names::exit_label();
        let value = own_break(self.rt, self.number, span);
        Some(quote_spanned!(span=> break #exit ::core::option::Option::Some(#value)))
    }

    fn open_continue(&mut self, expr: &syn::ExprContinue) -> Option<TokenStream> {
        let span = expr.continue_token.span;
        if let Some(label) = expr.label.clone().filter(|label| !self.is_inside(label)) {
            return Some(self.leave(span, Leaves::Continue { label }, quote!(())));
        }
        let level = self.level(expr.label.as_ref())?;
        if self.of_levels.len() == 1 {
            return None;
        }
        if level + 1 < self.of_levels.len() {
            self.cx.error_at(
                span,
                "`continue` of an outer loop skips part of an inner one, but `collapse` makes the loops one: \
                 leave `collapse` out",
            );
        }
        let iteration = names::iteration_label();
        Some(quote_spanned!(span=> break #iteration))
    }

    /// Which of the collapsed loops `break` or `continue` concerns; `None` if it is a loop inside the body.
    fn level(&self, label: Option<&Lifetime>) -> Option<usize> {
        let Some(label) = label else { return (self.inner_loops == 0).then_some(self.of_levels.len() - 1) };
        // Labels of the loop itself come first; one further inside may have the same name.
        let own = self.of_levels.iter().flatten().count();
        let innermost = self.labels.iter().rposition(|known| known == label)?;
        (innermost < own).then(|| self.of_levels.iter().rposition(|known| known.as_ref() == Some(label)))?
    }

    fn open_try(&mut self, expr: &syn::ExprTry) -> TokenStream {
        let span = expr.question_token.span;
        // Around an argument, parentheses and a block's braces would be reported as unnecessary.
        let tried = match bare(&expr.expr) {
            block @ Expr::Block(_) => quote_spanned!(span=> match () { () => #block }),
            other => other.to_token_stream(),
        };
        let rt = self.rt.at(span);
        let mut branched = quote_spanned!(span=> #rt::branch(#tried));
        if !self.rt.is_of_processes() {
            let way = self.next_way(span);
            branched = quote_spanned!(span=> #way.branch(#branched));
        }
        let (value, residual) = (names::local("__value", span), names::local("__residual", span));
        let leave = self.leave_with(span, Leaves::Try, &residual);
        quote_spanned! {span=>
            match #branched {
                ::core::ops::ControlFlow::Continue(#value) => #value,
                ::core::ops::ControlFlow::Break(#residual) => #leave,
            }
        }
    }

    /// The input of std's macros is opened like any other expression; that of others stays as it is written.
    fn open_macro(&mut self, mac: &mut Macro) {
        let changed = std::mem::replace(&mut self.changed, false);
        let as_written = mac.tokens.clone();
        let opened = macro_input::with_arguments(mac, |argument| self.visit_expr_mut(argument));
        if self.changed
            && let Some(opened) = opened
        {
            let only_one = macro_input::arguments(mac).is_some_and(|arguments| arguments.len() == 1);
            if macro_input::kind(mac) == Some(Kind::Dbg) {
                self.cx.error(
                    &mac.path,
                    "`dbg!` shows its input as written, and what leaves a parallel loop is not: give the \
                     value a name by a `let` before it",
                );
            }
            mac.tokens = match macro_input::kind(mac) {
                // The panic message shows the text as written.
                Some(Kind::Assert) if only_one => {
                    let opened = without_comma(opened);
                    quote! {
                        if #opened {
                            true
                        } else {
                            ::std::panic::panic_any(
                                ::core::concat!("assertion failed: ", ::core::stringify!(#as_written))
                            )
                        }
                    }
                }
                _ => opened,
            };
        }
        self.changed |= changed;
    }

    /// Visits what stands below attributes, of which some may leave it out of the program.
    fn below(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let depth = self.conditions.len();
        self.conditions.extend(attributes.iter().filter_map(condition));
        visit(self);
        self.conditions.truncate(depth);
    }
}

/// The loop's own `break`, as a value.
pub(crate) fn own_break(rt: &Runtime, number: usize, here: Span) -> TokenStream {
    let path = rt.at(here);
    let mut leaving = quote_spanned!(here=> #path::leaving(()));
    if !rt.is_of_processes() {
        let way = names::way(number, 0, here);
        leaving = quote_spanned!(here=> #way.along(#leaving));
    }
    names::exit_by(rt, 0, here, leaving)
}

/// The condition under which an attribute lets its expression be compiled.
fn condition(attribute: &Attribute) -> Option<TokenStream> {
    let Meta::List(list) = &attribute.meta else { return None };
    if list.path.is_ident("cfg") {
        return Some(list.tokens.clone());
    }
    if !list.path.is_ident("cfg_attr") {
        return None;
    }
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    let mut parts = parts.into_iter();
    let applies = parts.next()?;
    let conditions = parts.filter_map(|part| match part {
        Meta::List(part) if part.path.is_ident("cfg") => Some(part.tokens),
        _ => None,
    });
    let conditions: Vec<TokenStream> = conditions.collect();
    (!conditions.is_empty()).then(|| quote!(any(not(#applies), all(#(#conditions),*))))
}

fn without_comma(tokens: TokenStream) -> TokenStream {
    let list = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone());
    list.ok().and_then(|list| list.first().map(ToTokens::to_token_stream)).unwrap_or(tokens)
}

macro_rules! below_attributes {
    ($($visit:ident $node:ident)*) => {$(
        fn $visit(&mut self, node: &mut syn::$node) {
            let attributes = node.attrs.clone();
            self.below(&attributes, |this| visit_mut::$visit(this, node));
        }
    )*};
}

impl VisitMut for Opener<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let attributes = attributes_of(expr).to_vec();
        self.below(&attributes, |this| this.open(expr, &attributes));
    }

    below_attributes! {
        visit_local_mut Local
        visit_stmt_macro_mut StmtMacro
        visit_arm_mut Arm
        visit_field_value_mut FieldValue
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        self.open_macro(mac);
    }

    fn visit_item_mut(&mut self, _item: &mut syn::Item) {}
}

impl Opener<'_> {
    fn open(&mut self, expr: &mut Expr, attributes: &[Attribute]) {
        match expr {
            Expr::ForLoop(inner) => {
                self.visit_expr_mut(&mut inner.expr);
                let label = inner.label.clone();
                return self.inside_loop(label.as_ref(), |this| this.visit_block_mut(&mut inner.body));
            }
            Expr::While(inner) => {
                let label = inner.label.clone();
                return self.inside_loop(label.as_ref(), |this| visit_mut::visit_expr_while_mut(this, inner));
            }
            Expr::Loop(inner) => {
                let label = inner.label.clone();
                return self.inside_loop(label.as_ref(), |this| this.visit_block_mut(&mut inner.body));
            }
            Expr::Block(inner) => {
                let label = inner.label.clone();
                return self.with_label(label.as_ref(), |this| this.visit_block_mut(&mut inner.block));
            }
            // `return` and `?` inside these do not leave the loop.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => return,
            Expr::Await(inner) => self.cx.error(
                inner.await_token,
                "a parallel loop's body cannot `.await`: its iterations run on threads; await before the \
                 loop, or collect futures and await them after it",
            ),
            Expr::Yield(inner) => {
                self.cx.error(
                    inner.yield_token,
                    "a parallel loop's body cannot `yield`: collect the values \
                                                  instead",
                );
            }
            _ => visit_mut::visit_expr_mut(self, expr),
        }
        let opened = match expr {
            Expr::Return(inner) => Some(self.open_return(inner)),
            Expr::Try(inner) => Some(self.open_try(inner)),
            Expr::Break(inner) => self.open_break(inner),
            Expr::Continue(inner) => self.open_continue(inner),
            _ => None,
        };
        if let Some(opened) = opened {
            self.changed = true;
            let opened = quote!(#(#attributes)* #opened);
            *expr = syn::parse2(opened.clone()).unwrap_or(Expr::Verbatim(opened));
        }
    }
}

/// The attributes of an expression of any kind.
pub(crate) fn attributes_of(expr: &Expr) -> &[Attribute] {
    macro_rules! of_kinds {
        ($($kind:ident),*) => {
            match expr {
                $(Expr::$kind(inner) => &inner.attrs,)*
                _ => &[],
            }
        };
    }
    of_kinds!(
        Array, Assign, Async, Await, Binary, Block, Break, Call, Cast, Closure, Const, Continue, Field,
        ForLoop, Group, If, Index, Infer, Let, Lit, Loop, Macro, Match, MethodCall, Paren, Path, Range,
        RawAddr, Reference, Repeat, Return, Struct, Try, TryBlock, Tuple, Unary, Unsafe, While, Yield
    )
}
