//! The parent's side of a loop.

use super::blocks::{Block, Blocks};
use super::crosses::Crosses;
use super::outcome::{Outcome, Placed};
use super::shared::{Both, List};
use super::tasks::{Answer, Loop, Tasks};
use crate::process::{Input, Placement, conduct, strictly};
use crate::run::{Sink, Source};
use crate::{Message, Parallel, TaskError};
use joblib_core::rt::parallel_for::Plan;
use joblib_core::sync::Mutex;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `body` on all items of `source`, in worker processes. Returns what came of it, a panic included, and
/// `body`: that it captures nothing is asked where it is written.
///
/// # Panics
/// If a worker dies, if something cannot be passed, if the run was cancelled.
#[track_caller]
pub fn run<S, I, K, C, V, A, X, F>(
    plan: &Plan<'_>,
    progress: bool,
    shared: S,
    start: A,
    source: I,
    _kind: PhantomData<K>,
    body: F,
) -> (Outcome<C, V, A, X>, F)
where
    S: List,
    I: Iterator<Item: Crosses<K> + Send>,
    F: for<'k> Fn(S::Lent<'k>, &'k mut Tasks<'_, I::Item, K, C, V, A, X>) -> S::Lent<'k>
        + Copy
        + Send
        + Sync
        + 'static,
    V: Message,
    A: Message + Clone,
    X: Message,
{
    let state = State { sent: BTreeMap::new(), reports: BTreeMap::new() };
    let answers = Answers { state: Mutex::new(state), kind: PhantomData };
    let input = Input {
        shared: &Both(&shared, &start),
        source: &Source::new(Blocks::new(source, plan.has_blocks())),
        keep: &|index, block| {
            answers.state.lock().sent.insert(index, block);
        },
    };
    let mut parallel = parallel(plan);
    if progress {
        parallel = parallel.progress(true);
    }
    // Workers do not start workers.
    let placement = if plan.is_alone() { Placement::Here } else { Placement::of_this_process() };
    // What was accumulated before a panic is the variables', so they come first.
    let ran = catch_unwind(AssertUnwindSafe(|| {
        conduct::<Loop<F, S, I::Item, K, C, V, A, X>, _, _, _, _>(
            &parallel.options,
            &input,
            strictly,
            &answers,
            placement,
        )
    }));
    let failed = match ran {
        Ok(Ok(())) => None,
        Ok(Err(TaskError::Failed { index, error: answer })) => {
            let mut state = answers.state.lock();
            state.take(index, answer);
            // Iterations after the one that left the loop have not been.
            state.reports.split_off(&(index + 1));
            None
        }
        Ok(Err(TaskError::Run(error))) => panic!("a parallel loop in worker processes: {error}"),
        Err(payload) => Some(payload),
    };
    (Outcome::new(answers.into_reports(), failed), body)
}

/// The options of the loop.
fn parallel(plan: &Plan<'_>) -> Parallel {
    // What leaves a loop looks like a failure: it is not to be tried again, whatever the configuration says.
    let mut parallel = Parallel::new().retries(0).parallel();
    if let Some(limit) = plan.asked_jobs() {
        parallel = parallel.n_jobs(limit.map_or(-1, |limit| isize::try_from(limit).unwrap_or(isize::MAX)));
    }
    plan.chunk_len().into_iter().fold(parallel, Parallel::batch_size)
}

/// What is known of each block, by its place in loop order.
struct Answers<T, K, V, A, X> {
    state: Mutex<State<T, V, A, X>>,
    /// How items travel.
    kind: PhantomData<fn() -> K>,
}

struct State<T, V, A, X> {
    /// Those that are to be answered.
    sent: BTreeMap<usize, Block<T>>,
    /// The rest.
    reports: BTreeMap<usize, Placed<V, A, X>>,
}

impl<T, V, A, X> State<T, V, A, X> {
    /// Takes in an answer: items that were changed there are changed here.
    fn take<K>(&mut self, index: usize, (report, changed): Answer<T, K, V, A, X>)
    where
        T: Crosses<K>,
    {
        let Some(Block { items, start }) = self.sent.remove(&index) else { return };
        self.reports.insert(index, (start..start + items.len(), report));
        for (item, changed) in items.into_iter().zip(changed) {
            item.write(changed);
        }
    }
}

impl<T, K, V, A, X> Answers<T, K, V, A, X> {
    fn into_reports(self) -> impl Iterator<Item = Placed<V, A, X>> {
        self.state.into_inner().reports.into_values()
    }
}

impl<T, K, V, A, X> Sink<Answer<T, K, V, A, X>> for Answers<T, K, V, A, X>
where
    T: Crosses<K> + Send,
    V: Send,
    A: Send,
    X: Send,
{
    fn accept(&self, first: usize, answers: Vec<Answer<T, K, V, A, X>>) {
        let mut state = self.state.lock();
        for (index, answer) in (first..).zip(answers) {
            state.take::<K>(index, answer);
        }
    }
}
