//! What `tracing` is told.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// What threads that listen have heard so far.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// Runs `work`, listening to what is said on this thread meanwhile.
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        let subscriber = tracing_subscriber::fmt()
            .with_writer(self.clone())
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .without_time()
            .with_ansi(false)
            .finish();
        // An event that other tests reach for the first time just as a listener comes may be put down as one
        // that nobody wants: so somebody always listens, and what was put down before is looked at again.
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        tracing::subscriber::with_default(subscriber, || {
            tracing::callsite::rebuild_interest_cache();
            work()
        })
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("joblib:")).map(str::to_owned).collect()
    }

    /// Returns once so many calls have begun to wait for another one.
    pub(crate) fn until_waiting(&self, calls: usize) {
        while count(&self.lines(), "waits for") < calls {
            std::thread::yield_now();
        }
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Heard {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The lines said on this thread during `work`.
pub(crate) fn heard(work: impl FnOnce()) -> Vec<String> {
    let heard = Heard::default();
    heard.during(work);
    heard.lines()
}

pub(crate) fn count(lines: &[String], what: &str) -> usize {
    lines.iter().filter(|line| line.contains(what)).count()
}
