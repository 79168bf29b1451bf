//! The calling thread as a place: it takes what would otherwise be sent to a worker.
//!
//! Tasks get copies of what they share and of their items, as in a worker, so that they do the same here as
//! there.

use crate::process::local::Status;
use crate::process::message::{
    Message, Order, Outcomes, Packed, Parcel, Payload, ResultsHead, RunHead, ToParent, ToWorker,
};
use crate::process::place::{Event, Pace, Place};
use crate::process::worker::Worker;
use crate::{Error, Result};
use std::sync::Arc;
use std::time::Duration;

/// Runs each batch as it is sent.
pub(super) struct Here {
    worker: Worker,
    status: Arc<Status>,
    order: Order,
    events: Vec<Event>,
}

impl Here {
    pub(super) fn new(order: Order, positions: [u64; 2], shared: (Payload, Parcel)) -> Result<Self> {
        let status = Status::new().map_err(|error| Error::backend("no memory for a run", error))?;
        let status = Arc::new(status);
        let mut worker = Worker::new(Arc::clone(&status));
        let (payload, parcel) = shared;
        let (manifest, attachments) = parcel.describe()?;
        let head = RunHead { order: order.clone(), positions, manifest };
        worker.handle(Message { control: ToWorker::Run(head), payload, attachments })?;
        Ok(Self { worker, status, order, events: Vec::new() })
    }
}

impl Place for Here {
    fn pace(&self) -> Pace {
        Pace { target: Duration::from_millis(1), growth: 2 }
    }

    fn room(&mut self) -> usize {
        usize::from(self.events.is_empty())
    }

    fn send(&mut self, number: u32, batch: &Packed) -> Result<()> {
        self.status.allow(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        let reply = self.worker.handle(batch.message(&self.order, 0)?)?;
        self.worker.release();
        let Some(Message {
            control: ToParent::Results(ResultsHead { nanoseconds, endings, manifest, .. }),
            payload,
            attachments,
        }) = reply
        else {
            return Err(Error::message("a batch without results"));
        };
        let outcomes = Outcomes::new(endings, manifest, payload, attachments);
        let elapsed = Duration::from_nanos(nanoseconds);
        self.events.push(Event::Results { batch: number, worker: 0, outcomes, elapsed });
        self.events.push(Event::Over { batch: number, at: None });
        Ok(())
    }

    fn wait(&mut self, _: Option<Duration>) -> Result<Vec<Event>> {
        Ok(std::mem::take(&mut self.events))
    }

    fn want_before(&mut self, index: usize) {
        self.status.want_before(index);
    }

    fn finish(self: Box<Self>, _: bool) {}
}
