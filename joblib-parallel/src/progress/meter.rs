//! How far a run or a loop is, on standard error: a bar where that is a terminal that can draw one, lines
//! elsewhere; at the end one line in place of the bar.

#[cfg(feature = "progress")]
use super::bars::Bar;
use super::lines::Lines;
#[cfg(feature = "progress")]
use super::screen;
use super::{BatchReport, Reporter, RunEnd, RunStart};
use joblib_core::events::quietly;
use joblib_core::fork::Process;
use std::sync::OnceLock;

/// One run or loop; that of a loop with `progress` is what its expansion calls.
pub struct Meter {
    look: Look,
    process: Process,
}

enum Look {
    #[cfg(feature = "progress")]
    Bar(Bar),
    Lines(Lines),
}

impl Look {
    fn new(label: &'static str, total: Option<usize>) -> Self {
        #[cfg(feature = "progress")]
        if screen::draws() {
            screen::say_above_bars();
            return Look::Bar(Bar::draw(label, total));
        }
        Look::Lines(Lines::start(label, total))
    }
}

impl Meter {
    /// For this many tasks or iterations, if that is known; for a loop, `label` is its file and line.
    #[must_use]
    pub fn new(label: &'static str, total: Option<usize>) -> Self {
        Self { look: Look::new(label, total), process: Process::current() }
    }

    /// This many more are done.
    pub fn add(&self, done: usize) {
        if !self.process.is_current() {
            return;
        }
        // A failing terminal does not fail the run.
        quietly(|| match &self.look {
            #[cfg(feature = "progress")]
            Look::Bar(bar) => bar.add(done),
            Look::Lines(lines) => lines.add(done),
        });
    }

    /// No more will be.
    pub fn finish(&self) {
        if !self.process.is_current() {
            return;
        }
        quietly(|| match &self.look {
            #[cfg(feature = "progress")]
            Look::Bar(bar) => bar.finish(),
            Look::Lines(lines) => lines.finish(),
        });
    }
}

/// The meter of a run, as a reporter.
#[derive(Default)]
pub(crate) struct OfRun(OnceLock<Meter>);

impl Reporter for OfRun {
    fn begin(&self, run: &RunStart) {
        self.0.get_or_init(|| Meter::new("joblib", run.total));
    }

    fn batch(&self, batch: &BatchReport) {
        if let Some(meter) = self.0.get() {
            meter.add(batch.tasks);
        }
    }

    fn end(&self, _: &RunEnd) {
        if let Some(meter) = self.0.get() {
            meter.finish();
        }
    }
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").finish_non_exhaustive()
    }
}
