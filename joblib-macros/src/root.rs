//! Where generated code finds the runtime: in `::joblib`, or below the path given as `crate = ".."`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Path;
use syn::token::PathSep;

use crate::attr::Given;
use crate::ctxt::Ctxt;

/// As serde's: what was expanded by one version cannot be meant by another, and nobody can name it in
/// earnest.
const PRIVATE: &str = concat!("__private_", env!("CARGO_PKG_VERSION"));

/// The path of the facade as seen from the call site.
#[derive(Clone)]
pub(crate) struct Root {
    path: Option<Path>,
}

impl Root {
    /// `::joblib`.
    pub(crate) fn default_path() -> Self {
        Root { path: None }
    }

    /// A path that was given.
    pub(crate) fn from_path(path: Path) -> Self {
        Root { path: Some(path) }
    }

    /// Reads `crate = "path::to::joblib"`.
    pub(crate) fn from_option(cx: &Ctxt, given: Given) -> Option<Self> {
        let (span, text) = given.into_str(cx, "crate = \"path::to::joblib\"")?;
        let parsed = syn::LitStr::new(&text, span).parse_with(Path::parse_mod_style);
        match parsed {
            Ok(path) => Some(Root { path: Some(path) }),
            Err(_) => {
                cx.error_at(
                    span,
                    format_args!(
                        "`{text}` is not a path: `crate` takes the path under which joblib is \
                         imported, as in `crate = \"my_crate::joblib\"`"
                    ),
                );
                None
            }
        }
    }

    /// The hidden module below the root, at the definition site. What users see in signatures has its public
    /// name instead.
    pub(crate) fn private(&self) -> Rooted {
        self.private_at(Span::mixed_site())
    }

    /// The hidden module, with errors in what follows reported at `span`.
    pub(crate) fn private_at(&self, span: Span) -> Rooted {
        let private = Ident::new(&PRIVATE.replace(['.', '-', '+'], "_"), span);
        Rooted { private: Some(private), ..self.at(span) }
    }

    /// The root, with errors reported at `span`.
    pub(crate) fn at(&self, span: Span) -> Rooted {
        Rooted { path: self.path.clone(), name: Ident::new("joblib", span), private: None }
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.at(Span::call_site()).to_tokens(tokens);
    }
}

/// The root, or the hidden module below it. Its tokens are written one by one: to put a stream into another
/// is a request to the compiler, which takes longer.
#[derive(Clone)]
pub(crate) struct Rooted {
    path: Option<Path>,
    name: Ident,
    private: Option<Ident>,
}

impl ToTokens for Rooted {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let separator = PathSep(self.name.span());
        match &self.path {
            Some(path) => path.to_tokens(tokens),
            None => {
                separator.to_tokens(tokens);
                self.name.to_tokens(tokens);
            }
        }
        if let Some(private) = &self.private {
            separator.to_tokens(tokens);
            private.to_tokens(tokens);
        }
    }
}
