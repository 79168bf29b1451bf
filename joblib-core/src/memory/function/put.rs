//! Storing results, with failures turned into warnings.

use super::{DESERIALIZE, DROP, Function, SERIALIZE};
use crate::memory::keep::{Form, Keep};
use crate::store::{EntryMeta, FunctionStore};
use crate::{Codec, Encoded, Error, Key, Result, mutable};
use std::cell::Cell;
use std::sync::Arc;

impl<C: Codec> Function<C> {
    /// Stores a computed answer. `doubtful`: what is stored under the key now cannot be read.
    ///
    /// One of more than `limit` bytes, or that does not go in line, is left [`TooLarge`](Kept::TooLarge)
    /// where there is a limit.
    pub(super) fn keep<R, K: Keep<R>>(
        &self,
        key: Key,
        answer: R,
        keep: K,
        meta: &EntryMeta,
        doubtful: bool,
        limit: usize,
    ) -> (R, Kept) {
        let is_kept = self.access.writes()
            && !self.is_within(key)
            && self.attempt(key, SERIALIZE, || keep.keeps(&answer)) == Some(true);
        if is_kept {
            return self.store_kept(key, answer, keep, meta, doubtful, limit);
        }
        if doubtful {
            self.remove(key);
        }
        (answer, Kept::Done { may_clone: None })
    }

    /// A failure is a warning. With mapping, gives the mapped answer instead.
    fn store_kept<R, K: Keep<R>>(
        &self,
        key: Key,
        answer: R,
        keep: K,
        meta: &EntryMeta,
        doubtful: bool,
        limit: usize,
    ) -> (R, Kept) {
        let Some(store) = self.store() else { return (answer, Kept::Done { may_clone: None }) };
        let put = if doubtful || self.slot.is_doubtful() {
            self.reads_back(key, &answer, keep)
                .and_then(|()| self.put_up_to(limit, store, key, &answer, keep, meta))
        } else {
            self.put_up_to(limit, store, key, &answer, keep, meta)
        };
        let may_clone = match put {
            Ok(None) => return (answer, Kept::TooLarge),
            // The first call answers as later ones will: with arrays mapped.
            Ok(Some(Stored { in_file: true, may_clone })) if self.policy.mmap_mode.is_some() => {
                let mapped = self.mapped(store, key, answer, keep, meta);
                return (mapped, Kept::Done { may_clone: Some(may_clone) });
            }
            Ok(Some(stored)) => Some(stored.may_clone),
            Err(error) => {
                self.slot.warn_once(&error);
                if doubtful {
                    self.remove(key);
                }
                None
            }
        };
        (answer, Kept::Done { may_clone })
    }

    /// The answer just stored as it is loaded; itself where that fails.
    fn mapped<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: R,
        keep: K,
        meta: &EntryMeta,
    ) -> R {
        match self.load(store, key, keep, Some(meta.clone())) {
            Ok(Some(mapped)) => {
                self.attempt(key, DROP, || drop(answer));
                mapped
            }
            Ok(None) => answer,
            Err(error) => {
                self.slot.warn_of_reading(key, &error);
                self.slot.doubt();
                self.remove(key);
                answer
            }
        }
    }

    /// Whether what the answer is encoded as can be decoded. Asked only once an entry has turned out not to
    /// be readable.
    #[cold]
    fn reads_back<R, K: Keep<R>>(&self, key: Key, answer: &R, _keep: K) -> Result<()> {
        let bytes = self.user_code(key, SERIALIZE, || K::Form::encode_whole(&self.codec, answer))??;
        let decoded = self.user_code(key, DESERIALIZE, || K::Form::decode(&self.codec, &bytes).map(drop));
        decoded.and_then(|decoded| decoded).map_err(|cause| {
            self.slot.doubt();
            Error::codec(format!("what it is encoded as cannot be read back: {cause}"))
        })
    }

    /// Stores an answer that is kept, in memory too if so asked.
    pub(crate) fn put<R, K: Keep<R>>(
        &self,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: &R,
        keep: K,
        meta: &EntryMeta,
    ) -> Result<()> {
        self.put_up_to(usize::MAX, store, key, answer, keep, meta).map(drop)
    }

    /// `None`, and nothing done, if there is a `limit` and it takes more bytes or does not go in line.
    fn put_up_to<R, K: Keep<R>>(
        &self,
        limit: usize,
        store: &Arc<dyn FunctionStore>,
        key: Key,
        answer: &R,
        keep: K,
        meta: &EntryMeta,
    ) -> Result<Option<Stored>> {
        self.comes_back(key, answer, keep)?;
        let mut size = 0;
        let put = || {
            with_buffer(|buffer| {
                let compress = &self.policy.compress;
                let inline = store.inline_limit().min(limit);
                let encoded = self.user_code(key, SERIALIZE, || {
                    K::Form::encode(&self.codec, answer, buffer, inline, compress)
                })??;
                if encoded == Encoded::TooLarge && limit != usize::MAX {
                    return Ok(None);
                }
                self.report.storing(key, store.as_ref());
                match encoded {
                    Encoded::Inline => {
                        size = buffer.len() as u64;
                        store.put(key, meta, buffer).map(|()| Some(false))
                    }
                    Encoded::TooLarge => {
                        let mut write = |file: &std::fs::File| {
                            size = self.user_code(key, SERIALIZE, || {
                                K::Form::write(&self.codec, answer, file, compress)
                            })??;
                            Ok(size)
                        };
                        store.put_file(key, meta, &mut write).map(|()| Some(true))
                    }
                }
            })
        };
        let (in_file, shares_state) = mutable::watch(put);
        let stored = match in_file {
            Ok(None) => return Ok(None),
            Ok(Some(in_file)) => Ok(Stored { in_file, may_clone: !shares_state }),
            Err(error) => Err(error),
        };
        if let Some(capacity) = self.policy.hot {
            let may_clone = stored.as_ref().is_ok_and(|stored| stored.may_clone);
            match may_clone.then(|| self.share(key, keep, answer)).flatten() {
                Some(shared) => self.slot.hot(capacity).insert(key, shared, meta.clone(), size),
                None => self.slot.forget(key),
            }
        }
        stored.map(Some)
    }
}

/// What became of a computed answer.
pub(super) enum Kept {
    /// Whether it may be cloned for others, where storing it has told.
    Done { may_clone: Option<bool> },
    /// Nothing: it is above the limit.
    TooLarge,
}

/// Where an answer went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stored {
    in_file: bool,
    /// See [`Function::may_clone`].
    may_clone: bool,
}

/// Lends this thread's encoding buffer, empty; a computation inside a serialiser gets one of its own.
fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    /// A buffer that grew beyond this is given back to the system.
    const KEEP: usize = 1 << 20;
    thread_local!(static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    // A thread's own values may call functions as they go, after the buffer has gone.
    let mut buffer = BUFFER.try_with(Cell::take).unwrap_or_default();
    buffer.clear();
    let result = work(&mut buffer);
    if buffer.capacity() <= KEEP {
        let _ = BUFFER.try_with(|kept| kept.set(buffer));
    }
    result
}
