//! Rules that need the function and its options together.

use super::model::{Model, Param, Place};
use super::options::Options;
use crate::ctxt::Ctxt;
use crate::names::suggestion;
use proc_macro2::Span;
use std::collections::HashSet;
use syn::spanned::Spanned;
use syn::{FnArg, ReceiverKind, ReturnType, Safety, Type};

pub(super) fn check(cx: &Ctxt, model: &Model<'_>, own: &Options) {
    qualifiers(cx, model);
    model.params.iter().for_each(|param| mutable_reference(cx, param));
    answer(cx, model);
    ignore(cx, model, own);
    place(cx, model);
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

/// A stored answer would not write through the reference.
fn mutable_reference(cx: &Ctxt, param: &Param<'_>) {
    const MESSAGE: &str = "a cached function cannot take `&mut`: a stored answer would not make the change; \
                           take it by value or by `&` and return what is new";
    match param.arg {
        FnArg::Receiver(receiver) => {
            let is_mutable = match &receiver.kind {
                ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
                ReceiverKind::Typed(_, ty) => is_mutable_reference(ty),
                _ => false,
            };
            if is_mutable {
                cx.error(receiver, MESSAGE);
            }
        }
        FnArg::Typed(typed) => {
            if is_mutable_reference(&typed.ty) {
                cx.error(&typed.ty, MESSAGE);
            }
        }
    }
}

fn is_mutable_reference(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_some())
}

fn answer(cx: &Ctxt, model: &Model<'_>) {
    let ReturnType::Type(_, ty) = &model.function.sig.output else { return };
    match &**ty {
        Type::ImplTrait(opaque) => cx.error(
            opaque,
            "`impl Trait` cannot be stored: nobody can name the type to read it back; name it here",
        ),
        Type::Reference(reference) => {
            cx.error(
                reference,
                "a reference cannot be stored: return an owned value, such as `String` for `&str`",
            );
        }
        Type::Never(never) => cx.error(never, "a function that never answers has nothing to store"),
        _ => {}
    }
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
    model.params.iter().filter(named).map(|param| param.outer.to_string()).collect()
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
