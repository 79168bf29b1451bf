//! Iterators that are pulled: as the plain loop does at one job, never far ahead at more, whatever `next` and
//! the bodies do.

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, mpsc};
use std::time::{Duration, Instant};

use joblib::parallel_for;
use joblib_core::pool::{Pool, with_current};
use proptest::prelude::*;

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

/// How an iteration of a random loop ends it.
#[derive(Clone, Copy, Debug)]
enum End {
    Not,
    Break,
    Return,
    Panic,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn one_job_is_the_plain_loop(
        items in prop::collection::vec(0..6_u8, 0..60),
        at in 0..70_usize,
        end in prop::sample::select(vec![End::Not, End::Break, End::Return, End::Panic]),
        chunk in 1..9_usize,
    ) {
        /// What happened, in order, and what it came to; the loop's source is the log's, too.
        macro_rules! run {
            ($chunk:ident, $total:ident $(, $parallel:meta, $reduce:meta)?) => {{
                let (log, mut sum) = (Mutex::new(Vec::new()), 0.1_f64);
                let mut left = items.iter().map(|item| { log.lock().unwrap().push(("next", *item)); *item });
                let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
                    $(#[$parallel])?
                    fn each(
                        items: &mut (impl Iterator<Item = u8> + Send),
                        (at, end): (usize, End),
                        log: &Mutex<Vec<(&'static str, u8)>>,
                        sum: &mut f64,
                        $chunk: usize,
                    ) -> Option<u8> {
                        let _ = $chunk;
                        let mut $total = *sum;
                        $(#[$reduce])?
                        for (i, item) in items.by_ref().filter(|item| *item != 5).enumerate() {
                            log.lock().unwrap().push(("body", item));
                            $total += f64::from(item).sqrt();
                            if i == at {
                                match end {
                                    End::Not => continue,
                                    End::Break => break,
                                    End::Return => return Some(item),
                                    End::Panic => panic::panic_any(item),
                                }
                            }
                            log.lock().unwrap().push(("done", item));
                        }
                        *sum = $total;
                        None
                    }
                    each(&mut left, (at, end), &log, &mut sum, chunk)
                }));
                let outcome = outcome.map_err(|payload| *payload.downcast::<u8>().unwrap());
                let rest: Vec<u8> = left.collect();
                (outcome, sum.to_bits(), rest, log.into_inner().unwrap())
            }};
        }
        let plain = run!(chunk, total);
        let one_job = run!(
            chunk, total, parallel_for(n_jobs = 1, chunk = chunk), parallel_for(reduce(+ = total))
        );
        prop_assert_eq!(&plain, &one_job);
        let conditional = run!(
            chunk, total, parallel_for(n_jobs = 4, if = chunk == 0), parallel_for(reduce(+ = total))
        );
        prop_assert_eq!(&plain, &conditional);
    }
}

#[test]
fn a_pool_of_one_thread_is_the_plain_loop() {
    let pool = Pool::builder().num_threads(1).build().unwrap();
    let ahead = AtomicUsize::new(0);
    let mut items = std::iter::repeat_with(|| ahead.fetch_add(1, Ordering::Relaxed));
    let squares: Vec<usize> = pool.install(|| {
        joblib::parallel! {
            for i in items.by_ref() {
                assert_eq!(ahead.load(Ordering::Relaxed), i + 1);
                if i == 5000 {
                    break;
                }
                i * i
            }
        }
    });
    assert_eq!(squares, (0..5000).map(|i| i * i).collect::<Vec<_>>());
    assert_eq!(items.next(), Some(5001));
}

#[test]
fn a_source_that_the_body_feeds_ends_when_nothing_is_left_to_feed_it() {
    #[parallel_for]
    fn tree(depth: u32, n_jobs: usize) -> u64 {
        let queue = Mutex::new(vec![depth]);
        let mut nodes = 0_u64;
        #[parallel_for(n_jobs = n_jobs, reduce(+ = nodes))]
        for depth in std::iter::from_fn(|| queue.lock().unwrap().pop()) {
            nodes += 1;
            if depth > 0 {
                // Some are slow, so that others find nothing meanwhile.
                if depth % 5 == 0 {
                    std::thread::yield_now();
                }
                queue.lock().unwrap().extend([depth - 1, depth - 1]);
            }
        }
        nodes
    }
    for n_jobs in [1, 2, 3, 8] {
        for depth in [0, 1, 5, 12] {
            assert_eq!(tree(depth, n_jobs), (2 << depth) - 1, "n_jobs = {n_jobs}, depth = {depth}");
        }
    }
}

/// Who finds nothing waits, and comes back when there is something: the two halves meet.
#[test]
#[parallel_for]
fn whoever_found_nothing_is_called_back() {
    let (queue, meeting) = (Mutex::new(vec![0]), Barrier::new(2));
    let empty = AtomicUsize::new(0);
    #[parallel_for(n_jobs = 2)]
    for item in std::iter::from_fn(|| {
        let item = queue.lock().unwrap().pop();
        empty.fetch_add(usize::from(item.is_none()), Ordering::SeqCst);
        item
    }) {
        if item == 0 {
            // Alone until the other has looked in vain.
            while empty.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            queue.lock().unwrap().extend([1, 1]);
        } else {
            meeting.wait();
        }
    }
}

#[test]
fn requests_and_answers_do_not_wait_for_each_other() {
    #[parallel_for]
    fn count(n_jobs: usize, quick: u32, rounds: u32, chunk: Option<usize>) -> u32 {
        let (sender, receiver) = mpsc::channel();
        (0..quick).for_each(|_| sender.send(None).unwrap());
        sender.send(Some(rounds)).unwrap();
        // Whoever handles the last request closes the channel.
        let sender = Mutex::new(Some(sender));
        let mut answered = 0;
        let answer = |request: Option<u32>| match request {
            None => {}
            Some(0) => drop(sender.lock().unwrap().take()),
            Some(left) => sender.lock().unwrap().as_ref().unwrap().send(Some(left - 1)).unwrap(),
        };
        match chunk {
            None =>
            {
                #[parallel_for(n_jobs = n_jobs, reduce(+ = answered))]
                for request in receiver {
                    answer(request);
                    answered += 1;
                }
            }
            Some(chunk) =>
            {
                #[parallel_for(n_jobs = n_jobs, chunk = chunk, reduce(+ = answered))]
                for request in receiver {
                    answer(request);
                    answered += 1;
                }
            }
        }
        answered
    }
    for n_jobs in [1, 2, 3, 8] {
        for (quick, chunk) in [(0, None), (100_000, None), (100, Some(7)), (0, Some(5000))] {
            for _ in 0..3 {
                assert_eq!(count(n_jobs, quick, 200, chunk), quick + 201, "n_jobs = {n_jobs}");
            }
        }
    }
}

/// Nobody comes to help, as all threads are busy elsewhere.
#[test]
fn requests_and_answers_on_a_busy_pool() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let (busy, done) = (Barrier::new(3), mpsc::channel::<()>());
    let done_receiver = Mutex::new(done.1);
    std::thread::scope(|scope| {
        let pool = &pool;
        let _busy = scope.spawn(|| {
            pool.broadcast(2, |slot| {
                busy.wait();
                if slot == 1 {
                    done_receiver.lock().unwrap().recv().unwrap_err();
                }
            });
        });
        busy.wait();
        let (sender, receiver) = mpsc::channel();
        sender.send(1000).unwrap();
        let sender = Mutex::new(Some(sender));
        pool.install(|| {
            joblib::parallel! {
                           for left in receiver {
                               let mut sender = sender.lock().unwrap();
                               match left {
            0 => *sender = None,
            _ => sender.as_ref().unwrap().send(left - 1).unwrap(),
            };
                           }
                       };
        });
        drop(done.0);
    });
}

/// `map_while` and `scan` would go on after their `None`.
#[test]
fn adapters_that_say_none_and_go_on_are_not_asked_again() {
    #[parallel_for]
    fn run(n_jobs: usize) -> (u64, u64) {
        let (mut sum, mut scanned) = (0, 0);
        #[parallel_for(n_jobs = n_jobs, reduce(+ = sum))]
        for x in (0..2000_u64).map_while(|x| if x == 900 { None } else { Some(x) }).filter(|x| x % 2 == 0) {
            std::thread::yield_now();
            sum += x;
        }
        #[parallel_for(n_jobs = n_jobs, reduce(+ = scanned))]
        for x in (0..2000_u64).scan(0, |calls, x| {
            *calls += 1;
            (*calls != 300).then_some(x)
        }) {
            std::thread::yield_now();
            scanned += x;
        }
        (sum, scanned)
    }
    let expected = ((0..900).filter(|x| x % 2 == 0).sum(), (0..299).sum());
    for n_jobs in [1, 2, 3, 8] {
        for _ in 0..20 {
            assert_eq!(run(n_jobs), expected, "n_jobs = {n_jobs}");
        }
    }
}

#[test]
fn exits_and_panics_end_those_that_wait() {
    #[parallel_for]
    fn run(n_jobs: usize, panics: bool) -> Option<u32> {
        let queue = Mutex::new(vec![0]);
        #[parallel_for(n_jobs = n_jobs)]
        for i in std::iter::from_fn(|| queue.lock().unwrap().pop()) {
            // Nothing to do for anybody else, ever.
            if i == 100 {
                assert!(!panics, "at the hundredth");
                return Some(i);
            }
            queue.lock().unwrap().push(i + 1);
        }
        None
    }
    for n_jobs in [1, 2, 3, 8] {
        for _ in 0..50 {
            assert_eq!(run(n_jobs, false), Some(100));
            let payload = panic::catch_unwind(|| run(n_jobs, true)).unwrap_err();
            assert_eq!(payload.downcast_ref(), Some(&"at the hundredth"));
        }
    }
}

/// Those that wait for the source help with loops inside of bodies, so these are as parallel as the pool.
#[test]
fn whoever_waits_helps_with_inner_loops() {
    let pool = Pool::builder().num_threads(3).build().unwrap();
    pool.install(|| {
        #[parallel_for]
        fn outer() {
            #[parallel_for(n_jobs = 3)]
            for _ in std::iter::from_fn({
                let mut first = Some(());
                move || first.take()
            }) {
                let meeting = Barrier::new(3);
                with_current(|pool| {
                    pool.broadcast(3, |_| {
                        meeting.wait();
                    })
                });
            }
        }
        (0..20).for_each(|_| outer());
    });
}

#[test]
fn every_iteration_is_a_block_of_its_own() {
    #[parallel_for]
    fn sum(n: u32, n_jobs: usize) -> f64 {
        let mut sum = 0.5;
        #[parallel_for(n_jobs = n_jobs, reduce(+ = sum))]
        for i in (0..n).filter(|i| i % 3 != 0) {
            sum += f64::from(i).sqrt();
        }
        sum
    }
    let plain = |n: u32| (0..n).filter(|i| i % 3 != 0).fold(0.5, |sum, i| sum + f64::from(i).sqrt());
    for n in [0, 10, 6000, 50_000] {
        for n_jobs in [1, 2, 3, 5] {
            assert_eq!(sum(n, n_jobs).to_bits(), plain(n).to_bits(), "{n} at {n_jobs}");
        }
    }
}

/// Who finds the source empty must know whether a body that feeds it is under way.
#[test]
fn the_only_item_feeds_the_source_late() {
    #[parallel_for]
    fn chain(length: u32, jobs: usize) -> u32 {
        let queue = Mutex::new(vec![length]);
        let mut nodes = 0;
        #[parallel_for(n_jobs = jobs, reduce(+ = nodes))]
        for left in std::iter::from_fn(|| queue.lock().unwrap().pop()) {
            let until = Instant::now() + Duration::from_micros(u64::from(left % 7) * 3);
            while Instant::now() < until {
                std::hint::spin_loop();
            }
            nodes += 1;
            if left > 0 {
                queue.lock().unwrap().push(left - 1);
            }
        }
        nodes
    }
    for length in 0..300 {
        assert_eq!(chain(length % 40, 2 + (length % 3) as usize), length % 40 + 1);
    }
}
