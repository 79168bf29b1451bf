//! Stacks are as large as a main thread's. Each case has a process of its own: overflowing one ends it, and
//! the process-wide pool is started once.

use joblib_core::pool::{Pool, Region};
use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;

/// What a child shall do: how many megabytes each thread needs, how many jobs there are, the `stack_size` of
/// a pool of its own or 0.
const CHILD: &str = "JOBLIB_TEST_USES_ITS_STACK";

/// Uses `bytes` of the stack below `from`.
#[inline(never)]
fn use_stack(from: usize, bytes: usize) {
    let frame = [1_u8; 4096];
    if from - black_box(&frame).as_ptr().addr() < bytes {
        use_stack(from, bytes);
    }
    black_box(&frame);
}

/// All of `jobs` threads are in the loop at once, and use their stack.
fn run(pool: &Pool, jobs: usize, bytes: usize) {
    let meeting = Barrier::new(jobs);
    pool.run(&Region::new(jobs).n_jobs(jobs), |ranges| {
        while let Some(range) = ranges.next() {
            for _ in range {
                meeting.wait();
                let here = 0_u8;
                use_stack((&raw const here).addr(), bytes);
            }
        }
    });
}

#[test]
fn bodies_have_room() {
    if let Ok(order) = std::env::var(CHILD) {
        let numbers: Vec<usize> = order.split(' ').map(|number| number.parse().unwrap()).collect();
        let [megabytes, jobs, own] = numbers[..] else { panic!("{order}") };
        // Not this thread of the test harness, whose stack is std's.
        let caller = std::thread::Builder::new().stack_size(64 << 20).spawn(move || match own {
            0 => run(Pool::global(), jobs, megabytes << 20),
            own => {
                let builder = Pool::builder().num_threads(2);
                let builder = if own == 1 { builder } else { builder.stack_size((own as u64) << 20) };
                run(&builder.build().unwrap(), jobs, megabytes << 20);
            }
        });
        caller.unwrap().join().unwrap();
        println!("all ran");
        return;
    }
    let child = |megabytes: usize, jobs: usize, own: usize, variables: &[(&str, &str)]| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "stacks::bodies_have_room", "--nocapture"]);
        child.env(CHILD, format!("{megabytes} {jobs} {own}")).env("JOBLIB_NUM_THREADS", "2");
        child.env_remove("JOBLIB_STACK_SIZE").env_remove("RUST_MIN_STACK").envs(variables.iter().copied());
        String::from_utf8_lossy(&child.output().unwrap().stdout).contains("all ran")
    };
    // Where pointers have 32 bits, address space is dear.
    let usual = if usize::BITS < 64 { 1 } else { 6 };
    // Workers alone, and with threads beyond the pool's size.
    for jobs in [2, 5] {
        for own in [0, 1] {
            assert!(child(usual, jobs, own, &[]), "{jobs} jobs, the usual size");
            assert!(child(24, jobs, own, &[("JOBLIB_STACK_SIZE", "32M")]), "{jobs} jobs, 32M");
            assert!(child(24, jobs, own, &[("RUST_MIN_STACK", "33554432")]), "{jobs} jobs, as std");
            let both = [("JOBLIB_STACK_SIZE", "33554432"), ("RUST_MIN_STACK", "1048576")];
            assert!(child(24, jobs, own, &both), "{jobs} jobs, the pool's setting before std's");
            assert!(child(usual, jobs, own, &[("JOBLIB_STACK_SIZE", "much")]), "{jobs} jobs, no size");
        }
        assert!(child(24, jobs, 32, &[("JOBLIB_STACK_SIZE", "1M")]), "{jobs} jobs, a pool with its own size");
    }
    assert!(!child(24, 2, 0, &[("JOBLIB_STACK_SIZE", "1M")]), "a small stack is small");
}
