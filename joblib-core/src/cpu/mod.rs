//! How many processors there are for this process, and how many threads a call gets: joblib's rules.

#[cfg(target_os = "linux")]
mod cgroup;

use crate::error::{Error, Result};
use std::num::NonZero;
use std::sync::OnceLock;
use std::thread;

/// How many processors this process may use, at least one.
///
/// The smaller of: the processors the process is bound to, and the quota of its control group (version 1 or
/// 2, the tightest of all enclosing groups, rounded up). `JOBLIB_NUM_THREADS` overrides both; a value that is
/// not a positive number is ignored. Determined once.
#[must_use]
pub fn cpu_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let wanted = std::env::var("JOBLIB_NUM_THREADS").ok().and_then(|value| value.trim().parse().ok());
        match wanted {
            Some(count) if count > 0 => count,
            _ => available(),
        }
    })
}

/// Processors the process is bound to, and no more than its control group's quota.
#[cfg(target_os = "linux")]
fn available() -> usize {
    let bound = match crate::sys::affinity(None) {
        Ok(set) => set.count(),
        // More processors than the set has room for.
        Err(_) => thread::available_parallelism().map_or(1, NonZero::get),
    };
    let quota = cgroup::quota(std::path::Path::new("/")).unwrap_or(usize::MAX);
    bound.min(quota).max(1)
}

#[cfg(not(target_os = "linux"))]
fn available() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// How many jobs run at once for a given `n_jobs`, by the rules of joblib: a positive number is taken as it
/// is, even above the number of processors; -1 means all processors, -2 all but one, and so on, at least one.
///
/// ```
/// use joblib::{cpu_count, effective_n_jobs};
/// assert_eq!(effective_n_jobs(3)?, 3);
/// assert_eq!(effective_n_jobs(-1)?, cpu_count());
/// assert_eq!(effective_n_jobs(-1000)?, 1);
/// assert!(effective_n_jobs(0).unwrap_err().is_invalid());
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// # Errors
/// If `n_jobs` is zero, which has no meaning.
pub fn effective_n_jobs(n_jobs: isize) -> Result<usize> {
    match usize::try_from(n_jobs) {
        Ok(0) => Err(Error::invalid("n_jobs = 0 has no meaning; 1 runs sequentially, -1 on all processors")),
        Ok(count) => Ok(count),
        Err(_) => Ok((cpu_count() + 1).saturating_sub(n_jobs.unsigned_abs()).max(1)),
    }
}
