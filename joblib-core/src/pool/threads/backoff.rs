//! Looking again and again for what others do.

/// How long to pause before the next look: short pauses first, then the processor is offered to others. Never
/// only pauses: a thread that shares its processor with the one it waits for would take its time.
///
/// crossbeam's `Backoff` doubles its pauses, up to three microseconds without a look: too long for loops of
/// twenty.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    rounds: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// One pause.
    pub(crate) fn snooze(&mut self) {
        if self.rounds < 8 {
            self.rounds += 1;
            for _ in 0..8 {
                std::hint::spin_loop();
            }
        } else {
            std::thread::yield_now();
        }
    }
}
