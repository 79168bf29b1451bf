//! What runs say of themselves.

use joblib::Parallel;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `body` runs.
fn logged(body: impl FnOnce()) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(subscriber, body);
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_worker_that_the_time_limit_ends_is_said_to_have_ended_so() {
    let parallel = Parallel::new().n_jobs(1).timeout(Duration::from_millis(100)).processes();
    let said = logged(|| {
        let late = parallel.map(0..1u32, |_| std::thread::sleep(Duration::from_secs(60)));
        assert!(late.unwrap_err().is_timeout());
    });
    assert!(said.contains("ended by the time limit of 100ms") && !said.contains("memory"), "{said}");
}
