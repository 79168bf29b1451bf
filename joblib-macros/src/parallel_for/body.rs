//! What leaves a loop's body: `return`, `?`, and `break` or `continue` to a label outside. Each is turned into a way
//! out, which carries its value to the loop; there it is written again as it was.
//!
//! `break` and `continue` of the loop itself stay as they are: the body still stands in a loop.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Label, Lifetime, Macro, Token};

use super::names;
use super::nest::Level;
use super::runtime::Runtime;
use crate::ctxt::Ctxt;

/// A way out of the body.
pub(crate) enum Way {
    /// `return`, with or without a value
    Return { span: Span, value: bool },
    /// `?`
    Try { span: Span },
    /// `break 'label`, with or without a value
    Break { span: Span, label: Lifetime, value: bool },
    /// `continue 'label`
    Continue { span: Span, label: Lifetime },
}

impl Way {
    /// Where it was written.
    pub(crate) fn span(&self) -> Span {
        match self {
            Way::Return { span, .. } | Way::Try { span } => *span,
            Way::Break { span, .. } | Way::Continue { span, .. } => *span,
        }
    }
}

/// Opens the ways out of `body`, the body of the innermost of `levels`.
pub(crate) fn open(cx: &Ctxt, rt: &Runtime, levels: &[Level], body: &mut Block) -> Vec<Way> {
    let of_levels: Vec<_> =
        levels.iter().map(|level| level.label.as_ref().map(|label| label.name.clone())).collect();
    let mut opener = Opener {
        cx,
        rt,
        labels: of_levels.iter().flatten().cloned().collect(),
        of_levels,
        inner_loops: 0,
        ways: Vec::new(),
    };
    opener.visit_block_mut(body);
    opener.ways
}

struct Opener<'a> {
    cx: &'a Ctxt,
    rt: &'a Runtime,
    /// The labels of the loop itself, outermost first where it is collapsed.
    of_levels: Vec<Option<Lifetime>>,
    /// The labels of the loop itself and of what is inside of it.
    labels: Vec<Lifetime>,
    /// How many unmarked loops we are inside of.
    inner_loops: usize,
    ways: Vec<Way>,
}

impl Opener<'_> {
    /// Leaves the body by a new way, with `value`.
    fn leave(&mut self, span: Span, way: Way, value: impl ToTokens) -> TokenStream {
        let rt = self.rt.at(span);
        self.leave_with(span, way, quote_spanned!(span=> #rt::leaving(#value)))
    }

    /// Leaves the body by a new way, with what has been found able to.
    fn leave_with(&mut self, span: Span, way: Way, leaving: impl ToTokens) -> TokenStream {
        // Way 0 is the loop's own `break`.
        self.ways.push(way);
        let exit = names::exit_label();
        let value = names::exit_by(self.rt, self.ways.len(), span, leaving);
        quote_spanned!(span=> break #exit ::core::option::Option::Some(#value))
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
        self.leave(span, Way::Return { span, value: expr.expr.is_some() }, value)
    }

    fn open_break(&mut self, expr: &syn::ExprBreak) -> Option<TokenStream> {
        let span = expr.break_token.span;
        if let Some(label) = expr.label.as_ref().filter(|label| !self.is_inside(label)) {
            let value = expr.expr.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
            let way = Way::Break { span, label: label.clone(), value: expr.expr.is_some() };
            return Some(self.leave(span, way, value));
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
                "`break` leaves an inner loop only, but `collapse` makes the loops one: leave `collapse` out, or \
                 `break` to the outermost loop's label",
            );
        }
        let exit = names::exit_label();
        let value = names::exit_value(self.rt, 0, span, quote!(()));
        Some(quote_spanned!(span=> break #exit ::core::option::Option::Some(#value)))
    }

    fn open_continue(&mut self, expr: &syn::ExprContinue) -> Option<TokenStream> {
        let span = expr.continue_token.span;
        if let Some(label) = expr.label.clone().filter(|label| !self.is_inside(label)) {
            return Some(self.leave(span, Way::Continue { span, label }, quote!(())));
        }
        let level = self.level(expr.label.as_ref())?;
        if self.of_levels.len() == 1 {
            return None;
        }
        if level + 1 < self.of_levels.len() {
            self.cx.error_at(
                span,
                "`continue` of an outer loop skips part of an inner one, but `collapse` makes the loops one: leave \
                 `collapse` out",
            );
        }
        let iteration = names::iteration_label();
        Some(quote_spanned!(span=> break #iteration))
    }

    /// Which of the collapsed loops `break` or `continue` concerns; `None` if it is a loop inside of the body.
    fn level(&self, label: Option<&Lifetime>) -> Option<usize> {
        match label {
            Some(_) => self.of_levels.iter().position(|own| own.as_ref() == label),
            None => (self.inner_loops == 0).then_some(self.of_levels.len() - 1),
        }
    }

    fn open_try(&mut self, expr: &syn::ExprTry) -> TokenStream {
        let span = expr.question_token.span;
        let rt = self.rt.at(span);
        let (value, residual) = (names::local("value", span), names::local("residual", span));
        let leave = self.leave_with(span, Way::Try { span }, &residual);
        let tried = &expr.expr;
        quote_spanned! {span=>
            match #rt::branch(#tried) {
                ::core::ops::ControlFlow::Continue(#value) => #value,
                ::core::ops::ControlFlow::Break(#residual) => #leave,
            }
        }
    }

    /// A macro whose input is a list of expressions is opened like any other expression.
    fn open_macro(&mut self, mac: &mut Macro) {
        let before = self.ways.len();
        let list = |input: ParseStream<'_>| Punctuated::<Expr, Token![,]>::parse_terminated(input);
        let repeat = |input: ParseStream<'_>| {
            let value: Expr = input.parse()?;
            let semi: Token![;] = input.parse()?;
            Ok((value, semi, input.parse::<Expr>()?))
        };
        let opened = if let Ok(mut list) = list.parse2(mac.tokens.clone()) {
            for expr in &mut list {
                self.visit_expr_mut(expr);
            }
            list.into_token_stream()
        } else if let Ok((mut value, semi, mut len)) = repeat.parse2(mac.tokens.clone()) {
            self.visit_expr_mut(&mut value);
            self.visit_expr_mut(&mut len);
            quote!(#value #semi #len)
        } else {
            return;
        };
        if self.ways.len() > before {
            mac.tokens = opened;
        }
    }
}

impl VisitMut for Opener<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
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
            // What leaves these does not leave the loop.
            Expr::Closure(_) | Expr::Async(_) | Expr::Const(_) => return,
            Expr::Await(inner) => self.cx.error(
                inner.await_token,
                "a parallel loop's body cannot `.await`: its iterations run on threads; await before the loop, or \
                 collect futures and await them after it",
            ),
            Expr::Yield(inner) => {
                self.cx.error(inner.yield_token, "a parallel loop's body cannot `yield`: collect the values instead");
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
            *expr = syn::parse2(opened.clone()).unwrap_or(Expr::Verbatim(opened));
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        self.open_macro(mac);
    }

    fn visit_item_mut(&mut self, _item: &mut syn::Item) {}
}
