//! What the statements of a body may use, and the expressions made of it.

use crate::program::Returns;
use crate::random::Random;

/// What statements may use.
#[derive(Clone)]
pub(super) struct Scope {
    /// Expressions of type `i64`, none far from zero.
    pub(super) ints: Vec<String>,
    pub(super) places: Vec<String>,
    pub(super) returns: Returns,
    /// Loops have these labels around here.
    pub(super) own: bool,
    pub(super) outer: bool,
    /// `cx` can be used.
    pub(super) here: bool,
    /// The plain loops we are inside of.
    pub(super) depth: usize,
    /// The loop can be left by `break`: of two that are collapsed, the inner one cannot.
    pub(super) breaks: bool,
    pub(super) next: usize,
}

impl Scope {
    pub(super) fn int(&self, random: &mut Random<'_>) -> String {
        let plain = random.one(&self.ints);
        match random.below(9) {
            0..=3 => plain,
            4 => format!("({plain} + {})", random.one(&self.ints)),
            5 => format!("({plain} - {})", 1 + random.below(9)),
            6 => format!("({plain} % {} + 1)", 2 + random.below(9)),
            7 => format!("twice({plain})"),
            _ => format!("({} - {plain})", random.one(&self.ints)),
        }
    }

    /// Those that are variables.
    pub(super) fn names(&self) -> Vec<String> {
        let name =
            |int: &&String| int.starts_with(char::is_alphabetic) && int.chars().all(char::is_alphanumeric);
        self.ints.iter().filter(name).cloned().collect()
    }

    pub(super) fn condition(&self, random: &mut Random<'_>) -> String {
        let (a, b) = (random.one(&self.ints), random.one(&self.ints));
        match random.below(6) {
            0 | 1 => format!("{a} == k"),
            2 => format!("{a} % {} == {}", 2 + random.below(11), random.below(3)),
            3 => format!("{a} > k"),
            4 => format!("{a} < {b}"),
            _ => format!("matches!({a}, 3..=5 | 11)"),
        }
    }

    /// Fills the holes of a statement.
    pub(super) fn fill(&self, random: &mut Random<'_>, form: &str) -> String {
        let mut text = form.to_owned();
        for (hole, make) in [
            ("INT8", "((INT) % 90) as i8"),
            ("UNS", "i64::from(INT).unsigned_abs()"),
            ("BYTE", "(i64::unsigned_abs(INT) % 100) as u8"),
            ("BITS", "(1 << ((INT) & 15))"),
            ("SIGN", "(1 - 2 * ((INT) & 1))"),
            ("EXACT", "(INT) as f64 * 0.25"),
            ("FLOAT", "(INT) as f64 * 0.1"),
            ("NAN", "(if (INT) % 19 == 3 { f64::NAN } else { (INT) as f64 * 0.5 })"),
            ("PURE", "(INT > k)"),
            ("COND", "(CONDITION)"),
        ] {
            text = replace_word(&text, hole, make);
        }
        while let Some(at) = text.find("CONDITION") {
            text.replace_range(at..at + "CONDITION".len(), &self.condition(random));
        }
        while let Some(at) = find_word(&text, "INT") {
            // Nothing that is evaluated depending on an accumulator may do more than give a value.
            let quiet: Vec<String> =
                self.ints.iter().filter(|int| !int.contains(['(', '['])).cloned().collect();
            let quiet = if quiet.is_empty() { "k".to_owned() } else { random.one(&quiet) };
            let int = if form.contains("PURE") { quiet } else { self.int(random) };
            text.replace_range(at..at + 3, &int);
        }
        text
    }

    /// One of these statements, its holes filled.
    pub(super) fn fill_one(&self, random: &mut Random<'_>, forms: &[&str]) -> String {
        let form = random_one(random, forms);
        self.fill(random, form)
    }

    pub(super) fn leaving(&self, random: &mut Random<'_>) -> String {
        match self.returns {
            Returns::Unit => "return".to_owned(),
            Returns::Int => self.fill(random, "return INT"),
            Returns::Text => {
                self.fill_one(random, &["return Ok(INT)", "return Err(format!(\"no {}\", INT))"])
            }
            Returns::Fault => self.fill_one(
                random,
                &["return Ok(INT)", "return Err(Fault::Low(INT))", "return Err(Low(INT).into())"],
            ),
            Returns::Boxed => self.fill_one(
                random,
                &["return Ok(INT)", "return Err(Box::new(Low(INT)))", "return Err(\"text\".into())"],
            ),
            Returns::Option => self.fill_one(random, &["return Some(INT)", "return None"]),
            Returns::Slice => random_one(random, &["return Some(&[1, 2])", "return None"]).to_owned(),
        }
    }

    /// An expression with a `?`.
    pub(super) fn asking(&self, random: &mut Random<'_>) -> Option<String> {
        let call = match self.returns {
            Returns::Unit | Returns::Int => return None,
            Returns::Text => "check_text(INT)?",
            Returns::Fault | Returns::Boxed => {
                random_one(random, &["check(INT)?", "check(INT)?", "check_text(INT)?"])
            }
            Returns::Option | Returns::Slice => "some(INT)?",
        };
        Some(self.fill(random, call))
    }
}

pub(super) fn random_one<'t>(random: &mut Random<'_>, of: &[&'t str]) -> &'t str {
    of[random.below(of.len())]
}

fn find_word(text: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word)
        .map(|found| found.0)
        .find(|at| !text[..*at].ends_with(part) && !text[at + word.len()..].starts_with(part))
}

/// Replaces `word` where it stands alone.
pub(super) fn replace_word(text: &str, word: &str, with: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let end = at + word.len();
        let part = |c: char| c.is_alphanumeric() || c == '_';
        let whole = !rest[..at].ends_with(part) && !rest[end..].starts_with(part);
        out += &rest[..at];
        out += if whole { with } else { word };
        rest = &rest[end..];
    }
    out + rest
}
