//! What is to be generated, decided from the function, its options and the defaults of its impl block.

use super::borrowing;
use super::function::Function;
use super::options::{Options, Setting};
use super::strict::Strict;
use crate::attr::Attr;
use crate::fingerprint::{self, Code, Kind, Position, Surroundings};
use crate::root::Root;
use crate::tokens::mentions;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{
    Expr, FnArg, GenericParam, Generics, Pat, PatType, Path, ReturnType, Type, TypeImplTrait, Visibility,
    parse_quote,
};

/// One cached function.
pub(super) struct Model<'a> {
    pub(super) function: &'a Function,
    pub(super) params: Vec<Param<'a>>,
    /// What it returns; `()` where nothing is written.
    pub(super) answer: Type,
    pub(super) answer_span: Span,
    pub(super) companions: Companions,
    pub(super) root: Root,
    pub(super) place: Place<'a>,
    pub(super) key: Option<&'a Expr>,
    pub(super) version: Option<&'a str>,
    pub(super) salt: Option<&'a Expr>,
    pub(super) depends: &'a [Path],
    pub(super) code: Code,
    pub(super) strict: Strict,
    pub(super) ignore_fields: Vec<&'a str>,
    pub(super) policy: Vec<(&'a str, &'a Setting)>,
    pub(super) cache_err: bool,
    pub(super) position: Position,
    /// One place may become several functions.
    pub(super) in_macro: bool,
    block: Option<Block<'a>>,
    surroundings: Option<Surroundings>,
}

/// One parameter.
pub(super) struct Param<'a> {
    pub(super) arg: &'a FnArg,
    /// The name it has in the companions, where no pattern can stand.
    pub(super) outer: Ident,
    /// The pattern that the body expects, where that is not the name itself.
    pub(super) pattern: Option<&'a Pat>,
    pub(super) ignored: bool,
}

/// Where results are stored.
pub(super) enum Place<'a> {
    Dir(&'a Expr),
    Memory(&'a Expr),
    UserDefault,
}

/// What can stand beside the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Companions {
    /// A type of the same name: free functions.
    Type,
    /// Methods of derived names.
    Methods,
    /// Methods of derived names, in a trait beside the trait impl.
    Trait,
    /// Nothing: the items of a trait impl are given, and its header is not seen.
    None,
}

/// The impl block around a method, as far as it is seen.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) self_type: &'a Type,
    pub(super) generics: &'a Generics,
    pub(super) is_trait: bool,
    pub(super) defaults: &'a Options,
}

impl<'a> Model<'a> {
    pub(super) fn new(function: &'a Function, options: &'a Options, block: Option<Block<'a>>) -> Self {
        let defaults = block.map(|block| block.defaults);
        let place = place_of(options).or_else(|| place_of(defaults?)).unwrap_or(Place::UserDefault);
        let (answer, answer_span) = match &function.sig.output {
            ReturnType::Type(_, ty) => ((**ty).clone(), ty.span()),
            ReturnType::Default => (parse_quote!(()), function.sig.ident.span()),
        };
        // The keyword is not taken from a macro's arguments, as the name may be.
        let surroundings = Surroundings::of(function.sig.fn_token.span);
        let alone = Position { before: 0, of: 1 };
        let local = surroundings.as_ref().filter(|surroundings| surroundings.is_local());
        Self {
            function,
            params: params(function, options, defaults),
            answer,
            answer_span,
            companions: companions(function, block, surroundings.as_ref()),
            root: pick(options, defaults, |options| &options.root)
                .cloned()
                .unwrap_or_else(Root::default_path),
            place,
            key: options.key.get(),
            version: pick(options, defaults, |options| &options.version).map(String::as_str),
            salt: pick(options, defaults, |options| &options.salt),
            depends: pick(options, defaults, |options| &options.depends).map_or(&[], Vec::as_slice),
            code: pick(options, defaults, |options| &options.code).copied().unwrap_or_default(),
            strict: pick(options, defaults, |options| &options.strict).copied().unwrap_or_default(),
            ignore_fields: [Some(options), defaults]
                .into_iter()
                .flatten()
                .filter_map(|options| options.ignore_fields.get())
                .flatten()
                .map(String::as_str)
                .collect(),
            policy: options.policy(defaults),
            cache_err: pick(options, defaults, |options| &options.cache_err).copied().unwrap_or(false),
            position: local.map_or(alone, |local| local.position(&function.sig.ident.to_string())),
            in_macro: surroundings.as_ref().is_none_or(Surroundings::in_macro),
            block,
            surroundings,
        }
    }

    pub(super) fn name(&self) -> &'a Ident {
        &self.function.sig.ident
    }

    pub(super) fn is_async(&self) -> bool {
        self.function.sig.asyncness.is_some()
    }

    /// Whether it stands in an impl block or in a trait.
    pub(super) fn is_method(&self) -> bool {
        match self.companions {
            Companions::Type => false,
            Companions::Methods | Companions::Trait => true,
            Companions::None => !matches!(
                self.surroundings.as_ref().map(Surroundings::kind),
                Some(Kind::Module | Kind::Value | Kind::Other)
            ),
        }
    }

    /// `Self`, as far as it is known.
    pub(super) fn self_type(&self) -> TokenStream {
        match self.block {
            Some(block) => block.self_type.to_token_stream(),
            None => {
                let header = self.surroundings.as_ref().and_then(Surroundings::implementation);
                header.and_then(|header| header.parse().ok()).unwrap_or_default()
            }
        }
    }

    /// Whether the parameter's type has type parameters in it.
    pub(super) fn is_generic(&self, param: &Param<'_>) -> bool {
        let ty = param.ty().map_or_else(TokenStream::new, ToTokens::to_token_stream);
        let mut params = self.generics().flat_map(Generics::type_params);
        param.has_impl_trait() || params.any(|param| mentions(ty.clone(), &param.ident))
    }

    /// Whether it has one monomorphisation, as what stands in a type made for it does, and its path tells it
    /// from all others.
    pub(super) fn is_one(&self) -> bool {
        let has_lifetimes_alone = |param: &GenericParam| matches!(param, GenericParam::Lifetime(_));
        self.companions == Companions::Type
            && !self.in_macro
            && self.function.sig.generics.params.iter().all(has_lifetimes_alone)
            && !self.params.iter().any(Param::has_impl_trait)
    }

    /// Whether its path may have types in it.
    pub(super) fn has_type_arguments(&self) -> bool {
        let of_types = |generics: &Generics| generics.type_params().next().is_some();
        let self_type = self.block.map(|block| block.self_type.to_token_stream());
        self.generics().any(of_types)
            || self.params.iter().any(Param::has_impl_trait)
            || match self_type {
                Some(ty) => self.companions == Companions::Trait || ty.into_iter().count() > 1,
                None => self.is_method(),
            }
    }

    /// Whether the expression uses a parameter.
    pub(super) fn mentions_parameter(&self, expr: &Expr) -> bool {
        self.params.iter().any(|param| mentions(expr.to_token_stream(), &param.outer))
    }

    /// Whether the place of the entries depends on this parameter.
    pub(super) fn place_mentions(&self, param: &Param<'_>) -> bool {
        matches!(self.place, Place::Memory(expr) if mentions(expr.to_token_stream(), &param.outer))
    }

    /// Whether an option uses this variable.
    pub(super) fn options_mention(&self, name: &Ident) -> bool {
        let place = match self.place {
            Place::Memory(expr) => Some(expr),
            Place::Dir(_) | Place::UserDefault => None,
        };
        place.into_iter().chain(self.key).any(|expr| mentions(expr.to_token_stream(), name))
    }

    /// Whether `Self`, and not only what belongs to it, is part of what it returns.
    pub(super) fn answers_self(&self) -> bool {
        names_self(self.answer.to_token_stream())
    }

    /// Whether what it returns may hold references, as far as its type and the parameters' bounds say.
    pub(super) fn answer_may_borrow(&self) -> bool {
        let block = self.block.map(|block| (block.self_type, block.generics));
        borrowing::may_borrow(&self.answer, self.generics(), block, self.surroundings.as_ref())
    }

    /// Those of the function, and those of the impl block that is seen.
    fn generics(&self) -> impl Iterator<Item = &'a Generics> + use<'a> {
        [Some(&self.function.sig.generics), self.block.map(|block| block.generics)].into_iter().flatten()
    }

    /// The fingerprint of the function's code and of what decides the meaning of keys and values.
    pub(super) fn fingerprint(&self) -> fingerprint::Fingerprint {
        let ignored = self.params.iter().filter(|param| param.ignored).map(|param| param.outer.to_string());
        let (key, cache_err) = (self.key, self.cache_err);
        let function = fingerprint::Function {
            tokens: self.function.to_token_stream(),
            self_type: self.block.map(|block| block.self_type),
            surroundings: self.surroundings.as_ref().filter(|surroundings| surroundings.is_local()),
            rules: quote!([#(#ignored),*] #key #cache_err),
        };
        let options = fingerprint::Options {
            code: self.code,
            version: self.version,
            salt: self.salt,
            depends: self.depends,
            by_toolchain: self.strict.toolchain,
        };
        fingerprint::of_function(&function, &options, &self.root)
    }
}

impl<'a> Param<'a> {
    pub(super) fn receiver(&self) -> Option<&'a syn::Receiver> {
        match self.arg {
            FnArg::Receiver(receiver) => Some(receiver),
            FnArg::Typed(_) => None,
        }
    }

    pub(super) fn ty(&self) -> Option<&'a Type> {
        match self.arg {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(&typed.ty),
        }
    }

    /// Whether its type has parts without a name.
    pub(super) fn has_impl_trait(&self) -> bool {
        struct Found(bool);
        impl Visit<'_> for Found {
            fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
                self.0 = true;
            }
        }
        let mut found = Found(false);
        self.ty().into_iter().for_each(|ty| found.visit_type(ty));
        found.0
    }

    /// The parameter as the body's own, without its type.
    pub(super) fn bound(&self) -> TokenStream {
        match self.arg {
            FnArg::Receiver(receiver) => receiver.self_token.to_token_stream(),
            FnArg::Typed(PatType { attrs, pat, .. }) => {
                quote!(#(#attrs)* #pat)
            }
        }
    }

    /// Where messages about it belong.
    pub(super) fn span(&self) -> Span {
        match self.arg {
            FnArg::Receiver(receiver) => receiver.self_token.span,
            FnArg::Typed(typed) => typed.ty.span(),
        }
    }
}

/// The function's own option, else the default of its impl block.
fn pick<'a, T>(
    own: &'a Options,
    defaults: Option<&'a Options>,
    option: impl Fn(&'a Options) -> &'a Attr<T>,
) -> Option<&'a T> {
    option(own).get().or_else(|| option(defaults?).get())
}

fn place_of(options: &Options) -> Option<Place<'_>> {
    options.memory.get().map(Place::Memory).or_else(|| options.dir.get().map(Place::Dir))
}

fn params<'a>(function: &'a Function, own: &Options, defaults: Option<&Options>) -> Vec<Param<'a>> {
    let ignored = |name: &str| {
        let listed = |options: &Options| {
            options.ignore.get().is_some_and(|names| names.iter().any(|(_, ignored)| ignored == name))
        };
        listed(own) || defaults.is_some_and(listed)
    };
    let given = [Some(own), defaults].into_iter().flatten();
    let exprs: Vec<&Expr> =
        given.flat_map(|options| [options.memory.get(), options.key.get()]).flatten().collect();
    let named = |name: &Ident| exprs.iter().any(|expr| mentions(expr.to_token_stream(), name));
    let param = |(at, arg): (usize, &'a FnArg)| match arg {
        FnArg::Receiver(receiver) => Param {
            arg,
            outer: Ident::new("self", receiver.self_token.span),
            pattern: None,
            ignored: ignored("self"),
        },
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() => {
                let plain = pat.by_ref.is_none() && pat.mutability.is_none();
                // It is passed on, which is a use that lints would see.
                let name = pat.ident.unraw().to_string();
                let unused = name.starts_with('_') && !named(&pat.ident);
                let span = pat.ident.span();
                let outer = match unused {
                    true => Ident::new(&name, span.resolved_at(Span::mixed_site())),
                    false => pat.ident.clone(),
                };
                Param { arg, outer, pattern: (!plain).then_some(&*typed.pat), ignored: ignored(&name) }
            }
            pattern => Param {
                arg,
                outer: format_ident!("__joblib_arg{}", at, span = Span::mixed_site()),
                pattern: Some(pattern),
                ignored: false,
            },
        },
    };
    function.sig.inputs.iter().enumerate().map(param).collect()
}

/// From the impl block, where it is seen; else from the signature and the source around it.
fn companions(
    function: &Function,
    block: Option<Block<'_>>,
    surroundings: Option<&Surroundings>,
) -> Companions {
    if let Some(block) = block {
        return if block.is_trait { Companions::Trait } else { Companions::Methods };
    }
    let receiver = function.sig.inputs.iter().any(|arg| matches!(arg, FnArg::Receiver(_)));
    let public = !matches!(function.vis, Visibility::Inherited);
    if receiver && public {
        return Companions::Methods;
    }
    let names_self = || mentions(function.to_token_stream(), &format_ident!("Self"));
    match surroundings.map(|around| (around.kind(), around.in_macro())) {
        Some((Kind::Impl, _)) => Companions::Methods,
        Some((Kind::TraitImpl | Kind::Trait, _)) => Companions::None,
        // A method may belong to a trait.
        _ if receiver => Companions::None,
        // The source does not help; `Self` means an impl block.
        Some((Kind::Macro | Kind::Other, true)) | None if names_self() && public => Companions::Methods,
        Some((Kind::Macro | Kind::Other, true)) | None if names_self() => Companions::None,
        // A type of this name would stand in for Rust's own.
        _ if is_primitive(&function.sig.ident) => Companions::None,
        _ => Companions::Type,
    }
}

fn is_primitive(name: &Ident) -> bool {
    const PRIMITIVES: &[&str] = &[
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
        "isize", "f16", "f32", "f64", "f128",
    ];
    PRIMITIVES.iter().any(|primitive| name == primitive)
}

/// Whether `Self` occurs in the tokens as a type of its own, unlike in `Self::Output`.
fn names_self(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Ident(ident) => {
                ident == "Self"
                    && !matches!(tokens.peek(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':')
            }
            TokenTree::Group(group) => names_self(group.stream()),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}
