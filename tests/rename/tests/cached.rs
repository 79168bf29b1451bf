//! `crate = ".."` is all that the macro needs, in an older edition too.

#![allow(clippy::unwrap_used, reason = "tests and what they share")]

use jl::Memory;
use std::sync::LazyLock;

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));

#[jl::cached(memory = MEMORY, crate = "jl", hot = "1M", compress = true)]
fn renamed<T: serde::Serialize + ?Sized>(
    x: u32,
    names: &[&str],
    other: &T,
) -> Result<String, std::fmt::Error> {
    let _ = other;
    Ok(format!("{x} {names:?}"))
}

#[joblib_rename_test::hidden::cached(memory = MEMORY, crate = "joblib_rename_test::hidden")]
async fn re_exported(x: &u32) -> u32 {
    x + 1
}

struct Model;

#[jl::cached(memory = MEMORY, crate = "jl", ignore = ["self"])]
impl Model {
    #[cached]
    fn method(&self, name: &str) -> usize {
        name.len()
    }
}

#[test]
fn the_macro_finds_the_crate() {
    assert_eq!(renamed(1, &["a"], "x").unwrap(), "1 [\"a\"]");
    assert!(renamed::entry(1, &["a"], "x").is_cached());
    assert!(!re_exported::entry(&1).is_cached());
    assert_eq!(Model.method("abc"), 3);
    assert_eq!(Model::method_memo().stats().entries, 1);
}
