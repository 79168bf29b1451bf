//! Generated code lives under every lint that a crate may forbid.

#![forbid(
    unused,
    nonstandard_style,
    future_incompatible,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility,
    let_underscore,
    deprecated,
    private_bounds,
    private_interfaces,
    unexpected_cfgs,
    unfulfilled_lint_expectations,
    unsafe_code,
    unreachable_pub,
    missing_docs,
    missing_debug_implementations,
    missing_copy_implementations,
    single_use_lifetimes,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    unit_bindings,
    trivial_casts,
    trivial_numeric_casts,
    unnameable_types,
    variant_size_differences,
    redundant_lifetimes,
    meta_variable_misuse,
    explicit_outlives_requirements,
    ambiguous_negative_literals,
    impl_trait_redundant_captures,
    unused_import_braces,
    unused_macro_rules,
    ffi_unwind_calls,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

use joblib::{Memory, cached};
use serde::Serialize;

/// A type of the crate's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    scale: u32,
    names: [u64; 4],
}

/// A private trait.
trait Score {
    /// What it gives.
    type Output;

    /// Scores.
    fn score(&self, x: u32) -> Self::Output;
}

/// Is seen by all.
#[cached(memory = Memory::disabled(), expires_after = "1d", hot = "1M", verbose = 0, record_args)]
pub(crate) fn plain(x: u32, name: &str) -> String {
    format!("{name}{x}")
}

/// Is generic.
#[cached(memory = Memory::disabled(), ignore = ["_unused"])]
fn generic<'a, T: Serialize + ?Sized, const N: usize>(
    value: &'a T,
    other: &'a [u8],
    _unused: impl Copy,
) -> Result<usize, String> {
    serde_json::to_string(value).map(|text| text.len() + other.len() + N).map_err(|error| error.to_string())
}

/// Comes later.
#[cached(memory = Memory::disabled())]
async fn later(x: u32) -> u32 {
    std::future::ready(x).await
}

/// Has a key.
#[cached(memory = Memory::disabled(), key = (a, b))]
fn keyed((a, b): (u32, u32)) -> u32 {
    a + b
}

/// May fail.
#[cached(memory = Memory::disabled(), cache_err)]
fn fallible(x: u32) -> Result<u32, String> {
    x.checked_add(1).ok_or_else(|| "too large".to_owned())
}

#[cached(memory = Memory::disabled(), ignore = ["self"])]
impl Model {
    /// Fits.
    #[cached]
    pub(crate) fn fit(&self, rows: &[u32]) -> Vec<u32> {
        rows.iter().map(|row| row * self.scale).collect()
    }
}

impl Model {
    /// Is alone.
    #[cached(memory = Memory::disabled(), ignore = ["self"])]
    fn alone(self) -> u64 {
        self.names[1]
    }
}

#[cached(memory = Memory::disabled(), ignore = ["self"])]
impl Score for Model {
    type Output = u32;

    #[cached]
    fn score(&self, x: u32) -> Self::Output {
        self.scale * x
    }
}

impl Score for u8 {
    type Output = u32;

    #[cached(memory = Memory::disabled())]
    fn score(&self, x: u32) -> u32 {
        u32::from(*self) * x
    }
}

#[test]
fn forbidden_lints_are_not_touched() {
    let model = Model { scale: 2, names: [0; 4] };
    assert_eq!(plain(1, "a"), "a1");
    assert_eq!(generic::<_, 2>("abc", &[1, 2], 1), Ok(9));
    assert_eq!([keyed((1, 2)), model.score(3), 4u8.score(2)], [3, 6, 8]);
    assert_eq!((model.fit(&[1, 2]), fallible(1), model.alone()), (vec![2, 4], Ok(2), 0));
    drop(later(1));
}
