//! The trait that holds the companions of a trait impl's methods, since nothing can be added to that impl.
//!
//! ```text
//! #[cached(dir = "cache")]
//! impl Score for Model {
//!     type Output = f64;
//!     #[cached]
//!     fn score(&self, x: f64) -> Self::Output { BODY }
//! }
//! ```
//!
//! expands to
//!
//! ```text
//! impl Score for Model {
//!     type Output = f64;
//!     fn score(&self, x: f64) -> Self::Output {
//!         <Self as ScoreForModel>::score_entry(self, x).get_or_compute()
//!     }
//! }
//!
//! trait ScoreForModel: Score {
//!     fn score_entry(&self, x: f64) -> joblib::Entry<Self::Output, ..>;
//!     fn score_memo() -> joblib::MemorizedFunc<joblib::Answers<Self::Output>, ..>;
//! }
//!
//! impl ScoreForModel for Model { .. }
//! ```
//!
//! The trait is visible in the crate wherever the names in the header are, and never outside of it: only what
//! the user wrote is `pub`. Because `Score` is a supertrait, `Self::Output` has its meaning in both. A trait
//! can be implemented for what has no inherent impl: types of other crates, references, all `T` of a blanket
//! impl.

use super::super::attributes::is_lint_level;
use super::super::item::ImplBlock;
use super::companion::Companion;
use super::naming::Naming;
use super::respan::generated_name;
use super::signature::not_expecting;
use crate::fingerprint::visibility_in_crate;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Attribute, GenericParam, Generics, Path, Type};

/// The trait of one impl block.
pub(super) struct CompanionTrait<'a> {
    name: Ident,
    /// The impl block's parameters, and those of its lifetimes that have no name.
    generics: Generics,
    /// The trait of the impl block.
    parent: Path,
    block: &'a ImplBlock,
    declared: Vec<TokenStream>,
    implemented: Vec<TokenStream>,
}

impl<'a> CompanionTrait<'a> {
    /// `None` for an inherent impl block.
    pub(super) fn of(block: &'a ImplBlock) -> Option<Self> {
        let (parent, _) = block.head.trait_.as_ref()?;
        let mut naming = Naming::of(&block.head.generics);
        let parent_named = naming.name_lifetimes(parent);
        Some(Self {
            name: name_of(parent, &block.head.self_ty),
            generics: naming.generics(),
            parent: parent_named,
            block,
            declared: Vec::new(),
            implemented: Vec::new(),
        })
    }

    /// The trait as it is named inside the impl block.
    pub(super) fn path(&self) -> TokenStream {
        let name = &self.name;
        // A lifetime without a name leaves only one choice.
        let generics = &self.block.head.generics;
        let (_, arguments, _) = generics.split_for_impl();
        if self.generics.params.len() == generics.params.len() {
            return quote!(#name #arguments);
        }
        let unnamed = (generics.params.len()..self.generics.params.len()).map(|_| quote!('_));
        let named = generics.params.iter().map(argument);
        quote!(#name<#(#unnamed,)* #(#named),*>)
    }

    pub(super) fn add(&mut self, companion: &Companion) {
        self.declared.push(companion.declared());
        self.implemented.push(companion.implemented());
    }
}

impl ToTokens for CompanionTrait<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { name, generics, parent, block, declared, implemented } = self;
        let (header, arguments, bounds) = generics.split_for_impl();
        let self_type = &block.head.self_ty;
        let vis = visibility_in_crate(quote!(#generics #parent #self_type #bounds));
        let kept = |attr: &&Attribute| is_lint_level(attr) || attr.path().is_ident("cfg");
        let attrs: Vec<TokenStream> = block.head.attrs.iter().filter(kept).map(not_expecting).collect();
        let summary = format!(
            "The caches of `{}` for `{}`.",
            spelled(parent.to_token_stream()),
            spelled(self_type.to_token_stream())
        );
        tokens.extend(quote! {
            #[doc = #summary]
            #(#attrs)*
            #vis trait #name #generics: #parent #bounds {
                #(#declared)*
            }

            #(#attrs)*
            impl #header #name #arguments for #self_type #bounds {
                #(#implemented)*
            }
        });
    }
}

/// The impl block's header as one word: `Score<u8> for a::Grid` is `ScoreU8ForAGrid`.
fn name_of(parent: &Path, self_type: &Type) -> Ident {
    let name = format!("{}For{}", words(parent.to_token_stream()), words(self_type.to_token_stream()));
    generated_name(&name, Span::call_site())
}

/// The names and numbers in these tokens, without the beginnings of paths.
fn words(tokens: TokenStream) -> String {
    let mut words = String::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ["crate", "self"].iter().any(|word| ident == word) => {}
            TokenTree::Ident(ident) => words.push_str(&camel_case(&ident.unraw().to_string())),
            TokenTree::Group(group) => {
                let has = |sign| {
                    group
                        .stream()
                        .into_iter()
                        .any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign))
                };
                words.push_str(match group.delimiter() {
                    Delimiter::Bracket if has(';') => "Array",
                    Delimiter::Bracket => "Slice",
                    Delimiter::Parenthesis if has(',') => "Tuple",
                    _ => "",
                });
                words.push_str(&self::words(group.stream()));
            }
            TokenTree::Punct(sign) if sign.as_char() == '&' => words.push_str("Ref"),
            TokenTree::Punct(sign) if sign.as_char() == '*' => words.push_str("Pointer"),
            TokenTree::Literal(literal) => {
                words.extend(literal.to_string().chars().filter(char::is_ascii_alphanumeric));
            }
            // Lifetimes are not part of the name.
            TokenTree::Punct(quote) if quote.as_char() == '\'' => drop(tokens.next()),
            TokenTree::Punct(_) => {}
        }
    }
    words
}

fn camel_case(word: &str) -> String {
    let capitalised = |part: &str| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
    };
    word.split('_').filter_map(capitalised).collect()
}

/// A parameter as an argument.
fn argument(param: &GenericParam) -> TokenStream {
    match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => param.ident.to_token_stream(),
        GenericParam::Const(param) => param.ident.to_token_stream(),
    }
}

/// Tokens as text, with few spaces.
fn spelled(tokens: TokenStream) -> String {
    let text = tokens.to_string();
    ["<", ">", "::", "&", "[", "]"]
        .iter()
        .fold(text, |text, sign| text.replace(&format!(" {sign}"), sign).replace(&format!("{sign} "), sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn the_name_says_what_the_header_says() {
        let name = |parent: Path, self_type: Type| name_of(&parent, &self_type).to_string();
        assert_eq!(name(parse_quote!(Score), parse_quote!(Model)), "ScoreForModel");
        assert_eq!(
            name(parse_quote!(crate::a::Score<u8>), parse_quote!(Vec<[f64; 3]>)),
            "AScoreU8ForVecArrayF643"
        );
        assert_eq!(name(parse_quote!(Score), parse_quote!(super::b::Model)), "ScoreForSuperBModel");
        assert_eq!(
            name(parse_quote!(Fit<&'static str>), parse_quote!(&'a mut my_type)),
            "FitRefStrForRefMutMyType"
        );
    }
}
