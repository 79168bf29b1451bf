//! The store keeps what stores promise, and stands behind a memory by its URL.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib::store::{Store, conformance, register};
use joblib::{MemorizedResult, Memory};
use sqlite_store::{SqliteStore, open};
use std::sync::Arc;

fn squares(n: u64) -> Vec<u64> {
    (0..n).map(|i| i * i).collect()
}

#[test]
fn it_is_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("results.db");
    conformance::check(&|| Ok(Arc::new(SqliteStore::open(path.to_str().unwrap())?) as Arc<dyn Store>));
}

#[test]
fn a_memory_keeps_results_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/results.db", dir.path().display());
    let unknown = Memory::open(&url).unwrap_err();
    assert!(unknown.is_unsupported() && unknown.to_string().contains("file://"), "{unknown}");
    register("sqlite", open).unwrap();
    let memory = Memory::open(&url).unwrap();
    let squares = memory.cache(squares);
    assert_eq!(squares.call((200_000,))[199_999], 199_999 * 199_999);
    assert!(squares.entry((200_000,)).is_cached());
    let text = squares.entry((200_000,)).shelve().to_string();
    let again: MemorizedResult<Vec<u64>> = text.parse().unwrap();
    assert_eq!(again.get().unwrap().len(), 200_000);
    let travelled: Memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
    assert_eq!(travelled.functions().unwrap(), memory.functions().unwrap());
    travelled.clear().unwrap();
    assert!(!squares.entry((200_000,)).is_cached());
}
