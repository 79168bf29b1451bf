//! Reports of runs, and printing while a progress bar is on the terminal.
//!
//! A [`Reporter`] given to [`Parallel::reporter`](crate::Parallel::reporter) is told of a run's start and end
//! and of each batch of tasks.
//!
//! `std`'s `println!` would leave a stale bar behind; the macros of this module write their lines above the
//! bar, also in tasks, in bodies of loops and in worker processes. Where no bar is shown they do what `std`'s
//! do.
//!
//! ```
//! use joblib::{Parallel, progress};
//!
//! Parallel::new().progress(true).for_each(0..4, |i| progress::println!("task {i}"))?;
//! # Ok::<(), joblib::Error>(())
//! ```
//!
//! The macros are in a module of their own so that `use joblib::*` leaves `println!` alone.

#[doc(inline)]
pub use joblib_parallel::{__eprintln as eprintln, __println as println};
pub use joblib_parallel::{BatchReport, Reporter, RunEnd, RunStart};
