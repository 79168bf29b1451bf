//! Tasks in worker processes: a shared array that is not copied, a crash that harms nobody, nothing left
//! behind.
//!
//! `cargo run -p joblib-parallel --example processes`

use joblib::{MappedArray, Parallel, Processes, Result, share};
use ndarray::{Array2, Ix2};

fn main() -> Result<()> {
    let workers: Processes = Parallel::new().n_jobs(2).processes();

    // 8 MB in shared memory: the workers map it, each task gets a reference.
    let table = Array2::from_shape_fn((1000, 1000), |(i, j)| (i * j) as f64);
    let table: MappedArray<f64, Ix2> = match share(&table) {
        Ok(table) => table,
        Err(error) => {
            println!("no shared memory here: {error}");
            return Ok(());
        }
    };
    let sums = workers.share(&table).map(0..4usize, |table, row| table.row(row).sum())?;
    println!("sums of rows: {sums:?}");
    assert_eq!(sums, [0.0, 499_500.0, 999_000.0, 1_498_500.0]);

    // A task that crashes is one failure among the outcomes.
    let outcomes =
        workers.try_map_all(0..5u32, |i| if i == 3 { std::process::abort() } else { Ok::<_, ()>(i * 10) })?;
    for (i, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(value) => println!("task {i}: {value}"),
            Err(error) => println!("task {i}: {error:?}"),
        }
    }
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 1);
    Ok(())
}
