//! A back-end of one's own: named threads with a small stack, made for each run.
//!
//! `cargo run -p joblib-parallel --example own_backend`

use joblib::{Backend, Parallel, Result, parallel_config, register_backend, set_default_backend};

/// Threads with a name and a small stack, to show what a back-end may choose.
struct Named {
    stack: usize,
}

impl Backend for Named {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        std::thread::scope(|scope| {
            for slot in 1..workers {
                let thread = std::thread::Builder::new().name(format!("named-{slot}")).stack_size(self.stack);
                // Fewer threads are no failure: whoever is there does all the work.
                if thread.spawn_scoped(scope, move || work(slot)).is_err() {
                    break;
                }
            }
            work(0);
        });
        Ok(())
    }
}

fn main() -> Result<()> {
    // As a value for one run, by name for a scope and for the whole program.
    let where_it_ran = |_| std::thread::current().name().map(str::to_owned);
    let names = Parallel::new()
        .backend(Named { stack: 64 * 1024 })
        .n_jobs(3)
        .batch_size(1)
        .map(0..12, where_it_ran)?;
    println!("one run:      {names:?}");

    register_backend("named", Named { stack: 256 * 1024 })?;
    let sum = parallel_config()
        .backend("named")
        .n_jobs(2)
        .scope(|| Parallel::new().reduce(1..=100, |i| i * i, |a, b| a + b))?;
    println!("a scope:      {sum:?}");
    assert_eq!(sum, Some(338_350));

    set_default_backend("named")?;
    let squares = Parallel::new().n_jobs(2).map(0..5, |i| i * i)?;
    println!("the program:  {squares:?}");
    assert_eq!(squares, [0, 1, 4, 9, 16]);
    Ok(())
}
