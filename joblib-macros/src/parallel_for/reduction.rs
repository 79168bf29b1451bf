//! `reduce(..)`: which variables the iterations accumulate in, and how.

use std::fmt;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, Token, token};

use crate::attr::Given;
use crate::ctxt::Ctxt;
use crate::names::suggestion;
use crate::tokens::as_ident;

/// One entry of `reduce(..)`.
#[derive(Clone)]
pub(crate) struct Reduction {
    pub(crate) operator: Operator,
    pub(crate) variable: Ident,
    /// The variables that belong to an extreme value.
    pub(crate) others: Vec<Ident>,
}

/// How two accumulators become one.
#[derive(Clone)]
pub(crate) enum Operator {
    Sum,
    Product,
    BitAnd,
    BitOr,
    BitXor,
    And,
    Or,
    Min,
    Max,
    /// `argmin(best) = at`: the variable is `best`.
    ArgMin,
    /// `argmax(best) = at`
    ArgMax,
    First,
    Last,
    /// `with(merge, init)`
    With(Box<Merge>),
}

/// How a user's own type is merged.
#[derive(Clone)]
pub(crate) struct Merge {
    pub(crate) merge: Expr,
    pub(crate) init: Expr,
}

/// The operators that are called by name.
const NAMES: &[&str] =
    &["min", "max", "argmin", "argmax", "first", "last", "with", "+", "*", "&", "|", "^", "&&", "||"];

impl Reduction {
    /// All variables that it names.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Ident> {
        [&self.variable].into_iter().chain(&self.others)
    }

    /// `reduce(+ = sum, max = best, with(merge, init) = all)`
    pub(crate) fn parse_all(cx: &Ctxt, given: Given) -> Vec<Reduction> {
        given.into_list(cx, "an operator and a variable", "reduce(+ = sum)", Reduction::parse)
    }

    /// Puts together what belongs to one extreme value.
    pub(crate) fn joined(all: Vec<Reduction>) -> Vec<Reduction> {
        let mut joined: Vec<Reduction> = Vec::new();
        for reduction in all {
            let same = joined.iter_mut().find(|earlier| {
                reduction.is_arg() && earlier.variable == reduction.variable && earlier.is_arg()
            });
            match same {
                Some(earlier) => earlier.others.extend(reduction.others),
                None => joined.push(reduction),
            }
        }
        joined
    }

    fn is_arg(&self) -> bool {
        matches!(self.operator, Operator::ArgMin | Operator::ArgMax)
    }
}

impl Parse for Reduction {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (operator, extreme) = Operator::parse(input)?;
        input.parse::<Token![=]>()?;
        let variable: Expr = input.parse()?;
        let Some(variable) = as_ident(&variable) else {
            return Err(syn::Error::new_spanned(
                variable,
                "a reduction ends in a local variable: make one before the loop, name it here, and store it \
                 after the loop",
            ));
        };
        Ok(match extreme {
            Some(extreme) => Reduction { operator, variable: extreme, others: vec![variable] },
            None => Reduction { operator, variable, others: Vec::new() },
        })
    }
}

impl Operator {
    /// And the variable of the extreme value, for `argmax(best)`.
    fn parse(input: ParseStream<'_>) -> syn::Result<(Self, Option<Ident>)> {
        macro_rules! symbols {
            ($($token:tt $operator:ident)*) => {$(
                if input.peek(Token![$token]) {
                    input.parse::<Token![$token]>()?;
                    return Ok((Operator::$operator, None));
                }
            )*};
        }
        // Longer ones first.
        symbols!(&&And || Or + Sum * Product & BitAnd | BitOr ^ BitXor);
        if !input.peek(Ident::peek_any) {
            return Err(input.error(
                "expected an operator: `+`, `*`, `min`, `max`, `&`, `|`, `^`, `&&`, `||`, `argmin(best)`, \
                 `argmax(best)`, `first`, `last` or `with(merge, init)`",
            ));
        }
        let name = input.call(Ident::parse_any)?;
        let operator = match name.to_string().as_str() {
            "min" => Operator::Min,
            "max" => Operator::Max,
            "first" => Operator::First,
            "last" => Operator::Last,
            "argmin" => return Ok((Operator::ArgMin, Some(extreme(&name, input)?))),
            "argmax" => return Ok((Operator::ArgMax, Some(extreme(&name, input)?))),
            "with" => Self::parse_with(&name, input)?,
            other => {
                let hint = suggestion(other, NAMES);
                return Err(syn::Error::new(name.span(), format!("`{other}` is no operator: {hint}")));
            }
        };
        Ok((operator, None))
    }

    fn parse_with(name: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let example = "write `with(merge, init) = variable`, with `merge` a function that joins two \
                       values in loop order and `init` an empty value";
        if !input.peek(token::Paren) {
            return Err(syn::Error::new(name.span(), example));
        }
        let list;
        let parens = syn::parenthesized!(list in input);
        let mut parts = Punctuated::<Expr, Token![,]>::parse_terminated(&list)?.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(merge), Some(init), None) => Ok(Operator::With(Box::new(Merge { merge, init }))),
            _ => Err(syn::Error::new(parens.span.join(), example)),
        }
    }
}

/// `(best)`
fn extreme(name: &Ident, input: ParseStream<'_>) -> syn::Result<Ident> {
    let example = format!(
        "write `{name}(best) = at`, with `best` the variable of the extreme value and `at` what belongs to it"
    );
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(name.span(), example));
    }
    let list;
    let parens = syn::parenthesized!(list in input);
    let tokens: TokenStream = list.parse()?;
    let variable = syn::parse2::<Expr>(tokens).ok().and_then(|expr| as_ident(&expr));
    variable.ok_or_else(|| syn::Error::new(parens.span.join(), example))
}

/// As written in `reduce(..)`.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operator::Sum => "+",
            Operator::Product => "*",
            Operator::BitAnd => "&",
            Operator::BitOr => "|",
            Operator::BitXor => "^",
            Operator::And => "&&",
            Operator::Or => "||",
            Operator::Min => "min",
            Operator::Max => "max",
            Operator::ArgMin => "argmin",
            Operator::ArgMax => "argmax",
            Operator::First => "first",
            Operator::Last => "last",
            Operator::With(_) => "with",
        })
    }
}
