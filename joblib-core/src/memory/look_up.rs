//! Looking a key up: in memory, then in the store, with the policy applied.

use super::flight::Shared;
use super::function::Function;
use super::hot::HotTier;
use super::keep::Keep;
use crate::store::EntryMeta;
use crate::{Codec, Key, Result};

/// What a look-up found.
pub(crate) enum Found<R> {
    Answer(R),
    Nothing,
    /// An entry that is not damaged, but cannot be read.
    Unreadable,
}

impl<C: Codec> Function<C> {
    /// The key's value, if it is there and the policy accepts it; a call that is answered so is a hit.
    pub(crate) fn look_up<R, K: Keep<R>>(&self, key: Key, keep: K) -> Found<R> {
        if let Some(answer) = self.look_up_hot(key, keep) {
            return Found::Answer(answer);
        }
        match self.look_up_stored(key, keep) {
            Ok(Some(answer)) => {
                self.slot.tally.hit();
                Found::Answer(answer)
            }
            Ok(None) => Found::Nothing,
            Err(error) => {
                self.slot.warn_of_reading(key, &error);
                Found::Unreadable
            }
        }
    }

    #[inline]
    fn look_up_hot<R, K: Keep<R>>(&self, key: Key, keep: K) -> Option<R> {
        let hot = self.slot.hot(self.policy.hot?);
        if self.policy.validate.0.is_some() {
            return self.look_up_valid(hot, key, keep);
        }
        let copy = hot.get(key, |slot| {
            if !self.policy.is_fresh(&slot.meta) {
                None
            } else if keep.is_plain() && slot.is_small() {
                keep.unshare(&slot.value).map(Copy::Made)
            } else {
                Some(Copy::Due(Shared::clone(&slot.value)))
            }
        })?;
        match copy {
            Copy::Made(answer) => {
                self.report.hit(key);
                Some(answer)
            }
            Copy::Due(value) => self.copy_out(hot, key, keep, value),
        }
    }

    /// As [`look_up_hot`](Self::look_up_hot), where `validate` is to be asked.
    #[inline(never)]
    fn look_up_valid<R, K: Keep<R>>(&self, hot: &HotTier, key: Key, keep: K) -> Option<R> {
        let (value, meta) = hot.get(key, |slot| {
            self.policy.is_fresh(&slot.meta).then(|| (Shared::clone(&slot.value), slot.meta.clone()))
        })?;
        if self.is_valid(key, &meta) {
            self.copy_out(hot, key, keep, value)
        } else {
            hot.was_no_hit(key);
            None
        }
    }

    fn copy_out<R, K: Keep<R>>(&self, hot: &HotTier, key: Key, keep: K, value: Shared) -> Option<R> {
        let answer = self.unshare(key, keep, value);
        match answer {
            Some(_) => self.report.hit(key),
            None => hot.was_no_hit(key),
        }
        answer
    }

    fn look_up_stored<R, K: Keep<R>>(&self, key: Key, keep: K) -> Result<Option<R>> {
        let Some(store) = self.store() else { return Ok(None) };
        let mut meta = None;
        if self.policy.is_conditional() {
            let Some(found) = store.metadata(key) else { return Ok(None) };
            if !self.accepts(key, &found) {
                self.report.invalid(key);
                self.remove(key);
                return Ok(None);
            }
            meta = Some(found);
        }
        self.load(store, key, keep, meta)
    }

    /// Whether an entry with this record may be used.
    pub(crate) fn accepts(&self, key: Key, meta: &EntryMeta) -> bool {
        self.policy.is_fresh(meta) && self.is_valid(key, meta)
    }

    /// What `validate` says; where it panics, no.
    fn is_valid(&self, key: Key, meta: &EntryMeta) -> bool {
        let Some(validate) = &self.policy.validate.0 else { return true };
        self.attempt(key, "`validate`", || validate(meta)).unwrap_or(false)
    }
}

/// An answer out of memory: a copy, or what is still to be copied.
enum Copy<R> {
    Made(R),
    Due(Shared),
}
