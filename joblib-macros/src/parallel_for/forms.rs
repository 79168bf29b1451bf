//! The shapes in which a body updates an accumulator.

use quote::ToTokens;
use syn::{
    BinOp, Block, Expr, ExprBinary, ExprCall, ExprMethodCall, ExprReference, ExprUnary, Ident, Stmt, UnOp,
};

use super::quiet::is_pure;
use crate::tokens::as_ident;

/// How an update differs from its plain operator: every block merges that way.
#[derive(Clone)]
pub(crate) enum Form {
    /// By the operator itself.
    Plain,
    /// `wrapping_add` and the like
    Wrapping,
    /// `saturating_add` and the like
    Saturating,
    /// By this function of an earlier value and a later one.
    Merge(Box<Combined>),
    /// By whether this function says that a later value takes an earlier one's place.
    Compared(Box<Expr>),
}

impl Form {
    pub(crate) fn is_same(&self, other: &Form) -> bool {
        match (self, other) {
            (Form::Merge(one), Form::Merge(two)) => {
                (&one.method, one.variable_first, one.is_bare)
                    == (&two.method, two.variable_first, two.is_bare)
            }
            (Form::Compared(one), Form::Compared(two)) => same(one, two),
            (one, two) => std::mem::discriminant(one) == std::mem::discriminant(two),
        }
    }
}

/// Whether two expressions are written alike.
pub(crate) fn same(one: &Expr, two: &Expr) -> bool {
    one.to_token_stream().to_string() == two.to_token_stream().to_string()
}

/// Without parentheses around it.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) if inner.attrs.is_empty() => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

pub(crate) fn is_variable(expr: &Expr, name: &Ident) -> bool {
    as_ident(bare(expr)).is_some_and(|ident| ident == *name)
}

/// A call of a method or function with two operands, of which one is the variable.
#[derive(Clone)]
pub(crate) struct Combined {
    /// The name of the method or function.
    pub(crate) method: Ident,
    pub(crate) operand: Expr,
    /// Whether the variable stands first.
    pub(crate) variable_first: bool,
    /// Whether it is a function called by its name alone, which may be anybody's.
    pub(crate) is_bare: bool,
    /// The call with `earlier` in the variable's place and `later` in the operand's.
    pub(crate) of_earlier_and_later: Expr,
}

/// `s.max(e)`, `e.max(s)`, `f64::max(s, e)`
pub(crate) fn combined(expr: &Expr, name: &Ident, earlier: &Expr, later: &Expr) -> Option<Combined> {
    let (method, first, second) = match bare(expr) {
        Expr::MethodCall(ExprMethodCall { method, receiver, args, .. }) if args.len() == 1 => {
            (method.clone(), &**receiver, args.first()?)
        }
        Expr::Call(ExprCall { func, args, .. }) if args.len() == 2 => match &**func {
            Expr::Path(path) => (path.path.segments.last()?.ident.clone(), args.first()?, args.last()?),
            _ => return None,
        },
        _ => return None,
    };
    let variable_first = is_variable(first, name);
    if variable_first == is_variable(second, name) {
        return None;
    }
    let (one, two) = if variable_first { (earlier, later) } else { (later, earlier) };
    let of_earlier_and_later = match bare(expr).clone() {
        Expr::MethodCall(mut call) => {
            *call.receiver = one.clone();
            call.args = [two.clone()].into_iter().collect();
            Expr::MethodCall(call)
        }
        Expr::Call(mut call) => {
            call.args = [one.clone(), two.clone()].into_iter().collect();
            Expr::Call(call)
        }
        other => other,
    };
    let operand = if variable_first { second } else { first }.clone();
    let is_bare = match bare(expr) {
        Expr::Call(call) => as_ident(&call.func).is_some(),
        _ => false,
    };
    Some(Combined { method, operand, variable_first, is_bare, of_earlier_and_later })
}

/// A comparison with the variable that decides whether it is replaced.
pub(crate) struct Comparison {
    pub(crate) operand: Expr,
    /// Whether a larger operand replaces it.
    pub(crate) larger: bool,
    /// The comparison with `later` in the operand's place and `earlier` in the variable's.
    pub(crate) of_later_and_earlier: Expr,
}

/// `e > s`, `s < e`, and with `>=`, `<=`; `e > &s`
pub(crate) fn comparison(expr: &Expr, name: &Ident, earlier: &Expr, later: &Expr) -> Option<Comparison> {
    let Expr::Binary(binary) = bare(expr) else { return None };
    let greater = match binary.op {
        BinOp::Gt(_) | BinOp::Ge(_) => true,
        BinOp::Lt(_) | BinOp::Le(_) => false,
        _ => return None,
    };
    let (left, right) = (referent(&binary.left), referent(&binary.right));
    let (operand, variable, variable_last) = match (is_variable(left, name), is_variable(right, name)) {
        (false, true) => (&binary.left, &binary.right, true),
        (true, false) => (&binary.right, &binary.left, false),
        _ => return None,
    };
    // `x > &best` compares what is behind `x`.
    let operand = match (bare(operand), bare(variable)) {
        (Expr::Reference(_), Expr::Reference(_)) => referent(operand).clone(),
        (place, Expr::Reference(_)) => Expr::Unary(ExprUnary {
            attrs: Vec::new(),
            op: UnOp::Deref(Default::default()),
            expr: Box::new(place.clone()),
        }),
        (operand, _) => operand.clone(),
    };
    let flipped = match binary.op {
        op if variable_last => op,
        BinOp::Gt(_) => syn::parse_quote!(<),
        BinOp::Ge(_) => syn::parse_quote!(<=),
        BinOp::Lt(_) => syn::parse_quote!(>),
        _ => syn::parse_quote!(>=),
    };
    let compared = ExprBinary {
        attrs: Vec::new(),
        left: Box::new(later.clone()),
        op: flipped,
        right: Box::new(earlier.clone()),
    };
    Some(Comparison {
        operand,
        larger: greater == variable_last,
        of_later_and_earlier: Expr::Binary(compared),
    })
}

/// What an expression refers to, if it is `&place`.
fn referent(expr: &Expr) -> &Expr {
    match bare(expr) {
        Expr::Reference(reference) if reference.mutability.is_none() => &reference.expr,
        other => other,
    }
}

/// Whether `value` is what was compared, evaluated once more.
pub(crate) fn is_what_was_compared(value: &Expr, compared: &Expr) -> bool {
    let (value, compared) = (bare(value), bare(compared));
    let copied = match value {
        Expr::MethodCall(call) if call.args.is_empty() => {
            ["clone", "to_owned"].iter().any(|copies| call.method == copies).then_some(bare(&call.receiver))
        }
        _ => None,
    };
    // `x.clone()` may be of `*x`, which was compared.
    let place = match compared {
        Expr::Unary(deref) if matches!(deref.op, UnOp::Deref(_)) => bare(&deref.expr),
        other => other,
    };
    let is_copy = copied.is_some_and(|of| same(of, compared) || same(of, place));
    is_pure(compared) && (is_copy || same(value, compared))
}

/// `a && b && c`, in order.
pub(crate) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    chain(expr, |op| matches!(op, BinOp::And(_)))
}

/// `a || b || c`, in order.
pub(crate) fn disjuncts(expr: &Expr) -> Vec<&Expr> {
    chain(expr, |op| matches!(op, BinOp::Or(_)))
}

fn chain(expr: &Expr, links: fn(&BinOp) -> bool) -> Vec<&Expr> {
    match bare(expr) {
        Expr::Binary(binary) if links(&binary.op) => {
            let mut all = chain(&binary.left, links);
            all.extend(chain(&binary.right, links));
            all
        }
        other => vec![other],
    }
}

/// The expressions put together again, by the operator they were taken apart at.
pub(crate) fn joined(parts: Vec<Expr>, operator: BinOp) -> Option<Expr> {
    parts.into_iter().reduce(|left, right| {
        Expr::Binary(ExprBinary {
            attrs: Vec::new(),
            left: Box::new(left),
            op: operator,
            right: Box::new(right),
        })
    })
}

/// `&expr`
pub(crate) fn borrowed(expr: &Expr) -> Expr {
    Expr::Reference(ExprReference {
        attrs: Vec::new(),
        and_token: Default::default(),
        mutability: None,
        expr: Box::new(expr.clone()),
    })
}

/// The assignments a block consists of; `None` if there is anything else in it.
pub(crate) fn assignments(block: &Block) -> Option<Vec<(&Ident, &Expr)>> {
    let all = block.stmts.iter().map(|statement| match statement {
        Stmt::Expr(Expr::Assign(assign), _) if assign.attrs.is_empty() => match bare(&assign.left) {
            Expr::Path(path) => Some((path.path.get_ident()?, &*assign.right)),
            _ => None,
        },
        _ => None,
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expr(text: &str) -> Expr {
        syn::parse_str(text).expect("an expression")
    }

    #[test]
    fn what_is_put_together_again_keeps_its_order() {
        let whole = expr("(a || b) && !c && (x as u8) < d");
        let parts: Vec<Expr> = conjuncts(&whole).into_iter().cloned().collect();
        assert_eq!(parts.len(), 3);
        let again = joined(parts, syn::parse_quote!(&&)).expect("three of them");
        let reparsed: Expr = syn::parse2(again.to_token_stream()).expect("an expression");
        assert_eq!(conjuncts(&reparsed).len(), 3, "{}", again.to_token_stream());
        let borrowed: Expr = syn::parse2(borrowed(&expr("i - j")).to_token_stream()).expect("an expression");
        assert!(matches!(borrowed, Expr::Reference(_)));
    }
}
