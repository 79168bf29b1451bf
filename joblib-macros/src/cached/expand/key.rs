//! The arguments, or what stands for them, into the key.

use super::super::model::{Model, Param};
use super::respan::{at, here};
use crate::pattern::names_in;
use crate::root::Rooted;
use crate::tokens::{mentions, unraw, with_inside};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, PatIdent, Receiver, ReceiverKind, Type, parse_quote};

/// Statements that feed the hasher called `key`.
pub(super) fn hashed(model: &Model<'_>, p: &Rooted, key: &Ident) -> TokenStream {
    if let Some(expr) = model.key {
        return stands_for_all(model, expr, p, key);
    }
    // One set of traits serves all arguments, as a rule: names that are brought in are what an expansion
    // costs.
    let any_generic = model.params.iter().any(|param| model.is_generic(param));
    let plain = quote!(use #p::{Add as _, AddPlain as _, Changing as _};);
    let args = model.params.iter().filter(|param| !param.ignored).map(|param| {
        let name = unraw(&param.outer);
        let value = match param.receiver() {
            // What `self` points with counts, too: `Pin<&mut Self>`.
            Some(receiver) if changes(receiver) => {
                let this = &receiver.self_token;
                quote!(&#this)
            }
            _ => by_reference(param),
        };
        let (span, there) = (here(param.span()), param.span().resolved_at(Span::mixed_site()));
        let (value, mut key) = (at(param.span(), value), key.clone());
        key.set_span(there);
        let private = model.root.private_at(there);
        let add = quote_spanned!(span=> (&&#private::Argument(#value)).__add(&mut #key, #name););
        match (any_generic, any_generic && model.is_generic(param)) {
            (true, true) => {
                quote_spanned!(span=> { use #private::{AddGeneric as _, AddPlain as _, Changing as _}; #add })
            }
            (true, false) => quote_spanned!(span=> { #plain #add }),
            (false, _) => add,
        }
    });
    let args: TokenStream = args.collect();
    match any_generic || args.is_empty() {
        true => args,
        false => quote!({ #plain #args }),
    }
}

/// The argument's value behind exactly one reference, so that arrays are recognised.
pub(super) fn by_reference(param: &Param<'_>) -> TokenStream {
    let name = &param.outer;
    match (param.receiver(), param.ty()) {
        (Some(receiver), _) => match &receiver.kind {
            ReceiverKind::Reference(_, _, None) => quote!(#name),
            ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(_)) => quote!(#name),
            // Boxes and counted pointers show what they point to.
            ReceiverKind::Typed(_, ty) if !is_self(ty) => quote!(&*#name),
            _ => quote!(&#name),
        },
        (None, Some(ty)) => match strip(ty) {
            Type::Reference(reference) if reference.mutability.is_none() => quote!(#name),
            _ => quote!(&#name),
        },
        (None, None) => quote!(&#name),
    }
}

/// Whether a receiver's own type shows that `self` can be changed through it.
fn changes(receiver: &Receiver) -> bool {
    let mutable = |ty: &Type| ty.to_token_stream().to_string().contains("& mut");
    matches!(&receiver.kind, ReceiverKind::Typed(_, ty) if mutable(ty))
}

fn is_self(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident("Self"))
}

/// Types from `macro_rules` come in invisible groups.
fn strip(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => strip(&group.elem),
        Type::Paren(paren) => strip(&paren.elem),
        other => other,
    }
}

/// `key = EXPR`, in which a parameter is lent and cannot be moved.
fn stands_for_all(model: &Model<'_>, expr: &Expr, p: &Rooted, key: &Ident) -> TokenStream {
    let tokens = expr.to_token_stream();
    let this = Ident::new("__joblib_self", Span::mixed_site());
    let lent = model.params.iter().map(|param| {
        let name = &param.outer;
        match (param.receiver(), param.pattern) {
            (Some(_), _) if mentions(tokens.clone(), name) => lend(p, &this, &quote!(#name)),
            (Some(_), _) => TokenStream::new(),
            (None, Some(pattern)) => {
                let names: Vec<Ident> =
                    names_in(pattern).into_iter().filter(|name| mentions(tokens.clone(), name)).collect();
                let pattern = by_reference_pattern(pattern);
                let lent = names.iter().map(|name| lend(p, name, &quote!(*#name)));
                match names.is_empty() {
                    true => TokenStream::new(),
                    false => quote!(let #pattern = &#name; #(#lent)*),
                }
            }
            (None, None) if mentions(tokens.clone(), name) => lend(p, name, &quote!(#name)),
            (None, None) => TokenStream::new(),
        }
    });
    let lent: TokenStream = lent.collect();
    let span = expr.span();
    let mut places = expr.clone();
    refer_to_places(&mut places);
    let expr = without_self(places.to_token_stream(), &this);
    let private = model.root.private_at(span.resolved_at(Span::mixed_site()));
    let add = quote_spanned!(span=> #private::key(&mut #key, &(#expr)););
    quote!({
        use #p::{ByCopy as _, ByReborrow as _, ByReference as _};
        #lent
        #add
    })
}

fn lend(p: &Rooted, name: &Ident, value: &TokenStream) -> TokenStream {
    quote!(let #name = (&&#p::Lend(&#value)).__lend();)
}

/// The parts of a tuple that are places are not moved into it.
fn refer_to_places(expr: &mut Expr) {
    match expr {
        Expr::Tuple(tuple) => {
            for part in &mut tuple.elems {
                refer_to_places(part);
                if let Expr::Path(_) | Expr::Field(_) | Expr::Index(_) = part {
                    *part = parse_quote!((&#part));
                }
            }
        }
        Expr::Paren(paren) => refer_to_places(&mut paren.expr),
        Expr::Group(group) => refer_to_places(&mut group.expr),
        _ => {}
    }
}

/// The variables that the parameters bind in the body.
pub(super) fn bound_names(model: &Model<'_>) -> Vec<Ident> {
    let typed = model.params.iter().filter(|param| param.receiver().is_none());
    typed
        .flat_map(|param| match param.pattern {
            Some(pattern) => names_in(pattern),
            None => vec![param.outer.clone()],
        })
        .collect()
}

/// The pattern for a reference to what it stands for: every variable becomes a reference by itself.
fn by_reference_pattern(pattern: &Pat) -> Pat {
    /// What a `&` or parentheses stand around.
    fn inside(pat: &Pat) -> Option<Pat> {
        match pat {
            Pat::Reference(reference) => Some((*reference.pat).clone()),
            Pat::Paren(paren) => Some((*paren.pat).clone()),
            _ => None,
        }
    }
    struct ByReference;
    impl VisitMut for ByReference {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            while let Some(inner) = inside(pat) {
                *pat = inner;
            }
            visit_mut::visit_pat_mut(self, pat);
        }

        fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
            (pat.by_ref, pat.mutability) = (None, None);
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }
    let mut pattern = pattern.clone();
    ByReference.visit_pat_mut(&mut pattern);
    pattern
}

/// `self`, which no `let` can bind, by another name; the `self` of a path stays.
fn without_self(tokens: TokenStream, this: &Ident) -> TokenStream {
    let mut tokens = tokens.into_iter().peekable();
    let mut changed = TokenStream::new();
    while let Some(token) = tokens.next() {
        let is_path = matches!(tokens.peek(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':');
        changed.extend([match token {
            TokenTree::Ident(word) if word == "self" && !is_path => {
                let mut this = this.clone();
                this.set_span(this.span().located_at(word.span()));
                TokenTree::Ident(this)
            }
            TokenTree::Group(group) => with_inside(&group, |inside| without_self(inside, this)),
            other => other,
        }]);
    }
    changed
}
