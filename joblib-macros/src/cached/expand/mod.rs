//! From the model to tokens.
//!
//! ```text
//! #[cached(dir = "cache", ignore = ["debug"])]
//! pub fn simulate(seed: u64, grid: &Grid, debug: bool) -> Field { BODY }
//! ```
//!
//! expands to
//!
//! ```text
//! pub fn simulate(seed: u64, grid: &Grid, debug: bool) -> Field {
//!     simulate::entry(seed, grid, debug).get_or_compute()
//! }
//!
//! pub struct simulate {}
//!
//! impl simulate {
//!     pub fn entry(seed: u64, grid: &Grid, debug: bool)
//!         -> joblib::Entry<Field, impl joblib::keep::Storable<Field>, impl joblib::Run<Field>>
//!     {
//!         fn call<A, B, C, R>(a: A, b: B, c: C, body: impl FnOnce(A, B, C) -> R) -> R { body(a, b, c) }
//!         let function = Self::__function();
//!         let mut key = p::KeyHasher::new();
//!         (&&p::Argument(&seed)).__add(&mut key, "seed");
//!         (&&p::Argument(grid)).__add(&mut key, "grid");
//!         let args = if p::Function::wants_args(&function) { Some(..) } else { None };
//!         let run = move || call(seed, grid, debug, move |seed, grid, debug| -> Field { BODY });
//!         let keep = p::storable((&&&&p::Probe::<Field>::NEW).__kind());
//!         p::entry(function, p::KeyHasher::finish(&mut key), keep, run, args)
//!     }
//!
//!     pub fn memo() -> joblib::MemorizedFunc<joblib::Answers<Field>, impl Storable<Field>> { .. }
//!
//!     fn __function() -> p::FunctionRef<p::Codec> {
//!         static SITE: p::Site<p::Codec> = p::Site::new(p::Written { name: "simulate", .. }, false);
//!         SITE.in_own(None, || {
//!             let marker = type_name_of_val(&|| ());
//!             let settings = p::Settings { marker, fingerprint: Ok(0x5eed), configure: identity };
//!             (p::Memory::new("cache"), settings)
//!         })
//!     }
//! }
//! ```
//!
//! A method gets `simulate_entry` and `simulate_memo` beside it instead of the type. To a trait impl nothing
//! can be added: those of a block under the attribute stand in a trait of their own; for a method alone,
//! whose block is not seen, the entry is made in the function itself.

mod call;
mod companion;
mod companion_trait;
mod companions;
mod key;
mod kind;
mod naming;
mod respan;
mod signature;
mod site;

use super::check;
use super::function::Function;
use super::item::{BlockItem, ImplBlock, with_items};
use super::model::{Block, Model};
use super::options::Options;
use crate::ctxt::Ctxt;
use companion_trait::CompanionTrait;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// A function that the attribute stands on.
pub(crate) fn function(cx: &Ctxt, options: &Options, function: &Function) -> Option<TokenStream> {
    let model = Model::new(function, options, None);
    check::check(cx, &model, options);
    (!cx.has_errors()).then(|| companions::expand(&model))
}

/// An impl block that the attribute stands on: its options are defaults for the methods marked inside.
pub(crate) fn impl_block(cx: &Ctxt, defaults: &Options, block: Box<ImplBlock>) -> Option<TokenStream> {
    if let (true, Some(span)) = (defaults.key.is_set(), defaults.key.span()) {
        cx.error_at(span, "`key` belongs on a method: its parameters are what it speaks of");
    }
    let parsed: Vec<(Options, &BlockItem)> = block
        .items
        .iter()
        .map(|item| match item {
            BlockItem::Cached(options, _) => (Options::parse(cx, options.clone()), item),
            BlockItem::Other(_) => (Options::parse(cx, TokenStream::new()), item),
        })
        .collect();
    let mut beside = CompanionTrait::of(&block);
    let head = &block.head;
    let around =
        Block { self_type: &head.self_ty, generics: &head.generics, is_trait: beside.is_some(), defaults };
    let models: Vec<Option<Model<'_>>> = parsed
        .iter()
        .map(|(options, item)| match item {
            BlockItem::Cached(_, function) => Some(Model::new(function, options, Some(around))),
            BlockItem::Other(_) => None,
        })
        .collect();
    let cached: Vec<&Model<'_>> = models.iter().flatten().collect();
    if cached.is_empty() {
        cx.error_at(
            proc_macro2::Span::call_site(),
            "no method inside is marked: put `#[cached]` on those that are to be cached",
        );
    }
    check::ignore_of_block(cx, defaults, &cached);
    for (model, (options, _)) in models.iter().zip(&parsed) {
        if let Some(model) = model {
            check::check(cx, model, options);
        }
    }
    if cx.has_errors() {
        return None;
    }
    let items = models.iter().zip(&block.items).map(|(model, item)| match (model, item) {
        (Some(model), _) => match &mut beside {
            Some(beside) => companions::expand_in_trait_impl(model, beside),
            None => companions::expand(model),
        },
        (None, BlockItem::Other(tokens)) => tokens.clone(),
        (None, BlockItem::Cached(_, function)) => function.to_token_stream(),
    });
    let block = with_items(&block.head, items);
    Some(quote!(#block #beside))
}
