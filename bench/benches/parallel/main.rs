//! `Parallel` on threads and in worker processes; beside rayon where it does the same, and beside plain
//! copies.
//!
//! Python's figures for the same work: `joblib_bench.py parallel` of its own harness, on the same machine.

mod arrays;
mod overhead;
mod skewed;
mod stream;

fn main() {
    overhead::run();
    stream::run();
    arrays::run();
    skewed::run();
}
