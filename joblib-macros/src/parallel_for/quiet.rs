//! Expressions that do nothing but give a value.

use syn::{BinOp, Expr, Lit, Path, UnOp};

use super::methods;

/// The built-in types of numbers.
pub(crate) const NUMBERS: &[&str] =
    &["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];

/// Whether evaluating it has no effect, cannot panic and does not leave the loop: whether it is evaluated
/// does not matter.
pub(crate) fn is_quiet(expr: &Expr) -> bool {
    is(expr, false)
}

/// Whether evaluating it has no effect, except perhaps a panic: how often in a row it is evaluated does not
/// matter.
pub(crate) fn is_pure(expr: &Expr) -> bool {
    is(expr, true)
}

fn is(expr: &Expr, may_panic: bool) -> bool {
    let all = |expr: &Expr| is(expr, may_panic);
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Paren(inner) => all(&inner.expr),
        Expr::Group(inner) => all(&inner.expr),
        Expr::Field(inner) => all(&inner.base),
        Expr::Cast(inner) => all(&inner.expr),
        Expr::Reference(inner) => inner.mutability.is_none() && all(&inner.expr),
        Expr::Tuple(inner) => inner.elems.iter().all(all),
        Expr::Index(inner) => may_panic && all(&inner.expr) && all(&inner.index),
        Expr::Unary(inner) => match inner.op {
            UnOp::Not(_) | UnOp::Deref(_) => all(&inner.expr),
            UnOp::Neg(_) => (may_panic || matches!(&*inner.expr, Expr::Lit(_))) && all(&inner.expr),
            _ => false,
        },
        Expr::Binary(inner) => {
            let calm = match inner.op {
                BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Shl(_) | BinOp::Shr(_) => may_panic,
                BinOp::Div(_) | BinOp::Rem(_) => may_panic || is_above_zero(&inner.right),
                BinOp::And(_) | BinOp::Or(_) | BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::BitXor(_) => true,
                BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_) => {
                    true
                }
                _ => false,
            };
            calm && all(&inner.left) && all(&inner.right)
        }
        Expr::Call(inner) => {
            let Expr::Path(function) = &*inner.func else { return false };
            (is_constructor(&function.path) || converts(&function.path)) && inner.args.iter().all(all)
        }
        Expr::MethodCall(inner) => {
            inner.args.is_empty() && methods::is_quiet(&inner.method) && all(&inner.receiver)
        }
        _ => false,
    }
}

/// `Some`, and other constructors.
pub(crate) fn is_constructor(function: &Path) -> bool {
    let last = function.segments.last();
    last.is_some_and(|last| last.ident.to_string().starts_with(|first: char| first.is_uppercase()))
}

/// `i64::from` and the like.
fn converts(function: &Path) -> bool {
    let names: Vec<String> = function.segments.iter().map(|segment| segment.ident.to_string()).collect();
    matches!(&*names, [number, from] if from == "from" && NUMBERS.contains(&number.as_str()))
}

fn is_above_zero(expr: &Expr) -> bool {
    let Expr::Lit(lit) = expr else { return false };
    match &lit.lit {
        Lit::Int(number) => number.base10_digits() != "0",
        Lit::Float(_) => true,
        _ => false,
    }
}
