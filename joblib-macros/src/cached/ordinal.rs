//! Telling apart functions that have one path and the same tokens, such as in two blocks of a function.

use proc_macro2::{Span, TokenStream};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

/// How many functions of this name and these tokens were met before in the same file.
pub(super) fn next(name: &str, tokens: &TokenStream) -> u32 {
    static MET: Mutex<Option<HashMap<u64, u32>>> = Mutex::new(None);
    let mut hasher = DefaultHasher::new();
    Span::call_site().unwrap().file().hash(&mut hasher);
    name.hash(&mut hasher);
    tokens.to_string().hash(&mut hasher);
    let mut met = MET.lock().unwrap_or_else(PoisonError::into_inner);
    let count = met.get_or_insert_default().entry(hasher.finish()).or_insert(0);
    *count += 1;
    *count - 1
}
