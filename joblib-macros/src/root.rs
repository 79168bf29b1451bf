//! Where generated code finds the run-time: `::joblib::__private`, or below the path given as `crate = ".."`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::attr::Given;
use crate::ctxt::Ctxt;

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

    /// `<root>::__private`, at the definition site.
    pub(crate) fn private(&self) -> TokenStream {
        self.private_at(Span::mixed_site())
    }

    /// `<root>::__private`, with errors in what follows reported at `span`.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        match &self.path {
            Some(path) => quote_spanned!(span=> #path::__private),
            None => quote_spanned!(span=> ::joblib::__private),
        }
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match &self.path {
            Some(path) => path.to_token_stream(),
            None => quote!(::joblib),
        });
    }
}
