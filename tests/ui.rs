//! Compile-time messages: each file under `ui/` fails with exactly the messages beside it.
//!
//! After a deliberate change: `TRYBUILD=overwrite cargo test --test ui`, and read what changed.

#[test]
fn cached() {
    trybuild::TestCases::new().compile_fail("tests/ui/cached/*/*.rs");
}

#[test]
fn parallel_for() {
    trybuild::TestCases::new().compile_fail("tests/ui/parallel_for/*/*.rs");
}

#[test]
fn tracked() {
    trybuild::TestCases::new().compile_fail("tests/ui/tracked/*/*.rs");
}
