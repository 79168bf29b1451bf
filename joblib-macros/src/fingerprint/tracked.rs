//! `#[tracked]`: an item whose code functions of other crates can depend on.

use super::covered;
use super::expression::constant;
use super::words::name_of;
use crate::root::Root;
use crate::tokens::ends_in;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Generics, Item, Token, Visibility};

/// Expands the attribute: the item as it is, and beside it
///
/// - for a type: `impl Tracked for Type { const FINGERPRINT: u128 = ..; }`;
/// - for a function, constant or static, which are in the namespace of values: an empty enum of the same name
///   in the namespace of types, which is `Tracked`. One `use` imports both.
pub(crate) fn tracked(arguments: TokenStream, item: TokenStream) -> TokenStream {
    match expand(arguments, &item) {
        Ok(companion) => quote!(#item #companion),
        Err(error) => {
            let error = error.to_compile_error();
            quote!(#item #error)
        }
    }
}

fn expand(arguments: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let Options { root } = syn::parse2(arguments)?;
    let private = root.private();
    let subject = Subject::of(syn::parse2(item.clone())?)?;
    let whole_type = subject.companion.is_empty().then(|| name_of(&subject.name.to_string()).to_owned());
    let covered =
        covered::with_reachable(covered::Subject { tokens: item.clone(), whole_type, ..Default::default() });
    let fingerprint = constant(covered.digest, &covered, &[], &root);
    let Subject { name, generics, companion } = subject;
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    Ok(quote! {
        #companion
        #[automatically_derived]
        impl #impl_generics #private::fingerprint::Tracked for #name #type_generics #bounds {
            const FINGERPRINT: ::core::primitive::u128 = #fingerprint;
        }
    })
}

/// `crate = "path"`, or nothing.
struct Options {
    root: Root,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self { root: Root::default_path() });
        }
        if !input.peek(Token![crate]) {
            return Err(input.error("`tracked` takes no option but `crate = \"path::to::joblib\"`"));
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path: syn::LitStr = input.parse()?;
        Ok(Self { root: Root::from_path(path.parse_with(syn::Path::parse_mod_style)?) })
    }
}

/// What the fingerprint is implemented for.
struct Subject {
    name: Ident,
    generics: Generics,
    companion: TokenStream,
}

impl Subject {
    fn of(item: Item) -> syn::Result<Self> {
        match item {
            Item::Fn(item) => Self::value(&item.attrs, &item.vis, item.sig.ident),
            Item::Const(item) => Self::value(&item.attrs, &item.vis, item.ident),
            Item::Static(item) => Self::value(&item.attrs, &item.vis, item.ident),
            Item::Struct(item) => Ok(Self::of_type(item.ident, item.generics)),
            Item::Enum(item) => Ok(Self::of_type(item.ident, item.generics)),
            Item::Union(item) => Ok(Self::of_type(item.ident, item.generics)),
            other => Err(syn::Error::new_spanned(
                first_token(&other),
                "`#[tracked]` goes on a function, a constant, a static, a struct, an enum or a union; \
                 methods and impls belong to their type: track the type",
            )),
        }
    }

    fn of_type(name: Ident, generics: Generics) -> Self {
        Self { name, generics, companion: TokenStream::new() }
    }

    fn value(attributes: &[Attribute], visibility: &Visibility, name: Ident) -> syn::Result<Self> {
        if let Some(cached) = attributes.iter().find(|attribute| ends_in(attribute.path(), &["cached"])) {
            let message = "a `#[cached]` function is tracked already (but for `salt` and `code = \
                           \"binary\"`): remove `#[tracked]`";
            return Err(syn::Error::new_spanned(cached, message));
        }
        let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
        let companion = quote! {
            #(#conditions)*
            #[doc(hidden)]
            #[allow(non_camel_case_types, dead_code)]
            #visibility enum #name {}
        };
        Ok(Self { name, generics: Generics::default(), companion })
    }
}

fn first_token(item: &Item) -> TokenStream {
    item.to_token_stream().into_iter().take(1).collect()
}
