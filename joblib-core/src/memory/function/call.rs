//! Look up, else compute and store: the path every call takes.
//!
//! What a call does is in `turn.rs`, once. How it waits and runs the body is here: a plain call blocks, an
//! `async` one awaits. Futures that are rarely awaited are boxed, so that every call's own future is small.

use super::turn::{Step, Turn, Wait};
use super::{Found, Function};
use crate::memory::function_ref::FunctionRef;
use crate::memory::keep::Keep;
use crate::memory::timer::sleep;
use crate::store::EntryMeta;
use crate::{Codec, Key, Result};
use std::pin::{Pin, pin};
use std::time::{Duration, Instant};

/// How long one attempt to claim a key takes before the store is looked at again.
const CLAIM_SLICE: Duration = Duration::from_millis(250);
/// The pause between two attempts of a task: from this, doubling ..
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// .. to this.
const LONGEST_PAUSE: Duration = Duration::from_millis(50);
/// Results of more bytes than this are read and written off the executor's threads.
const LARGE: usize = 256 << 10;

impl<C: Codec> Function<C> {
    /// The stored result, else the computed one.
    #[inline]
    pub(crate) fn get_or_compute<R, K: Keep<R>>(
        &self,
        key: Result<Key>,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<String>,
    ) -> R {
        let Some(key) = self.key_to_use(key) else { return run() };
        if self.access.reads()
            && let Found::Result(result) = self.look_up(key, keep, usize::MAX)
        {
            return result;
        }
        self.compute_once(key, keep, run, args)
    }

    /// Computes the key's result whatever is stored, and stores it.
    pub(crate) fn recompute<R, K: Keep<R>>(
        &self,
        key: Result<Key>,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        match self.key_to_use(key) {
            Some(key) => self.compute(&mut Turn::new(self, key, keep, usize::MAX), run, args),
            None => {
                let start = Instant::now();
                let result = run();
                (result, EntryMeta::new(start.elapsed()))
            }
        }
    }

    /// Computes, unless another caller or process is doing so already.
    #[inline(never)]
    fn compute_once<R, K: Keep<R>>(
        &self,
        key: Key,
        keep: K,
        run: impl FnOnce() -> R,
        args: Option<String>,
    ) -> R {
        let mut turn = Turn::new(self, key, keep, usize::MAX);
        let mut step = turn.start();
        loop {
            step = match step {
                Step::Return(result) => return result,
                Step::Compute => return self.compute(&mut turn, run, args.as_deref()).0,
                Step::Wait(Wait::Flight(flight)) => turn.landed(flight.wait(&self.slot.id)),
                Step::Wait(Wait::Process(mut other)) => {
                    while !other.is_over(&turn, CLAIM_SLICE) {}
                    turn.look_again()
                }
                Step::Wait(Wait::Reading) => turn.found(self.look_up(key, keep, usize::MAX)),
            }
        }
    }

    #[inline]
    fn compute<R, K: Keep<R>>(
        &self,
        turn: &mut Turn<'_, R, K, C>,
        run: impl FnOnce() -> R,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        let _inside = turn.enter();
        let start = self.begin(turn.key, args);
        let result = run();
        let meta = self.ended(turn.key, start, args);
        let (Ok(result) | Err(result)) = turn.finish(result, &meta);
        (result, meta)
    }

    fn begin(&self, key: Key, args: Option<&str>) -> Instant {
        self.slot.tally.miss();
        self.report.computing(key, args);
        Instant::now()
    }

    fn ended(&self, key: Key, start: Instant, args: Option<&str>) -> EntryMeta {
        let duration = start.elapsed();
        self.report.computed(key, duration);
        let mut meta = EntryMeta::new(duration);
        if self.policy.record_args {
            meta.args = args.map(str::to_owned);
        }
        meta
    }
}

impl<C: Codec> FunctionRef<C> {
    /// As [`Function::get_or_compute`], awaiting where that blocks.
    pub(crate) async fn get_or_await<R, K: Keep<R>>(
        &self,
        key: Result<Key>,
        keep: K,
        body: impl Future<Output = R>,
        args: Option<&str>,
    ) -> R {
        let Some(key) = self.key_to_use(key) else { return body.await };
        let limit = limit::<R, K>(keep);
        let found = if self.access.reads() { self.look_up(key, keep, limit) } else { Found::Nothing };
        if let Found::Result(result) = found {
            return result;
        }
        let body = pin!(body);
        let mut turn = Turn::new(self, key, keep, limit);
        let mut wait = match turn.found(found) {
            Step::Return(result) => return result,
            Step::Compute => None,
            Step::Wait(wait) => Some(wait),
        };
        while let Some(now) = wait {
            let step = match now {
                Wait::Flight(flight) => turn.landed(Box::pin(flight.landed(&self.slot.id)).await),
                Wait::Process(mut other) => {
                    let mut pause = FIRST_PAUSE;
                    while !other.is_over(&turn, Duration::ZERO) && turn.drive(Box::pin(sleep(pause))).await {
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                    turn.look_again()
                }
                Wait::Reading => {
                    let part = turn.computation();
                    turn.found(turn.drive(Box::pin(self.read_elsewhere(part, key, keep))).await)
                }
            };
            wait = match step {
                Step::Return(result) => return result,
                Step::Compute => None,
                Step::Wait(wait) => Some(wait),
            };
        }
        self.compute_async(&mut turn, body, args).await.0
    }

    /// As [`Function::recompute`], awaiting where that blocks.
    pub(crate) async fn recompute_async<R, K: Keep<R>>(
        &self,
        key: Result<Key>,
        keep: K,
        body: impl Future<Output = R>,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        let body = pin!(body);
        match self.key_to_use(key) {
            Some(key) => {
                let mut turn = Turn::new(self, key, keep, limit::<R, K>(keep));
                self.compute_async(&mut turn, body, args).await
            }
            None => {
                let start = Instant::now();
                let result = body.await;
                (result, EntryMeta::new(start.elapsed()))
            }
        }
    }

    async fn compute_async<R, K: Keep<R>>(
        &self,
        turn: &mut Turn<'_, R, K, C>,
        body: Pin<&mut impl Future<Output = R>>,
        args: Option<&str>,
    ) -> (R, EntryMeta) {
        let start = self.begin(turn.key, args);
        let result = turn.drive(body).await;
        let meta = self.ended(turn.key, start, args);
        let packed = {
            let _inside = turn.enter();
            match turn.finish(result, &meta) {
                Ok(result) => return (result, meta),
                Err(result) => match turn.keep.pack(result) {
                    Ok(packed) => packed,
                    Err(result) => return (result, meta),
                },
            }
        };
        let (part, key, keep, doubtful) = (turn.computation(), turn.key, turn.keep, turn.is_doubtful);
        let kept = Box::pin(self.keep_elsewhere(part, key, keep, packed, meta.clone(), doubtful));
        let (result, kept) = turn.drive(kept).await;
        let _inside = turn.enter();
        turn.end(&result, kept);
        (result, meta)
    }
}

/// How many bytes may be read and written on the polling thread.
fn limit<R, K: Keep<R>>(keep: K) -> usize {
    if keep.travels() { LARGE } else { usize::MAX }
}
