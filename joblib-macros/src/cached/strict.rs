//! The options that say how strict a function is with what could make a result stale: `strict`,
//! `ignore_fields`.

use crate::attr::{Given, GivenValue, string_literal};
use crate::ctxt::Ctxt;
use crate::names::suggestion;
use proc_macro2::Span;
use syn::Expr;

/// What `strict` makes matter more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strict {
    /// Hidden fields are errors.
    pub(super) hidden: bool,
    /// Results of another toolchain are not used.
    pub(super) toolchain: bool,
}

/// `strict`, or what is to be strict.
pub(super) fn strict(cx: &Ctxt, given: Given) -> Option<Strict> {
    const PARTS: &[&str] = &["hidden", "toolchain"];
    if let GivenValue::Flag | GivenValue::Expr(Expr::Lit(syn::ExprLit { lit: syn::Lit::Bool(_), .. })) =
        &given.value
    {
        return given.into_flag(cx).map(|on| Strict { hidden: on, toolchain: on });
    }
    let mut strict = Strict::default();
    for (span, part) in texts(cx, given, "strict = [\"hidden\"]")? {
        match part.as_str() {
            "hidden" => strict.hidden = true,
            "toolchain" => strict.toolchain = true,
            _ => {
                cx.error_at(span, format_args!("unknown part `{part}`: {}", suggestion(&part, PARTS)));
                return None;
            }
        }
    }
    Some(strict)
}

/// `["Config.log", ..]`, or one of them alone.
pub(super) fn ignore_fields(cx: &Ctxt, given: Given) -> Option<Vec<String>> {
    let texts = texts(cx, given, "ignore_fields = [\"Config.log\"]")?;
    Some(texts.into_iter().map(|(_, text)| text).collect())
}

fn texts(cx: &Ctxt, given: Given, example: &str) -> Option<Vec<(Span, String)>> {
    let items: Vec<Expr> = match given.into_expr(cx, example)? {
        Expr::Array(array) => array.elems.into_iter().collect(),
        other => vec![other],
    };
    let text = |item: &Expr| {
        let text = string_literal(item);
        if text.is_none() {
            cx.error(item, format_args!("this takes texts in quotes: write `{example}`"));
        }
        text
    };
    items.iter().map(text).collect()
}
