//! One call of a cached `async fn`.

use super::call::{Claimed, Computed, Nested, wait_for_claim};
use super::entry::{Call, stored_answer};
use super::flight::{Boarding, Flight, Landing, Leader};
use super::function::Function;
use super::function_ref::FunctionRef;
use super::keep::Keep;
use super::look_up::Found;
use super::memorized_result::MemorizedResult;
use super::policy::Access;
use super::task::{Owner, TaskWait};
use crate::store::{Claim, EntryMeta};
use crate::{Codec, Key, Result};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// One call of a cached `async fn`, after [`HashMap`](std::collections::HashMap)'s `Entry`.
///
/// The arguments are hashed, nothing else has happened. What may run the function is `async`; everything else is as
/// for an [`Entry`](super::entry::Entry). Looking up and storing happen on the polling thread.
#[must_use = "an entry does nothing until one of its methods is called"]
pub struct AsyncEntry<R, K, F, C: Codec> {
    call: Call<R, K, C>,
    future: F,
}

stored_answer! { AsyncEntry }

impl<R, K: Keep<R>, F: Future<Output = R>, C: Codec> AsyncEntry<R, K, F, C> {
    pub(crate) fn new(
        function: FunctionRef<C>,
        key: Result<Key>,
        keep: K,
        future: F,
        args: Option<String>,
    ) -> Self {
        Self { call: Call::new(function, key, keep, args), future }
    }

    /// The stored answer, else the awaited one, which is then stored: what calling the function does.
    pub async fn get_or_compute(self) -> R {
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        get_or_compute(&function, key, keep, future, args.as_deref()).await
    }

    /// Runs the function even if its answer is stored, stores the new one, and tells how long it took.
    #[doc(alias = "call")]
    pub async fn recompute(self) -> (R, EntryMeta) {
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        match function.key_to_use(key) {
            Some(key) => {
                let computed = compute(&function, key, keep, future, args.as_deref(), false, None).await;
                (computed.answer, computed.meta)
            }
            None => {
                let start = Instant::now();
                let answer = future.await;
                (answer, EntryMeta::new(start.elapsed()))
            }
        }
    }

    /// Makes sure that the answer is stored, and gives a small reference to it; see [`Entry::shelve`](super::entry::Entry::shelve).
    #[doc(alias = "call_and_shelve")]
    pub async fn shelve(self) -> MemorizedResult<R, C> {
        if let Some(reference) = self.call.reference() {
            return reference;
        }
        let Self { call: Call { function, key, keep, args, .. }, future } = self;
        let known = key.as_ref().ok().copied();
        let answer = get_or_compute(&function, key, keep, future, args.as_deref()).await;
        MemorizedResult::of(&function, known, answer, keep)
    }
}

/// As `Function::get_or_compute`, awaiting where that blocks.
async fn get_or_compute<R, K: Keep<R>, C: Codec>(
    function: &Function<C>,
    key: Result<Key>,
    keep: K,
    future: impl Future<Output = R>,
    args: Option<&str>,
) -> R {
    let key = match function.key_to_use(key) {
        Some(key) => key,
        None => return future.await,
    };
    if function.access.reads()
        && let Found::Answer(answer) = function.look_up(key, keep)
    {
        return answer;
    }
    if function.access == Access::Off {
        return compute(function, key, keep, future, args, false, None).await.answer;
    }
    let leader = loop {
        let flight = match function.slot.flights.board(key, Owner::Task) {
            Boarding::Lead(leader) => break leader,
            Boarding::Wait(flight) => flight,
        };
        match landing(&flight).await {
            Landing::WouldDeadlock => {
                return compute(function, key, keep, future, args, false, None).await.answer;
            }
            landing => {
                if let Some(answer) = function.after(landing, key, keep) {
                    return answer;
                }
            }
        }
    };
    let claim = claim(function, key).await;
    let doubtful = match function.look_up_again(key, keep) {
        Found::Answer(answer) => {
            leader.land(|| function.hand_over(key, keep, &answer, None));
            return answer;
        }
        found => matches!(found, Found::Unreadable),
    };
    let Computed { answer, may_clone, .. } =
        compute(function, key, keep, future, args, doubtful, Some(&leader)).await;
    drop(claim);
    leader.land(|| function.hand_over(key, keep, &answer, may_clone));
    answer
}

/// Awaits the function and stores what it answers.
async fn compute<R, K: Keep<R>, C: Codec>(
    function: &Function<C>,
    key: Key,
    keep: K,
    future: impl Future<Output = R>,
    args: Option<&str>,
    doubtful: bool,
    leader: Option<&Leader<'_>>,
) -> Computed<R> {
    function.slot.tally.miss();
    function.report.computing(key, args);
    let start = Instant::now();
    let mut future = pin!(future);
    let answer = poll_fn(|cx: &mut Context<'_>| {
        if let Some(leader) = leader {
            leader.polled_by(cx.waker());
        }
        let _nested = Nested::enter();
        future.as_mut().poll(cx)
    })
    .await;
    let duration = start.elapsed();
    function.report.computed(key, duration);
    function.finish(key, answer, keep, duration, args, doubtful)
}

async fn landing(flight: &Flight) -> Landing {
    let mut wait = TaskWait::default();
    poll_fn(|cx| flight.poll(cx.waker(), &mut wait).map_or(Poll::Pending, Poll::Ready)).await
}

/// Waits for the right to compute among processes; on a thread of its own where another process has it.
async fn claim<C: Codec>(function: &Function<C>, key: Key) -> Option<Claim> {
    if !function.access.writes() {
        return None;
    }
    let store = function.store()?;
    if let Some(claim) = store.claim(key, Duration::ZERO) {
        return Some(claim);
    }
    let patience = Nested::patience();
    let (store, reads) = (Arc::clone(store), function.access.reads());
    let mailbox = Arc::new(Mutex::new(Mailbox::default()));
    let sender = Arc::clone(&mailbox);
    let waiter = std::thread::Builder::new().name("joblib-claim".into()).spawn(move || {
        let claimed = wait_for_claim(&store, key, patience, reads);
        let waker = {
            let mut mailbox = sender.lock().unwrap_or_else(PoisonError::into_inner);
            mailbox.claimed = Some(claimed);
            mailbox.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    // Without a thread to wait on, the value may be computed twice.
    waiter.ok()?;
    poll_fn(|cx| {
        let mut mailbox = mailbox.lock().unwrap_or_else(PoisonError::into_inner);
        match mailbox.claimed.take() {
            Some(Claimed::Mine(claim)) => Poll::Ready(claim),
            Some(Claimed::Stored) => Poll::Ready(None),
            None => {
                mailbox.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

#[derive(Default)]
struct Mailbox {
    claimed: Option<Claimed>,
    waker: Option<Waker>,
}
