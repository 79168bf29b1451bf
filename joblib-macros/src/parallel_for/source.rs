//! The expression after `in`: std's adapters at its end are called on the run-time's wrapper, whose types decide
//! whether the loop can be cut by index.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::names::local;
use super::runtime::Runtime;

/// The adapters the wrapper knows, with their number of arguments.
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

/// expands to:
/// ```text
/// Start(xs.iter()).zip(Start(ys.iter()).skip(1, |it, a| it.skip(a)), |it, a| it.zip(a)).source()
/// ```
/// for `xs.iter().zip(ys.iter().skip(1))`. The closures repeat the call as written: they are called when the
/// receiver turns out to be no iterator.
///
/// The sources of collapsed loops become one: `collapse(outer, inner)`.
pub(crate) fn open<'e>(rt: &Runtime, sources: impl Iterator<Item = &'e Expr>) -> TokenStream {
    let opened = sources.map(|expr| {
        let chain = chain(rt, expr);
        (expr.span(), quote_spanned!(expr.span()=> #chain.source()))
    });
    let collapsed = opened.reduce(|(_, outer), (span, inner)| {
        let rt = rt.at(span);
        (span, quote_spanned!(span=> #rt::collapse(#outer, #inner)))
    });
    collapsed.map(|(_, source)| source).unwrap_or_default()
}

fn chain(rt: &Runtime, expr: &Expr) -> TokenStream {
    match expr {
        Expr::MethodCall(call) if is_adapter(call) => adapter(rt, call),
        // Those of `(0..n).rev()`: in a call of their own they would be too many.
        Expr::Paren(inner) if inner.attrs.is_empty() => chain(rt, &inner.expr),
        other => {
            let start = start(rt, other.span());
            quote_spanned!(other.span()=> #start(#other))
        }
    }
}

fn start(rt: &Runtime, span: Span) -> TokenStream {
    let rt = rt.at(span);
    quote_spanned!(span=> #rt::Start)
}

fn adapter(rt: &Runtime, call: &ExprMethodCall) -> TokenStream {
    let method = &call.method;
    let receiver = chain(rt, &call.receiver);
    let it = local("it", method.span());
    let Some(argument) = call.args.first() else {
        return quote_spanned!(method.span()=> #receiver.#method(|#it| #it.#method()));
    };
    let argument = match argument {
        Expr::MethodCall(inner) if method == "zip" && is_adapter(inner) => chain(rt, argument),
        other => quote!(#other),
    };
    let a = local("a", method.span());
    quote_spanned!(method.span()=> #receiver.#method(#argument, |#it, #a| #it.#method(#a)))
}

/// A place is left alone: calling a method on it may borrow it, wrapping it would move it.
fn is_adapter(call: &ExprMethodCall) -> bool {
    call.turbofish.is_none()
        && call.attrs.is_empty()
        && !is_place(&call.receiver)
        && ADAPTERS.iter().any(|(name, args)| call.method == *name && call.args.len() == *args)
}

fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) | Expr::Unary(_) => true,
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}
