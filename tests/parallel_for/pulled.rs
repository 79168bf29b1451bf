//! Iterators that are pulled: in order, never far ahead, whatever `next` does.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use joblib::parallel_for;
use joblib_core::pool::Pool;

#[test]
#[parallel_for]
fn the_iterator_is_never_far_ahead_of_the_bodies() {
    let (pulled, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let items = std::iter::repeat_with(|| pulled.fetch_add(1, Ordering::SeqCst)).take(500);
    #[parallel_for(n_jobs = 2, chunk = 3)]
    for _ in items {
        let ahead = pulled.load(Ordering::SeqCst) - done.load(Ordering::SeqCst);
        assert!(ahead <= 2 * 3, "{ahead} items were pulled and not run");
        done.fetch_add(1, Ordering::SeqCst);
    }
    assert_eq!(done.into_inner(), 500);
}

#[test]
fn an_endless_iterator_ends_by_break() {
    #[parallel_for]
    fn first_square_above(limit: u64) -> Vec<u64> {
        #[parallel_for(n_jobs = 4)]
        for i in std::iter::successors(Some(0_u64), |i| Some(i + 1)) {
            if i * i > limit {
                break;
            }
            i
        }
    }
    assert_eq!(first_square_above(90), (0..10).collect::<Vec<_>>());
}

#[test]
fn a_panic_in_next_comes_after_the_iterations_before_it() {
    let ran = Mutex::new(Vec::new());
    let run = |error_at: usize| {
        #[parallel_for]
        fn consume(
            items: impl Iterator<Item = usize> + Send,
            error_at: usize,
            ran: &Mutex<Vec<usize>>,
        ) -> Result<(), usize> {
            #[parallel_for(n_jobs = 4, chunk = 5)]
            for item in items {
                ran.lock().unwrap().push(item);
                if item == error_at {
                    return Err(item);
                }
            }
            Ok(())
        }
        ran.lock().unwrap().clear();
        let items = (0..100).inspect(|i| {
            if *i == 42 {
                panic::panic_any("no more");
            }
        });
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| consume(items, error_at, &ran)));
        ran.lock().unwrap().sort_unstable();
        outcome
    };
    let payload = run(1000).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"no more"));
    assert_eq!(*ran.lock().unwrap(), (0..42).collect::<Vec<_>>());
    // An iteration before it that leaves the loop: the plain loop would never have come to the panic.
    assert_eq!(run(41).unwrap(), Err(41));
}

#[test]
fn next_may_run_a_parallel_loop() {
    #[parallel_for]
    fn inner(n: u64) -> u64 {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for i in 0..n * 100 {
            sum += i;
        }
        sum
    }
    #[parallel_for]
    fn outer(n: u64) -> u64 {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for x in (0..n).map(inner) {
            sum += x % 7 + inner(3) % 2;
        }
        sum
    }
    let pool = Pool::builder().num_threads(4).build().unwrap();
    let expected = (0..40).map(|i| inner(i) % 7 + inner(3) % 2).sum::<u64>();
    assert_eq!(pool.install(|| outer(40)), expected);
}

#[test]
#[parallel_for]
fn channels_and_readers() {
    let (sender, receiver) = mpsc::channel();
    let producer = std::thread::spawn(move || (0..300).for_each(|i| sender.send(i).unwrap()));
    let mut sum = 0;
    #[parallel_for(reduce(+ = sum))]
    for i in receiver {
        sum += i;
    }
    producer.join().unwrap();
    assert_eq!(sum, 44_850);
    let text = std::io::Cursor::new("one\ntwo\nthree\n");
    let lines: Vec<usize> = #[parallel_for]
    for line in std::io::BufRead::lines(text) {
        line.unwrap().len()
    };
    assert_eq!(lines, [3, 3, 5]);
}

#[test]
fn float_sums_do_not_depend_on_threads() {
    #[parallel_for]
    fn sum(n: u32, n_jobs: isize) -> f64 {
        let mut sum = 0.5;
        #[parallel_for(n_jobs = n_jobs, reduce(+ = sum))]
        for i in (0..n).filter(|i| i % 3 != 0) {
            sum += f64::from(i).sqrt();
        }
        sum
    }
    for n in [0, 10, 6000, 50_000] {
        let one = sum(n, 1);
        for n_jobs in 2..6 {
            assert_eq!(sum(n, n_jobs).to_bits(), one.to_bits());
        }
    }
}
