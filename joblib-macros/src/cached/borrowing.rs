//! Whether a return type may hold references. A probe of the type does not see lifetimes; results that may
//! borrow are neither handed from one thread to another nor kept in memory.

use crate::fingerprint::{Surroundings, lifetimes_of};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Generics, Lifetime, PathArguments, PathSegment, Token,
    Type, TypeParam, TypeParamBound, WherePredicate,
};

/// Whether the type may hold references, as far as its tokens and the bounds on its parameters show. `block`
/// is what the impl block around it is for, where that is seen.
pub(super) fn may_borrow<'a>(
    ty: &Type,
    generics: impl Iterator<Item = &'a Generics>,
    block: Option<(&Type, &Generics)>,
    surroundings: Option<&Surroundings>,
) -> bool {
    let mut names: Vec<String> = Vec::new();
    for generics in generics {
        let params = generics.type_params().filter(|param| !is_static(generics, param));
        names.extend(params.map(|param| param.ident.to_string()));
    }
    let self_may_borrow = match (block, surroundings) {
        (Some((self_type, generics)), _) => {
            !generics.params.is_empty() || may_be_borrowing(&self_type.to_token_stream().to_string())
        }
        (None, Some(surroundings)) => {
            names.extend(surroundings.generic_words());
            surroundings.implementation().is_none_or(may_be_borrowing)
        }
        (None, None) => true,
    };
    names.extend(self_may_borrow.then(|| "Self".to_owned()));
    let mut found = Borrowing { names: &names, found: false };
    found.visit_type(ty);
    found.found
}

/// Whether a type with this spelling has lifetimes or parameters.
fn may_be_borrowing(spelled: &str) -> bool {
    spelled.contains(['<', '&', '\''])
}

/// Whether a bound says that the parameter holds no references.
fn is_static(generics: &Generics, param: &TypeParam) -> bool {
    let is_static = |bounds: &Punctuated<TypeParamBound, Token![+]>| {
        bounds
            .iter()
            .any(|bound| matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident == "static"))
    };
    let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    is_static(&param.bounds)
        || clauses
            .filter_map(|predicate| match predicate {
                WherePredicate::Type(bounded) => Some(bounded),
                _ => None,
            })
            .any(|bounded| {
                matches!(&bounded.bounded_ty, Type::Path(path) if path.path.is_ident(&param.ident))
                    && is_static(&bounded.bounds)
            })
}

/// Looks for lifetimes, and for parameters that may have lifetimes.
struct Borrowing<'n> {
    names: &'n [String],
    found: bool,
}

impl<'a> Visit<'a> for Borrowing<'_> {
    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        self.found |= lifetime.ident != "static";
    }

    fn visit_path_segment(&mut self, segment: &'a PathSegment) {
        let elided = |arguments: &PathArguments| match arguments {
            PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) => {
                !args.iter().any(|argument| matches!(argument, GenericArgument::Lifetime(_)))
            }
            _ => true,
        };
        self.found |= self.names.iter().any(|name| segment.ident == name)
            || ((segment.ident == "Cow" || lifetimes_of(&segment.ident.to_string()) > 0)
                && elided(&segment.arguments));
        visit::visit_path_segment(self, segment);
    }
}
