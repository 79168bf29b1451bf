//! A function's entries: look up, store, remove, with the policy applied and failures turned into warnings.

use super::keep::Keep;
use super::place::{Place, Slot};
use super::policy::{Access, Policy};
use super::report::Report;
use crate::store::{EntryMeta, FunctionId, FunctionStore, Record};
use crate::{Codec, Encoded, Error, Key, Result};
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// One function at one version, in one place, with its policy.
pub struct Function<C: Codec> {
    pub(crate) slot: Arc<Slot>,
    pub(crate) place: Arc<Place>,
    pub(crate) codec: C,
    pub(crate) policy: Policy<C>,
    pub(crate) access: Access,
    pub(crate) report: Report,
}

impl<C: Codec> Function<C> {
    pub(crate) fn new(
        place: Arc<Place>,
        codec: C,
        access: Access,
        id: FunctionId,
        policy: Policy<C>,
    ) -> Self {
        let slot = place.slot(id, &policy.limits);
        let report = Report::new(&slot.id, policy.verbose);
        Self { slot, place, codec, policy, access, report }
    }

    /// Whether the arguments are wanted as text.
    #[inline]
    pub fn wants_args(&self) -> bool {
        self.policy.wants_args()
    }

    /// The store, where there is one and it may be used at all.
    pub(crate) fn store(&self) -> Option<&Arc<dyn FunctionStore>> {
        if self.access == Access::Off { None } else { self.slot.store.as_ref() }
    }

    /// The store, or an error that says why there is none.
    pub(crate) fn store_or_error(&self) -> Result<&Arc<dyn FunctionStore>> {
        self.store().ok_or_else(|| Error::unsupported("this cache is disabled: nothing is stored"))
    }

    /// The key's value, if it is there and the policy accepts it. Damage is repaired by computing again.
    pub(crate) fn look_up<R, K: Keep<R>>(&self, key: Key, keep: K) -> Option<R> {
        if let Some(answer) = self.look_up_hot(key, keep) {
            return Some(answer);
        }
        let store = self.store()?;
        let meta = if self.policy.is_conditional() {
            let meta = store.metadata(key)?;
            if !self.policy.accepts(&meta) {
                self.report.invalid(key);
                self.remove(key);
                return None;
            }
            Some(meta)
        } else {
            None
        };
        match self.load(store, key, keep, meta) {
            Ok(found) => found,
            Err(error) => {
                self.repair(store, key, &error);
                None
            }
        }
    }

    #[inline]
    fn look_up_hot<R, K: Keep<R>>(&self, key: Key, keep: K) -> Option<R> {
        let hot = self.slot.hot(self.policy.hot?);
        let accept = |meta: &EntryMeta| !self.policy.is_conditional() || self.policy.accepts(meta);
        let answer = hot.get(key, accept, |shared| keep.unshare(shared))?;
        self.report.hit(key);
        Some(answer)
    }

    /// The key's value as stored; errors are damage.
    pub(crate) fn load<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        keep: K,
        meta: Option<EntryMeta>,
    ) -> Result<Option<R>> {
        let timer = self.report.loading(key);
        let mut found = None;
        let mut size = 0;
        store.get(key, &mut |record| {
            found = Some(match record {
                Record::Bytes(bytes) => {
                    size = bytes.len() as u64;
                    keep.decode(&self.codec, bytes)?
                }
                Record::File { file, path } => {
                    if self.policy.hot.is_some() {
                        size = file.metadata().map_or(u64::MAX, |meta| meta.len());
                    }
                    keep.read(&self.codec, file, path, self.policy.mmap_mode)?
                }
            });
            Ok(())
        })?;
        let Some(answer) = found else { return Ok(None) };
        self.report.loaded(key, timer);
        if let Some(capacity) = self.policy.hot
            && let Some(shared) = keep.share(&answer)
            && let Some(meta) = meta.or_else(|| store.metadata(key))
        {
            self.slot.hot(capacity).insert(key, shared, meta, size);
        }
        Ok(Some(answer))
    }

    /// Removes an entry that cannot be read, so that the next computation writes it anew.
    #[cold]
    fn repair(&self, store: &Arc<dyn FunctionStore>, key: Key, error: &Error) {
        tracing::warn!(target: "joblib", function = %self.slot.id, %key, %error, "an entry cannot be read: computing it again");
        if self.access.writes() {
            let _ = store.remove(key);
        }
    }

    /// Stores an answer that is kept; a failure is a warning. With mapping, gives the mapped answer instead.
    pub(crate) fn keep<R, K: Keep<R>>(&self, key: Key, answer: R, keep: K, meta: &EntryMeta) -> R {
        let Some(store) = self.store() else { return answer };
        match self.put(store, key, &answer, keep, meta) {
            Ok(Stored::Packed) => answer,
            // The first call answers as later ones will: with arrays mapped.
            Ok(Stored::File) if self.policy.mmap_mode.is_some() => {
                match self.load(store, key, keep, Some(meta.clone())) {
                    Ok(mapped) => mapped.unwrap_or(answer),
                    Err(error) => {
                        self.repair(store, key, &error);
                        answer
                    }
                }
            }
            Ok(Stored::File) => answer,
            Err(error) => {
                self.slot.warn_once(&error);
                answer
            }
        }
    }

    /// Stores an answer that is kept, in memory too if so asked.
    pub(crate) fn put<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: &R,
        keep: K,
        meta: &EntryMeta,
    ) -> Result<Stored> {
        self.report.storing(key, store.as_ref());
        let mut size = 0;
        let stored = with_buffer(|buffer| {
            let compress = &self.policy.compress;
            match keep.encode(&self.codec, answer, buffer, store.inline_limit(), compress)? {
                Encoded::Inline => {
                    size = buffer.len() as u64;
                    store.put(key, meta, buffer).map(|()| Stored::Packed)
                }
                Encoded::TooLarge => {
                    let mut write = |file: &std::fs::File| {
                        size = keep.write(&self.codec, answer, file, compress)?;
                        Ok(size)
                    };
                    store.put_file(key, meta, &mut write).map(|()| Stored::File)
                }
            }
        });
        if let Some(capacity) = self.policy.hot {
            match keep.share(answer) {
                Some(shared) if stored.is_ok() => {
                    self.slot.hot(capacity).insert(key, shared, meta.clone(), size);
                }
                _ => self.slot.forget(key),
            }
        }
        stored
    }

    /// Removes one entry; a failure is a warning.
    pub(crate) fn remove(&self, key: Key) {
        self.slot.forget(key);
        if self.access.writes()
            && let Some(store) = self.store()
            && let Err(error) = store.remove(key)
        {
            self.slot.warn_once(&error);
        }
    }
}

impl<C: Codec> fmt::Debug for Function<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("slot", &self.slot)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Where an answer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Packed,
    File,
}

/// Lends this thread's encoding buffer, empty; a computation inside a serialiser gets one of its own.
fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    /// A buffer that grew beyond this is given back to the system.
    const KEEP: usize = 1 << 20;
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut buffer = BUFFER.take();
    buffer.clear();
    let result = work(&mut buffer);
    if buffer.capacity() <= KEEP {
        BUFFER.set(buffer);
    }
    result
}
