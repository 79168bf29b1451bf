//! Whether integers of the crate that is compiled panic when they overflow.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// A constant for generated code that says so.
///
/// There is no `cfg` for it on stable Rust. A macro runs inside the compiler, whose options say so if the
/// profile does; otherwise it follows the debug assertions.
pub(crate) fn is_checked(here: Span) -> TokenStream {
    let mut given = std::env::args().filter_map(|argument| {
        let value =
            argument.strip_prefix("-C").unwrap_or(&argument).strip_prefix("overflow-checks")?.to_owned();
        Some(!matches!(value.as_str(), "=off" | "=no" | "=n" | "=false"))
    });
    match given.next_back() {
        Some(true) => quote_spanned!(here=> true),
        Some(false) => quote_spanned!(here=> false),
        None => quote_spanned!(here=> { ::core::cfg!(debug_assertions) }),
    }
}
