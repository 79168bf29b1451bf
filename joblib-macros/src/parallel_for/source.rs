//! The expression after `in`: the receivers of std's adapters at its end go through a wrapper of the
//! runtime's, whose types decide whether the loop can be cut by index.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall};

use super::names::local;
use super::runtime::Runtime;

/// The adapters the runtime has, with their number of arguments.
const ADAPTERS: &[(&str, usize)] = &[
    ("enumerate", 0),
    ("rev", 0),
    ("copied", 0),
    ("cloned", 0),
    ("into_iter", 0),
    ("skip", 1),
    ("take", 1),
    ("step_by", 1),
    ("zip", 1),
];

/// Expands to
/// ```text
/// Start(Start(Start(xs.iter()).chain().skip(1)).chain().rev()).source()
/// ```
/// for `xs.iter().skip(1).rev()`: `chain()` gives a wrapper with adapters of the same names where the
/// receiver can be cut, and the receiver itself where it cannot.
///
/// The sources of collapsed loops become one: `collapse(outer, || inner)`.
pub(crate) fn open<'e>(rt: &Runtime, sources: impl Iterator<Item = &'e Expr>) -> TokenStream {
    let opened = sources.map(|expr| {
        let span = expr.span();
        let (start, chain) = (start(rt, expr), chain(rt, expr));
        (expr, quote_spanned!(span=> #start(#chain).source()))
    });
    let collapsed = opened.reduce(|(_, outer), (expr, inner)| {
        let span = expr.span();
        let rt = rt.at(span);
        let inner = match may_fail(expr) {
            true => quote_spanned!(span=> || #inner),
            false => quote_spanned!(span=> #rt::evaluated(#inner)),
        };
        (expr, quote_spanned!(span=> #rt::collapse(#outer, #inner)))
    });
    collapsed.map(|(_, source)| source).unwrap_or_default()
}

/// What a loop in worker processes runs over: a plain iterator, which this process alone asks for items.
pub(crate) fn plain<'e>(rt: &Runtime, levels: impl Iterator<Item = &'e Expr>) -> TokenStream {
    let opened = levels.map(|expr| {
        let span = expr.span();
        (span, quote_spanned!(span=> ::core::iter::IntoIterator::into_iter(#expr)))
    });
    let all = opened.reduce(|(_, outer), (span, inner)| {
        let rt = rt.of_both(span);
        (span, quote_spanned!(span=> #rt::product(#outer, || #inner)))
    });
    all.map(|(_, source)| source).unwrap_or_default()
}

fn chain(rt: &Runtime, expr: &Expr) -> TokenStream {
    match expr {
        Expr::MethodCall(call) if is_adapter(call) => adapter(rt, call),
        // Those of `(0..n).rev()`: around an argument they would be reported as unnecessary.
        Expr::Paren(inner) if inner.attrs.is_empty() => chain(rt, &inner.expr),
        Expr::Group(inner) if inner.attrs.is_empty() => chain(rt, &inner.expr),
        other => quote!(#other),
    }
}

fn start(rt: &Runtime, expr: &Expr) -> TokenStream {
    let span = expr.span();
    let rt = rt.at(span);
    quote_spanned!(span=> #rt::Start)
}

fn adapter(rt: &Runtime, call: &ExprMethodCall) -> TokenStream {
    let (method, argument) = (&call.method, call.args.first());
    let (start, receiver) = (start(rt, &call.receiver), chain(rt, &call.receiver));
    let receiver = quote_spanned!(method.span()=> #start(#receiver));
    if method == "into_iter" {
        return quote_spanned!(method.span()=> #receiver.producer().#method());
    }
    match argument {
        Some(Expr::MethodCall(inner)) if method == "zip" && is_adapter(inner) => {
            let (other, rt) = (adapter(rt, inner), rt.at(method.span()));
            let (it, a) = (local("it", method.span()), local("a", method.span()));
            quote_spanned! {method.span()=>
                #receiver.zip(#other, |#it, #a| #it.#method(#rt::Start(#a).written()))
            }
        }
        _ => quote_spanned!(method.span()=> #receiver.chain().#method(#argument)),
    }
}

/// Whether it matters that the plain loop does not evaluate an inner source if the outer one has no items.
/// Where it does, the source cannot borrow from values made in it.
fn may_fail(source: &Expr) -> bool {
    struct Fallible(bool);
    impl Visit<'_> for Fallible {
        fn visit_expr(&mut self, expr: &Expr) {
            self.0 |= match expr {
                Expr::Index(_) | Expr::Binary(_) | Expr::Unary(_) => true,
                Expr::MethodCall(call) => !call.args.is_empty(),
                _ => false,
            };
            visit::visit_expr(self, expr);
        }
    }
    let mut fallible = Fallible(false);
    fallible.visit_expr(source);
    fallible.0
}

/// A place is left alone: calling a method on it may borrow it, wrapping it would move it. So is a block,
/// whose braces rustc would report as unnecessary.
fn is_adapter(call: &ExprMethodCall) -> bool {
    call.turbofish.is_none()
        && call.attrs.is_empty()
        && !is_left_alone(&call.receiver)
        && ADAPTERS.iter().any(|(name, args)| call.method == *name && call.args.len() == *args)
}

fn is_left_alone(expr: &Expr) -> bool {
    match expr {
        Expr::Block(_) | Expr::Path(_) | Expr::Field(_) | Expr::Index(_) | Expr::Unary(_) => true,
        Expr::Paren(inner) => is_left_alone(&inner.expr),
        Expr::Group(inner) => is_left_alone(&inner.expr),
        _ => false,
    }
}
