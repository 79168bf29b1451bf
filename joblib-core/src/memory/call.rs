//! Look up, else compute and store: the one path every call takes.

use super::flight::{Boarding, Landing, Owner};
use super::function::Function;
use super::keep::Keep;
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
        let key = match key {
            Ok(key) => key,
            Err(error) => {
                self.slot.warn_once(&error);
                return run();
            }
        };
        if self.access.reads()
            && let Some(answer) = self.look_up(key, keep)
        {
            return answer;
        }
        self.compute_once(key, keep, run, args.as_deref())
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
                    Landing::Value(value) => {
                        if let Some(answer) = keep.unshare(&value) {
                            return answer;
                        }
                    }
                    Landing::LookAgain => {
                        if let Some(answer) = self.look_up_again(key, keep) {
                            return answer;
                        }
                    }
                    Landing::WouldDeadlock => return self.compute(key, keep, run, args).0,
                },
            }
        };
        let claim = match self.claim(key) {
            Claimed::Mine(claim) => claim,
            Claimed::Stored => None,
        };
        // Between the look-up and here another thread or process may have stored the value.
        if let Some(answer) = self.look_up_again(key, keep) {
            leader.land(keep.share(&answer));
            return answer;
        }
        let (answer, _) = self.compute(key, keep, run, args);
        drop(claim);
        leader.land(keep.share(&answer));
        answer
    }

    /// Runs the function and stores what it answers.
    pub(crate) fn compute<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        self.report.computing(key, args);
        let nested = Nested::enter();
        let start = Instant::now();
        let answer = run();
        let duration = start.elapsed();
        drop(nested);
        self.report.computed(key, duration);
        self.finish(key, answer, keep, duration, args)
    }

    /// Stores a computed answer.
    pub(crate) fn finish<R, K: Keep<R>>(
        &self,
        key: Key,
        answer: R,
        keep: K,
        duration: Duration,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        let mut meta = EntryMeta::now(duration);
        if self.policy.record_args {
            meta.args = args.map(str::to_owned);
        }
        if self.access.writes() && keep.keeps(&answer) {
            (self.keep(key, answer, keep, &meta), meta)
        } else {
            (answer, meta)
        }
    }

    /// A second look, after a wait: cheap where there is still nothing.
    pub(crate) fn look_up_again<R, K: Keep<R>>(&self, key: Key, keep: K) -> Option<R> {
        if !self.access.reads() || !self.store()?.contains(key) {
            return None;
        }
        self.look_up(key, keep)
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
