//! The program of a batch tells what it finds, a line each, in a file: another process reads that, also after
//! a crash.
//!
//! Part of the harness of each generator. The reader is `child.rs`.

use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Grows while something happens.
pub static PROGRESS: AtomicU64 = AtomicU64::new(0);

/// Without progress for so long, a pair hangs.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Report(Arc<Mutex<File>>);

impl Report {
    pub fn new(file: &str) -> Self {
        let report = Report(Arc::new(Mutex::new(File::create(file).unwrap())));
        report.watch();
        report
    }

    pub fn start(&self, number: usize) {
        self.line(&format!("start {number}"));
    }

    /// Where the pair is, for the message of a crash.
    pub fn at(&self, place: &str) {
        self.line(&format!("at {place}"));
    }

    pub fn fail(&self, number: usize, kind: &str, detail: &str) {
        self.line(&format!("fail {number}\t{kind}\t{}", detail.replace(['\n', '\t'], " ")));
    }

    /// Something else is to blame.
    pub fn excused(&self, kind: &str, detail: &str) {
        self.line(&format!("excused {kind}\t{}", detail.replace(['\n', '\t'], " ")));
    }

    pub fn end(&self) {
        self.line("end");
    }

    fn line(&self, text: &str) {
        writeln!(self.0.lock().unwrap(), "{text}").unwrap();
    }

    /// Ends the process when nothing moves.
    fn watch(&self) {
        let report = self.clone();
        std::thread::spawn(move || {
            let (mut seen, mut since) = (0, Instant::now());
            loop {
                std::thread::sleep(Duration::from_millis(100));
                let now = PROGRESS.load(Ordering::Relaxed);
                if now != seen {
                    (seen, since) = (now, Instant::now());
                } else if since.elapsed() > PATIENCE {
                    report.line("hang");
                    std::process::exit(9);
                }
            }
        });
    }
}
