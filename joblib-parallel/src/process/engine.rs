//! From options and a job to a supervised run.

use super::batch::{Order, run};
use super::input::{Input, Place};
use super::job::{Calls, Job};
use super::options::Settings;
use super::outcome::{Judge, strictly};
use super::parcel::{Packer, Places, Sharing};
use super::production::Production;
use super::spawn::InnerThreads;
use super::supervisor::{Conduct, SharedMessage, Supervisor};
use super::task::{self, Entry};
use super::tasks::Typed;
use super::{here, spawn, worker};
use crate::cancel::Signal;
use crate::options::Options;
use crate::progress::Progress;
use crate::run::{self as threads, ChunkSizer, Plan, Sink, Source, Verdict};
use crate::stream::{Consumer, Stream};
use crate::{Error, Result, TaskError};
use joblib_core::position::Positions;
use joblib_persist::exchange;
use serde::Serialize;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// How long a batch shall take: long beside a message, short beside what users notice.
const BATCH: Duration = Duration::from_millis(1);

pub(super) fn is_worker() -> bool {
    worker::is_worker()
}

/// Runs a job on every item and hands the results to `sink`; in a worker, on threads.
pub(super) fn execute<J: Calls, S: Sink<J::Output>>(
    job: J,
    options: &Options,
    settings: &Settings,
    shared: &J::Shared,
    items: impl Iterator<Item = J::Item> + Send,
    sink: &S,
) -> Result<(), TaskError<J::Failure>>
where
    J::Shared: Sync,
{
    // In a worker tasks with retries are packed, too: threads are given items once, what is packed can be read again.
    if is_worker() && settings.retries == 0 {
        return threads::execute(
            &options.plan()?,
            items,
            &|| (),
            &|(): &mut (), item| job.call(shared, item),
            sink,
        );
    }
    let source = Source::new(items);
    let input = Input::of(shared, &source);
    conduct::<J, _, _, _, _>(options, settings, &input, strictly, sink, Place::of_this_process())
}

/// Runs the tasks of `input` and says how that went.
pub(crate) fn conduct<J, O, Sh, I, S>(
    options: &Options,
    settings: &Settings,
    input: &Input<'_, Sh, I>,
    judge: Judge<J::Output, J::Failure, O>,
    sink: &S,
    place: Place,
) -> Result<(), TaskError<J::Failure>>
where
    J: Job,
    Sh: Serialize,
    I: Iterator<Item: Serialize>,
    S: Sink<O>,
{
    let plan = options.plan()?;
    let (wake, waker) = wake_pipe()?;
    // Kept until the end: with its other end closed, `wake` would always seem to be rung.
    let waker = Arc::new(waker);
    let verdict = Verdict::new(Signal::new(plan.cancel.clone()));
    let cancelled = Arc::clone(&waker);
    let _wake_on_cancel = verdict.signal().on_cancel(move || ring(&cancelled));
    supervise::<J, _, _, _, _>(&plan, settings, input, &verdict, judge, sink, (place, &wake))?;
    drop(waker);
    verdict.conclude()
}

/// A stream of a job's results.
pub(super) fn stream<J: Calls<Failure = crate::error::Never> + 'static>(
    job: J,
    options: &Options,
    settings: &Settings,
    shared: J::Shared,
    items: impl Iterator<Item = J::Item> + Send + 'static,
) -> Result<Stream<'static, J::Output>>
where
    J::Shared: Send + Sync,
{
    if is_worker() {
        return crate::Parallel::with_options(options.clone()).stream(items, move |item| {
            match job.call(&shared, item) {
                Ok(result) => result,
                Err(never) => match never {},
            }
        });
    }
    let plan = options.plan()?;
    let (wake, waker) = wake_pipe()?;
    let limit = plan.pre_dispatch.map(NonZeroUsize::get);
    let production = Arc::new(Production::<J, _>::new(plan, Source::new(items), limit, move || ring(&waker)));
    let (driven, settings) = (Arc::clone(&production), settings.clone());
    let driver = thread::Builder::new().name("joblib-stream".into());
    driver
        .spawn(move || driven.drive(&settings, &shared, &wake))
        .map_err(|error| Error::backend("no thread for the stream", error))?;
    Ok(Stream::new(Consumer::new(production)))
}

/// Runs all tasks of `input`; failures of tasks are in `verdict`. What comes with the place tells of changes outside.
pub(super) fn supervise<J, O, Sh, I, S>(
    plan: &Plan,
    settings: &Settings,
    input: &Input<'_, Sh, I>,
    verdict: &Verdict<J::Failure>,
    judge: Judge<J::Output, J::Failure, O>,
    sink: &S,
    (place, wake): (Place, &UnixStream),
) -> Result<()>
where
    J: Job,
    Sh: Serialize,
    I: Iterator<Item: Serialize>,
    S: Sink<O>,
{
    let source = input.source;
    let n_jobs = if place == Place::Here { 1 } else { plan.workers(source.remaining()) };
    let sharing = Sharing {
        max_nbytes: settings.max_nbytes.as_ref().map(super::Size::bytes).transpose()?,
        temp_folder: settings.temp_folder.clone(),
        mode: settings.mmap_mode,
    };
    static RUN: AtomicU64 = AtomicU64::new(1);
    let entry: Entry = run::<J>;
    let order = Order {
        run: RUN.fetch_add(1, Ordering::Relaxed),
        entry: task::offset_of(entry as usize),
        timed: plan.timeout.is_some(),
        retries: settings.retries,
        sharing: sharing.clone(),
    };
    let conduct = Conduct {
        settings: spawn_settings(settings, plan.n_jobs)?,
        shared: pack_shared((order.run, verdict.signal().positions()), input.shared, &sharing)?,
        order,
        n_jobs,
        timeout: plan.timeout,
    };
    let progress = Progress::begin(&plan.reporters, "processes", n_jobs, source.remaining());
    let sizer = ChunkSizer::new(plan.batch_size, BATCH, Plan::GROWTH, plan.batch_limit(n_jobs));
    let mut tasks = Typed::<J, O, I, S> {
        source,
        sink,
        verdict,
        sizer: &sizer,
        n_jobs,
        sharing: &sharing,
        observer: &progress,
        bound: plan.pre_dispatch.map(NonZeroUsize::get),
        finished: 0,
        judge,
        items: Vec::new(),
        keep: input.keep,
        per_task: None,
    };
    match place {
        Place::Workers => Supervisor::new(conduct, &mut tasks).run(wake.as_fd()),
        Place::Here => here::run(&conduct, &mut tasks),
    }
}

fn spawn_settings(settings: &Settings, n_jobs: usize) -> Result<spawn::Settings> {
    let share = || InnerThreads::Share((joblib_core::cpu_count() / n_jobs).max(1));
    Ok(spawn::Settings {
        inner_threads: settings.inner_threads.map_or_else(share, InnerThreads::Asked),
        memory_limit: settings.memory_limit.as_ref().map(super::Size::bytes).transpose()?,
        idle_timeout_ms: u64::try_from(settings.idle_timeout.as_millis()).unwrap_or(u64::MAX),
        initializer: settings.initializer.map_or(0, |initialize| task::offset_of(initialize as usize)),
    })
}

/// Packs the shared value once; the message is written for each worker anew, since files go along.
fn pack_shared<S: Serialize>(
    (run, positions): (u64, Positions),
    shared: &S,
    sharing: &Sharing,
) -> Result<SharedMessage> {
    use super::wire::Put;
    let (mut value, mut places) = (Vec::new(), Places::default());
    let mut packer = Packer::new(sharing, &mut places);
    exchange::encode(shared, &mut value, &mut packer)
        .map_err(|error| Error::message_from("the shared value cannot be passed", error))?;
    places = packer.places;
    Ok(Box::new(move || {
        let mut body = Vec::with_capacity(value.len() + 64);
        body.put_u64(run);
        positions.digest().into_iter().for_each(|part| body.put_u64(part));
        let files = places.write(&mut body)?;
        body.extend_from_slice(&value);
        Ok((body, files))
    }))
}

/// A socket that becomes readable when the other one is rung.
fn wake_pipe() -> Result<(UnixStream, UnixStream)> {
    let made = UnixStream::pair().and_then(|(wake, waker)| {
        wake.set_nonblocking(true)?;
        waker.set_nonblocking(true)?;
        Ok((wake, waker))
    });
    made.map_err(|error| Error::backend("no socket for the run", error))
}

fn ring(mut waker: &UnixStream) {
    // If it is full it is readable already.
    let _ = std::io::Write::write(&mut waker, &[1]);
}
