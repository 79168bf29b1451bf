//! Names for what a signature may leave unnamed: types behind `impl Trait`, and elided lifetimes.

use super::super::model::Model;
use crate::fingerprint::lifetimes_of;
use proc_macro2::Span;
use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, GenericParam, Generics, Lifetime, LifetimeParam, ParenthesizedGenericArguments, Path,
    PathArguments, PathSegment, ReceiverKind, Type, TypeFnPtr, TypeParam, TypeParamBound, TypeReference,
    WherePredicate, parse_quote,
};

/// Generic parameters, those of a signature and then the new ones.
pub(super) struct Naming {
    generics: Generics,
    lifetimes: Vec<LifetimeParam>,
}

impl Naming {
    pub(super) fn of(generics: &Generics) -> Self {
        Self { generics: generics.clone(), lifetimes: Vec::new() }
    }

    /// The type with a type parameter in place of each `impl Trait`, in the order in which the compiler
    /// counts them.
    pub(super) fn name_impl_traits(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        ImplTraits(self).visit_type_mut(&mut ty);
        ty
    }

    /// The path with a lifetime parameter in place of each that is left out.
    pub(super) fn name_lifetimes(&mut self, path: &Path) -> Path {
        let mut path = path.clone();
        Elided(self).visit_path_mut(&mut path);
        path
    }

    /// As [`name_lifetimes`](Self::name_lifetimes), for a type.
    pub(super) fn name_lifetimes_of(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        Elided(self).visit_type_mut(&mut ty);
        ty
    }

    /// Bounds that follow from the function's parameters, for a companion that has none of these.
    pub(super) fn imply_bounds(&mut self, model: &Model<'_>) {
        for param in &model.params {
            let bound: Option<(Type, &Lifetime)> = match (param.receiver(), param.ty()) {
                (Some(receiver), _) => match &receiver.kind {
                    ReceiverKind::Reference(_, Some(lifetime), _) => Some((parse_quote!(Self), lifetime)),
                    _ => None,
                },
                (None, Some(Type::Reference(reference))) if !param.has_impl_trait() => {
                    let lifetime = reference.lifetime.as_ref();
                    lifetime.map(|lifetime| (self.name_lifetimes_of(&reference.elem), lifetime))
                }
                _ => None,
            };
            let Some((ty, lifetime)) = bound else { continue };
            if lifetime.ident == "static" || lifetime.ident == "_" {
                continue;
            }
            // A parameter's bounds are written in one place.
            let inline = self.generics.type_params_mut().find(|param| {
                !param.bounds.is_empty()
                    && matches!(&ty, Type::Path(path) if path.path.is_ident(&param.ident))
            });
            match inline {
                Some(param) => param.bounds.push(TypeParamBound::Lifetime(lifetime.clone())),
                None => {
                    let bound: WherePredicate = parse_quote!(#ty: #lifetime);
                    self.generics.make_where_clause().predicates.push(bound);
                }
            }
        }
    }

    /// All parameters, lifetimes first. A companion need not use all those that the function does.
    pub(super) fn generics(self) -> Generics {
        let Self { mut generics, lifetimes } = self;
        for lifetime in generics.lifetimes_mut() {
            let span = lifetime.lifetime.span().resolved_at(Span::mixed_site());
            lifetime.lifetime.set_span(span);
        }
        for lifetime in lifetimes.into_iter().rev() {
            generics.params.insert(0, GenericParam::Lifetime(lifetime));
        }
        generics
    }

    fn new_lifetime(&mut self) -> Lifetime {
        let name = format!("'joblib{}", self.lifetimes.len());
        let lifetime = Lifetime::new(&name, Span::mixed_site());
        self.lifetimes.push(LifetimeParam::new(lifetime.clone()));
        lifetime
    }
}

struct ImplTraits<'a>(&'a mut Naming);

impl VisitMut for ImplTraits<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if let Type::Paren(paren) = ty
            && let Type::Path(_) = &*paren.elem
        {
            *ty = (*paren.elem).clone();
        }
        let Type::ImplTrait(opaque) = ty else { return };
        let mut bounds = opaque.bounds.clone();
        bounds.iter_mut().for_each(|bound| Elided(self.0).visit_type_param_bound_mut(bound));
        let name = format_ident!("Impl{}", self.0.generics.params.len(), span = Span::mixed_site());
        self.0.generics.params.push(GenericParam::Type(TypeParam::from(name.clone())));
        let bounded: WherePredicate = parse_quote!(#name: #bounds);
        self.0.generics.make_where_clause().predicates.push(bounded);
        *ty = parse_quote!(#name);
    }
}

/// Function types have lifetimes of their own.
struct Elided<'a>(&'a mut Naming);

impl VisitMut for Elided<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.0.new_lifetime();
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference.lifetime.is_none() {
            reference.lifetime = Some(self.0.new_lifetime());
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_path_segment_mut(&mut self, segment: &mut PathSegment) {
        // A path may omit its lifetimes altogether.
        let lifetimes = match segment.ident.to_string().as_str() {
            "Cow" => 1,
            name => lifetimes_of(name),
        };
        let is_lifetime = |argument: &GenericArgument| matches!(argument, GenericArgument::Lifetime(_));
        let given = match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().any(is_lifetime),
            _ => false,
        };
        if lifetimes > 0 && !given {
            if segment.arguments.is_none() {
                segment.arguments = PathArguments::AngleBracketed(parse_quote!(<>));
            }
            if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                for _ in 0..lifetimes {
                    arguments.args.insert(0, GenericArgument::Lifetime(self.0.new_lifetime()));
                }
            }
        }
        visit_mut::visit_path_segment_mut(self, segment);
    }

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}

    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
}
