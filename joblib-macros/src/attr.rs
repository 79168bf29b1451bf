//! Options as users write them: `name`, `name = value`, `name(..)`, separated by commas.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
#[cfg(feature = "parallel")]
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Ident, Lit, Token, token};

use crate::ctxt::Ctxt;
use crate::names::suggestion;

/// One option that may be given once: remembers its value and where it was given.
#[derive(Clone)]
pub(crate) struct Attr<T> {
    value: Option<(Span, T)>,
}

impl<T> Default for Attr<T> {
    fn default() -> Self {
        Attr { value: None }
    }
}

impl<T> Attr<T> {
    /// Takes what was given, as `read` reads it; a second value is an error.
    pub(crate) fn read(&mut self, cx: &Ctxt, given: Given, read: impl FnOnce(Given) -> Option<T>) {
        let name = given.name.clone();
        let Some(value) = read(given) else { return };
        if self.is_set() {
            let text = name.unraw();
            cx.error_at(name.span(), format_args!("`{text}` is given twice: keep one of the two"));
        } else {
            self.value = Some((name.span(), value));
        }
    }

    /// Takes the value of `other` where there is none.
    #[cfg(feature = "parallel")]
    pub(crate) fn or(&mut self, other: &Self)
    where
        T: Clone,
    {
        if self.value.is_none() {
            self.value = other.value.clone();
        }
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// Where the option was given.
    pub(crate) fn span(&self) -> Option<Span> {
        self.value.as_ref().map(|(span, _)| *span)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.value.is_some()
    }

    #[cfg(feature = "parallel")]
    pub(crate) fn into_value(self) -> Option<T> {
        self.value.map(|(_, value)| value)
    }
}

/// One option as written, before its meaning is known.
pub(crate) struct Given {
    pub(crate) name: Ident,
    pub(crate) value: GivenValue,
}

/// What follows the name of an option.
pub(crate) enum GivenValue {
    /// `name`
    Flag,
    /// `name = expr`
    Expr(Expr),
    /// `name(..)`, without the parentheses
    List(TokenStream),
}

impl Given {
    /// Parses a whole option list. Mistakes are recorded and what follows them is still read; a name outside
    /// `valid` is reported with the nearest valid one and left out.
    pub(crate) fn parse_all(cx: &Ctxt, options: TokenStream, valid: &[&str]) -> Vec<Given> {
        let parser = |input: ParseStream<'_>| {
            let mut all = Vec::new();
            while !input.is_empty() {
                match Given::parse(input) {
                    Ok(given) if valid.contains(&given.name.unraw().to_string().as_str()) => all.push(given),
                    Ok(given) => {
                        let name = given.name.unraw().to_string();
                        cx.error(
                            &given.name,
                            format_args!("unknown option `{name}`: {}", suggestion(&name, valid)),
                        );
                    }
                    Err(error) => {
                        cx.push(error);
                        skip_past_comma(input);
                        continue;
                    }
                }
                if input.is_empty() {
                    break;
                }
                if input.parse::<Token![,]>().is_err() {
                    cx.push(input.error("expected `,` between two options"));
                    skip_past_comma(input);
                }
            }
            Ok(all)
        };
        cx.ok(parser.parse2(options)).unwrap_or_default()
    }

    fn parse(input: ParseStream<'_>) -> syn::Result<Given> {
        // `if` and `crate` are options too.
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected the name of an option"));
        }
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                return Err(syn::Error::new(name.span(), format!("`{name} =` lacks its value")));
            }
            GivenValue::Expr(input.parse()?)
        } else if input.peek(token::Paren) {
            let list;
            syn::parenthesized!(list in input);
            GivenValue::List(list.parse()?)
        } else {
            GivenValue::Flag
        };
        Ok(Given { name, value })
    }

    /// The value of `name = expr`; anything else is recorded as an error that shows `example`.
    pub(crate) fn into_expr(self, cx: &Ctxt, example: &str) -> Option<Expr> {
        match self.value {
            GivenValue::Expr(expr) => Some(expr),
            _ => {
                cx.error(
                    &self.name,
                    format_args!("`{}` takes a value: write `{example}`", self.name.unraw()),
                );
                None
            }
        }
    }

    /// The value of `name = "text"`, with the span of the literal.
    pub(crate) fn into_str(self, cx: &Ctxt, example: &str) -> Option<(Span, String)> {
        let name = self.name.clone();
        let expr = self.into_expr(cx, example)?;
        let text = string_literal(&expr);
        if text.is_none() {
            cx.error(&expr, format_args!("`{}` takes a string literal: write `{example}`", name.unraw()));
        }
        text
    }

    /// The entries of `name(..)`, each read by `entry`; without any, an error says that the option names
    /// `what`.
    #[cfg(feature = "parallel")]
    pub(crate) fn into_list<T>(
        self,
        cx: &Ctxt,
        what: &str,
        example: &str,
        entry: fn(ParseStream<'_>) -> syn::Result<T>,
    ) -> Vec<T> {
        let name = self.name.unraw();
        match self.value {
            GivenValue::List(list) if list.is_empty() => {
                cx.error(self.name, format_args!("`{name}` names {what}: write `{example}`"));
            }
            GivenValue::List(list) => {
                let parser =
                    |input: ParseStream<'_>| Punctuated::<T, Token![,]>::parse_terminated_with(input, entry);
                return cx.ok(parser.parse2(list)).into_iter().flatten().collect();
            }
            _ => cx.error(self.name, format_args!("`{name}` takes a list: write `{example}`")),
        }
        Vec::new()
    }

    /// Whether the flag is on: `name`, `name = true` or `name = false`.
    pub(crate) fn into_flag(self, cx: &Ctxt) -> Option<bool> {
        match &self.value {
            GivenValue::Flag => Some(true),
            GivenValue::Expr(Expr::Lit(ExprLit { lit: Lit::Bool(value), .. })) => Some(value.value),
            GivenValue::Expr(expr) => {
                cx.error(expr, format_args!("`{}` is a switch: write it alone", self.name.unraw()));
                None
            }
            GivenValue::List(list) => {
                let at = if list.is_empty() { self.name.to_token_stream() } else { list.clone() };
                cx.error(at, format_args!("`{}` is a switch: write it alone", self.name.unraw()));
                None
            }
        }
    }
}

/// The text of a string literal, with its span.
pub(crate) fn string_literal(expr: &Expr) -> Option<(Span, String)> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some((text.span(), text.value())),
        Expr::Group(group) => string_literal(&group.expr),
        _ => None,
    }
}

fn skip_past_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        if input.parse::<proc_macro2::TokenTree>().is_err() || comma {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn errors_of(options: TokenStream) -> Vec<String> {
        let cx = Ctxt::new();
        let mut jobs = Attr::default();
        for given in Given::parse_all(&cx, options, &["n_jobs", "if", "reduce"]) {
            if given.name == "n_jobs" {
                jobs.read(&cx, given, |given| given.into_expr(&cx, "n_jobs = 2"));
            }
        }
        let Err(tokens) = cx.check() else { return Vec::new() };
        let file = syn::parse2::<syn::File>(tokens).expect("compile_error items");
        file.items.iter().map(|item| item.to_token_stream().to_string()).collect()
    }

    #[test]
    fn every_mistake_is_reported() {
        let errors = errors_of(quote!(n_job = 3, n_jobs = 1, n_jobs = 2, if = x < 3, 5, n_jobs));
        assert_eq!(errors.len(), 4, "{errors:#?}");
        assert!(errors[0].contains("did you mean `n_jobs`?"));
        assert!(errors[1].contains("expected the name of an option"));
        assert!(errors[2].contains("given twice"));
        assert!(errors[3].contains("takes a value"));
    }

    #[test]
    fn commas_inside_a_value_do_not_end_it() {
        assert!(errors_of(quote!(n_jobs = f::<A, B>(1, 2), reduce(+ = a, * = b), if = true,)).is_empty());
    }
}
