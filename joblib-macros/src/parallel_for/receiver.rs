//! `self` in a body that runs in another process: a closure that captures nothing has none, so there it
//! becomes a variable like any other.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprPath, Ident, Macro};

use super::names::local;
use crate::tokens;

/// The variable that stands for `name`: itself, unless that is `self`.
pub(crate) fn variable(name: &Ident) -> Ident {
    if name == "self" { local("this", name.span()) } else { name.clone() }
}

/// Puts the variable in the place of every `self`.
pub(crate) fn rename(body: &mut Block) {
    Rename.visit_block_mut(body);
}

/// As [`rename`].
pub(crate) fn rename_in(expr: &mut Expr) {
    Rename.visit_expr_mut(expr);
}

struct Rename;

impl VisitMut for Rename {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        if let Some(name) = path.path.get_ident().filter(|name| *name == "self") {
            path.path = variable(name).into();
        }
        visit_mut::visit_expr_path_mut(self, path);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        mac.tokens = in_tokens(std::mem::take(&mut mac.tokens));
    }

    // These have a `self` of their own, or none.
    fn visit_item_mut(&mut self, _item: &mut syn::Item) {}
}

fn in_tokens(tokens: TokenStream) -> TokenStream {
    let renamed = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(name) => TokenTree::Ident(variable(&name)),
        TokenTree::Group(group) => tokens::with_inside(&group, in_tokens),
        other => other,
    });
    renamed.collect()
}
