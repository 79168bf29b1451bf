//! Where results are kept: a folder for each pair.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use joblib::Memory;

static ROOT: OnceLock<PathBuf> = OnceLock::new();

pub(super) fn set_root(root: &str) {
    ROOT.set(PathBuf::from(root)).expect("set once");
}

/// The folder of this pair.
pub fn dir(pair: usize) -> PathBuf {
    ROOT.get().expect("the root is set").join(format!("p{pair}"))
}

/// The memory of this pair.
pub fn mem(pair: usize) -> &'static Memory {
    static ALL: Mutex<Option<HashMap<usize, &'static Memory>>> = Mutex::new(None);
    let mut all = ALL.lock().unwrap();
    let made = || &*Box::leak(Box::new(Memory::new(dir(pair))));
    all.get_or_insert_default().entry(pair).or_insert_with(made)
}
