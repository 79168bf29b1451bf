//! Whether what is stored comes back as it was: asked in programs that are built for debugging.
//!
//! A type whose `Serialize` and `Deserialize` do not agree answers one thing on a miss and another on a hit.

use super::{DESERIALIZE, Function, SERIALIZE};
use crate::memory::keep::{Form, Keep};
use crate::{Codec, Encoded, Error, Key, Result};

/// Larger answers are not asked about.
const LARGEST: usize = 64 << 20;
/// How often an answer is loaded that comes back different: each time in another order, perhaps, as maps are.
const TRIES: usize = 8;

impl<C: Codec> Function<C> {
    /// An error says that the answer would come back different. What cannot be read back at all is found
    /// where it is read.
    pub(super) fn comes_back<R, K: Keep<R>>(&self, key: Key, answer: &R, _keep: K) -> Result<()> {
        if !self.policy.compares || K::Form::is_plain() {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let encode = || K::Form::encode(&self.codec, answer, &mut bytes, LARGEST, &C::Compression::default());
        let Ok(Ok(Encoded::Inline)) = self.user_code(key, SERIALIZE, encode) else { return Ok(()) };
        let Ok(Ok(stored)) = self.user_code(key, SERIALIZE, || K::Form::form(answer)) else { return Ok(()) };
        let load = || -> Result<Key> {
            let load = || K::Form::decode(&self.codec, &bytes).and_then(|loaded| K::Form::form(&loaded));
            self.user_code(key, DESERIALIZE, load)?
        };
        let mut before = None;
        for _ in 0..TRIES {
            match load() {
                // In an order that changes, nothing can be compared.
                Ok(loaded) if loaded == stored || before.is_some_and(|before| before != loaded) => {
                    return Ok(());
                }
                Ok(loaded) => before = Some(loaded),
                Err(_) => return Ok(()),
            }
        }
        Err(Error::codec(
            "it comes back different: what its type\'s `Serialize` writes, its `Deserialize` reads as another value, \
             so later calls would answer something else",
        ))
    }
}
