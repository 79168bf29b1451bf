//! What is done with a value of each type, and must give it back.

pub mod arguments;
pub mod damage;
pub mod files;
pub mod keys;
pub mod other_formats;
pub mod other_number;
pub mod other_types;
pub mod results;
pub mod run;
pub mod streams;
pub mod workers;

use std::path::Path;
use std::sync::atomic::Ordering;

use joblib::{Error, Result};

use crate::mix::mix;
use crate::report::PROGRESS;
use crate::{Random, Sample};

/// A generated type, with what is to be done with its values.
pub struct Type {
    pub number: usize,
    pub seed: u64,
    /// How many.
    pub values: usize,
    /// Whether it can be changed though it is borrowed, so that an argument has no key.
    pub cells: bool,
    pub checks: &'static [(&'static str, Check)],
    /// Reads a dump as this type.
    pub load: fn(&Path) -> Result<()>,
    /// Whether other formats do what the question asks; without it, nobody is asked.
    pub other_formats: Option<fn(&Case<'_>, Question) -> bool>,
}

pub type Check = fn(&Case<'_>) -> Outcome;

/// A value, of what is tried.
pub struct Case<'a> {
    pub this: &'a Type,
    pub all: &'a [Type],
    /// Which of its values.
    pub value: usize,
    /// In a process that finds what an earlier one has stored.
    pub again: bool,
    /// Of all that is stored.
    pub root: &'a Path,
}

impl Case<'_> {
    pub fn make<T: Sample>(&self) -> T {
        T::make(&mut Random::new(self.seed()))
    }

    pub fn seed(&self) -> u64 {
        mix(self.this.seed ^ (self.value as u64) << 40)
    }

    /// Tells that nothing hangs.
    fn goes_on(&self) {
        PROGRESS.fetch_add(1, Ordering::Relaxed);
    }

    /// For choices beside the value.
    pub fn random(&self) -> Random {
        Random::new(!self.seed())
    }
}

/// What may excuse a failure.
#[derive(Clone, Copy)]
pub enum Question {
    /// Nothing can.
    None,
    /// If no other format gives the value back, it is lost in `Serialize` and `Deserialize`.
    GivesBack,
    /// If other formats write the same when the value is changed at this place, serde does not tell.
    Tells { place: usize, seed: u64 },
}

pub struct Failed {
    pub kind: &'static str,
    pub detail: String,
    pub question: Question,
}

pub type Outcome = std::result::Result<(), Failed>;

fn failed(kind: &'static str, question: Question, detail: impl Into<String>) -> Outcome {
    Err(Failed { kind, detail: detail.into(), question })
}

/// That this is the value again.
fn is_back<T: Sample>(place: &str, value: &T, found: Result<T>) -> Outcome {
    match found {
        Ok(found) if found.same(value) => Ok(()),
        Ok(found) => failed(
            "another value",
            Question::GivesBack,
            format!("{place}: {} for {}", short(&found), short(value)),
        ),
        Err(error) => failed(
            "not loaded",
            Question::GivesBack,
            format!("{place}: {} of {}", told(&error), short(value)),
        ),
    }
}

fn not_dumped<T: Sample>(place: &str, value: &T, error: &Error) -> Outcome {
    failed("not dumped", Question::GivesBack, format!("{place}: {} of {}", told(error), short(value)))
}

/// With its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}

fn short(value: &impl std::fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(400) {
        Some((end, _)) => format!("{}.. ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
