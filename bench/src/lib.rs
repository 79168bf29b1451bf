//! Timing for comparisons on a shared, noisy machine: candidates take turns in one process, medians are
//! compared.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// One thing to be timed under a name; `run` does the work `reps` times.
pub struct Candidate<'a> {
    name: String,
    run: Box<dyn FnMut(usize) + 'a>,
}

impl<'a> Candidate<'a> {
    /// Times `work`; its result is kept from being optimised away.
    pub fn new<R>(name: impl Into<String>, mut work: impl FnMut() -> R + 'a) -> Self {
        Self::batched(name, move |reps| {
            for _ in 0..reps {
                black_box(work());
            }
        })
    }

    /// Times a closure that repeats the work by itself, for work of nanoseconds or with set-up outside the
    /// clock.
    pub fn batched(name: impl Into<String>, run: impl FnMut(usize) + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// Seconds per repetition over all rounds.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// The fastest round.
    pub min: f64,
    /// The middle round.
    pub median: f64,
    /// The slowest round.
    pub max: f64,
}

/// A group of candidates that do the same work; ratios are to the first one named as the yardstick.
pub struct Comparison<'a> {
    title: String,
    yardstick: Option<String>,
    rounds: usize,
    round_time: Duration,
    bytes: Option<u64>,
    between_turns: Box<dyn FnMut() + 'a>,
    candidates: Vec<Candidate<'a>>,
}

impl<'a> Comparison<'a> {
    /// A comparison printed under this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            yardstick: None,
            rounds: 9,
            round_time: Duration::from_millis(30),
            bytes: None,
            between_turns: Box::new(|| {}),
            candidates: Vec::new(),
        }
    }

    /// Ratios are to the candidate of this name; without it, to the first.
    pub fn yardstick(mut self, name: impl Into<String>) -> Self {
        self.yardstick = Some(name.into());
        self
    }

    /// How many turns each candidate gets (an odd number).
    pub fn rounds(mut self, rounds: usize) -> Self {
        self.rounds = rounds;
        self
    }

    /// How long one turn should last at least: short work is repeated within it. Zero runs it once.
    pub fn round_time(mut self, time: Duration) -> Self {
        self.round_time = time;
        self
    }

    /// Bytes handled per repetition: adds a GB/s column.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Runs outside the clock before every turn: to remove what the one before left behind, say, so that the
    /// next one does not pay for it.
    pub fn between_turns(mut self, work: impl FnMut() + 'a) -> Self {
        self.between_turns = Box::new(work);
        self
    }

    /// Adds a candidate.
    pub fn candidate(mut self, candidate: Candidate<'a>) -> Self {
        self.candidates.push(candidate);
        self
    }

    /// Times [`Candidate::new`] of this work.
    pub fn time<R>(self, name: impl Into<String>, work: impl FnMut() -> R + 'a) -> Self {
        self.candidate(Candidate::new(name, work))
    }

    /// Runs every candidate in turn, prints the table, and gives the figures in the order of addition.
    pub fn run(mut self) -> Vec<(String, Figure)> {
        let round_time = self.round_time;
        let mut reps = Vec::with_capacity(self.candidates.len());
        for candidate in &mut self.candidates {
            (self.between_turns)();
            reps.push(calibrate(candidate, round_time));
        }
        let mut times = vec![Vec::with_capacity(self.rounds); self.candidates.len()];
        for round in 0..self.rounds {
            // The order turns around, so that nobody always runs after the same neighbour.
            let order: Vec<usize> = if round % 2 == 0 {
                (0..self.candidates.len()).collect()
            } else {
                (0..self.candidates.len()).rev().collect()
            };
            for index in order {
                (self.between_turns)();
                let start = Instant::now();
                (self.candidates[index].run)(reps[index]);
                times[index].push(start.elapsed().as_secs_f64() / reps[index] as f64);
            }
        }
        let figures: Vec<(String, Figure)> =
            self.candidates.iter().zip(times).map(|(c, t)| (c.name.clone(), figure(t))).collect();
        self.print(&figures);
        figures
    }

    fn print(&self, figures: &[(String, Figure)]) {
        let base = self
            .yardstick
            .as_ref()
            .and_then(|name| figures.iter().find(|(n, _)| n == name))
            .or(figures.first())
            .map_or(f64::NAN, |(_, f)| f.median);
        let rate = if self.bytes.is_some() { "   GB/s" } else { "" };
        println!("\n{}\n  {:<38} {:>11} {:>11} {:>7}{rate}", self.title, "", "median", "best", "ratio");
        for (name, figure) in figures {
            print!(
                "  {name:<38} {:>11} {:>11} {:>7.2}",
                span(figure.median),
                span(figure.min),
                figure.median / base
            );
            if let Some(bytes) = self.bytes {
                print!("{:>7.2}", bytes as f64 / figure.median / 1e9);
            }
            println!();
        }
    }
}

/// `1.23 us`, with the unit that suits.
pub fn span(seconds: f64) -> String {
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "us"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s "),
    };
    format!("{value:.3} {unit}")
}

/// Whether the group is asked for on the command line (no words: every group).
pub fn wanted(group: &str) -> bool {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    words.is_empty() || words.iter().any(|word| group.contains(word.as_str()))
}

fn calibrate(candidate: &mut Candidate<'_>, round_time: Duration) -> usize {
    let mut reps = 1;
    loop {
        let start = Instant::now();
        (candidate.run)(reps);
        let taken = start.elapsed();
        if taken >= round_time || reps >= 1 << 30 {
            return reps;
        }
        let wanted = round_time.as_secs_f64() / taken.as_secs_f64().max(1e-9) * 1.1;
        reps = ((reps as f64 * wanted.clamp(1.5, 100.0)) as usize).max(reps + 1);
    }
}

fn figure(mut times: Vec<f64>) -> Figure {
    times.sort_by(f64::total_cmp);
    Figure { min: times[0], median: times[times.len() / 2], max: times[times.len() - 1] }
}
