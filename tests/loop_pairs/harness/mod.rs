//! What generated pairs call when they run, linked as a library of its own: a record of what a loop did, the
//! comparison of two, and the run of a batch.

mod compare;
#[path = "../../pairs/mix.rs"]
mod mix;
#[path = "../../pairs/report.rs"]
mod report;
mod run;
mod values;

use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub use compare::{Known, difference};
pub use mix::mix;
pub use report::PROGRESS;
pub use run::{Pair, run_all};
pub use values::*;

/// The site of the events of destructors.
const DROPPED: u32 = u32::MAX;

/// One run of one form.
pub struct Cx {
    pub n: i64,
    pub k: i64,
    pub jobs: i32,
    timing: u64,
    log: Arc<Log>,
    record: Mutex<Record>,
}

/// What was seen of a run.
#[derive(Default)]
pub struct Record {
    /// Results and accumulators, by name.
    shown: Vec<(String, String)>,
    /// The elements of data before and after.
    given: Vec<String>,
    left: Vec<String>,
    /// What is left of a source.
    rest: Option<Vec<String>>,
    events: Vec<(u32, i64)>,
    made: i64,
}

#[derive(Default)]
struct Log {
    events: Mutex<Vec<(u32, i64)>>,
    made: Mutex<i64>,
}

impl Cx {
    pub fn new(n: i64, k: i64, jobs: i32, timing: u64) -> Self {
        Cx { n, k, jobs, timing, log: Arc::default(), record: Mutex::default() }
    }

    /// Something happened: it is noted, and may take some time.
    pub fn at(&self, site: u32, value: i64) {
        PROGRESS.fetch_add(1, Ordering::Relaxed);
        self.log.events.lock().unwrap().push((site, value));
        if self.timing == 0 {
            return;
        }
        let random = mix(self.timing ^ (u64::from(site) << 40) ^ value as u64);
        match random % 8 {
            0 => std::thread::yield_now(),
            1 | 2 => {
                let until = Instant::now() + Duration::from_micros((random >> 8) % 60);
                while Instant::now() < until {
                    std::hint::spin_loop();
                }
            }
            _ => {}
        }
    }

    pub fn show(&self, name: &str, value: &dyn Debug) {
        self.record.lock().unwrap().shown.push((name.to_owned(), format!("{value:?}")));
    }

    /// What an iterator would still give.
    pub fn rest(&self, it: impl IntoIterator<Item: Debug>) {
        let rest = it.into_iter().map(|item| format!("{item:?}")).collect();
        self.record.lock().unwrap().rest = Some(rest);
    }

    pub fn data<T: Sample>(&self) -> Vec<T> {
        (0..self.n).map(|i| T::sample(self, i)).collect()
    }

    pub fn item(&self, id: i64) -> Item {
        let mut made = self.log.made.lock().unwrap();
        *made += 1;
        Item::new(id, *made, Arc::clone(&self.log))
    }

    pub fn given<T: Debug>(&self, data: &[T]) {
        self.record.lock().unwrap().given = data.iter().map(|x| format!("{x:?}")).collect();
    }

    pub fn left<T: Debug>(&self, data: &[T]) {
        self.record.lock().unwrap().left = data.iter().map(|x| format!("{x:?}")).collect();
    }

    /// Calls a form and shows what it returned or panicked with.
    pub fn outcome<R: Debug>(&self, call: impl FnOnce() -> R) {
        let result = caught(call);
        self.show("result", &result);
    }

    pub fn into_record(self) -> Record {
        let mut record = self.record.into_inner().unwrap();
        record.events = std::mem::take(&mut *self.log.events.lock().unwrap());
        record.made = *self.log.made.lock().unwrap();
        record
    }
}

/// The value, or the text of the panic.
pub fn caught<R>(call: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| text(&*payload))
}

fn text(payload: &(dyn Any + Send)) -> String {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => format!("panic: {text}"),
        (_, Some(text)) => format!("panic: {text}"),
        _ => format!("panic: {:?}", payload.downcast_ref::<i64>()),
    }
}
