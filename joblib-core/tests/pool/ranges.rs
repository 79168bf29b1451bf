//! Every iteration runs once, in ranges that respect the grain, whatever the schedule.

use joblib_core::pool::{Pool, RangeSource, Region, Schedule, Site};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const SCHEDULES: [Schedule; 4] = [Schedule::Auto, Schedule::Static, Schedule::Dynamic, Schedule::Guided];

/// The ranges a loop was handed out in, sorted.
fn handed_out(pool: &Pool, region: &Region<'_>) -> Vec<(usize, usize)> {
    let all = Mutex::new(Vec::new());
    pool.run(region, |ranges| {
        while let Some(range) = ranges.next() {
            all.lock().expect("nobody panics").push((range.start, range.end));
        }
    });
    let mut all = all.into_inner().expect("nobody panics");
    all.sort_unstable();
    all
}

#[test]
fn every_iteration_runs_once_in_whole_grains() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for schedule in SCHEDULES {
        for len in [0, 1, 2, 7, 64, 1000, 4097] {
            for (n_jobs, grain, chunk) in
                [(1, 1, 0), (2, 1, 3), (3, 16, 0), (8, 5, 12), (50, 1, 0), (2, 10_000, 1)]
            {
                let site = Site::new();
                // Runs two and three know the loop is cheap and stay on this thread.
                for _ in 0..3 {
                    let region = Region::new(len)
                        .site(&site)
                        .n_jobs(n_jobs)
                        .schedule(schedule)
                        .grain(grain)
                        .chunk(chunk);
                    let ranges = handed_out(&pool, &region);
                    let mut at = 0;
                    for (start, end) in ranges {
                        assert_eq!(start, at, "{region:?}");
                        assert!(
                            start < end && start % grain == 0 && (end % grain == 0 || end == len),
                            "{region:?}"
                        );
                        at = end;
                    }
                    assert_eq!(at, len, "{region:?}");
                }
            }
        }
    }
}

#[test]
fn one_job_means_one_range_in_order() {
    let ranges = handed_out(Pool::global(), &Region::new(1000).n_jobs(1).grain(7));
    assert_eq!(ranges, [(0, 1000)]);
}

#[test]
fn a_dynamic_chunk_is_the_size_of_the_pieces() {
    let pool = Pool::builder().num_threads(2).build().unwrap();
    let ranges = handed_out(&pool, &Region::new(10).schedule(Schedule::Dynamic).chunk(3));
    assert_eq!(ranges, [(0, 3), (3, 6), (6, 9), (9, 10)]);
}

/// Loops longer than can be run are still divided right: every participant leaves at its first range.
#[test]
fn the_longest_loop_can_be_left() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for schedule in SCHEDULES {
        for (len, grain) in [(usize::MAX, 1), (usize::MAX - 1, 1 << (usize::BITS - 24)), (usize::MAX >> 2, 3)]
        {
            let first = AtomicUsize::new(usize::MAX);
            pool.run(&Region::new(len).n_jobs(4).schedule(schedule).grain(grain), |ranges| {
                while let Some(range) = ranges.next() {
                    assert!(range.start % grain == 0 && range.end <= len);
                    ranges.leave_at(range.start);
                    first.fetch_min(range.start, Ordering::Relaxed);
                }
            });
            assert_eq!(first.into_inner(), 0, "{schedule:?} {len}");
        }
    }
}

#[test]
fn slots_are_unique_and_below_n_jobs() {
    let pool = Pool::builder().num_threads(4).build().unwrap();
    for n_jobs in [1, 2, 4, 9] {
        let running: Vec<AtomicUsize> = (0..n_jobs).map(|_| AtomicUsize::new(0)).collect();
        for schedule in SCHEDULES {
            let participant = |ranges: &mut RangeSource<'_>| {
                assert_eq!(running[ranges.slot()].fetch_add(1, Ordering::SeqCst), 0);
                while let Some(range) = ranges.next() {
                    std::hint::black_box(range);
                }
                running[ranges.slot()].fetch_sub(1, Ordering::SeqCst);
            };
            pool.run(&Region::new(10_000).n_jobs(n_jobs).schedule(schedule), participant);
        }
    }
}
