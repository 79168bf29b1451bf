//! What a worker does with messages, be it another process or the thread that would send them.
//!
//! Unsafe, for it calls functions that messages name: the sender runs this executable, which is asked before
//! anything else, and computed the numbers as `code.rs` says.

#![allow(unsafe_code)]

mod batch;
pub(super) mod panics;

pub(super) use batch::{Batch, run};

use super::code;
use super::local::{Attachment, Status};
use super::message::{
    BatchHead, Hello, Leftovers, Message, Results, RunHead, Sharing, ToParent, ToWorker, Unpacker,
};
use crate::{Error, Result};
use batch::SharedValue;
use joblib_core::computation;
use std::sync::Arc;
use std::time::Instant;

/// The entry to a kind of task: runs a batch of them.
pub(super) type Entry = fn(&mut Batch<'_>) -> Result<()>;

/// Calls the function that is to be called first, if the parent, whose greeting was checked, names one.
pub(super) fn initialize(hello: &Hello) {
    if let Some(initializer) = hello.initializer {
        // SAFETY: the parent runs this executable, as `Hello::check` has found, and computed the distance.
        let initialize = unsafe { code::function_at::<fn()>(initializer) };
        initialize();
    }
}

/// What a worker knows between two messages.
pub(super) struct Worker {
    status: Arc<Status>,
    run: Option<Run>,
    /// Of the last results.
    leftovers: Leftovers,
}

struct Run {
    head: RunHead,
    shared: SharedValue,
}

impl Worker {
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self { status, run: None, leftovers: Leftovers::default() }
    }

    /// Takes in a message and returns the reply, if there is one. What keeps tasks from being run is reported
    /// as their end.
    ///
    /// # Errors
    ///
    /// A message that makes no sense.
    pub(super) fn handle(&mut self, message: Message<ToWorker>) -> Result<Option<Message<ToParent>>> {
        self.release();
        match message.control {
            ToWorker::Run(head) => {
                let unpacker = Unpacker::new(head.manifest.clone(), message.attachments);
                let shared = SharedValue::new(message.payload, unpacker);
                self.run = Some(Run { head, shared });
                Ok(None)
            }
            ToWorker::Batch(head) => Ok(Some(self.run(head, &message.payload, message.attachments))),
            ToWorker::End => {
                self.run = None;
                Ok(None)
            }
            ToWorker::Hello(_) => Err(Error::message("a second hello")),
        }
    }

    /// The last reply has been sent: frees the values that it was made of.
    pub(super) fn answered(&mut self) {
        self.leftovers.drop_values();
    }

    /// The last reply has been read, or could have been: also frees the memory that values were copied to.
    pub(super) fn release(&mut self) {
        self.answered();
        self.leftovers = Leftovers::default();
    }

    fn run(&mut self, mut head: BatchHead, items: &[u8], attachments: Vec<Attachment>) -> Message<ToParent> {
        let started = Instant::now();
        self.status.begin_batch(head.sent_before);
        let Some(run) = self.run.as_mut().filter(|run| run.head.order.run == head.run) else {
            let mut results = Results::new(&Sharing::NOTHING);
            lose(&mut results, &head, &self.status, &Error::message("tasks came before what they share"));
            return results.into_message(head.run, started.elapsed()).0;
        };
        let order = &run.head.order;
        let unpacker = Unpacker::new(std::mem::take(&mut head.manifest), attachments);
        let mut batch = Batch {
            order,
            positions: run.head.positions,
            head: &head,
            unpacker,
            items,
            shared: &mut run.shared,
            status: &self.status,
            results: Results::new(&order.sharing),
        };
        // SAFETY: the parent runs this executable, as `Hello::check` has found, and computed the distance.
        let entry = unsafe { code::function_at::<Entry>(order.entry) };
        let ran = if order.is_awaited {
            computation::awaited_elsewhere(|| entry(&mut batch))
        } else {
            entry(&mut batch)
        };
        let mut results = batch.results;
        self.status.rest();
        if let Err(error) = ran {
            lose(&mut results, &head, &self.status, &error);
        }
        let (message, leftovers) = results.into_message(head.run, started.elapsed());
        self.leftovers = leftovers;
        message
    }
}

/// The remaining tasks, except for those that were taken back, are lost for this reason.
fn lose(results: &mut Results<'_>, head: &BatchHead, status: &Status, why: &Error) {
    while results.len() < head.tasks && status.take() {
        results.lost(why);
    }
}

#[cfg(test)]
mod tests {
    use super::super::job::{Job, Serving};
    use super::super::message::{Order, Packed, Payload, ResultsHead};
    use super::*;

    /// Fails before its first task.
    struct Hasty;

    impl Job for Hasty {
        type Shared = ();
        type Item = u8;
        type Output = u8;
        type Failure = u8;

        fn serve(_: &mut (), _: &mut dyn Serving<Self>) {
            panic!("before any task");
        }
    }

    #[test]
    fn a_panic_is_told_of_tasks_that_are_still_to_be_run_here() {
        let entry: Entry = run::<Hasty>;
        let order = Order {
            run: 1,
            entry: code::offset_of(entry as usize),
            timed: false,
            retries: 0,
            is_awaited: false,
            sharing: Sharing::NOTHING,
        };
        let status = Arc::new(Status::new().unwrap());
        let mut worker = Worker::new(Arc::clone(&status));
        let mut shared = Vec::new();
        let mut packer = super::super::message::Packer::new(&order.sharing);
        joblib_persist::exchange::encode(&(), &mut shared, &mut packer).unwrap();
        let head = RunHead { order: order.clone(), positions: [0; 2], manifest: Default::default() };
        let message = Message { payload: Payload::from(shared), ..Message::of(ToWorker::Run(head)) };
        assert!(worker.handle(message).unwrap().is_none());
        for (allowed, told) in [(2, 1), (0, 0)] {
            let (batch, packed) = Packed::new(0, [1u8, 2].into_iter(), &order.sharing, |_, _| ());
            packed.unwrap();
            status.allow(allowed);
            let reply = worker.handle(batch.message(&order, 0).unwrap()).unwrap().unwrap();
            let ToParent::Results(ResultsHead { endings, .. }) = reply.control else { unreachable!() };
            assert_eq!(endings.len(), told);
        }
    }
}
