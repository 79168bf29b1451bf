//! `pre_dispatch`: how far the producer may run ahead of the tasks.

use crate::{Error, Result};
use std::num::NonZeroUsize;

/// How many tasks may be taken from the input before they start; in a stream, before their results are consumed.
///
/// ```
/// use joblib_parallel::PreDispatch;
///
/// assert_eq!(PreDispatch::from("3 * n_jobs").tasks(4)?.unwrap().get(), 12);
/// assert_eq!(PreDispatch::from("0.4 * n_jobs").tasks(2)?.unwrap().get(), 1); // never rounded to nothing
/// assert_eq!(PreDispatch::from("all").tasks(4)?, None);
/// # Ok::<(), joblib_parallel::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PreDispatch {
    /// As many as keep the workers busy: few where tasks are long, more where they are tiny.
    #[default]
    Auto,
    /// No bound.
    All,
    /// This many.
    Tasks(NonZeroUsize),
    /// Arithmetic over numbers and `n_jobs` with `+ - * / // % **` and parentheses, or `"all"`, as in Python. At most
    /// 30 characters; values up to a million.
    Expression(String),
}

impl From<&str> for PreDispatch {
    fn from(expression: &str) -> Self {
        PreDispatch::Expression(expression.to_owned())
    }
}

impl From<String> for PreDispatch {
    fn from(expression: String) -> Self {
        PreDispatch::Expression(expression)
    }
}

impl From<usize> for PreDispatch {
    /// Zero is taken for one: nothing could ever run otherwise.
    fn from(tasks: usize) -> Self {
        PreDispatch::Tasks(NonZeroUsize::new(tasks).unwrap_or(NonZeroUsize::MIN))
    }
}

impl PreDispatch {
    /// The bound for this many jobs; `None` where there is none, or where it is left to the run.
    ///
    /// A value between 0 and 1 counts as 1; other fractions are cut off.
    ///
    /// # Errors
    ///
    /// If the expression is malformed, too long, or its value is not between 0 (exclusive) and a million.
    pub fn tasks(&self, n_jobs: usize) -> Result<Option<NonZeroUsize>> {
        match self {
            PreDispatch::Auto | PreDispatch::All => Ok(None),
            PreDispatch::Tasks(tasks) => Ok(Some(*tasks)),
            PreDispatch::Expression(text) if text.trim() == "all" => Ok(None),
            PreDispatch::Expression(text) => {
                let wrong = |why: &str| Error::invalid(format!("pre_dispatch = \"{text}\": {why}"));
                if text.len() > MAX_LEN {
                    return Err(wrong("longer than 30 characters"));
                }
                let value = Parser::new(text, n_jobs).whole().map_err(wrong)?;
                if value <= 0.0 {
                    return Err(wrong("not a positive number of tasks"));
                }
                Ok(NonZeroUsize::new(value.max(1.0) as usize))
            }
        }
    }
}

const MAX_LEN: usize = 30;
const MAX_VALUE: f64 = 1e6;

/// Python's precedences: `+ -`, then `* / // %`, then unary minus, then `**` to the right.
struct Parser<'a> {
    rest: &'a str,
    n_jobs: usize,
}

type Value = std::result::Result<f64, &'static str>;

impl<'a> Parser<'a> {
    fn new(text: &'a str, n_jobs: usize) -> Self {
        Self { rest: text, n_jobs }
    }

    fn whole(&mut self) -> Value {
        let value = self.sum()?;
        if self.rest.trim_start().is_empty() { Ok(value) } else { Err("malformed expression") }
    }

    fn sum(&mut self) -> Value {
        let mut value = self.product()?;
        loop {
            value = if self.eat("+") {
                bounded(value + self.product()?)?
            } else if self.eat("-") {
                bounded(value - self.product()?)?
            } else {
                return Ok(value);
            };
        }
    }

    fn product(&mut self) -> Value {
        let mut value = self.signed()?;
        loop {
            value = if self.eat("//") {
                bounded((value / nonzero(self.signed()?)?).floor())?
            } else if self.eat("*") {
                bounded(value * self.signed()?)?
            } else if self.eat("/") {
                bounded(value / nonzero(self.signed()?)?)?
            } else if self.eat("%") {
                let divisor = nonzero(self.signed()?)?;
                bounded(value - divisor * (value / divisor).floor())?
            } else {
                return Ok(value);
            };
        }
    }

    fn signed(&mut self) -> Value {
        if self.eat("-") {
            return Ok(-self.signed()?);
        }
        self.power()
    }

    fn power(&mut self) -> Value {
        let base = self.atom()?;
        if self.eat("**") { bounded(base.powf(self.signed()?)) } else { Ok(base) }
    }

    fn atom(&mut self) -> Value {
        if self.eat("(") {
            let value = self.sum()?;
            return if self.eat(")") { Ok(value) } else { Err("missing `)`") };
        }
        if self.eat("n_jobs") {
            return bounded(self.n_jobs as f64);
        }
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        bounded(digits.parse().map_err(|_| "expected a number or `n_jobs`")?)
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        // `*` is not the first half of `**`.
        if token == "*" && rest.starts_with('*') {
            return false;
        }
        self.rest = rest;
        true
    }
}

fn bounded(value: f64) -> Value {
    if value.abs() <= MAX_VALUE { Ok(value) } else { Err("a value beyond a million, or none") }
}

fn nonzero(value: f64) -> Value {
    if value == 0.0 { Err("division by zero") } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(text: &str, n_jobs: usize) -> Option<usize> {
        PreDispatch::from(text).tasks(n_jobs).unwrap().map(NonZeroUsize::get)
    }

    #[test]
    fn pythons_arithmetic() {
        for (text, expected) in [
            ("2*n_jobs", 8),
            ("2 * n_jobs + 1", 9),
            ("n_jobs ** 2", 16),
            ("-2**2 + 10", 6),
            ("2**-1*n_jobs", 2),
            ("2**3**1", 8),
            ("7 // 2", 3),
            ("7 % 4", 3),
            ("-7 % 4", 1),
            ("(1 + 2) * 3", 9),
            ("10 - 2 - 3", 5),
            ("1.9", 1),
            ("0.4*n_jobs", 1),
            ("0.1", 1),
        ] {
            assert_eq!(tasks(text, 4), Some(expected), "{text}");
        }
        assert_eq!(tasks(" all ", 4), None);
    }

    #[test]
    fn everything_else_is_an_error() {
        for text in [
            "",
            "n_job",
            "2 *",
            "(2",
            "2)",
            "1 2",
            "0",
            "-1",
            "n_jobs - n_jobs",
            "1/0",
            "1//0",
            "1%0",
            "1e3",
            "2**99",
            "1000001",
            "__import__('os')",
            "1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1",
            "(-8)**0.5",
            "1..2",
        ] {
            assert!(PreDispatch::from(text).tasks(4).is_err_and(|error| error.is_invalid()), "{text}");
        }
        assert_eq!(PreDispatch::from(0usize).tasks(4).unwrap(), NonZeroUsize::new(1));
    }
}
