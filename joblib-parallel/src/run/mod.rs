//! Running tasks on threads: the workers of a run pull batches from the input and hand results to a sink.
//!
//! The same code runs on every back-end of threads; a back-end only says which threads there are. The
//! earliest failure in the order of the input decides: the input is pulled in order, so when a task fails all
//! earlier ones have been pulled and will be run, and none is pulled any more.

mod chunk_sizer;
mod deadline;
mod plan;
mod sink;
mod site;
mod source;
mod tails;
mod verdict;
mod work;

pub(crate) use chunk_sizer::ChunkSizer;
pub(crate) use deadline::Deadlines;
pub(crate) use plan::Plan;
pub(crate) use sink::{Collect, Fold, Sink};
pub(crate) use source::{Pulled, Source};
pub(crate) use tails::Tails;
pub(crate) use verdict::{Failure, Verdict};
pub(crate) use work::{Ended, Spent, Work};

use crate::cancel::Signal;
use crate::options::BatchSize;
use crate::{Error, TaskError};
use joblib_core::computation::carrying_all;
use std::any::Any;
use std::time::Duration;

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// A run expected to be shorter than this stays on the caller's thread: waking another takes as long.
const WORTH_SHARING: Duration = Duration::from_micros(20);

/// Runs `call` on every item of `iter`, with what `init` made for the worker, and hands the results to
/// `sink`.
pub(crate) fn execute<I, R, E, W, N, C, S>(
    plan: &Plan,
    iter: I,
    init: &N,
    call: &C,
    sink: &S,
) -> Result<(), TaskError<E>>
where
    I: Iterator + Send,
    N: Fn() -> W + Sync,
    C: Fn(&mut W, I::Item) -> Result<R, E> + Sync,
    I::Item: Send,
    E: Send,
    S: Sink<R>,
{
    let source = Source::new(iter);
    let known = source.remaining();
    let n_jobs = plan.workers(known);
    let verdict = Verdict::new(Signal::new(plan.cancel.clone()));
    let sizer = plan.sizer(n_jobs);
    let deadlines = plan.timeout.map(|limit| Deadlines::new(limit, n_jobs));
    let progress = plan.begin(n_jobs, known);
    let spent = Spent::default();
    let work = Work {
        source: &source,
        init,
        call,
        sink,
        verdict: &verdict,
        tails: &plan.tails(n_jobs),
        sizer: &sizer,
        n_jobs,
        deadlines: deadlines.as_ref(),
        progress: &progress,
        spent: &spent,
    };
    let before = site::expected::<C>();
    watched(deadlines.as_ref(), &verdict, &|| {}, || share_out(plan, &work, before, known))?;
    if let Some(per_task) = spent.per_task() {
        site::record::<C>(before, per_task);
    }
    verdict.conclude()
}

/// Runs `work` on the caller alone while that is cheaper, and then on the plan's back-end.
fn share_out<I, R, E, W, N, C, S>(
    plan: &Plan,
    work: &Work<'_, I, E, N, C, S>,
    expected: Option<f64>,
    known: Option<usize>,
) -> Result<(), Error>
where
    I: Iterator + Send,
    N: Fn() -> W + Sync,
    C: Fn(&mut W, I::Item) -> Result<R, E> + Sync,
    I::Item: Send,
    E: Send,
    S: Sink<R>,
{
    if work.n_jobs <= 1 {
        work.run(0, None);
        return Ok(());
    }
    let total = expected.zip(known).map(|(per_task, tasks)| per_task * tasks as f64);
    // A batch size that was asked for is kept from the first task on: tasks may wait for one another.
    let small = plan.batch_size == BatchSize::Auto
        && total.is_some_and(|total| total < WORTH_SHARING.as_nanos() as f64);
    if small && work.run(0, Some(WORTH_SHARING)) == Ended::Done {
        return Ok(());
    }
    // The threads may be anybody's.
    let participate = |slot| {
        work.run(slot, None);
    };
    plan.backend.broadcast(work.n_jobs, &carrying_all(participate))?;
    // Nothing is left unless the back-end had no thread at all.
    work.run(0, None);
    Ok(())
}

/// Runs `body` while a thread watches the time limits, if there are any, and calls `late` when one has
/// passed.
pub(crate) fn watched<E: Send, R>(
    deadlines: Option<&Deadlines>,
    verdict: &Verdict<E>,
    late: &(dyn Fn() + Sync),
    body: impl FnOnce() -> R,
) -> R {
    let Some(deadlines) = deadlines else { return body() };
    struct End<'d>(&'d Deadlines);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            self.0.end();
        }
    }
    std::thread::scope(|scope| {
        let watch = std::thread::Builder::new().name("joblib-timeout".into());
        if let Err(error) = watch.spawn_scoped(scope, || deadlines.watch(verdict, late)) {
            // Time-outs are then noticed when tasks end.
            joblib_core::event!(WARN, %error, "no thread to watch time limits");
        }
        let _end = End(deadlines);
        body()
    })
}
