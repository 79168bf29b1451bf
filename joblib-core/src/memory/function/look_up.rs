//! Looking a key up: in memory, then in the store, with the policy applied.

use super::{DESERIALIZE, Found, Function};
use crate::memory::encoding::{self, Encoding};
use crate::memory::flight::Shared;
use crate::memory::hot::HotTier;
use crate::memory::keep::{Form, Keep};
use crate::store::{EntryMeta, FunctionStore};
use crate::{Codec, Key, Result};
use std::sync::Arc;

impl<C: Codec> Function<C> {
    /// The key's value, if it is there and the policy accepts it; that makes the call a hit. A value that
    /// takes more than `limit` bytes in the store is left there.
    pub(super) fn look_up<R, K: Keep<R>>(&self, key: Key, keep: K, limit: usize) -> Found<R> {
        if let Some(result) = self.look_up_hot(key, keep) {
            return Found::Result(result);
        }
        match self.look_up_stored(key, keep, limit) {
            Ok(Found::Result(result)) => {
                self.slot.tally.hit();
                Found::Result(result)
            }
            Ok(found) => found,
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
            } else if K::Form::is_plain() && slot.is_small() {
                keep.unshare(&slot.value).map(Copy::Made)
            } else {
                Some(Copy::Due(Shared::clone(&slot.value)))
            }
        })?;
        match copy {
            Copy::Made(result) => {
                self.report.hit(key);
                Some(result)
            }
            Copy::Due(value) => self.copy_out(hot, key, keep, value),
        }
    }

    /// As [`look_up_hot`](Self::look_up_hot), where `validate` has to be called.
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
        let result = self.unshare(key, keep, value);
        match result {
            Some(_) => self.report.hit(key),
            None => hot.was_no_hit(key),
        }
        result
    }

    /// Whether a second look-up, after a wait, is worth it.
    pub(super) fn has_come(&self, key: Key) -> bool {
        self.access.reads() && self.store().is_some_and(|store| store.contains(key))
    }

    fn look_up_stored<R, K: Keep<R>>(&self, key: Key, keep: K, limit: usize) -> Result<Found<R>> {
        let Some(store) = self.store() else { return Ok(Found::Nothing) };
        let mut meta = None;
        if self.policy.is_conditional() {
            let Some(found) = store.metadata(key) else { return Ok(Found::Nothing) };
            if !self.accepts(key, &found) {
                self.report.invalid(key);
                self.remove(key);
                return Ok(Found::Nothing);
            }
            meta = Some(found);
        }
        self.load_up_to(limit, store, key, keep, meta)
    }

    /// The key's value as stored; an error says that it is damaged or cannot be decoded.
    pub(crate) fn load<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        keep: K,
        meta: Option<EntryMeta>,
    ) -> Result<Option<R>> {
        match self.load_up_to(usize::MAX, store, key, keep, meta)? {
            Found::Result(result) => Ok(Some(result)),
            _ => Ok(None),
        }
    }

    /// As [`load`](Self::load), unless it takes more than `limit` bytes.
    fn load_up_to<R, K: Keep<R>>(
        &self,
        limit: usize,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        keep: K,
        meta: Option<EntryMeta>,
    ) -> Result<Found<R>> {
        let timer = self.report.loading(key);
        let mut found = None;
        let mut size = 0;
        let mut is_too_large = false;
        store.get(key, &mut |record| {
            if limit != usize::MAX && encoding::is_larger(&record, limit) {
                is_too_large = true;
                return Ok(());
            }
            Encoding::show(record, self.policy.mmap_mode, |encoding| {
                if self.policy.hot.is_some() {
                    size = encoding.len();
                }
                let read = || encoding.decode::<R, K::Form, C>(&self.codec);
                found = Some(if K::Form::is_plain() {
                    read()?
                } else {
                    self.user_code(key, DESERIALIZE, read)??
                });
                Ok(())
            })
        })?;
        let Some(result) = found else {
            return Ok(if is_too_large { Found::TooLarge } else { Found::Nothing });
        };
        self.report.loaded(key, timer);
        if let Some(capacity) = self.policy.hot
            && self.may_clone(key, keep, &result)
            && let Some(shared) = self.share(key, keep, &result)
            && let Some(meta) = meta.or_else(|| store.metadata(key))
        {
            self.slot.hot(capacity).insert(key, shared, meta, size);
        }
        Ok(Found::Result(result))
    }

    /// Whether a valid result is stored.
    pub(crate) fn holds(&self, key: Key) -> bool {
        let Some(store) = self.store() else { return false };
        if self.policy.is_conditional() {
            store.metadata(key).is_some_and(|meta| self.accepts(key, &meta))
        } else {
            store.contains(key)
        }
    }

    /// Whether an entry with this record may be used.
    fn accepts(&self, key: Key, meta: &EntryMeta) -> bool {
        self.policy.is_fresh(meta) && self.is_valid(key, meta)
    }

    /// What `validate` says; a panic means no.
    fn is_valid(&self, key: Key, meta: &EntryMeta) -> bool {
        let Some(validate) = &self.policy.validate.0 else { return true };
        self.attempt(key, "`validate`", || validate(meta)).unwrap_or(false)
    }
}

/// A result found in memory: a copy, or the value that is still to be copied.
enum Copy<R> {
    Made(R),
    Due(Shared),
}
