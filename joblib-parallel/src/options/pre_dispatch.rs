//! `pre_dispatch`: how far the producer may run ahead of the tasks.

use crate::{Error, Result};
use std::num::NonZeroUsize;

/// How many tasks may be taken from the input before they start; in a stream, before their results are
/// consumed.
///
/// ```
/// use joblib::PreDispatch;
///
/// assert_eq!(PreDispatch::from("3 * n_jobs").tasks(4)?.unwrap().get(), 12);
/// assert_eq!(PreDispatch::from(0).tasks(4)?.unwrap().get(), 1); // otherwise nothing could ever run
/// assert_eq!(PreDispatch::from("all").tasks(4)?, None);
/// # Ok::<(), joblib::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PreDispatch {
    /// As many as keep the workers busy: few if tasks are long, more if they are tiny.
    #[default]
    Auto,
    /// No bound.
    All,
    /// This many.
    Tasks(NonZeroUsize),
    /// A number, `"all"`, or a whole multiple of the jobs such as `"2 * n_jobs"`.
    Text(String),
}

impl From<&str> for PreDispatch {
    fn from(text: &str) -> Self {
        PreDispatch::Text(text.to_owned())
    }
}

impl From<String> for PreDispatch {
    fn from(text: String) -> Self {
        PreDispatch::Text(text)
    }
}

impl From<usize> for PreDispatch {
    /// Zero counts as one.
    fn from(tasks: usize) -> Self {
        PreDispatch::Tasks(NonZeroUsize::new(tasks).unwrap_or(NonZeroUsize::MIN))
    }
}

impl PreDispatch {
    /// The bound for this many jobs; `None` if there is none, or if the run decides.
    ///
    /// # Errors
    ///
    /// If the text has none of these forms, or is zero.
    pub fn tasks(&self, n_jobs: usize) -> Result<Option<NonZeroUsize>> {
        let text = match self {
            PreDispatch::Auto | PreDispatch::All => return Ok(None),
            PreDispatch::Tasks(tasks) => return Ok(Some(*tasks)),
            PreDispatch::Text(text) => text.trim(),
        };
        if text == "all" {
            return Ok(None);
        }
        let multiple = text.strip_suffix("n_jobs").and_then(|text| text.trim_end().strip_suffix('*'));
        let (number, each) = multiple.map_or((text, 1), |number| (number.trim_end(), n_jobs));
        let tasks =
            number.parse().ok().and_then(|number: usize| NonZeroUsize::new(number.saturating_mul(each)));
        tasks.map(Some).ok_or_else(|| {
            Error::invalid(format!(
                "pre_dispatch = \"{text}\" is neither a positive number, nor \"all\", nor a multiple such \
                 as \"2*n_jobs\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_all_and_multiples() {
        for (text, expected) in [
            ("7", Some(7)),
            (" 1000000 ", Some(1_000_000)),
            ("all", None),
            (" all ", None),
            ("2*n_jobs", Some(8)),
            ("  3  *  n_jobs ", Some(12)),
            (&format!("{}*n_jobs", usize::MAX), Some(usize::MAX)),
        ] {
            let tasks = PreDispatch::from(text).tasks(4).unwrap().map(NonZeroUsize::get);
            assert_eq!(tasks, expected, "{text}");
        }
        assert_eq!(PreDispatch::from(0usize).tasks(4).unwrap(), NonZeroUsize::new(1));
    }

    #[test]
    fn everything_else_is_an_error_that_says_so() {
        for text in [
            "",
            "0",
            "-1",
            "0*n_jobs",
            "n_jobs",
            "n_jobs*2",
            "2 n_jobs",
            "2**n_jobs",
            "*n_jobs",
            "2*n_job",
            "2*n_jobs+1",
            "(2)*n_jobs",
            "0.4*n_jobs",
            "1.9",
            "ALL",
            "99999999999999999999999",
            "__import__('os')",
        ] {
            let error = PreDispatch::from(text).tasks(4).unwrap_err();
            let says = error.to_string();
            assert!(
                error.is_invalid() && says.contains("pre_dispatch") && says.contains("\"2*n_jobs\""),
                "{says}"
            );
        }
    }
}
