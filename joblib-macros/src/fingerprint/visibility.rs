//! How visible an item of the crate is, as its source says.

use super::crate_root;
use super::index::{Id, Index, Module};
use super::items::{What, skip_attributes};
use super::stream::tokens_of;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The visibility of what may show all types and traits that these tokens name: `pub`, `pub(crate)` or nothing.
pub(crate) fn least_visibility(code: TokenStream) -> TokenStream {
    let Some(root) = crate_root::find() else { return quote!(pub) };
    let index = Index::of_crate(&root);
    let here = module_here(&index);
    let tokens = tokens_of(code);
    let names = (0..tokens.len()).filter_map(|at| tokens.ident(at));
    let least = names.filter_map(|name| {
        let all = || index.named(name).iter().copied();
        // What stands in the module is meant, else anything that may have been imported.
        let near = all().filter(|&id| Some(index.module(id)) == here);
        near.filter_map(|id| visibility_of(&index, id))
            .max()
            .or_else(|| all().filter_map(|id| visibility_of(&index, id)).max())
    });
    match least.min() {
        Some(Visibility::Private) => TokenStream::new(),
        Some(Visibility::Crate) => quote!(pub(crate)),
        Some(Visibility::Public) | None => quote!(pub),
    }
}

/// The module around the macro call.
fn module_here(index: &Index) -> Option<Module> {
    let span = Span::call_site();
    let line = u32::try_from(span.start().line).ok()?;
    index.locate(&span.local_file()?, line).map(|id| index.module(id))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Visibility {
    Private,
    Crate,
    Public,
}

/// Of a type or a trait. `pub(super)` means something else elsewhere: it counts as private.
fn visibility_of(index: &Index, id: Id) -> Option<Visibility> {
    let item = index.item(id);
    if !matches!(item.what, What::Type | What::Trait) {
        return None;
    }
    let tokens = &index.source(id).tokens;
    let at = skip_attributes(tokens, item.tokens.start);
    Some(match (tokens.is_ident(at, "pub"), tokens.is_open(at + 1, "(")) {
        (true, false) => Visibility::Public,
        (true, true) if tokens.is_ident(at + 2, "crate") => Visibility::Crate,
        _ => Visibility::Private,
    })
}
