//! What a call does, as a list of events of the thread that runs it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use super::report::PROGRESS;
use super::run::RACING;
use super::values::Fault;

/// Something that happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// The body runs.
    Run,
    At(u32, i64),
    Drop(String),
    Clone(String),
    Value(String),
    Panic(String),
}

thread_local! {
    static TRACE: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    static BASE: Cell<u32> = const { Cell::new(0) };
    static PANICKED_AT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// How often bodies ran, on any thread.
static RUNS: AtomicUsize = AtomicUsize::new(0);

pub(super) fn runs() -> usize {
    RUNS.load(Ordering::SeqCst)
}

pub(super) fn event(event: Event) {
    // A thread that ends drops what it holds.
    let _ = TRACE.try_with(|trace| trace.borrow_mut().push(event));
}

/// The body runs.
pub fn run() {
    RUNS.fetch_add(1, Ordering::SeqCst);
    event(Event::Run);
    if RACING.load(Ordering::Relaxed) {
        std::thread::sleep(std::time::Duration::from_micros(300));
    }
}

/// The body is here.
pub fn at(site: u32, value: i64) {
    event(Event::At(site, value));
}

/// The line that lines of panics are counted from: the same in both forms.
pub fn base(line: u32) {
    BASE.set(line);
}

/// The call has given this.
pub fn returned(value: &dyn Debug) {
    event(Event::Value(format!("{value:?}")));
}

/// Makes a call.
pub fn seen(call: &mut dyn FnMut()) {
    PROGRESS.fetch_add(1, Ordering::Relaxed);
    if let Err(payload) = catch_unwind(AssertUnwindSafe(call)) {
        let place = PANICKED_AT.with_borrow(String::clone);
        event(Event::Panic(format!("{} at {place}", text(&*payload))));
    }
}

/// The events since the last time.
pub(super) fn taken() -> Vec<Event> {
    TRACE.with_borrow_mut(std::mem::take)
}

/// Notes where panics come from instead of printing them.
pub(super) fn note_panics() {
    std::panic::set_hook(Box::new(|info| {
        let Some(location) = info.location() else { return };
        let file = location.file().rsplit('/').next().unwrap_or_default();
        let line = i64::from(location.line()) - i64::from(BASE.get());
        let place = match file {
            "libbatch.rs" => format!("{line}:{}", location.column()),
            _ => file.to_owned(),
        };
        PANICKED_AT.set(place);
    }));
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        format!("&str {text:?}")
    } else if let Some(text) = payload.downcast_ref::<String>() {
        format!("String {text:?}")
    } else if let Some(fault) = payload.downcast_ref::<Fault>() {
        format!("{fault:?}")
    } else {
        format!("i64 {:?}", payload.downcast_ref::<i64>())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// Gives way once.
pub async fn pause() {
    let mut paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
