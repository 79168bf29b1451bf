//! From a function and its options to the expression of its fingerprint.

use super::covered::{self, Covered, Subject};
use super::digest;
use super::named_files::MOST;
use super::stream::tokens_of;
use super::surroundings::Surroundings;
use crate::root::Root;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// How much code a fingerprint covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Code {
    /// The function and everything of its crate that it reaches by name.
    #[default]
    Reachable,
    /// The function alone.
    Body,
    /// The executable that runs.
    Binary,
    /// Nothing: `version` and the like decide.
    None,
}

/// The options of `#[cached]` that decide the fingerprint.
#[derive(Default)]
pub(crate) struct Options<'a> {
    pub(crate) code: Code,
    pub(crate) version: Option<&'a str>,
    pub(crate) salt: Option<&'a syn::Expr>,
    pub(crate) depends: &'a [syn::Path],
    /// Whether the toolchain that builds the program counts.
    pub(crate) by_toolchain: bool,
}

/// What is fingerprinted.
pub(crate) struct Function<'a> {
    /// Attributes (without `#[cached]` itself), signature and body.
    pub(crate) tokens: TokenStream,
    /// `Self`, where the function stands in an impl block that the macro sees.
    pub(crate) self_type: Option<&'a syn::Type>,
    /// What it stands in, where that is another function.
    pub(crate) surroundings: Option<&'a Surroundings>,
    /// Whatever else decides what a key or a stored value means: the ignored names, the key expression,
    /// `cache_err`.
    pub(crate) rules: TokenStream,
}

/// An expression for the fingerprint.
pub(crate) enum Fingerprint {
    /// A constant expression of type `u128`.
    Constant(TokenStream),
    /// An expression of type `joblib::Result<u128>`, to be evaluated once per process: a salt, or the
    /// executable, has to be hashed.
    Computed(TokenStream),
}

/// The fingerprint of `function`.
///
/// Expands to `combine(&[0x5eed, <dep as Tracked>::FINGERPRINT, cfg!(unix) as u128, ..])`, with absolute
/// paths.
pub(crate) fn of_function(function: &Function<'_>, options: &Options<'_>, root: &Root) -> Fingerprint {
    let covered = match options.code {
        Code::Reachable => covered::with_reachable(Subject {
            tokens: function.tokens.clone(),
            self_type: function.self_type,
            surroundings: function.surroundings,
            whole_type: None,
        }),
        Code::Body => covered::alone(function.tokens.clone()),
        Code::Binary | Code::None => Covered::default(),
    };
    let version = options.version.map(|version| Literal::string(version).into_token_stream());
    let base = digest::combine(&[
        options.code as u128,
        covered.digest,
        digest_of(function.rules.clone()),
        digest_of(version.unwrap_or_default()),
    ]);
    let constant = constant(base, &covered, options.depends, root);
    let private = root.private();
    let mut computed = Vec::new();
    if options.code == Code::Binary {
        computed.push(quote!(#private::fingerprint::of_executable()));
    }
    if let Some(salt) = options.salt {
        let private = root.private_at(salt.span());
        computed.push(quote_spanned!(salt.span()=> #private::fingerprint::of_salt(&(#salt))));
    }
    if options.by_toolchain {
        computed.push(quote!(::core::result::Result::Ok(#private::fingerprint::of_toolchain())));
    }
    if computed.is_empty() {
        Fingerprint::Constant(constant)
    } else {
        Fingerprint::Computed(quote!(#private::fingerprint::combine_results(#constant, [#(#computed),*])))
    }
}

/// What the macro knows, and what the compiler adds to it.
pub(super) fn constant(base: u128, covered: &Covered, depends: &[syn::Path], root: &Root) -> TokenStream {
    let private = root.private();
    let base = Literal::u128_suffixed(base);
    let depends = depends.iter().map(|path| {
        let private = root.private_at(path.span());
        quote_spanned!(path.span()=> <#path as #private::fingerprint::Tracked>::FINGERPRINT)
    });
    // What does not parse as a predicate is none.
    let conditions = covered.conditions.iter().filter_map(|text| text.parse::<TokenStream>().ok());
    let variables = covered.variables.iter();
    // Named as read by the compiler, so that an edit of one builds the program again.
    let files = covered.files.iter().filter_map(|path| path.to_str());
    let warning = covered.is_cut.then(|| {
        let text = format!(
            "macros that this function reaches name more than {MOST} files: an edit of the others does not \
             make it run again; raise `version`, or give the folder's content in `salt`"
        );
        warning(&text, Span::call_site())
    });
    quote!({
        #(const _: &[::core::primitive::u8] = ::core::include_bytes!(#files);)*
        #warning
        const FINGERPRINT: ::core::primitive::u128 = #private::fingerprint::combine(&[
            #base,
            #(#depends,)*
            #(::core::cfg!(#conditions) as ::core::primitive::u128,)*
            #(#private::fingerprint::of_variable(::core::option_env!(#variables)),)*
        ]);
        FINGERPRINT
    })
}

/// A warning of the compiler's. Macros cannot give one, but what is deprecated does.
pub(crate) fn warning(text: &str, span: Span) -> TokenStream {
    let name = Ident::new("JOBLIB_WARNING", span.resolved_at(Span::mixed_site()));
    quote_spanned! {span=>
        const _: () = {
            #[deprecated(note = #text)]
            const #name: () = ();
            #name
        };
    }
}

fn digest_of(stream: TokenStream) -> u128 {
    let tokens = tokens_of(stream);
    digest::digest(&tokens, 0..tokens.len())
}
