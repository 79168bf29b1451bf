//! A batch of tasks and its results, as messages and as run by a worker.

use super::job::{Job, Serving};
use super::outcome::Outcome;
use super::parcel::{Packer, Places, Sharing, Unpacker, mode_code, mode_of};
use super::status::Status;
use super::wire::{Body, Put};
use super::worker::panics;
use crate::cancel::{Entered, Signal};
use crate::{Error, Result};
use joblib_core::position::Positions;
use joblib_persist::exchange;
use std::any::Any;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Consecutive tasks, packed, to be kept until their results are there.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    pub(super) first: usize,
    /// For each task the end of its item in `bytes`.
    ends: Vec<usize>,
    bytes: Vec<u8>,
    places: Places,
    /// How often its first task was lost so far.
    pub(super) lost: usize,
}

impl Packed {
    pub(super) fn new(first: usize) -> Self {
        Self { first, ends: Vec::new(), bytes: Vec::new(), places: Places::default(), lost: 0 }
    }

    /// Adds a task.
    pub(super) fn push<T: serde::Serialize>(&mut self, item: &T, sharing: &Sharing) -> Result<()> {
        let mut packer = Packer::new(sharing, &mut self.places);
        let encoded = exchange::encode(item, &mut self.bytes, &mut packer);
        self.places = packer.places;
        encoded.map_err(|error| Error::message_from("its argument cannot be passed", error))?;
        self.ends.push(self.bytes.len());
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn contains(&self, index: usize) -> bool {
        (self.first..self.first + self.len()).contains(&index)
    }

    /// The tasks at these positions, all of them in it, as a batch of their own.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Option<Packed> {
        let (from, to) = (range.start.checked_sub(self.first)?, range.end.checked_sub(self.first)?);
        let start = if from == 0 { 0 } else { self.ends[from - 1] };
        let ends: Vec<usize> = self.ends.get(from..to)?.iter().map(|end| end - start).collect();
        let bytes = self.bytes[start..start + ends.last()?].to_vec();
        Some(Packed { first: range.start, ends, bytes, places: self.places.clone(), lost: 0 })
    }

    /// The message that asks a worker to run it.
    pub(super) fn write(&self, order: &Order) -> Result<(Vec<u8>, Vec<OwnedFd>)> {
        let mut body = Vec::with_capacity(self.bytes.len() + 128 + 16 * self.len());
        order.write(&mut body);
        body.put_u64(self.first as u64);
        body.put_u64(self.lost as u64);
        let files = self.places.write(&mut body)?;
        body.put_u64(self.len() as u64);
        let mut start = 0;
        for &end in &self.ends {
            body.put_bytes(&self.bytes[start..end]);
            start = end;
        }
        Ok((body, files))
    }
}

/// What is the same for all batches of a run.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) run: u64,
    pub(super) entry: u64,
    /// Whether tasks have a time limit.
    pub(super) timed: bool,
    /// How often a task may be tried again.
    pub(super) retries: usize,
    pub(super) sharing: Sharing,
}

impl Order {
    fn write(&self, body: &mut Vec<u8>) {
        body.put_u64(self.run);
        body.put_u64(self.entry);
        body.push(u8::from(self.timed));
        body.put_u64(self.retries as u64);
        body.put_u64(self.sharing.max_nbytes.unwrap_or(u64::MAX));
        let folder = self.sharing.temp_folder.as_ref().map(|folder| folder.as_os_str().as_encoded_bytes());
        body.put_bytes(folder.unwrap_or_default());
        body.push(mode_code(self.sharing.mode));
    }

    pub(super) fn read(body: &mut Body<'_>) -> Result<Self> {
        use std::os::unix::ffi::OsStrExt;
        let (run, entry, timed) = (body.u64()?, body.u64()?, body.byte()? != 0);
        let retries = body.usize()?;
        let max_nbytes = Some(body.u64()?).filter(|&most| most != u64::MAX);
        let folder = std::ffi::OsStr::from_bytes(body.bytes()?);
        let temp_folder = (!folder.is_empty()).then(|| PathBuf::from(folder));
        let mode = mode_of(body.byte()?)?;
        Ok(Self { run, entry, timed, retries, sharing: Sharing { max_nbytes, temp_folder, mode } })
    }
}

/// A worker's state for one run: the value that all tasks share, as received and, once asked for, as itself.
pub(super) struct SharedValue {
    pub(super) run: u64,
    /// Where the run was asked for.
    pub(super) positions: Positions,
    pub(super) body: Vec<u8>,
    pub(super) inbox: Unpacker,
    pub(super) value: Option<Box<dyn Any>>,
}

impl SharedValue {
    /// The value, taken out.
    fn take<S: serde::de::DeserializeOwned + 'static>(&mut self) -> Result<Box<S>> {
        match self.value.take() {
            Some(value) => {
                value.downcast().map_err(|_| Error::message("the shared value is of another type"))
            }
            None => exchange::decode(&mut &self.body[..], &mut self.inbox)
                .map(Box::new)
                .map_err(|error| Error::message_from("the shared value cannot be read", error)),
        }
    }
}

/// A batch in a worker, and the message with its results as far as they are there.
pub(super) struct Batch<'b> {
    pub(super) order: &'b Order,
    pub(super) first: usize,
    /// How often its first task was tried before.
    pub(super) tried: usize,
    pub(super) inbox: Unpacker,
    /// The number of tasks and their items.
    pub(super) items: Body<'b>,
    pub(super) shared: &'b mut SharedValue,
    pub(super) status: &'b Arc<Status>,
    pub(super) results: Vec<u8>,
    pub(super) places: Places,
}

/// How a task ended, in a message.
const RETURNED: u8 = 0;
const FAILED: u8 = 1;
const PANICKED: u8 = 2;
/// Its item could not be read or its result not be written.
const LOST: u8 = 3;

/// Runs a batch of tasks of kind `J`.
pub(super) fn run<J: Job>(batch: &mut Batch<'_>) -> Result<()> {
    let Batch { order, first, tried, inbox, items, shared, status, results, places } = batch;
    let mut value = shared.take::<J::Shared>()?;
    let remote = Arc::clone(status);
    let entered = Signal::remote(move |index| remote.wants(index), shared.positions).enter();
    let mut tasks = Running {
        left: *first..*first + items.usize()?,
        order,
        entered: &entered,
        inbox,
        items,
        status,
        results,
        places,
        item: Body(&[]),
        next_tries: order.retries.saturating_sub(*tried),
        tries_left: 0,
        again: false,
        failed: None,
    };
    match catch_unwind(AssertUnwindSafe(|| J::serve(&mut value, &mut tasks))) {
        Ok(()) => shared.value = Some(value),
        // What was to be done before a task. The value may be in pieces, and is read again for other batches.
        Err(payload) => match Serving::<J>::next(&mut tasks) {
            Some(_) => Serving::<J>::ended(&mut tasks, Err(payload)),
            None => return Err(Error::message("a panic after the last task of a batch")),
        },
    }
    tasks.failed.map_or(Ok(()), Err)?;
    status.rest();
    Ok(())
}

/// A batch whose tasks are run one after the other.
struct Running<'r, 'b> {
    /// The positions of tasks not begun.
    left: Range<usize>,
    order: &'r Order,
    entered: &'r Entered,
    inbox: &'r mut Unpacker,
    items: &'r mut Body<'b>,
    status: &'r Status,
    results: &'r mut Vec<u8>,
    places: &'r mut Places,
    /// That of the task in hand.
    item: Body<'b>,
    /// How often the next task may be tried again.
    next_tries: usize,
    /// How often the task in hand may be tried again, and whether it is to be.
    tries_left: usize,
    again: bool,
    /// A message that makes no sense.
    failed: Option<Error>,
}

impl Running<'_, '_> {
    /// Takes the next task in hand; its position.
    fn begin(&mut self) -> Option<usize> {
        let index = self.left.next()?;
        match self.items.bytes() {
            Ok(item) => self.item = Body(item),
            Err(error) => {
                self.failed = Some(error);
                return None;
            }
        }
        self.tries_left = std::mem::replace(&mut self.next_tries, self.order.retries);
        Some(index)
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
            self.status.start(index, self.order.timed);
            match exchange::decode::<J::Item>(&mut { self.item.0 }, self.inbox) {
                Ok(item) => return Some(item),
                Err(error) => {
                    put_text(self.results, LOST, &format!("its argument cannot be read: {error}"));
                }
            }
        }
    }

    fn ended(&mut self, outcome: thread::Result<Result<J::Output, J::Failure>>) {
        match outcome {
            Ok(Ok(output)) => put(self.order, self.results, self.places, RETURNED, &output),
            Ok(Err(_)) if self.tries_left > 0 => {
                self.tries_left -= 1;
                self.again = true;
            }
            Ok(Err(failure)) => put(self.order, self.results, self.places, FAILED, &failure),
            Err(payload) => {
                let (text, place) = panics::take_report(crate::error::panic_text(&*payload));
                put_text(self.results, PANICKED, &text);
                self.results.put_bytes(place.as_bytes());
            }
        }
    }
}

fn put<T: serde::Serialize>(order: &Order, out: &mut Vec<u8>, places: &mut Places, tag: u8, value: &T) {
    let mut packer = Packer::new(&order.sharing, places);
    let start = out.len();
    out.push(tag);
    let encoded = exchange::encode(value, out, &mut packer);
    *places = packer.places;
    if let Err(error) = encoded {
        out.truncate(start);
        put_text(out, LOST, &format!("its result cannot be passed: {error}"));
    }
}

fn put_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    out.push(tag);
    out.put_bytes(text.as_bytes());
}

/// The message with the results of a batch.
pub(super) fn write_results(batch: &Batch<'_>, elapsed: Duration) -> Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut body = Vec::with_capacity(batch.results.len() + 64);
    body.put_u64(batch.order.run);
    body.put_u64(elapsed.as_nanos() as u64);
    let files = batch.places.write(&mut body)?;
    body.extend_from_slice(&batch.results);
    Ok((body, files))
}

/// The outcome at the front of a results message; `None` at its end.
pub(super) fn read_outcome<J: Job>(
    body: &mut Body<'_>,
    inbox: &mut Unpacker,
) -> Result<Option<Outcome<J::Output, J::Failure>>> {
    if body.0.is_empty() {
        return Ok(None);
    }
    let unreadable = |error| Error::message_from("its result cannot be read", error);
    Ok(Some(match body.byte()? {
        RETURNED => Outcome::Returned(exchange::decode(&mut body.0, inbox).map_err(unreadable)?),
        FAILED => Outcome::Failed(exchange::decode(&mut body.0, inbox).map_err(unreadable)?),
        PANICKED => Outcome::Panicked(body.text()?, body.text()?),
        _ => Outcome::Lost(Error::message(body.text()?)),
    }))
}
