//! Look up, else compute and store: the one path every call takes.

use super::flight::{Boarding, Landing};
use super::function::{Function, SERIALIZE};
use super::keep::Keep;
use super::look_up::Found;
use super::policy::Access;
use super::task::Owner;
use crate::store::{Claim, EntryMeta, FunctionStore};
use crate::{Codec, Key, Result};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a thread that is computing one value waits for another process to compute a second one.
///
/// Two processes could wait for each other so; a thread that computes nothing waits as long as it takes.
const NESTED_PATIENCE: Duration = Duration::from_secs(5);
/// How long one attempt to claim a key takes before the store is looked at again.
const CLAIM_SLICE: Duration = Duration::from_millis(250);

impl<C: Codec> Function<C> {
    /// The stored answer, else the computed one.
    #[inline]
    pub(crate) fn get_or_compute<R, K: Keep<R>>(
        &self,
        key: Result<Key>,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<String>,
    ) -> R {
        let key = match self.key_to_use(key) {
            Some(key) => key,
            None => return run(),
        };
        if self.access.reads()
            && let Found::Answer(answer) = self.look_up(key, keep)
        {
            return answer;
        }
        if self.access == Access::Off {
            return self.compute(key, keep, run, args.as_deref(), false).answer;
        }
        self.compute_once(key, keep, run, args.as_deref())
    }

    /// The key, if the cache is to be used; otherwise the call is a miss, and the reason has been said.
    #[inline]
    pub(crate) fn key_to_use(&self, key: Result<Key>) -> Option<Key> {
        match key {
            Ok(key) if !self.is_within(key) => return Some(key),
            Ok(_) => {}
            Err(error) => self.slot.warn_once(&error),
        }
        self.slot.tally.miss();
        None
    }

    /// Computes, unless another thread or process is doing so already.
    #[inline(never)]
    fn compute_once<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<&str>,
    ) -> R {
        let leader = loop {
            match self.slot.flights.board(key, Owner::this_thread()) {
                Boarding::Lead(leader) => break leader,
                Boarding::Wait(flight) => match flight.wait() {
                    Landing::WouldDeadlock => return self.compute(key, keep, run, args, false).answer,
                    landing => {
                        if let Some(answer) = self.after(landing, key, keep) {
                            return answer;
                        }
                    }
                },
            }
        };
        let claim = match self.claim(key) {
            Claimed::Mine(claim) => claim,
            Claimed::Stored => None,
        };
        // Between the look-up and here another thread or process may have stored the value.
        let doubtful = match self.look_up_again(key, keep) {
            Found::Answer(answer) => {
                leader.land(|| self.hand_over(key, keep, &answer, None));
                return answer;
            }
            found => matches!(found, Found::Unreadable),
        };
        let Computed { answer, may_clone, .. } = self.compute(key, keep, run, args, doubtful);
        drop(claim);
        leader.land(|| self.hand_over(key, keep, &answer, may_clone));
        answer
    }

    /// What a flight has brought to one who waited for it.
    pub(crate) fn after<R, K: Keep<R>>(&self, landing: Landing, key: Key, keep: K) -> Option<R> {
        if let Landing::Value(value) = landing {
            let answer = self.unshare(key, keep, value);
            if answer.is_some() {
                self.slot.tally.hit();
            }
            return answer;
        }
        match self.look_up_again(key, keep) {
            Found::Answer(answer) => Some(answer),
            Found::Nothing | Found::Unreadable => None,
        }
    }

    /// Runs the function and stores what it answers. `doubtful`: what is stored now cannot be read.
    pub(crate) fn compute<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<&str>,
        doubtful: bool,
    ) -> Computed<R> {
        self.slot.tally.miss();
        self.report.computing(key, args);
        let nested = Nested::enter();
        let start = Instant::now();
        let answer = run();
        let duration = start.elapsed();
        drop(nested);
        self.report.computed(key, duration);
        self.finish(key, answer, keep, duration, args, doubtful)
    }

    /// Stores a computed answer.
    pub(crate) fn finish<R, K: Keep<R>>(
        &self,
        key: Key,
        answer: R,
        keep: K,
        duration: Duration,
        args: Option<&str>,
        doubtful: bool,
    ) -> Computed<R> {
        let mut meta = EntryMeta::new(duration);
        if self.policy.record_args {
            meta.args = args.map(str::to_owned);
        }
        let is_kept = self.access.writes()
            && !self.is_within(key)
            && self.attempt(key, SERIALIZE, || keep.keeps(&answer)) == Some(true);
        if is_kept {
            let (answer, may_clone) = self.keep(key, answer, keep, &meta, doubtful);
            return Computed { answer, meta, may_clone };
        }
        if doubtful {
            self.remove(key);
        }
        Computed { answer, meta, may_clone: None }
    }

    /// A second look, after a wait: cheap where there is still nothing.
    pub(crate) fn look_up_again<R, K: Keep<R>>(&self, key: Key, keep: K) -> Found<R> {
        if self.access.reads() && self.store().is_some_and(|store| store.contains(key)) {
            self.look_up(key, keep)
        } else {
            Found::Nothing
        }
    }

    /// Waits for the right to compute the key among processes.
    pub(crate) fn claim(&self, key: Key) -> Claimed {
        if !self.access.writes() {
            return Claimed::Mine(None);
        }
        let Some(store) = self.store() else { return Claimed::Mine(None) };
        match store.claim(key, Duration::ZERO) {
            Some(claim) => Claimed::Mine(Some(claim)),
            None => wait_for_claim(store, key, Nested::patience(), self.access.reads()),
        }
    }
}

/// An answer computed by this call.
pub(crate) struct Computed<R> {
    pub(crate) answer: R,
    pub(crate) meta: EntryMeta,
    /// Whether it may be cloned for others, where storing it has told.
    pub(crate) may_clone: Option<bool>,
}

/// How asking for the right to compute ended.
pub(crate) enum Claimed {
    /// Compute; `None` where the right cannot be had or waiting must end.
    Mine(Option<Claim>),
    /// The other process has stored the value.
    Stored,
}

/// Claims the key in slices, looking between them whether the value has come.
pub(crate) fn wait_for_claim(
    store: &Arc<dyn FunctionStore>,
    key: Key,
    patience: Option<Duration>,
    reads: bool,
) -> Claimed {
    let start = Instant::now();
    loop {
        if let Some(claim) = store.claim(key, CLAIM_SLICE) {
            return Claimed::Mine(Some(claim));
        }
        if reads && store.contains(key) {
            return Claimed::Stored;
        }
        if patience.is_some_and(|patience| start.elapsed() >= patience) {
            return Claimed::Mine(None);
        }
    }
}

/// Marks the calling thread as computing a value, until dropped.
pub(crate) struct Nested(());

thread_local!(static DEPTH: Cell<u32> = const { Cell::new(0) });

impl Nested {
    pub(crate) fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(())
    }

    /// How long this thread may wait for another process.
    pub(crate) fn patience() -> Option<Duration> {
        (DEPTH.get() > 0).then_some(NESTED_PATIENCE)
    }
}

impl Drop for Nested {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
