//! Progress as bars on a terminal, with rate and time left.

use super::lines;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use joblib_core::fork::PerProcess;

/// All bars of the process, one below the other.
static BARS: PerProcess<MultiProgress> = PerProcess::new();

const KNOWN: &str = "{prefix}: {wide_bar} {pos}/{len} [{elapsed}<{eta}, {per_sec}]";
const UNKNOWN: &str = "{prefix}: {spinner} {pos} [{elapsed}, {per_sec}]";

/// What has been drawn, if anything ever was.
pub(super) fn shown() -> Option<&'static MultiProgress> {
    BARS.get()
}

/// One of them.
pub(super) struct Bar {
    label: &'static str,
    bar: ProgressBar,
}

impl Bar {
    /// A new one. indicatif limits how often it is drawn.
    pub(super) fn draw(label: &'static str, total: Option<usize>) -> Self {
        let template = if total.is_some() { KNOWN } else { UNKNOWN };
        // Hidden until it is one of them: nobody would erase what it drew before.
        let hidden = ProgressDrawTarget::hidden();
        let mut bar =
            ProgressBar::with_draw_target(total.map(|total| total as u64), hidden).with_prefix(label);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar = bar.with_style(style);
        }
        let bar = BARS.get_or_init(MultiProgress::new).add(bar);
        bar.tick();
        Self { label, bar }
    }

    pub(super) fn add(&self, done: usize) {
        self.bar.inc(done as u64);
    }

    /// Replaces it by a line: bars that have ended would be drawn again with the others, or get lost.
    pub(super) fn finish(&self) {
        let Some(bars) = BARS.get() else { return };
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let (done, total) = (number(self.bar.position()), self.bar.length().map(number));
        let line = lines::in_all(done, total, self.bar.elapsed());
        self.bar.finish_and_clear();
        bars.remove(&self.bar);
        bars.suspend(|| lines::say(self.label, &line));
    }
}
