//! Workers that wait for their next run, shared by all runs of the process. A child made by `fork` starts its own.

use super::spawn::{Settings, Worker};
use crate::Result;
use joblib_core::fork::PerProcess;
use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

type Idle = HashMap<Settings, Vec<Worker>>;

fn idle() -> MutexGuard<'static, Idle> {
    static IDLE: PerProcess<Mutex<Idle>> = PerProcess::new();
    IDLE.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A worker with these settings: one that waits, or a new one.
pub(super) fn take(settings: &Settings) -> Result<Worker> {
    loop {
        let waiting = idle().get_mut(settings).and_then(Vec::pop);
        match waiting {
            None => return Worker::start(settings),
            Some(mut worker) => {
                // It may have ended since, for having been idle too long. Only its first words may be there.
                let quiet = match worker.channel.receive() {
                    Err(error) => error.kind() == io::ErrorKind::WouldBlock,
                    Ok(_) => false,
                };
                if quiet && worker.is_alive() {
                    return Ok(worker);
                }
            }
        }
    }
}

/// Lets a worker wait for its next run.
pub(super) fn give_back(worker: Worker) {
    idle().entry(worker.settings.clone()).or_default().push(worker);
}
