//! What a call does when its result was not found: the steps that plain and async calls share. Between steps
//! each kind waits in its own way. `../README.md` says why.

use super::put::Kept;
use super::{Found, Function};
use crate::computation::{self, Computation, Inside};
use crate::memory::flight::{Boarding, Flight, LONG, Landing, Leader};
use crate::memory::keep::Keep;
use crate::memory::policy::Access;
use crate::store::{Claim, EntryMeta, FunctionStore};
use crate::{Codec, Key};
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a call that a computation depends on waits for another process.
///
/// Two processes could wait for each other so; one that none depends on waits as long as it takes.
const NESTED_PATIENCE: Duration = Duration::from_secs(5);

/// One call, what it may do, and what it has found out.
pub(super) struct Turn<'f, R, K, C: Codec> {
    function: &'f Function<C>,
    pub(super) key: Key,
    pub(super) keep: K,
    /// How many bytes may be read and written on the caller's thread.
    limit: usize,
    /// The claim among processes; given up before the leader's duty.
    claim: Option<Claim>,
    leader: Option<Leader<'f>>,
    goes_alone: bool,
    was_abandoned: bool,
    /// What is stored now cannot be read.
    pub(super) is_doubtful: bool,
    result: PhantomData<fn() -> R>,
}

/// What to do next.
pub(super) enum Step<'f, R> {
    Return(R),
    Compute,
    Wait(Wait<'f>),
}

/// What to wait for.
pub(super) enum Wait<'f> {
    /// Another caller of this process; then [`Turn::landed`].
    Flight(Arc<Flight>),
    /// Another process, until [`OtherProcess::is_over`]; then [`Turn::look_again`].
    Process(OtherProcess<'f>),
    /// Reading what is too large to be read on the caller's thread; then [`Turn::found`].
    Reading,
}

impl<'f, R, K: Keep<R>, C: Codec> Turn<'f, R, K, C> {
    pub(super) fn new(function: &'f Function<C>, key: Key, keep: K, limit: usize) -> Self {
        Self {
            function,
            key,
            keep,
            limit,
            claim: None,
            leader: None,
            goes_alone: false,
            was_abandoned: false,
            is_doubtful: false,
            result: PhantomData,
        }
    }

    /// Leads the computation among threads and processes, unless others do or this call goes on alone.
    #[inline]
    pub(super) fn start(&mut self) -> Step<'f, R> {
        let function = self.function;
        if self.goes_alone || function.access == Access::Off {
            return Step::Compute;
        }
        match function.slot.flights.board(self.key) {
            Boarding::Lead(leader) => self.leader = Some(leader),
            Boarding::Wait(flight) => {
                function.report.waiting(self.key, "a call");
                return Step::Wait(Wait::Flight(flight));
            }
        }
        if let Some(store) = function.store()
            && function.access.writes()
        {
            self.claim = store.claim(self.key, Duration::ZERO);
            if self.claim.is_none() {
                function.report.waiting(self.key, "another process");
                let wait = OtherProcess { store, since: Instant::now(), is_said: false };
                return Step::Wait(Wait::Process(wait));
            }
        }
        self.look_again()
    }

    /// After a wait for another caller: goes on alone where that one has failed, as do all that waited for
    /// it.
    pub(super) fn landed(&mut self, landing: Landing) -> Step<'f, R> {
        match landing {
            Landing::WouldDeadlock => return Step::Compute,
            Landing::Value(value) => {
                if let Some(result) = self.function.unshare(self.key, self.keep, value) {
                    self.function.slot.tally.hit();
                    return Step::Return(result);
                }
                self.goes_alone = true;
            }
            Landing::Computed => self.goes_alone = true,
            // A leader that panicked or was cancelled says little about the next, so one more is tried.
            Landing::Abandoned => self.goes_alone = std::mem::replace(&mut self.was_abandoned, true),
        }
        self.look_again()
    }

    /// Between the look-up and here another caller or process may have stored the value.
    pub(super) fn look_again(&mut self) -> Step<'f, R> {
        let found = match self.function.has_come(self.key) {
            true => {
                let _inside = self.enter();
                self.function.look_up(self.key, self.keep, self.limit)
            }
            false => Found::Nothing,
        };
        self.found(found)
    }

    /// After a look at what is stored.
    pub(super) fn found(&mut self, found: Found<R>) -> Step<'f, R> {
        match found {
            Found::Result(result) => {
                let _inside = self.enter();
                self.end(&result, Kept::Done { may_clone: None });
                return Step::Return(result);
            }
            Found::TooLarge => return Step::Wait(Wait::Reading),
            Found::Unreadable => self.is_doubtful = true,
            Found::Nothing => self.is_doubtful = false,
        }
        if self.leader.is_some() { Step::Compute } else { self.start() }
    }

    /// Awaits a step of the call's own, not of another: while it leads, those who wait can tell whether it is
    /// polled.
    pub(super) fn drive<F: Future>(&self, step: F) -> impl Future<Output = F::Output> {
        let leader = self.leader.as_ref();
        async move {
            let mut step = pin!(step);
            match leader {
                Some(leader) => poll_fn(|cx| leader.poll(step.as_mut(), cx)).await,
                None => step.await,
            }
        }
    }

    /// Whether a computation goes on only when this call has.
    fn is_awaited(&self) -> bool {
        computation::current().is_some()
            || self.leader.as_ref().is_some_and(|leader| computation::is_awaited(&leader.computation()))
    }

    /// The computation that the call leads, for others to wait for; else the one it is part of.
    pub(super) fn computation(&self) -> Option<Arc<dyn Computation>> {
        self.leader.as_ref().map_or_else(computation::current, |leader| Some(leader.computation()))
    }

    /// The thread computes for this call until the guard is dropped.
    pub(super) fn enter(&self) -> Option<Inside> {
        self.leader.as_ref().map(|leader| computation::enter(Some(leader.computation())))
    }

    /// Stores what was computed; gives it back as an error where it is too large to be stored on this thread.
    pub(super) fn finish(&mut self, result: R, meta: &EntryMeta) -> Result<R, R> {
        let (result, kept) =
            self.function.keep(self.key, result, self.keep, meta, self.is_doubtful, self.limit);
        if matches!(kept, Kept::TooLarge) {
            return Err(result);
        }
        self.end(&result, kept);
        Ok(result)
    }

    /// Hands the result to the waiters.
    pub(super) fn end(&mut self, result: &R, kept: Kept) {
        let may_clone = if let Kept::Done { may_clone } = kept { may_clone } else { None };
        self.claim = None;
        if let Some(leader) = self.leader.take() {
            leader.land(|| self.function.hand_over(self.key, self.keep, result, may_clone));
        }
    }
}

/// A wait for another process that computes the key.
///
/// Callers that have waited and then find no value go on without a claim, all at once: the holder has
/// failed.
pub(super) struct OtherProcess<'f> {
    store: &'f Arc<dyn FunctionStore>,
    since: Instant,
    is_said: bool,
}

impl OtherProcess<'_> {
    /// Asks once more, blocking the caller's thread for at most this long.
    pub(super) fn is_over<R, K: Keep<R>, C: Codec>(
        &mut self,
        turn: &Turn<'_, R, K, C>,
        wait: Duration,
    ) -> bool {
        let (function, key) = (turn.function, turn.key);
        if self.store.claim(key, wait).is_some() || function.has_come(key) {
            return true;
        }
        let waited = self.since.elapsed();
        if waited >= LONG && !std::mem::replace(&mut self.is_said, true) {
            let function = &function.slot.id;
            crate::event!(
                WARN, %function, %key,
                "a call has long been waiting for another process that computes with the same arguments"
            );
        }
        waited >= NESTED_PATIENCE && turn.is_awaited()
    }
}
