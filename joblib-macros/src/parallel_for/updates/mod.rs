//! The updates of accumulators in a loop's body.
//!
//! Inside of the body an accumulator has a type of its own, which offers nothing but its operator's updates,
//! so whatever reads it does not compile. Updates that no type can offer, like `if e > best { best = e }`,
//! become calls of its methods here; and what is visibly no update is reported in the user's words, at the
//! user's token.
//!
//! [`walk`] goes through the body and knows what is a statement and which names are shadowed; [`sums`],
//! [`choices`] and [`in_place`] know the updates of the operators.

mod choices;
mod in_place;
mod sums;
mod walk;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{BinOp, Block, Expr, Ident, parse_quote_spanned};

use super::advice;
use super::forms::{Form, bare};
use super::names::standing_at;
use super::reduction::{Operator, Reduction};
use super::scope::Scope;
use crate::ctxt::Ctxt;
use crate::tokens;

/// One accumulator of a loop, understood.
#[derive(Clone)]
pub(crate) struct Accumulator {
    pub(crate) operator: Operator,
    pub(crate) variable: Ident,
    /// The variables that belong to an extreme value.
    pub(crate) others: Vec<Ident>,
    pub(crate) form: Form,
}

/// Rewrites the updates in `body`; the values of a body that `collects` are not statements.
pub(crate) fn rewrite(
    cx: &Ctxt,
    reductions: Vec<Reduction>,
    body: &mut Block,
    collects: bool,
) -> Vec<Accumulator> {
    let known = reductions.into_iter().map(|reduction| Known { reduction, form: None }).collect();
    let mut updates = Updates { cx, known, scope: Scope::new(), muted: false };
    if !updates.known.is_empty() {
        updates.block(body, !collects);
    }
    for Known { reduction, form } in &updates.known {
        let chooses =
            matches!(reduction.operator, Operator::Min | Operator::Max | Operator::ArgMin | Operator::ArgMax);
        if chooses
            && form.is_none()
            && !cx.has_errors()
            && tokens::mentions(body.to_token_stream(), &reduction.variable)
        {
            cx.error(&reduction.variable, advice::unseen(&reduction.operator, &reduction.variable));
        }
    }
    let finished = updates.known.into_iter().map(|Known { reduction, form }| {
        let Reduction { operator, variable, others } = reduction;
        let form = form.unwrap_or_else(|| default_form(&operator, variable.span()));
        Accumulator { operator, variable, others, form }
    });
    finished.collect()
}

/// The form of an accumulator that is not updated in any other.
fn default_form(operator: &Operator, span: Span) -> Form {
    let (earlier, later) = operands(span);
    match operator {
        Operator::Max | Operator::ArgMax => {
            Form::Compared(Box::new(parse_quote_spanned!(span=> #later > #earlier)))
        }
        Operator::Min | Operator::ArgMin => {
            Form::Compared(Box::new(parse_quote_spanned!(span=> #later < #earlier)))
        }
        _ => Form::Plain,
    }
}

/// The parameters of the functions that blocks are merged by.
pub(crate) fn operands(span: Span) -> (Expr, Expr) {
    let here = standing_at(span);
    (parse_quote_spanned!(here=> __earlier), parse_quote_spanned!(here=> __later))
}

struct Known {
    reduction: Reduction,
    form: Option<Form>,
}

struct Updates<'a> {
    cx: &'a Ctxt,
    known: Vec<Known>,
    /// What the body declares.
    scope: Scope,
    /// Whether this may not be compiled at all, so that nothing is reported about it.
    muted: bool,
}

impl Updates<'_> {
    /// The accumulator that an expression consists of.
    fn accumulator(&self, expr: &Expr) -> Option<usize> {
        match bare(expr) {
            Expr::Path(path) if path.attrs.is_empty() => self.named(path.path.get_ident()?),
            _ => None,
        }
    }

    fn named(&self, name: &Ident) -> Option<usize> {
        let known = || self.known.iter().position(|known| known.reduction.variables().any(|own| own == name));
        if self.scope.declares(&name.to_string()) { None } else { known() }
    }

    fn operator(&self, index: usize) -> &Operator {
        &self.known[index].reduction.operator
    }

    fn variable(&self, index: usize) -> Ident {
        self.known[index].reduction.variable.clone()
    }

    fn error_at(&self, at: Span, message: String) {
        if !self.muted {
            self.cx.error_at(at, message);
        }
    }

    /// The form of an update, which has to be that of the others.
    fn settle(&mut self, index: usize, form: Form, at: Span) {
        let name = self.variable(index);
        match &self.known[index].form {
            Some(earlier) if !earlier.is_same(&form) => self.error_at(at, advice::two_forms(&name)),
            Some(_) => {}
            None => self.known[index].form = Some(form),
        }
    }
}

pub(crate) fn is_assignment(operator: &BinOp) -> bool {
    matches!(
        operator,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}
