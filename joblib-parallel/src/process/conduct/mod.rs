//! From options and a job to a supervised run.

mod here;
mod production;
mod supervisor;
mod tasks;

pub(super) use production::stream;

use super::code;
use super::input::{Input, Placement};
use super::job::Job;
use super::local::{self, InnerThreads, Local, WakeReceiver, Workers};
use super::message::{Order, Packer, Parcel, Payload, Sharing, guarded};
use super::options::PlaceOptions;
use super::outcome::Judge;
use super::place::{Pace, Place};
use super::role::is_worker;
use super::worker;
use crate::cancel::Signal;
use crate::options::Options;
use crate::progress::Progress;
use crate::run::{ChunkSizer, Plan, Sink, Verdict};
use crate::{Parallel, Result, TaskError};
use here::Here;
use joblib_core::computation;
use joblib_persist::exchange;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering};
use tasks::Typed;

/// In a worker, a run becomes one on its threads.
///
/// Except for tasks with retries: threads get each item once, while what is packed can be read again.
pub(super) fn on_threads(options: &Options) -> Result<Option<Parallel>> {
    let on_threads = is_worker() && options.plan_of_place()?.1.retries() == 0;
    Ok(on_threads.then(|| Parallel { options: options.on_threads() }))
}

/// Runs the tasks of `input` and says how that went.
pub(crate) fn conduct<J, O, Sh, I, S>(
    options: &Options,
    input: &Input<'_, Sh, I>,
    judge: Judge<J::Output, J::Failure, O>,
    sink: &S,
    placement: Placement,
) -> Result<(), TaskError<J::Failure>>
where
    J: Job,
    Sh: Serialize,
    I: Iterator<Item: Serialize>,
    S: Sink<O>,
{
    let (plan, settings) = options.plan_of_place()?;
    let (wake, waker) = local::wake_pair()?;
    let verdict = Verdict::new(Signal::new(plan.cancel.clone()));
    let _wake_on_cancel = verdict.signal().on_cancel(move || waker.wake());
    run_in::<J, _, _, _, _>((placement, wake), &plan, &settings, input, &verdict, judge, sink)?;
    verdict.conclude()
}

/// Runs all tasks of `input`; failures of tasks are in `verdict`. `wake` tells of changes outside.
fn run_in<J, O, Sh, I, S>(
    (placement, wake): (Placement, WakeReceiver),
    plan: &Plan,
    settings: &PlaceOptions,
    input: &Input<'_, Sh, I>,
    verdict: &Verdict<J::Failure>,
    judge: Judge<J::Output, J::Failure, O>,
    sink: &S,
) -> Result<()>
where
    J: Job,
    Sh: Serialize,
    I: Iterator<Item: Serialize>,
    S: Sink<O>,
{
    let source = input.source;
    let n_jobs = if placement == Placement::Here { 1 } else { plan.workers(source.remaining()) };
    let order = order::<J>(plan, settings)?;
    let sharing = order.sharing.clone();
    let (retries, positions) = (order.retries, verdict.signal().positions().digest());
    let shared = pack_shared(input.shared, &sharing)?;
    let place: Box<dyn Place> = match placement {
        Placement::Here => Box::new(Here::new(order, positions, shared)?),
        Placement::Workers => {
            let settings = worker_settings(settings, plan.n_jobs)?;
            let workers = Workers { settings, n_jobs, timeout: plan.timeout, order, positions, shared };
            Box::new(Local::new(workers, wake))
        }
    };
    let progress = Progress::begin(&plan.reporters, "processes", n_jobs, source.remaining());
    let Pace { target, growth } = place.pace();
    let sizer = ChunkSizer::new(plan.batch_size, target, growth, plan.batch_limit(n_jobs));
    let mut tasks = Typed::<J, O, I, S> {
        source,
        sink,
        verdict,
        sizer: &sizer,
        n_jobs,
        sharing: &sharing,
        progress: &progress,
        bound: plan.pre_dispatch.map(NonZeroUsize::get),
        finished: 0,
        judge,
        items: Vec::new(),
        keep: input.keep,
    };
    supervisor::supervise(place, &mut tasks, retries)
}

/// What holds for all batches of a run.
fn order<J: Job>(plan: &Plan, settings: &PlaceOptions) -> Result<Order> {
    static RUN: AtomicU64 = AtomicU64::new(1);
    let entry: worker::Entry = worker::run::<J>;
    let sharing = Sharing {
        max_nbytes: settings.max_nbytes()?,
        temp_folder: settings.temp_folder.clone().map(Into::into),
        mode: settings.mmap_mode(),
    };
    Ok(Order {
        run: RUN.fetch_add(1, Ordering::Relaxed),
        entry: code::offset_of(entry as usize),
        timed: plan.timeout.is_some(),
        retries: settings.retries(),
        is_awaited: computation::is_inside(),
        sharing,
    })
}

fn worker_settings(settings: &PlaceOptions, n_jobs: usize) -> Result<local::Settings> {
    let share = || InnerThreads::Share((joblib_core::cpu_count() / n_jobs).max(1));
    Ok(local::Settings {
        inner_threads: settings.inner_threads.map_or_else(share, InnerThreads::Asked),
        memory_limit: settings.memory_limit()?,
        idle_timeout_ms: u64::try_from(settings.idle_timeout()?.as_millis()).unwrap_or(u64::MAX),
        initializer: settings.initializer.map(|initialize| code::offset_of(initialize as usize)),
    })
}

/// Packs the shared value once, for all workers.
fn pack_shared<S: Serialize>(shared: &S, sharing: &Sharing) -> Result<(Payload, Parcel)> {
    let (mut value, mut packer) = (Vec::new(), Packer::new(sharing));
    guarded("the shared value cannot be passed", || exchange::encode(shared, &mut value, &mut packer))?;
    Ok((value.into(), packer.into_parcel()))
}
