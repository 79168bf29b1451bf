//! What runs report, and printing while a progress bar is on the terminal.
//!
//! A [`Reporter`] given to [`Parallel::reporter`](crate::Parallel::reporter) is told of a run's start and end
//! and of each batch of tasks.
//!
//! A line of `std`'s `println!` would leave a dead bar behind; those of this module write theirs above it, in
//! tasks, in bodies of loops and in worker processes, too. Where no bar is shown they are `std`'s.
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
