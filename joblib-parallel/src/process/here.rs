//! A run without workers: this thread takes what would be sent to one.
//!
//! For tasks that are code and data of their own, so that they do the same here as there: they get copies of what they share
//! and of their items.

use super::channel::Frame;
use super::protocol::{BATCH, RESULTS, SHARED};
use super::supervisor::{self, Conduct, Packing, Tasks};
use super::worker::Worker;
use crate::{Error, Result};

/// Runs all tasks, in order.
pub(super) fn run(conduct: &Conduct, tasks: &mut dyn Tasks) -> Result<()> {
    let mut worker = Worker::new()?;
    let (body, files) = (conduct.shared)()?;
    worker.handle(Frame { kind: SHARED, body, files })?;
    while tasks.unwanted_from().is_none() {
        let Packing::Batch(batch) = tasks.pack() else { break };
        let (body, files) = batch.write(&conduct.order)?;
        match worker.handle(Frame { kind: BATCH, body, files })? {
            Some(frame) if frame.kind == RESULTS => {
                supervisor::take_results(tasks, &conduct.order, batch, 0, frame);
            }
            _ => return Err(Error::message("a batch without results")),
        }
    }
    Ok(())
}
