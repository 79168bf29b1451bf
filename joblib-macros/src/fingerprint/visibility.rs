//! Whether an item is seen in all of the crate, as its source says.

use super::index::{Id, Index, Module};
use super::items::{What, skip_attributes};
use super::place::Place;
use super::program::Program;
use super::stream::tokens_of;
use proc_macro2::{Span, TokenStream};
use quote::quote;

/// The visibility of what may show all types and traits that these tokens name, within the crate:
/// `pub(crate)` or nothing.
pub(crate) fn visibility_in_crate(code: TokenStream) -> TokenStream {
    let Some(program) = Program::of_process() else { return quote!(pub(crate)) };
    let index = program.own().index();
    let here = module_here(index);
    let tokens = tokens_of(code);
    let names = (0..tokens.len()).filter_map(|at| tokens.ident(at));
    let mut seen = names.filter_map(|name| {
        let all = || index.named(name).iter().copied();
        // What stands in the module is meant, else anything that may have been imported.
        let near = all().filter(|&id| Some(index.module(id)) == here);
        near.filter_map(|id| is_seen(index, id))
            .max()
            .or_else(|| all().filter_map(|id| is_seen(index, id)).max())
    });
    if seen.all(|seen| seen) { quote!(pub(crate)) } else { TokenStream::new() }
}

/// The module around the macro call.
fn module_here(index: &Index) -> Option<Module> {
    let place = Place::of(Span::call_site())?;
    index.locate(&place.file, place.line).map(|id| index.module(id))
}

/// Whether all of the crate sees a type or a trait. `pub(super)` means something else elsewhere: it counts as
/// private.
fn is_seen(index: &Index, id: Id) -> Option<bool> {
    let item = index.item(id);
    if !matches!(item.what, What::Type | What::Trait) {
        return None;
    }
    let tokens = &index.source(id).tokens;
    let at = skip_attributes(tokens, item.tokens.start);
    let is_restricted = tokens.is_open(at + 1, "(") && !tokens.is_ident(at + 2, "crate");
    Some(tokens.is_ident(at, "pub") && !is_restricted)
}
