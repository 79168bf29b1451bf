//! Looking for names and words in tokens and paths, and changing what is inside groups.

#[cfg(feature = "parallel")]
use proc_macro2::Span;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
#[cfg(feature = "parallel")]
use syn::Expr;
use syn::Path;
use syn::ext::IdentExt;

/// Whether a name stands anywhere in the tokens, in a text to be formatted too.
pub(crate) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Literal(literal) => formats(&literal.to_string(), &name.to_string()),
        TokenTree::Punct(_) => false,
    })
}

/// Whether the text has `{name}` or `{name:..}` in it.
fn formats(text: &str, name: &str) -> bool {
    let rest = text.split('{').skip(1).filter_map(|piece| piece.strip_prefix(name));
    rest.into_iter().any(|rest| rest.starts_with(['}', ':']))
}

/// A name without `r#`, which only whole names can have.
pub(crate) fn unraw(name: &Ident) -> String {
    name.unraw().to_string()
}

/// Whether the last name of a path is one of these.
pub(crate) fn ends_in(path: &Path, names: &[&str]) -> bool {
    path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident.unraw() == name))
}

/// A `?`, `return`, `break` or `continue` before a name.
#[cfg(feature = "parallel")]
pub(crate) fn exit_before(tokens: TokenStream, name: &Ident) -> Option<Span> {
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if ident == name => return None,
            TokenTree::Ident(ident) if ["return", "break", "continue"].iter().any(|exit| ident == exit) => {
                return Some(token.span());
            }
            TokenTree::Punct(mark) if mark.as_char() == '?' => return Some(token.span()),
            TokenTree::Group(group) => {
                let exit = exit_before(group.stream(), name);
                if exit.is_some() || mentions(group.stream(), name) {
                    return exit;
                }
            }
            _ => {}
        }
    }
    None
}

/// The first `move` in the tokens.
#[cfg(feature = "parallel")]
pub(crate) fn moves(tokens: TokenStream) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == "move").then(|| ident.span()),
        TokenTree::Group(group) => moves(group.stream()),
        _ => None,
    })
}

/// The group with its content changed.
pub(crate) fn with_inside(group: &Group, change: impl FnOnce(TokenStream) -> TokenStream) -> TokenTree {
    let mut changed = Group::new(group.delimiter(), change(group.stream()));
    changed.set_span(group.span());
    TokenTree::Group(changed)
}

/// The single identifier an expression consists of.
#[cfg(feature = "parallel")]
pub(crate) fn as_ident(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) if path.attrs.is_empty() => path.path.get_ident().cloned(),
        Expr::Group(group) => as_ident(&group.expr),
        _ => None,
    }
}
