//! What waiting costs: processor time used while nothing runs.

use crate::peers::{pool, rayon};
use crate::throughput::work;
use joblib_bench::{span, wanted};
use joblib_core::pool::Site;
use std::hint::black_box;
use std::time::Duration;

pub fn run() {
    let title = "j: processor time in 1 s after a loop";
    if !wanted(title) {
        return;
    }
    static SITE: Site = Site::new();
    println!("\n{title}");
    idle("joblib pool", || pool::sum(&SITE, 10_000, |i| work(i as u64)));
    idle("rayon", || rayon::sum(10_000, |i| work(i as u64)));
}

fn idle(name: &str, run: impl Fn() -> u64) {
    black_box(run());
    let before = cpu_time();
    std::thread::sleep(Duration::from_secs(1));
    println!("  {name:<38} {:>11}", span((cpu_time() - before).as_secs_f64()));
}

/// Processor time of all threads of this process.
fn cpu_time() -> Duration {
    // SAFETY: the call fills the structure it is given.
    let time = unsafe {
        let mut time = std::mem::zeroed::<libc::timespec>();
        libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time);
        time
    };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
