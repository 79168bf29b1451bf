//! The expression that makes an entry, and its parts.

use super::super::model::{Model, Param, Place};
use super::super::ordinal;
use crate::fingerprint::Fingerprint;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ReceiverKind, Type};

/// What the expressions of one function have in common.
pub(super) struct Parts {
    pub(super) private: TokenStream,
    pub(super) fingerprint: Fingerprint,
    ordinal: u32,
}

impl Parts {
    pub(super) fn of(model: &Model<'_>) -> Self {
        let tokens = model.function.to_token_stream();
        Self {
            private: model.root.private(),
            fingerprint: model.fingerprint(),
            ordinal: ordinal::next(&model.name().to_string(), &tokens),
        }
    }
}

/// `{ static SITE: .. = ..; SITE.function(memory, &|| ()) }`
fn function(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let Parts { private: p, fingerprint, ordinal } = parts;
    let name = model.name().to_string();
    let fingerprint = match fingerprint {
        Fingerprint::Constant(constant) => quote!(::core::result::Result::Ok(#constant)),
        Fingerprint::Computed(computed) => computed.clone(),
    };
    let policy = Ident::new("policy", Span::mixed_site());
    let setters = model.policy.iter().map(|(option, setting)| {
        let setter = Ident::new(option, Span::mixed_site());
        let value = setting.tokens(p);
        quote!(.#setter(#value))
    });
    let memory = Ident::new("memory", Span::mixed_site());
    let found = match &model.place {
        Place::Memory(expr) => {
            let expr = quote_spanned!(expr.span()=> &(#expr));
            quote!({ let #memory: &#p::Memory = #expr; __JOBLIB_SITE.function(#memory, &|| ()) })
        }
        Place::Dir(expr) => {
            quote!(__JOBLIB_SITE.function(__JOBLIB_SITE.memory(|| #p::Memory::new(#expr)), &|| ()))
        }
        Place::UserDefault => {
            let program = std::env::var("CARGO_PKG_NAME").unwrap_or_else(|_| "joblib".to_owned());
            quote!(__JOBLIB_SITE.function(__JOBLIB_SITE.memory(|| #p::Memory::user_default(#program)), &|| ()))
        }
    };
    quote!({
        static __JOBLIB_SITE: #p::Site<#p::Codec> =
            #p::Site::new(#name, #ordinal, || #fingerprint, |#policy| #policy #(#setters)*);
        #found
    })
}

/// The entry of a call with these parameters.
pub(super) fn entry(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let p = &parts.private;
    let [function, key, args] = ["function", "key", "args"].map(|name| Ident::new(name, Span::mixed_site()));
    let found = self::function(model, parts);
    let hashed = hashed(model, p, &key);
    let text = args_text(model, p);
    let kind = kind(model, p);
    let body = body(model);
    let make = if model.is_async() { quote!(async_entry) } else { quote!(entry) };
    let answer = &model.answer;
    let make = at(model.answer_span, quote!(#p::#make::<#answer, _, _, _>));
    quote! {
        let #function = #found;
        let mut #key = #p::KeyHasher::new();
        #(#hashed)*
        let #args = #function.wants_args().then(|| #text);
        #make(#function, #key.finish(), #kind, #body, #args)
    }
}

fn hashed(model: &Model<'_>, p: &TokenStream, key: &Ident) -> Vec<TokenStream> {
    if let Some(expr) = model.key {
        let value = at(expr.span(), quote!(&));
        let add = at(expr.span(), quote!(#p::key));
        return vec![quote!(#add(&mut #key, #value (#expr));)];
    }
    let args = model.params.iter().filter(|param| !param.ignored);
    args.map(|param| {
        let name = param.outer.to_string();
        let value = by_reference(param);
        at(span_of(param), quote!(#p::arg(&mut #key, #name, #value);))
    })
    .collect()
}

/// The argument's value behind exactly one reference, so that arrays are recognised.
fn by_reference(param: &Param<'_>) -> TokenStream {
    let name = &param.outer;
    match (param.receiver(), param.ty()) {
        (Some(receiver), _) => match &receiver.kind {
            ReceiverKind::Reference(..) => quote!(#name),
            ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(_)) => quote!(#name),
            // Boxes and counted pointers show what they point to.
            ReceiverKind::Typed(_, ty) if !is_self(ty) => quote!(&*#name),
            _ => quote!(&#name),
        },
        (None, Some(ty)) if matches!(strip(ty), Type::Reference(_)) => quote!(#name),
        _ => quote!(&#name),
    }
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

fn span_of(param: &Param<'_>) -> Span {
    match (param.receiver(), param.ty()) {
        (Some(receiver), _) => receiver.self_token.span,
        (None, Some(ty)) => ty.span(),
        (None, None) => param.outer.span(),
    }
}

/// `name=value, ..` of the arguments that are part of the key.
fn args_text(model: &Model<'_>, p: &TokenStream) -> TokenStream {
    let texts = model.params.iter().filter(|param| !param.ignored).map(|param| {
        let name = param.outer.to_string();
        let value = by_reference(param);
        quote!((#name, (&#p::describe::Describe(#value)).text()))
    });
    quote!({
        #[allow(unused_imports)]
        use #p::describe::{ByDebug as _, ByType as _};
        #p::describe::join(&[#(#texts),*])
    })
}

/// The expression for all entries of the function.
pub(super) fn memo(model: &Model<'_>, parts: &Parts) -> TokenStream {
    let (p, answer) = (&parts.private, &model.answer);
    let (function, kind) = (function(model, parts), kind(model, p));
    let make = at(model.answer_span, quote!(#p::memo::<#answer, _, _>));
    quote!(#make(#function, #kind))
}

/// How the answer is kept, asked of its type.
fn kind(model: &Model<'_>, p: &TokenStream) -> TokenStream {
    let answer = &model.answer;
    let (traits, method) = if model.cache_err {
        (quote!(EveryKind as _, SharedEveryKind as _), quote!(every))
    } else {
        (quote!(OkKind as _, SharedOkKind as _, SharedWholeKind as _, WholeKind as _), quote!(kind))
    };
    let mut kind = quote!({
        #[allow(unused_imports)]
        use #p::{#traits};
        (&&&&#p::Probe::<#answer>::NEW).#method()
    });
    if model.policy.iter().any(|(option, _)| *option == "hot") {
        kind = quote!(#p::hot::<#answer, _>(#kind));
    }
    // Errors about the type are to be read at the type.
    at(model.answer_span, quote!(#p::storable::<#answer, _>(#kind)))
}

/// `impl Storable<R>`: the kind, whose name the signature does not know.
pub(super) fn storable(model: &Model<'_>, p: &TokenStream) -> TokenStream {
    let answer = &model.answer;
    at(model.answer_span, quote!(impl #p::Storable<#answer>))
}

/// The same tokens, with errors reported at `span`.
fn at(span: Span, tokens: TokenStream) -> TokenStream {
    let located = |mut token: TokenTree| {
        match &mut token {
            TokenTree::Group(group) => {
                let mut inner = proc_macro2::Group::new(group.delimiter(), at(span, group.stream()));
                inner.set_span(span.resolved_at(group.span()));
                token = TokenTree::Group(inner);
            }
            other => other.set_span(span.resolved_at(other.span())),
        }
        token
    };
    tokens.into_iter().map(located).collect()
}

/// The user's body, as a closure or an async block of the function's type.
fn body(model: &Model<'_>) -> TokenStream {
    let answer = &model.answer;
    let body = &model.function.body;
    let bound = model.params.iter().filter_map(|param| {
        let (pattern, name) = (param.pattern?, &param.outer);
        Some(quote!(let #pattern = #name;))
    });
    let statements = body.stream();
    if model.is_async() {
        // What follows the never-run `return` has its type.
        quote!(async move {
            #[allow(unreachable_code, clippy::diverging_sub_expression, clippy::empty_loop, clippy::needless_return)]
            if false {
                let answer: #answer = loop {};
                return answer;
            }
            #(#bound)*
            #statements
        })
    } else {
        quote!(move || -> #answer { #(#bound)* #statements })
    }
}
