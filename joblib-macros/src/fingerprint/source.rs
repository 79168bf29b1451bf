//! The source files that macros read, each once for as long as nobody edits it.

use super::items::{Found, scan};
use super::lexer::lex;
use super::token::Tokens;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

/// A file, lexed and scanned.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    stamp: Stamp,
    pub(super) tokens: Tokens,
    pub(super) found: Found,
    /// By path and name: where the blocks begin that hold a function so called. Filled in by the first who
    /// asks.
    pub(super) functions: OnceLock<HashMap<Vec<String>, Vec<usize>>>,
}

/// What changes when a file is edited.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: Option<SystemTime>,
    len: u64,
}

impl Source {
    /// The file as it is now. One that cannot be read is left to the compiler to complain about.
    pub(super) fn read(path: &Path) -> Option<Arc<Self>> {
        static KNOWN: Mutex<BTreeMap<PathBuf, Arc<Source>>> = Mutex::new(BTreeMap::new());
        let path = std::path::absolute(path).ok()?;
        let stamp = Stamp::of(&path)?;
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = known.get(&path).filter(|source| source.stamp == stamp) {
            return Some(Arc::clone(source));
        }
        let source = Arc::new(Self::new(path.clone(), stamp, &std::fs::read(&path).ok()?));
        // A language server works on many crates, one after the other: what no index holds any more goes.
        known.retain(|_, source| Arc::strong_count(source) > 1);
        known.insert(path, Arc::clone(&source));
        Some(source)
    }

    pub(super) fn new(path: PathBuf, stamp: Stamp, text: &[u8]) -> Self {
        let tokens = lex(&String::from_utf8_lossy(text));
        let found = scan(&tokens);
        Self { path, stamp, tokens, found, functions: OnceLock::new() }
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { modified: metadata.modified().ok(), len: metadata.len() })
    }
}
