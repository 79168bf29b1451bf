//! A bar on the terminal, with rate and time left.

use super::{BatchReport, Reporter, RunEnd, RunStart};
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::OnceLock;

/// Draws to standard error. indicatif limits how often.
#[derive(Default)]
pub(super) struct Bar(OnceLock<ProgressBar>);

const KNOWN: &str = "{wide_bar} {pos}/{len} [{elapsed}<{eta}, {per_sec}]";
const UNKNOWN: &str = "{spinner} {pos} [{elapsed}, {per_sec}]";

impl Reporter for Bar {
    fn begin(&self, run: &RunStart) {
        let bar = self.0.get_or_init(|| match run.total {
            Some(total) => ProgressBar::new(total as u64),
            None => ProgressBar::no_length(),
        });
        if let Ok(style) = ProgressStyle::with_template(if run.total.is_some() { KNOWN } else { UNKNOWN }) {
            bar.set_style(style);
        }
        bar.tick();
    }

    fn batch(&self, batch: &BatchReport) {
        if let Some(bar) = self.0.get() {
            bar.inc(batch.tasks as u64);
        }
    }

    fn end(&self, _: &RunEnd) {
        if let Some(bar) = self.0.get() {
            bar.abandon();
        }
    }
}
