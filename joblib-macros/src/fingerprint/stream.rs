//! The compiler's token streams as [`Tokens`].

use super::token::{Builder, Kind, Tokens};
use super::words::name_of;
use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// Flattens a stream, ignoring spans.
pub(super) fn tokens_of(stream: TokenStream) -> Tokens {
    let mut builder = Builder::default();
    flatten(stream, &mut builder);
    builder.finish()
}

fn flatten(stream: TokenStream, into: &mut Builder) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                into.push_text(Kind::Open, open);
                flatten(group.stream(), into);
                into.push_text(Kind::Close, close);
            }
            TokenTree::Ident(ident) => {
                into.push_text(Kind::Ident, name_of(&ident.to_string()));
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = trees.next() {
                    into.push_text(Kind::Lifetime, &format!("'{name}"));
                }
            }
            TokenTree::Punct(punct) => {
                let next_is_punct = matches!(trees.peek(), Some(TokenTree::Punct(_)));
                into.push_text(Kind::Punct, punct.as_char().encode_utf8(&mut [0; 4]));
                into.joint(punct.spacing() == Spacing::Joint && next_is_punct);
            }
            TokenTree::Literal(literal) => into.push_text(Kind::Literal, &literal.to_string()),
        }
    }
}
