//! Running the tasks of a batch.

use super::super::job::{Job, Serving};
use super::super::local::Status;
use super::super::message::{BatchHead, Order, Payload, Results, Unpacker, guarded, payload};
use super::panics;
use crate::cancel::{Entered, Signal};
use crate::{Error, Result};
use joblib_core::position::Positions;
use joblib_persist::exchange;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

/// A batch, and what there is to tell of it so far.
pub(in crate::process) struct Batch<'b> {
    pub(super) order: &'b Order,
    /// Where the run was started.
    pub(super) positions: [u64; 2],
    pub(super) head: &'b BatchHead,
    pub(super) unpacker: Result<Unpacker>,
    pub(super) items: &'b [u8],
    pub(super) shared: &'b mut SharedValue,
    pub(super) status: &'b Arc<Status>,
    pub(super) results: Results<'b>,
}

const UNREADABLE: &str = "the shared value cannot be read";

/// The value that all tasks of a run share: as received and, once needed, decoded.
pub(super) struct SharedValue {
    payload: Payload,
    unpacker: Result<Unpacker>,
    value: Option<Box<dyn Any>>,
}

impl SharedValue {
    pub(super) fn new(payload: Payload, unpacker: Result<Unpacker>) -> Self {
        let unpacker = unpacker.map_err(|why| Error::message(format!("{UNREADABLE}: {why}")));
        Self { payload, unpacker, value: None }
    }

    /// The value, taken out.
    fn take<S: DeserializeOwned + 'static>(&mut self) -> Result<Box<S>> {
        if let Some(value) = self.value.take() {
            return value.downcast().map_err(|_| Error::message("the shared value is of another type"));
        }
        let read = match &mut self.unpacker {
            Ok(unpacker) => guarded(UNREADABLE, || exchange::decode(&mut &self.payload[..], unpacker)),
            Err(why) => return Err(Error::message(why.to_string())),
        };
        // If it cannot be read, that is not tried again for other batches.
        read.map(Box::new).inspect_err(|why| self.unpacker = Err(Error::message(why.to_string())))
    }
}

/// Runs a batch of tasks of kind `J`.
///
/// # Errors
///
/// What keeps the remaining tasks from being run.
pub(in crate::process) fn run<J: Job>(batch: &mut Batch<'_>) -> Result<()> {
    let Batch { order, positions, head, unpacker, items, shared, status, results } = batch;
    let unpacker = unpacker.as_mut().map_err(|error| Error::message(error.to_string()))?;
    if shared.value.is_none() {
        status.prepare(head.first, head.tried + 1);
    }
    let mut value = shared.take::<J::Shared>()?;
    let remote = Arc::clone(status);
    let positions = Positions::from_digest(*positions);
    let entered = Signal::remote(move |index| remote.wants(index), positions).enter();
    let mut tasks = Running {
        left: head.first..head.first + head.tasks,
        order,
        entered: &entered,
        unpacker,
        items,
        item: None,
        status,
        results,
        next_tries: order.retries.saturating_sub(head.tried),
        tries_left: 0,
        again: false,
    };
    match catch_unwind(AssertUnwindSafe(|| J::serve(&mut value, &mut tasks))) {
        Ok(()) => shared.value = Some(value),
        // What was to be done before a task, or after the last. The value may be in pieces, and is read again
        // for other batches.
        Err(payload) => {
            let is_before_one = Serving::<J>::next(&mut tasks).is_some();
            if !is_before_one && tasks.results.len() == 0 {
                // All were taken back: whoever has them reports it.
                return Ok(());
            }
            if !is_before_one {
                tasks.results.take_back_last();
            }
            Serving::<J>::ended(&mut tasks, Err(payload));
        }
    }
    Ok(())
}

/// A batch whose tasks are run one after the other.
struct Running<'r, 'b> {
    /// The positions of tasks not begun.
    left: Range<usize>,
    order: &'r Order,
    entered: &'r Entered,
    unpacker: &'r mut Unpacker,
    items: &'r [u8],
    /// That of the task in hand.
    item: Option<&'r [u8]>,
    status: &'r Status,
    results: &'r mut Results<'b>,
    /// How often the next task may be tried again.
    next_tries: usize,
    /// How often the task in hand may be tried again, and whether it is to be.
    tries_left: usize,
    again: bool,
}

impl Running<'_, '_> {
    /// Takes the next task in hand; its position.
    fn begin(&mut self) -> Option<usize> {
        if self.left.is_empty() || !self.status.take() {
            return None;
        }
        self.tries_left = std::mem::replace(&mut self.next_tries, self.order.retries);
        self.item = payload::take(&mut self.items);
        self.left.next()
    }

    fn item<T: DeserializeOwned>(&mut self) -> Result<T> {
        let item = self.item.ok_or_else(|| Error::message("its argument is cut off"))?;
        guarded("its argument cannot be read", || exchange::decode(&mut { item }, self.unpacker))
    }
}

impl<J: Job> Serving<J> for Running<'_, '_> {
    fn next(&mut self) -> Option<J::Item> {
        loop {
            let index = match std::mem::take(&mut self.again) {
                true => self.left.start - 1,
                false => self.begin()?,
            };
            if !self.status.wants(index) {
                return None;
            }
            self.entered.begin(index);
            let attempt = self.order.retries - self.tries_left + 1;
            self.status.start(index, attempt, self.order.timed);
            match self.item() {
                Ok(item) => return Some(item),
                Err(error) => self.results.lost(&error),
            }
        }
    }

    fn ended(&mut self, outcome: thread::Result<Result<J::Output, J::Failure>>) {
        match outcome {
            Ok(Ok(output)) => self.results.returned(output),
            Ok(Err(_)) if self.tries_left > 0 => {
                self.tries_left -= 1;
                self.again = true;
            }
            Ok(Err(failure)) => self.results.failed(failure),
            Err(payload) => {
                let (text, place) = panics::take_report(crate::error::panic_text(&*payload));
                self.results.panicked(text, place);
            }
        }
    }
}
