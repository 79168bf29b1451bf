//! Where a function is found at run time: its static descriptor.

use super::super::hidden::{comes_back_surely, warnings};
use super::super::model::{Companions, Model, Place};
use super::naming::Naming;
use crate::fingerprint::{Fingerprint, modules_of_crate};
use crate::root::Rooted;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, GenericParam, Type, WhereClause};

/// What the companions of one function share.
pub(super) struct Site {
    pub(super) private: Rooted,
    pub(super) fingerprint: Fingerprint,
    /// The expression of type `FunctionRef`.
    found: TokenStream,
}

impl Site {
    pub(super) fn of(model: &Model<'_>) -> Self {
        let private = model.root.private();
        let fingerprint = model.fingerprint();
        let found = found(model, &private, &fingerprint);
        Self { private, fingerprint, found }
    }

    /// The expression where it stands, in a function that has no companion to share it with.
    pub(super) fn in_place(&self, model: &Model<'_>) -> TokenStream {
        let (memory, found) = (given_memory(model, &self.private), &self.found);
        quote!({ #memory #found })
    }

    /// The hidden function that `entry` and `memo` call: from `fn` to before its bounds, these, and its body.
    pub(super) fn function(
        &self,
        model: &Model<'_>,
        name: &Ident,
    ) -> (TokenStream, Option<WhereClause>, TokenStream) {
        let p = &self.private;
        let mut naming = Naming::of(&model.function.sig.generics);
        let hints: Vec<Type> = hints(model, &mut naming);
        naming.imply_bounds(model);
        let generics = naming.generics();
        let memory = memory_name();
        let memory = matches!(model.place, Place::Memory(_)).then(|| quote!(#memory: &#p::Memory,));
        let signature = quote! {
            fn #name #generics(#memory #(_: ::core::marker::PhantomData<#hints>),*)
                -> #p::FunctionRef<#p::Codec>
        };
        let (used, found) = (used(model, p), &self.found);
        (signature, generics.where_clause, quote!(#used #found))
    }

    /// A call of that function by `entry`, which cannot name the types behind its `impl Trait`.
    pub(super) fn for_entry(&self, model: &Model<'_>, function: &TokenStream) -> TokenStream {
        let p = &self.private;
        let hidden = model.params.iter().filter(|param| param.has_impl_trait());
        let hints = hidden.map(|param| {
            let name = &param.outer;
            quote!(#p::type_of(&#name))
        });
        self.call(model, function, &parameters(model, true), hints.collect())
    }

    /// A call of that function by `memo`, which names all types.
    pub(super) fn for_memo(&self, model: &Model<'_>, function: &TokenStream) -> TokenStream {
        let mut naming = Naming::of(&model.function.sig.generics);
        let hints = hints(model, &mut naming).len();
        let arguments = arguments_of(naming.generics().params.iter());
        let hints = (0..hints).map(|_| quote!(::core::marker::PhantomData)).collect();
        self.call(model, function, &arguments, hints)
    }

    fn call(
        &self,
        model: &Model<'_>,
        function: &TokenStream,
        arguments: &[TokenStream],
        hints: Vec<TokenStream>,
    ) -> TokenStream {
        let given = given_memory(model, &self.private);
        let memory = memory_name();
        let memory = matches!(model.place, Place::Memory(_)).then(|| quote!(#memory,));
        let turbofish = turbofish(arguments);
        quote!({ #given #function #turbofish(#memory #(#hints),*) })
    }
}

/// What uses a companion uses the function: lints shall not call it dead.
fn used(model: &Model<'_>, p: &Rooted) -> Option<TokenStream> {
    let name = model.name();
    let path = match model.companions {
        Companions::Type => quote!(#name),
        Companions::Methods => quote!(Self::#name),
        Companions::Trait | Companions::None => return None,
    };
    let unusable =
        |attr: &Attribute| ["deprecated", "target_feature"].iter().any(|name| attr.path().is_ident(name));
    if model.function.attrs.iter().any(unusable) {
        return None;
    }
    let mut naming = Naming::of(&model.function.sig.generics);
    let arguments = model.params.iter().map(|param| match param.ty() {
        Some(ty) if param.has_impl_trait() => {
            let ty = naming.name_impl_traits(ty);
            quote!(#p::typed::<#ty>())
        }
        _ => quote!(#p::typed()),
    });
    let arguments: Vec<TokenStream> = arguments.collect();
    let turbofish = turbofish(&parameters(model, false));
    Some(quote!(if false { let _ = #path #turbofish(#(#arguments),*); }))
}

/// `::<T, { N }>`
pub(super) fn turbofish(arguments: &[TokenStream]) -> TokenStream {
    if arguments.is_empty() { TokenStream::new() } else { quote!(::<#(#arguments),*>) }
}

/// The function's type and constant parameters as arguments; `_` for the types behind `impl Trait` if so
/// wanted.
pub(super) fn parameters(model: &Model<'_>, impl_traits: bool) -> Vec<TokenStream> {
    let mut arguments = arguments_of(model.function.sig.generics.params.iter());
    if impl_traits {
        let mut naming = Naming::of(&syn::Generics::default());
        let _ = hints(model, &mut naming);
        arguments.extend(arguments_of(naming.generics().params.iter()).iter().map(|_| quote!(_)));
    }
    arguments
}

/// Lifetimes are inferred. A constant's name can be that of a type, too.
fn arguments_of<'a>(params: impl Iterator<Item = &'a GenericParam>) -> Vec<TokenStream> {
    let argument = |param: &GenericParam| match param {
        GenericParam::Type(param) => {
            let name = &param.ident;
            Some(quote!(#name))
        }
        GenericParam::Const(param) => {
            let name = &param.ident;
            Some(quote!({ #name }))
        }
        GenericParam::Lifetime(_) => None,
    };
    params.filter_map(argument).collect()
}

/// The types of the parameters that have `impl Trait` in them, with names for those.
fn hints(model: &Model<'_>, naming: &mut Naming) -> Vec<Type> {
    let hidden = model.params.iter().filter(|param| param.has_impl_trait());
    hidden.filter_map(|param| param.ty()).map(|ty| naming.name_impl_traits(ty)).collect()
}

fn memory_name() -> Ident {
    Ident::new("__joblib_memory", Span::mixed_site())
}

/// `let memory = ..;` where an expression says which.
fn given_memory(model: &Model<'_>, p: &Rooted) -> TokenStream {
    let Place::Memory(expr) = model.place else { return TokenStream::new() };
    let memory = memory_name();
    let expr: TokenStream = quote_spanned!(expr.span()=> &(#expr));
    quote!(let #memory: &#p::Memory = #expr;)
}

fn found(model: &Model<'_>, p: &Rooted, fingerprint: &Fingerprint) -> TokenStream {
    let written = written(model, p);
    let settings = settings(model, p, fingerprint);
    let instance = match model.is_one() {
        true => quote!(::core::option::Option::None),
        false => quote!(#p::monomorphisation(&|| ())),
    };
    let function = match &model.place {
        Place::Memory(_) => {
            let memory = memory_name();
            quote!(__JOBLIB_SITE.in_memory(#instance, #memory, || #settings))
        }
        Place::Dir(expr) => quote!(__JOBLIB_SITE.in_own(#instance, || (#p::Memory::new(#expr), #settings))),
        Place::UserDefault => {
            let program = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "joblib".to_owned());
            quote!(__JOBLIB_SITE.in_own(#instance, || (#p::Memory::user_default(#program), #settings)))
        }
    };
    let warnings = warnings(model);
    let compares =
        if comes_back_surely(model) { quote!(false) } else { quote!(::core::cfg!(debug_assertions)) };
    quote!({
        #warnings
        static __JOBLIB_SITE: #p::Site<#p::Codec> = #p::Site::new(#written, #compares);
        #function
    })
}

fn written(model: &Model<'_>, p: &Rooted) -> TokenStream {
    let name = model.name().to_string();
    let (position, is_method, in_macro) = (model.position.before, model.is_method(), model.in_macro);
    let modules = match model.has_type_arguments().then(modules_of_crate).flatten() {
        Some(modules) => quote!(::core::option::Option::Some(#modules)),
        None => quote!(::core::option::Option::None),
    };
    quote!(#p::Written {
        name: #name,
        position: #position,
        module: ::core::module_path!(),
        is_method: #is_method,
        in_macro: #in_macro,
        modules: #modules,
    })
}

fn settings(model: &Model<'_>, p: &Rooted, fingerprint: &Fingerprint) -> TokenStream {
    let fingerprint = match fingerprint {
        Fingerprint::Constant(constant) => quote!(::core::result::Result::Ok(#constant)),
        Fingerprint::Computed(computed) => computed.clone(),
    };
    let policy = Ident::new("__joblib_policy", Span::mixed_site());
    let setters = model.policy.iter().map(|(option, setting)| {
        let setter = format_ident!("{}", option, span = Span::mixed_site());
        let value = setting.tokens(p);
        quote!(.#setter(#value))
    });
    let configure = match model.policy.is_empty() {
        true => quote!(::core::convert::identity),
        false => quote!(|#policy| #policy #(#setters)*),
    };
    quote!(#p::Settings {
        marker: ::core::any::type_name_of_val(&|| ()),
        fingerprint: #fingerprint,
        configure: #configure,
    })
}
