//! One error for all that the crate does.

use joblib::{Error, Memory, Parallel, Result, TaskError, cached, parallel_for};
use std::error::Error as _;
use std::path::Path;

fn place() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("joblib-errors-{}", std::process::id()))
}

#[cached(dir = place())]
fn square(x: u64) -> Result<u64> {
    x.checked_mul(x).ok_or_else(|| Error::invalid(format!("{x} squared is too large")))
}

fn parsed(text: &str) -> std::result::Result<u64, std::num::ParseIntError> {
    text.parse()
}

/// Caches, dumps, loops and lists of tasks, each with `?`.
#[parallel_for]
fn all(texts: &[&str], path: &Path) -> Result<u64> {
    let numbers = Parallel::new().n_jobs(2).try_map(texts, |text| parsed(text))?;
    let mut squares = vec![0; numbers.len()];
    #[parallel_for]
    for (slot, &number) in squares.iter_mut().zip(&numbers) {
        *slot = square(number)?;
    }
    joblib::dump(&squares, path)?;
    let loaded: Vec<u64> = joblib::load(path)?;
    let halves = Parallel::new().n_jobs(2).map(loaded, |square| square / 2)?;
    let streamed: Vec<u64> = Parallel::new().stream(halves, |half| half + 1)?.collect::<Result<_>>()?;
    Ok(streamed.iter().sum())
}

#[test]
fn one_question_mark_for_everything() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("squares.jl");
    assert_eq!(all(&["2", "4"], &path).unwrap(), 3 + 9);

    let error = all(&["2", "x", "y"], &path).unwrap_err();
    assert!(error.is_task() && !error.is_panic());
    assert_eq!(error.task_index(), Some(1));
    assert_eq!(error.to_string(), "task 1 failed: invalid digit found in string");
    assert!(error.source().unwrap().is::<std::num::ParseIntError>());

    let error = all(&["2", "18446744073709551615"], &path).unwrap_err();
    assert!(error.is_invalid());
    assert_eq!(error.to_string(), "18446744073709551615 squared is too large");

    let error = all(&["2"], &dir.path().join("none/squares.jl")).unwrap_err();
    assert!(error.is_not_found());
    assert!(error.path().is_some());
    std::fs::remove_dir_all(place()).unwrap();
}

#[test]
fn errors_of_tasks_keep_what_they_say() {
    let missing = |path: &str| joblib::load::<u8>(path);
    let failed = Parallel::new().n_jobs(2).try_map(["/no/such/file"], missing);
    let error = Error::from(failed.unwrap_err());
    assert!(error.is_not_found());
    assert_eq!((error.task_index(), error.path()), (Some(0), Some(Path::new("/no/such/file"))));
    assert!(error.to_string().starts_with("task 0 failed: "), "{error}");

    let text = Error::from(TaskError::Failed { index: 3, error: "no answer".to_owned() });
    assert_eq!((text.to_string().as_str(), text.task_index()), ("task 3 failed: no answer", Some(3)));

    let run = Error::from(TaskError::<String>::Run(Error::invalid("no jobs")));
    assert!(run.is_invalid() && run.task_index().is_none());
}

#[test]
fn runs_tell_why_they_ended() -> Result<()> {
    let token = joblib::CancelToken::new();
    token.cancel();
    assert!(Parallel::new().cancel_token(&token).map(0..9, |i| i).unwrap_err().is_cancelled());
    assert!(Parallel::new().n_jobs(0).map(0..9, |i| i).unwrap_err().is_invalid());

    let quietly =
        |i: u8| if i == 1 { std::panic::resume_unwind(Box::new("no")) } else { Ok::<u8, String>(i) };
    let all = Parallel::new().n_jobs(2).try_map_all(0..3, quietly)?;
    let Err(TaskError::Run(error)) = &all[1] else { panic!("{all:?}") };
    assert!(error.is_panic());
    assert_eq!((error.to_string().as_str(), error.task_index()), ("task 1 panicked: no", Some(1)));
    assert!(Memory::disabled().clear().is_ok());
    Ok(())
}
