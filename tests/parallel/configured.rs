//! Loops in worker processes under a configuration.

use joblib::{parallel_config, parallel_for};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

static PREPARED: AtomicBool = AtomicBool::new(false);

#[test]
fn a_configuration_says_what_the_workers_of_loops_are_like() {
    #[parallel_for(backend = "processes")]
    fn threads_and_state() -> Vec<(String, bool)> {
        #[parallel_for]
        for _ in 0..4 {
            (std::env::var("OMP_NUM_THREADS").unwrap(), PREPARED.load(Ordering::SeqCst))
        }
    }
    let config =
        parallel_config().n_jobs(2).inner_threads(5).initializer(|| PREPARED.store(true, Ordering::SeqCst));
    assert_eq!(config.scope(threads_and_state), vec![("5".to_owned(), true); 4]);
}

#[test]
fn an_iteration_that_leaves_its_loop_is_not_tried_again() {
    #[parallel_for(backend = "processes", n_jobs = 2)]
    fn first_error(folder: &Path) -> Result<(), String> {
        #[parallel_for(share(folder))]
        for i in 0..3 {
            if i == 1 {
                std::fs::create_dir(folder.join("tried")).map_err(|_| "tried twice".to_owned())?;
                Err("tried once".to_owned())?;
            }
        }
        Ok(())
    }
    let folder = tempfile::tempdir().unwrap();
    let left = parallel_config().retries(3).scope(|| first_error(folder.path()));
    assert_eq!(left.unwrap_err(), "tried once");
}
