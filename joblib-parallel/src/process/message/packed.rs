//! A batch of tasks, packed, as its parent keeps it until it knows how they ended.

use super::{BatchHead, Message, Order, Packer, Parcel, Payload, Sharing, ToWorker, payload};
use crate::Result;
use serde::Serialize;
use std::ops::Range;

/// Consecutive tasks.
#[derive(Clone, Debug)]
pub(in crate::process) struct Packed {
    pub(in crate::process) first: usize,
    /// For each task the end of its item in `payload`.
    ends: Vec<usize>,
    payload: Payload,
    parcel: Parcel,
    /// How often its first task was tried so far.
    pub(in crate::process) attempts: usize,
}

impl Packed {
    /// The tasks from position `first` on, with these items, up to the first item that cannot be passed,
    /// whose error is returned; calls `packed` for those that can.
    pub(in crate::process) fn new<T: Serialize>(
        first: usize,
        items: impl Iterator<Item = T>,
        sharing: &Sharing,
        mut packed: impl FnMut(usize, T),
    ) -> (Self, Result<()>) {
        let (mut bytes, mut ends, mut packer) = (Vec::new(), Vec::new(), Packer::new(sharing));
        let mut outcome = Ok(());
        for (index, item) in (first..).zip(items) {
            outcome = payload::push(&mut bytes, &item, &mut packer, "its argument cannot be passed");
            if let Err(error) = outcome {
                outcome = Err(error.of_task(index));
                break;
            }
            ends.push(bytes.len());
            packed(index, item);
        }
        (Self { first, ends, payload: bytes.into(), parcel: packer.into_parcel(), attempts: 0 }, outcome)
    }

    pub(in crate::process) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The positions of its tasks.
    pub(in crate::process) fn range(&self) -> Range<usize> {
        self.first..self.first + self.len()
    }

    /// The tasks at these positions, all of them in it, as a batch of their own; `None` if there are none.
    pub(in crate::process) fn part(&self, range: Range<usize>) -> Option<Self> {
        let (from, to) = (range.start.checked_sub(self.first)?, range.end.checked_sub(self.first)?);
        let start = if from == 0 { 0 } else { self.ends[from - 1] };
        let ends: Vec<usize> = self.ends.get(from..to)?.iter().map(|end| end - start).collect();
        let payload = self.payload.part(start..start + ends.last()?);
        let attempts = if from == 0 { self.attempts } else { 0 };
        Some(Self { first: range.start, ends, payload, parcel: self.parcel.clone(), attempts })
    }

    /// The same without tasks.
    pub(in crate::process) fn nothing(&self) -> Self {
        Self {
            first: self.first,
            ends: Vec::new(),
            payload: Payload::default(),
            parcel: Parcel::default(),
            attempts: 0,
        }
    }

    /// The message that asks a worker to run it, where `sent_before` tasks were sent to that worker before.
    pub(in crate::process) fn message(&self, order: &Order, sent_before: u32) -> Result<Message<ToWorker>> {
        let (manifest, attachments) = self.parcel.describe()?;
        let head = BatchHead {
            run: order.run,
            first: self.first,
            tried: self.attempts,
            sent_before,
            tasks: self.len(),
            manifest,
        };
        Ok(Message { control: ToWorker::Batch(head), payload: self.payload.clone(), attachments })
    }
}
