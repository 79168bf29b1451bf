//! `for x @ 0.. in xs`: syn takes the `in` for the range's other end, so the range is put in parentheses.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::tokens;

/// The tokens with parentheses around every range that an `in` follows.
pub(crate) fn closed(tokens: TokenStream) -> TokenStream {
    let mut closed: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let token = match token {
            TokenTree::Group(group) => tokens::with_inside(&group, self::closed),
            other => other,
        };
        closed.push(token);
        let ends =
            matches!(tokens.peek(), Some(TokenTree::Ident(next)) if *next == Ident::new("in", next.span()));
        if ends && is_dot(closed.last()) && is_dot(closed.get(closed.len().wrapping_sub(2))) {
            let start = start_of_range(&closed);
            let range = closed.drain(start..).collect();
            let mut group = Group::new(Delimiter::Parenthesis, range);
            group.set_span(Span::mixed_site());
            closed.push(TokenTree::Group(group));
        }
    }
    closed.into_iter().collect()
}

fn is_dot(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.')
}

/// Where the bound before two dots begins: a literal, maybe negative, or a path.
fn start_of_range(tokens: &[TokenTree]) -> usize {
    let mut start = tokens.len().saturating_sub(3);
    while start > 0 {
        let goes_on = match &tokens[start - 1] {
            TokenTree::Punct(punct) if punct.as_char() == '-' => true,
            TokenTree::Punct(punct) if punct.as_char() == ':' => true,
            TokenTree::Ident(_) => {
                matches!(&tokens[start], TokenTree::Punct(punct) if punct.as_char() == ':')
            }
            _ => false,
        };
        if !goes_on {
            break;
        }
        start -= 1;
    }
    start
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn ranges_before_in_are_closed() {
        for (written, expected) in [
            (quote!(for x @ 0.. in xs {}), quote!(for x @ (0..) in xs {})),
            (quote!({ for -5.. in xs {} }), quote!({ for (-5..) in xs {} })),
            (quote!(for i64::MIN.. in 0.. {}), quote!(for (i64::MIN..) in 0.. {})),
            (quote!(for (i, 3..) in xs {}), quote!(for (i, 3..) in xs {})),
        ] {
            assert_eq!(closed(written).to_string(), expected.to_string());
        }
    }
}
