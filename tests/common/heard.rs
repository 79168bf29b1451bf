//! What `tracing` is told.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

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
    let subscriber = tracing_subscriber::fmt()
        .with_writer(heard.clone())
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .without_time()
        .with_ansi(false)
        .finish();
    // An event that other tests reach for the first time just as a listener comes may be put down as one that nobody
    // wants: so somebody always listens, and what was put down before is looked at again.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    tracing::subscriber::with_default(subscriber, || {
        tracing::callsite::rebuild_interest_cache();
        work();
    });
    let text = String::from_utf8(heard.0.lock().unwrap().clone()).unwrap();
    text.lines().filter(|line| line.contains("joblib:")).map(str::to_owned).collect()
}

pub(crate) fn count(lines: &[String], what: &str) -> usize {
    lines.iter().filter(|line| line.contains(what)).count()
}
