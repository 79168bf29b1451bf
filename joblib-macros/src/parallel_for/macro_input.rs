//! What the macros of std do with the expressions in their input. What another macro makes of its input, only
//! that macro knows.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Lit, LitStr, Macro, Token};

use crate::std_macros::gives;
use crate::tokens::as_ident;

/// What a macro does with its input.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Evaluates each of its arguments.
    List,
    /// Evaluates its first argument, and shows its text if that is all there is.
    Assert,
    /// Evaluates its first argument; what follows is a pattern.
    Matches,
    /// Evaluates its arguments and shows their text.
    Dbg,
}

/// The kind of a macro that is std's.
pub(crate) fn kind(mac: &Macro) -> Option<Kind> {
    let mut segments = mac.path.segments.iter();
    let (first, last) = (segments.next()?, mac.path.segments.last()?);
    let of_std = segments.next().is_none() || ["std", "core", "alloc"].iter().any(|root| first.ident == root);
    match last.ident.to_string().as_str() {
        _ if !of_std => None,
        "assert" | "debug_assert" => Some(Kind::Assert),
        "matches" => Some(Kind::Matches),
        "dbg" => Some(Kind::Dbg),
        name => gives(name).map(|_| Kind::List),
    }
}

/// The arguments of a macro of std that it evaluates.
pub(crate) fn arguments(mac: &Macro) -> Option<Punctuated<Expr, Token![,]>> {
    match kind(mac)? {
        Kind::Matches => {
            let (value, _) = matched.parse2(mac.tokens.clone()).ok()?;
            Some([value].into_iter().collect())
        }
        Kind::List | Kind::Assert | Kind::Dbg => list(mac),
    }
}

/// The arguments of any macro whose input reads as a list of expressions.
pub(crate) fn list(mac: &Macro) -> Option<Punctuated<Expr, Token![,]>> {
    Punctuated::<Expr, Token![,]>::parse_terminated.parse2(mac.tokens.clone()).ok().or_else(|| {
        let (value, _, len) = repeated.parse2(mac.tokens.clone()).ok()?;
        Some([value, len].into_iter().collect())
    })
}

/// The input of a macro with `change` applied to each argument that is evaluated; `None` if it cannot be told
/// which.
pub(crate) fn with_arguments(mac: &Macro, mut change: impl FnMut(&mut Expr)) -> Option<TokenStream> {
    let tokens = mac.tokens.clone();
    if kind(mac)? == Kind::Matches {
        let (mut value, pattern) = matched.parse2(tokens).ok()?;
        change(&mut value);
        return Some(quote!(#value #pattern));
    }
    if let Ok(mut list) = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(tokens.clone()) {
        for argument in &mut list {
            match argument {
                // `name = value` in a format.
                Expr::Assign(named) => change(&mut named.right),
                other => change(other),
            }
        }
        return Some(list.into_token_stream());
    }
    let (mut value, semi, mut len) = repeated.parse2(tokens).ok()?;
    change(&mut value);
    change(&mut len);
    Some(quote!(#value #semi #len))
}

/// `value, pattern`
fn matched(input: ParseStream<'_>) -> syn::Result<(Expr, TokenStream)> {
    Ok((input.parse()?, input.parse()?))
}

/// `value; len`
fn repeated(input: ParseStream<'_>) -> syn::Result<(Expr, Token![;], Expr)> {
    Ok((input.parse()?, input.parse()?, input.parse()?))
}

/// The variables named inside the format string among the arguments of a macro: as values, widths and
/// precisions.
pub(crate) fn captured_names(mac: &Macro, arguments: &Punctuated<Expr, Token![,]>) -> Vec<Ident> {
    let first = match mac.path.segments.last().map(|last| last.ident.to_string()).as_deref() {
        Some("assert" | "debug_assert" | "write" | "writeln") => 1,
        Some("assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne") => 2,
        Some("vec" | "dbg" | "matches") => return Vec::new(),
        _ => 0,
    };
    let given = |name: &Ident| {
        arguments.iter().any(|argument| match argument {
            Expr::Assign(named) => as_ident(&named.left).is_some_and(|own| own == *name),
            _ => false,
        })
    };
    match arguments.get(first) {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(format), .. })) => {
            names_in(format).into_iter().filter(|name| !given(name)).collect()
        }
        _ => Vec::new(),
    }
}

fn names_in(format: &LitStr) -> Vec<Ident> {
    let text = format.value().replace("{{", "");
    let pieces = text.split('{').skip(1).filter_map(|piece| Some(piece.split_once('}')?.0));
    let names = pieces.flat_map(|piece| {
        let (name, format) = piece.split_once(':').unwrap_or((piece, ""));
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        // Widths and precisions end in `$`.
        let counts = format
            .split('$')
            .rev()
            .skip(1)
            .filter_map(move |before| before.rsplit(|c| !is_of_name(c)).next());
        [name].into_iter().chain(counts)
    });
    let names = names.filter_map(|name| syn::parse_str::<Ident>(name.trim()).ok());
    names.map(|name| Ident::new(&name.to_string(), format.span())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_format_strings() {
        let names = |text: &str| -> Vec<String> {
            let text: LitStr = syn::parse_str(&format!("{text:?}")).expect("a literal");
            names_in(&text).iter().map(ToString::to_string).collect()
        };
        assert_eq!(names("{a} {0} {} {{b}} {c:?} {d:>w$.p$}"), ["a", "c", "d", "p", "w"]);
        assert_eq!(names("{:>w$} {:.3}"), ["w"]);
    }
}
