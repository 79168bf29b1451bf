//! A cached function: what its calls share, and how they run code of the user's.

mod call;
mod comes_back;
mod large;
mod look_up;
mod put;
mod turn;

use super::flight::Shared;
use super::keep::{Form, Keep};
use super::place::{Place, Slot};
use super::policy::{Access, Policy};
use super::report::Report;
use crate::store::{FunctionId, FunctionStore, Stats};
use crate::user_code::{self, Call};
use crate::{Codec, Error, Key, Result, mutable};
use std::fmt;
use std::sync::Arc;

pub(crate) const SERIALIZE: &str = "`Serialize` of a result";
pub(crate) const DESERIALIZE: &str = "`Deserialize` of a result";
const CLONE: &str = "`Clone` of a result";
const DROP: &str = "`Drop` of a result";

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
        self.policy.refused.check()?;
        match self.store() {
            Some(store) => Ok(store),
            None => Err(self.why_nothing_is_stored()),
        }
    }

    #[cold]
    fn why_nothing_is_stored(&self) -> Error {
        if self.access == Access::Off {
            return Error::unsupported("this cache is disabled: nothing is stored");
        }
        match self.place.open(&self.slot.id, &self.policy.limits) {
            Err(error) => error,
            Ok(None) => Error::unsupported("this cache has no place: nothing is stored"),
            Ok(Some(_)) => {
                Error::unsupported("the cache could not be used when the function was first asked for")
            }
        }
    }

    /// Entries, and calls in this process.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = self.slot.tally.complete(self.store().map(|store| store.stats()).unwrap_or_default());
        stats.hits += self.slot.hot_hits();
        stats
    }

    /// The key, if the cache is to be used; otherwise the call is a miss, and the reason has been said.
    #[inline]
    fn key_to_use(&self, key: Result<Key>) -> Option<Key> {
        match key {
            Ok(key) if !self.is_within(key) => return Some(key),
            Ok(_) => {}
            Err(error) => self.slot.warn_once(&error),
        }
        self.slot.tally.miss();
        None
    }

    /// A copy for others; none where the type has none to give, or making it fails.
    fn share<R, K: Keep<R>>(&self, key: Key, keep: K, answer: &R) -> Option<Shared> {
        self.attempt(key, CLONE, || keep.share(answer)).flatten()
    }

    /// An answer of one's own from such a copy, which may be the last to hold it.
    fn unshare<R, K: Keep<R>>(&self, key: Key, keep: K, shared: Shared) -> Option<R> {
        // The call has begun by asking whether it is within user code that runs for it.
        let copied = user_code::run_asked(self.call(key), CLONE, || keep.unshare(&shared));
        copied.inspect_err(|error| self.slot.warn_once(error)).ok().flatten()
    }

    /// Whether clones of the answer do not share what can be changed, as those of an `Arc<Mutex<_>>` do, and
    /// cloning ends: encoding is bounded in depth, `Clone` is not. Asked of the type where that shows it,
    /// else of the value.
    fn may_clone<R, K: Keep<R>>(&self, key: Key, _keep: K, answer: &R) -> bool {
        K::Form::is_plain() || {
            let encode = || self.user_code(key, SERIALIZE, || K::Form::encode_whole(&self.codec, answer));
            let (encoded, shares_state) = mutable::watch(encode);
            encoded.is_ok_and(|bytes| bytes.is_ok()) && !shares_state
        }
    }

    /// What those get who wait for an answer computed just now. `may_clone`: what is known from storing it.
    fn hand_over<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        answer: &R,
        may_clone: Option<bool>,
    ) -> Option<Shared> {
        let may_clone = may_clone.unwrap_or_else(|| self.may_clone(key, keep, answer));
        if may_clone { self.share(key, keep, answer) } else { None }
    }

    /// Runs code of the user's for this key; `what` names it in errors.
    #[inline]
    pub(crate) fn user_code<T>(&self, key: Key, what: &'static str, code: impl FnOnce() -> T) -> Result<T> {
        user_code::run_for(self.call(key), what, code)
    }

    /// As [`user_code`](Self::user_code); a failure is a warning.
    #[inline]
    fn attempt<T>(&self, key: Key, what: &'static str, code: impl FnOnce() -> T) -> Option<T> {
        self.user_code(key, what, code).inspect_err(|error| self.slot.warn_once(error)).ok()
    }

    /// Whether this key is called from within user code that runs for it: the cache is not used then.
    #[inline]
    fn is_within(&self, key: Key) -> bool {
        user_code::is_within(self.call(key))
    }

    #[inline]
    fn call(&self, key: Key) -> Call {
        (Arc::as_ptr(&self.slot).addr(), key.0)
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

/// What a look-up found.
enum Found<R> {
    Answer(R),
    Nothing,
    /// An entry that is not damaged, but cannot be read.
    Unreadable,
    /// An entry above the limit, which has not been read.
    TooLarge,
}
