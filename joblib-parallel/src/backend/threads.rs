//! The threads of the process-wide pool.

use super::Backend;
use crate::Result;
use joblib_core::pool::{Pool, with_current};
use std::thread;

/// Runs tasks on the pool that `#[parallel_for]` loops use, so that nested parallelism shares one set of threads.
///
/// For more jobs than the pool has threads, as for tasks that wait for something, threads are added for the run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

impl Backend for Threads {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        with_current(|pool| {
            let of_pool = workers.min(pool.num_threads());
            if of_pool == workers {
                pool.broadcast(workers, work);
            } else {
                broadcast_to_more(pool, of_pool, workers, work);
            }
        });
        Ok(())
    }
}

fn broadcast_to_more(pool: &Pool, of_pool: usize, workers: usize, work: &(dyn Fn(usize) + Sync)) {
    thread::scope(|scope| {
        for slot in of_pool..workers {
            let thread = thread::Builder::new().name(format!("joblib-extra-{slot}"));
            if let Err(error) = thread.spawn_scoped(scope, move || work(slot)) {
                joblib_core::event!(WARN, %error, "fewer threads than asked for");
                break;
            }
        }
        pool.broadcast(of_pool, work);
    });
}
