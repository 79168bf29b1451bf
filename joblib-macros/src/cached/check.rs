//! Rules that need the function and its options together.

use super::hidden;
use super::model::{Model, Param, Place};
use super::options::Options;
use crate::ctxt::Ctxt;
use crate::fingerprint::{Code, Position};
use crate::names::suggestion;
use crate::tokens::ends_in;
use proc_macro2::Span;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    FnArg, PathArguments, PathSegment, ReturnType, Safety, Type, TypeFnPtr, TypeImplTrait, TypeParamBound,
    TypeReference, WherePredicate,
};

pub(super) fn check(cx: &Ctxt, model: &Model<'_>, own: &Options) {
    qualifiers(cx, model);
    model.params.iter().for_each(|param| callable(cx, model, param));
    answer(cx, model);
    ignore(cx, model, own);
    place(cx, model);
    one_of_several(cx, model);
    hidden::check(cx, model);
}

fn qualifiers(cx: &Ctxt, model: &Model<'_>) {
    let sig = &model.function.sig;
    if let Some(token) = &sig.constness {
        cx.error(token, "a `const fn` cannot be cached: it may run when there is no cache; remove `const`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        cx.error(token, "an `unsafe fn` cannot be cached: put the unsafe call inside a safe function");
    }
    if let Some(abi) = &sig.abi {
        cx.error(abi, "an `extern` function cannot be cached: let it call a cached one");
    }
    if let Some(variadic) = &sig.variadic {
        cx.error(variadic, "a variadic function cannot be cached");
    }
}

/// A function's value cannot be hashed.
fn callable(cx: &Ctxt, model: &Model<'_>, param: &Param<'_>) {
    let generics = &model.function.sig.generics;
    let is_callable = param.ty().is_some_and(|ty| match ty {
        Type::FnPtr(_) => true,
        Type::ImplTrait(TypeImplTrait { bounds, .. }) => bounds.iter().any(calls),
        Type::Path(path) => path.path.get_ident().is_some_and(|name| {
            let bounds = generics.type_params().filter(|param| param.ident == *name);
            let clauses = generics.where_clause.iter().flat_map(|clause| &clause.predicates);
            let clauses = clauses.filter_map(|predicate| match predicate {
                WherePredicate::Type(bounded) => Some(bounded),
                _ => None,
            });
            let clauses = clauses.filter(
                |bounded| matches!(&bounded.bounded_ty, Type::Path(path) if path.path.is_ident(name)),
            );
            bounds
                .flat_map(|param| &param.bounds)
                .chain(clauses.flat_map(|bounded| &bounded.bounds))
                .any(calls)
        }),
        _ => false,
    });
    if is_callable && !param.ignored && model.key.is_none() {
        cx.error_at(
            param.span(),
            "a function has no value that can be part of a key: take an enum that says which one it is, \
             or say what stands for the arguments with `key = ..`",
        );
    }
}

fn calls(bound: &TypeParamBound) -> bool {
    matches!(bound, TypeParamBound::Trait(bound) if ends_in(&bound.path, &["Fn", "FnMut", "FnOnce"]))
}

fn answer(cx: &Ctxt, model: &Model<'_>) {
    let ReturnType::Type(_, ty) = &model.function.sig.output else { return };
    if let Type::Never(never) = &**ty {
        cx.error(never, "a function that never answers has nothing to store");
    }
    Unstorable { cx }.visit_type(ty);
}

/// Finds what cannot be read back wherever it stands in a return type.
struct Unstorable<'c> {
    cx: &'c Ctxt,
}

impl<'a> Visit<'a> for Unstorable<'_> {
    fn visit_type_impl_trait(&mut self, opaque: &'a TypeImplTrait) {
        self.cx.error(
            opaque,
            "`impl Trait` cannot be stored: nobody can name the type to read it back; name it here",
        );
    }

    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        self.cx.error(
            reference,
            "a reference cannot be stored: return an owned value, such as `String` for `&str`",
        );
    }

    fn visit_path_segment(&mut self, segment: &'a PathSegment) {
        match &segment.arguments {
            // An error is not stored, and phantom data is nothing.
            PathArguments::AngleBracketed(arguments) if segment.ident == "Result" => {
                arguments.args.first().into_iter().for_each(|ok| self.visit_generic_argument(ok));
            }
            _ if segment.ident == "PhantomData" => {}
            _ => visit::visit_path_segment(self, segment),
        }
    }

    fn visit_type_fn_ptr(&mut self, _: &'a TypeFnPtr) {}
}

fn ignore(cx: &Ctxt, model: &Model<'_>, own: &Options) {
    let Some(names) = own.ignore.get() else { return };
    if own.key.is_set()
        && let Some(span) = own.ignore.span()
    {
        cx.error_at(span, "`key` says what stands for the arguments: `ignore` has nothing left to do");
        return;
    }
    let valid = parameter_names(model);
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let mut seen = HashSet::new();
    for (span, name) in names {
        if !valid.contains(&name.as_str()) {
            cx.error_at(*span, format_args!("no parameter is called `{name}`: {}", suggestion(name, &valid)));
        } else if !seen.insert(name) {
            cx.error_at(*span, format_args!("`{name}` is ignored twice"));
        }
    }
}

/// An impl block's `ignore` may name a parameter of any of its cached methods.
pub(super) fn ignore_of_block(cx: &Ctxt, defaults: &Options, models: &[&Model<'_>]) {
    let Some(names) = defaults.ignore.get() else { return };
    let valid: Vec<String> = models.iter().flat_map(|model| parameter_names(model)).collect();
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    for (span, name) in names {
        if !valid.contains(&name.as_str()) {
            cx.error_at(
                *span,
                format_args!("no cached method has a parameter `{name}`: {}", suggestion(name, &valid)),
            );
        }
    }
}

/// Parameters that are a pattern have no name.
fn parameter_names(model: &Model<'_>) -> Vec<String> {
    let named = |param: &&Param<'_>| match param.arg {
        FnArg::Receiver(_) => true,
        FnArg::Typed(typed) => matches!(&*typed.pat, syn::Pat::Ident(pat) if pat.subpat.is_none()),
    };
    let names = model.params.iter().filter(named).map(|param| &param.outer).chain(&model.function.absent);
    names.map(|name| name.unraw().to_string()).collect()
}

fn place(cx: &Ctxt, model: &Model<'_>) {
    if let Place::Dir(dir) = model.place
        && model.mentions_parameter(dir)
    {
        let at: Span = dir.span();
        cx.error_at(
            at,
            "`dir` is evaluated once, before any call: for a place that an argument decides use `memory`",
        );
    }
}

/// In blocks of one function, functions of one name differ by their code alone.
fn one_of_several(cx: &Ctxt, model: &Model<'_>) {
    let Position { of, .. } = model.position;
    if of > 1 && matches!(model.code, Code::Body | Code::None) {
        let name = model.name();
        cx.error(
            name,
            format_args!(
                "{of} functions here are called `{name}`, and their code, which tells them apart, does not \
                 count: give them different names"
            ),
        );
    }
}
