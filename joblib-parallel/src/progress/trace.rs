//! A timeline of a run, for Perfetto and chrome://tracing: a lane per worker, a slice per batch.

use super::{BatchReport, Reporter, RunEnd, RunStart};
use joblib_core::sync::Mutex;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Collects slices and writes them when the run is over, in the trace event format: an array of complete
/// (`X`) events in microseconds, and the lanes' names.
pub(crate) struct Timeline {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    title: String,
    events: Vec<String>,
    lanes: BTreeSet<usize>,
}

impl Timeline {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, state: Mutex::default() }
    }
}

impl Reporter for Timeline {
    fn begin(&self, run: &RunStart) {
        let mut state = self.state.lock();
        // The program chooses the name: no character in it may end the text.
        let backend: String =
            run.backend.chars().filter(|c| !c.is_control() && !"\"\\".contains(*c)).collect();
        *state = State { title: format!("Parallel(n_jobs={}, {backend})", run.n_jobs), ..State::default() };
    }

    fn batch(&self, batch: &BatchReport) {
        let BatchReport { worker, first, tasks, begin, end, .. } = *batch;
        let (last, start, length) = (first + tasks.max(1) - 1, micros(begin), micros(end - begin));
        let event = format!(
            r#"{{"name":"tasks {first}..={last}","ph":"X","pid":1,"tid":{worker},"ts":{start},"dur":{length},"args":{{"tasks":{tasks}}}}}"#
        );
        let mut state = self.state.lock();
        state.lanes.insert(worker);
        state.events.push(event);
    }

    fn end(&self, _: &RunEnd) {
        let state = std::mem::take(&mut *self.state.lock());
        let name = |kind: &str, lane: usize, text: &str| {
            format!(r#"{{"name":"{kind}","ph":"M","pid":1,"tid":{lane},"args":{{"name":"{text}"}}}}"#)
        };
        let mut lines = vec![name("process_name", 0, &state.title)];
        lines.extend(state.lanes.iter().map(|&lane| name("thread_name", lane, &format!("worker {lane}"))));
        lines.extend(state.events);
        if let Err(error) = fs::write(&self.path, format!("[\n{}\n]\n", lines.join(",\n"))) {
            joblib_core::event!(WARN, path = %self.path.display(), %error, "cannot write the timeline");
        }
    }
}

fn micros(time: std::time::Duration) -> f64 {
    time.as_nanos() as f64 / 1000.0
}
