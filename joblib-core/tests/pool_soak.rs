//! Runs random loops on the pool for a while and checks each against its sequential meaning.
//!
//! For two seconds; `ci/soak.sh SECONDS [SEED]` takes longer. Several threads share one pool; loops nest,
//! panic, are left early, ask for more jobs than there are processors, and pools come and go meanwhile.
//! Aborts at the first wrong result or after a minute without progress.

use joblib_core::pool::{Pool, RangeSource, Region, Schedule, Site};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

static LOOPS: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicU64 = AtomicU64::new(0);
static EXITS: AtomicU64 = AtomicU64::new(0);
static POOLS: AtomicU64 = AtomicU64::new(0);

#[test]
fn random_loops_are_as_if_sequential() {
    let number = |variable| std::env::var(variable).ok().and_then(|value| value.parse::<u64>().ok());
    let (seconds, seed) =
        (number("JOBLIB_SOAK_SECONDS").unwrap_or(2), number("JOBLIB_SOAK_SEED").unwrap_or(1));
    std::panic::set_hook(Box::new(|info| {
        // The panics thrown on purpose carry a number.
        if info.payload().downcast_ref::<usize>().is_none() {
            eprintln!("{info}");
            std::process::abort();
        }
    }));
    let end = Instant::now() + Duration::from_secs(seconds);
    let shared = Pool::builder().num_threads(4).build().expect("four is a number of threads");
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let shared = &shared;
            scope.spawn(move || soak(shared, Random(seed * 1000 + thread), end));
        }
        scope.spawn(move || watch(end));
    });
    println!(
        "{seconds} s: {LOOPS:?} loops, {PANICS:?} panics, {EXITS:?} early exits, {POOLS:?} pools: all as if sequential"
    );
}

/// Aborts when a minute passes without a loop.
fn watch(end: Instant) {
    let mut before = (0, Instant::now());
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(500));
        let loops = LOOPS.load(Relaxed);
        if loops != before.0 {
            before = (loops, Instant::now());
        } else if before.1.elapsed() > Duration::from_secs(60) {
            eprintln!("no progress for a minute, after {loops} loops");
            std::process::abort();
        }
    }
}

fn soak(shared: &Pool, mut random: Random, end: Instant) {
    while Instant::now() < end {
        if random.below(40) == 0 {
            let own = Pool::builder().num_threads(1 + random.below(5)).build().expect("at least one thread");
            POOLS.fetch_add(1, Relaxed);
            for _ in 0..random.below(20) {
                one_loop(&own, &mut random, 2);
            }
        } else if random.below(10) == 0 {
            broadcast(shared, &mut random);
        } else {
            let depth = 1 + random.below(3);
            one_loop(shared, &mut random, depth);
        }
        if random.below(50) == 0 {
            // Long enough for everybody to fall asleep.
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

/// What shall happen to a loop: where it is left, and where it panics, if at all.
#[derive(Clone, Copy)]
struct Fate {
    exit: usize,
    panic: usize,
}

fn one_loop(pool: &Pool, random: &mut Random, depth: usize) {
    static SITES: [Site; 3] = [const { Site::new() }; 3];
    let len = random.size();
    let schedule = [Schedule::Auto, Schedule::Static, Schedule::Dynamic, Schedule::Guided][random.below(4)];
    let mut region = Region::new(len).schedule(schedule).grain(1 + random.below(4)).chunk(random.below(5));
    if random.below(3) > 0 {
        region = region.site(&SITES[depth % 3]);
    }
    if random.below(2) == 0 {
        region = region.n_jobs(1 + random.below(12));
    }
    let somewhere =
        |random: &mut Random| if random.below(6) == 0 { random.below(len + 1) } else { usize::MAX };
    let fate = Fate { exit: somewhere(random), panic: somewhere(random) };
    let seed = random.next();
    let ran: Vec<AtomicU64> = (0..len).map(|_| AtomicU64::new(0)).collect();
    let participant = |ranges: &mut RangeSource<'_>| {
        while let Some(range) = ranges.next() {
            for index in range {
                if index == fate.panic {
                    panic_any(index);
                }
                ran[index].fetch_add(1, Relaxed);
                if index == fate.exit {
                    ranges.leave_at(index);
                    break;
                }
                iteration(pool, seed ^ index as u64, depth);
            }
        }
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| pool.run(&region, participant)));
    LOOPS.fetch_add(1, Relaxed);
    check(&ran, fate, outcome.err().map(|payload| payload.downcast_ref::<usize>().copied()), &region);
}

/// A bit of work, sometimes with a loop inside.
fn iteration(pool: &Pool, seed: u64, depth: usize) {
    let mut random = Random(seed);
    random.next();
    match random.below(40) {
        0 if depth > 1 => one_loop(pool, &mut random, depth - 1),
        1 => std::thread::yield_now(),
        2 => {
            std::hint::black_box((0..random.below(20_000)).map(std::hint::black_box).max());
        }
        _ => (),
    }
}

fn check(ran: &[AtomicU64], fate: Fate, thrown: Option<Option<usize>>, region: &Region<'_>) {
    let first = fate.exit.min(fate.panic);
    let wrong = |what: &str| panic!("{what}: {region:?}, exit {}, panic {}", fate.exit, fate.panic);
    for (index, ran) in ran.iter().enumerate() {
        let times = ran.load(Relaxed);
        // Later ones may have begun before the loop was left.
        if times > 1 || (times == 0 && index < first) {
            wrong("an iteration was lost or repeated");
        }
    }
    let panics = fate.panic < ran.len() && fate.panic <= fate.exit;
    if panics {
        PANICS.fetch_add(1, Relaxed);
    } else if fate.exit < ran.len() {
        EXITS.fetch_add(1, Relaxed);
    }
    match thrown {
        Some(Some(at)) if panics && at == fate.panic => (),
        None if !panics => (),
        _ => wrong("not the panic of the sequential loop"),
    }
}

fn broadcast(pool: &Pool, random: &mut Random) {
    let (jobs, items) = (1 + random.below(8), random.below(500));
    let source = Mutex::new(0..items);
    let taken = AtomicU64::new(0);
    let participant = |slot: usize, call_others: &mut dyn FnMut()| {
        assert!(slot < jobs);
        while source.lock().map(|mut source| source.next()).is_ok_and(|item| item.is_some()) {
            taken.fetch_add(1, Relaxed);
            call_others();
        }
    };
    if random.below(2) == 0 {
        pool.broadcast(jobs, |slot| participant(slot, &mut || {}));
    } else {
        static SITE: Site = Site::new();
        pool.broadcast_lazily(jobs, &SITE, participant);
    }
    LOOPS.fetch_add(1, Relaxed);
    assert_eq!(taken.into_inner(), items as u64);
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.max(1);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound.max(1)
    }

    /// Mostly short, sometimes a few thousand.
    fn size(&mut self) -> usize {
        let limit = [2, 20, 200, 4000][self.below(4)];
        self.below(limit)
    }
}
