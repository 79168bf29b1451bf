//! Whether a body ends in a value: then a loop that is used as an expression collects.

use syn::{Block, Expr, ExprForLoop, Macro, Stmt};

use crate::std_macros::{Gives, gives};

/// By what is written in the innermost of `depth` loops: a call may still turn out to have no value, which
/// its type tells.
pub(crate) fn ends_in_one(for_loop: &ExprForLoop, depth: usize) -> bool {
    match for_loop.body.stmts.last() {
        Some(Stmt::Expr(Expr::ForLoop(inner), _)) if depth > 1 => ends_in_one(inner, depth - 1),
        _ => has_value(&for_loop.body),
    }
}

fn has_value(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(last, None)) => is_value(last),
        Some(Stmt::Macro(last)) => last.semi_token.is_none() && given(&last.mac) != Some(Gives::Unit),
        _ => false,
    }
}

/// Whether an expression may be other than `()`. What never ends is whatever the others are.
fn is_value(expr: &Expr) -> bool {
    match expr {
        Expr::If(inner) => match &inner.else_branch {
            Some((_, otherwise)) => {
                (has_value(&inner.then_branch) || leaves(&inner.then_branch)) && is_value(otherwise)
            }
            None => false,
        },
        Expr::Match(inner) => inner.arms.iter().all(|arm| is_value(&arm.body)),
        Expr::Block(inner) => has_value(&inner.block) || leaves(&inner.block),
        Expr::Unsafe(inner) => has_value(&inner.block) || leaves(&inner.block),
        Expr::ForLoop(_) | Expr::While(_) | Expr::Assign(_) => false,
        Expr::Binary(inner) => !super::updates::is_assignment(&inner.op),
        Expr::Macro(inner) => given(&inner.mac) != Some(Gives::Unit),
        Expr::Tuple(inner) => !inner.elems.is_empty(),
        _ => true,
    }
}

/// What a call of a macro of std is; of any other only the types can tell.
fn given(mac: &Macro) -> Option<Gives> {
    gives(&mac.path.segments.last()?.ident.to_string())
}

/// Whether a block ends in a statement that goes elsewhere.
fn leaves(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _)) => true,
        Some(Stmt::Macro(last)) => given(&last.mac) == Some(Gives::Never),
        _ => false,
    }
}
