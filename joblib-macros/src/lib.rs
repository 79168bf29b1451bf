//! The macros of [joblib](https://docs.rs/joblib): use that crate, not this one.

mod attr;
mod cached;
mod ctxt;
mod fingerprint;
mod names;
#[cfg(feature = "parallel")]
mod parallel_for;
mod pattern;
mod root;
mod std_macros;
mod tokens;
mod units;

use proc_macro::TokenStream;

/// Marks an item on whose code cached functions of other crates can depend, by `depends = [path::to::item]`.
///
/// A cached function's fingerprint follows names, into other crates too. What no name leads to, such as a
/// function that is registered at run time, can be depended on: when the item, or anything it reaches,
/// changes, the functions that depend on it recompute.
///
/// It goes on functions, constants, statics, structs, enums and unions; a type stands for all of its methods
/// and implementations. `#[cached]` functions are tracked already, but for those with `salt` or
/// `code = "binary"`, whose fingerprint is known at run time only. `crate = "path::to::joblib"` names the
/// crate where it is not `::joblib`.
#[proc_macro_attribute]
pub fn tracked(arguments: TokenStream, item: TokenStream) -> TokenStream {
    fingerprint::tracked(arguments.into(), item.into()).into()
}

/// Runs `for` loops of a function on all cores.
#[cfg(feature = "parallel")]
#[proc_macro_attribute]
pub fn parallel_for(args: TokenStream, item: TokenStream) -> TokenStream {
    parallel_for::attribute(args.into(), item.into()).into()
}

/// Runs a `for` loop on all cores, as an expression anywhere.
#[cfg(feature = "parallel")]
#[proc_macro]
pub fn parallel(input: TokenStream) -> TokenStream {
    parallel_for::expression(input.into()).into()
}

#[doc = include_str!("../docs/cached.md")]
#[proc_macro_attribute]
pub fn cached(arguments: TokenStream, item: TokenStream) -> TokenStream {
    cached::cached(arguments.into(), item.into()).into()
}
