//! Loops written with the macro: the whole way from the annotated `for` down to the pool.

use crate::peers::threads;
use crate::throughput::work;
use joblib::parallel_for;
use joblib_bench::{Comparison, Figure, span, wanted};
use rayon::prelude::*;
use std::hint::black_box;
use std::time::Duration;

pub fn run() {
    cheap_sum();
    opaque_sum();
    update();
    collect();
    launch();
    nested();
    float_sum();
    bridge();
}

fn cheap_sum() {
    let title = "m1: sum of 100 M cheap items, macro";
    if !wanted(title) {
        return;
    }
    let mix = |i: u64| i.wrapping_mul(0x9e37_79b9) ^ (i >> 3);
    let n = 100_000_000_u64;
    #[parallel_for]
    fn ours(n: u64, mix: impl Fn(u64) -> u64 + Sync) -> u64 {
        let mut sum = 0_u64;
        #[parallel_for(reduce(+ = sum))]
        for i in 0..n {
            sum = sum.wrapping_add(mix(i));
        }
        sum
    }
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .time("plain loop", || {
            let mut sum = 0_u64;
            for i in 0..black_box(n) {
                sum = sum.wrapping_add(mix(i));
            }
            sum
        })
        .time("#[parallel_for]", || ours(black_box(n), mix))
        .time("rayon", || (0..black_box(n)).into_par_iter().map(mix).reduce(|| 0, u64::wrapping_add))
        .run();
}

fn opaque_sum() {
    let title = "m2: sum of 10 M opaque items, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn ours(n: usize) -> u64 {
        let mut sum = 0_u64;
        #[parallel_for(reduce(+ = sum))]
        for i in 0..n {
            sum = sum.wrapping_add(work(i as u64 & 15));
        }
        sum
    }
    let n = 10_000_000_usize;
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .time("#[parallel_for]", || ours(black_box(n)))
        .time("rayon", || {
            (0..black_box(n)).into_par_iter().map(|i| work(i as u64 & 15)).reduce(|| 0, u64::wrapping_add)
        })
        .run();
}

fn update() {
    let title = "m3: in-place update of 10 M f64, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn ours(xs: &mut [f64]) {
        for x in xs {
            *x = *x * 1.000_001 + 0.5;
        }
    }
    #[parallel_for]
    fn zipped(xs: &mut [f64], ys: &[f64]) {
        for (x, y) in xs.iter_mut().zip(ys.iter()) {
            *x = *x * 1.000_001 + y;
        }
    }
    let (mut a, mut b, mut c, mut d) =
        (vec![1.0; 10_000_000], vec![1.0; 10_000_000], vec![1.0; 10_000_000], vec![1.0; 10_000_000]);
    let ys = vec![0.5; 10_000_000];
    Comparison::new(title)
        .yardstick("rayon")
        .time("#[parallel_for]", || ours(&mut a))
        .time("rayon", || b.par_iter_mut().for_each(|x| *x = *x * 1.000_001 + 0.5))
        .time("#[parallel_for], zip", || zipped(&mut c, &ys))
        .time("rayon, zip", || d.par_iter_mut().zip(&ys).for_each(|(x, y)| *x = *x * 1.000_001 + y))
        .run();
}

fn collect() {
    let title = "m4: map and collect of 10 M, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn ours(n: usize) -> Vec<f64> {
        for i in 0..n {
            (i as f64).sqrt()
        }
    }
    let n = 10_000_000_usize;
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .time("#[parallel_for]", || ours(black_box(n)))
        .time("rayon", || (0..black_box(n)).into_par_iter().map(|i| (i as f64).sqrt()).collect::<Vec<_>>())
        .run();
}

fn launch() {
    let title = "m5: 16 trivial items, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn ours(xs: &[u64]) -> u64 {
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            sum += black_box(*x);
        }
        sum
    }
    #[parallel_for]
    fn floats(xs: &[f64]) -> f64 {
        let mut sum = 0.0;
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            sum += black_box(*x);
        }
        sum
    }
    #[parallel_for]
    fn squares(xs: &[f64]) -> Vec<f64> {
        for x in xs {
            x * x
        }
    }
    let xs: Vec<u64> = (0..16).collect();
    let fs: Vec<f64> = (0..16).map(f64::from).collect();
    Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::from_millis(5))
        .rounds(15)
        .time("plain loop", || black_box(&xs).iter().map(|x| black_box(*x)).sum::<u64>())
        .time("#[parallel_for]", || ours(black_box(&xs)))
        .time("#[parallel_for], float sum", || floats(black_box(&fs)))
        .time("#[parallel_for], collect", || squares(black_box(&fs)))
        .time("rayon", || black_box(&xs).par_iter().map(|x| black_box(*x)).sum::<u64>())
        .run();
}

fn nested() {
    let title = "m6: nested 1,000 x 1,000, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn ours(n: u64) -> u64 {
        let mut sum = 0_u64;
        #[parallel_for(reduce(+ = sum))]
        for i in 0..n {
            #[parallel_for(reduce(+ = sum))]
            for j in 0..n {
                sum = sum.wrapping_add((i * j) ^ (j >> 3));
            }
        }
        sum
    }
    let n = 1000_u64;
    let figures = Comparison::new(title)
        .yardstick("rayon")
        .time("plain loop", || {
            let n = black_box(n);
            (0..n).fold(0_u64, |sum, i| (0..n).fold(sum, |sum, j| sum.wrapping_add((i * j) ^ (j >> 3))))
        })
        .time("#[parallel_for]", || ours(black_box(n)))
        .time("rayon", || {
            let n = black_box(n);
            (0..n)
                .into_par_iter()
                .map(|i| (0..n).into_par_iter().map(|j| (i * j) ^ (j >> 3)).reduce(|| 0, u64::wrapping_add))
                .reduce(|| 0, u64::wrapping_add)
        })
        .run();
    print_bound(&figures);
}

/// Blocks that do not depend on threads against parts of any length.
fn float_sum() {
    let title = "m7: sum of 10 M floats, in blocks and as it comes, macro";
    if !wanted(title) {
        return;
    }
    #[parallel_for]
    fn blocks(xs: &[f64]) -> f64 {
        let mut sum = 0.0;
        #[parallel_for(reduce(+ = sum))]
        for x in xs {
            sum += x.sqrt();
        }
        sum
    }
    // `max` needs no blocks; what it merges is a sum all the same.
    #[parallel_for]
    fn unordered(xs: &[f64], total: &std::sync::Mutex<f64>) {
        #[parallel_for(init(sum = Total(0.0, total)))]
        for x in xs {
            sum.0 += x.sqrt();
        }
    }
    struct Total<'a>(f64, &'a std::sync::Mutex<f64>);
    impl Drop for Total<'_> {
        fn drop(&mut self) {
            *self.1.lock().unwrap() += self.0;
        }
    }
    let xs: Vec<f64> = (0..10_000_000).map(f64::from).collect();
    Comparison::new(title)
        .yardstick("as it comes")
        .time("in blocks", || blocks(black_box(&xs)))
        .time("as it comes", || {
            let total = std::sync::Mutex::new(0.0);
            unordered(black_box(&xs), &total);
            total.into_inner()
        })
        .time("rayon", || black_box(&xs).par_iter().map(|x| x.sqrt()).sum::<f64>())
        .run();
}

fn bridge() {
    for (title, steps) in [
        ("m8: any iterator, 1 M items of 100 ns, macro", 100),
        ("m9: any iterator, 100 k items of 1 us, macro", 1000),
    ] {
        if !wanted(title) {
            continue;
        }
        let steps = steps_for(steps);
        let n = if title.starts_with("m8") { 1_000_000 } else { 100_000 };
        #[parallel_for]
        fn ours(items: impl Iterator<Item = u64> + Send, steps: u64) -> u64 {
            let mut sum = 0_u64;
            #[parallel_for(reduce(+ = sum))]
            for item in items {
                sum = sum.wrapping_add(work(steps + (item & 1)));
            }
            sum
        }
        let items = move || (0..n).filter(|i| black_box(*i) != 3);
        let figures = Comparison::new(title)
            .yardstick("rayon")
            .round_time(Duration::ZERO)
            .time("plain loop", || {
                items().fold(0_u64, |sum, item| sum.wrapping_add(work(steps + (item & 1))))
            })
            .time("#[parallel_for]", || ours(items(), steps))
            .time("rayon", || {
                items().par_bridge().map(|item| work(steps + (item & 1))).reduce(|| 0, u64::wrapping_add)
            })
            .run();
        print_bound(&figures);
    }
    let title = "m10: lines of a file, macro";
    if !wanted(title) {
        return;
    }
    let path = std::env::temp_dir().join(format!("joblib-bench-lines-{}", std::process::id()));
    let text: String = (0..1_000_000).map(|i| format!("line {i} {}\n", i * 7919 % 1000)).collect();
    std::fs::write(&path, text).expect("temporary file");
    fn lines(path: &std::path::Path) -> impl Iterator<Item = String> + Send {
        use std::io::BufRead;
        std::io::BufReader::new(std::fs::File::open(path).expect("lines")).lines().map_while(Result::ok)
    }
    fn measure(line: &str) -> u64 {
        work(line.bytes().filter(|byte| *byte == b'9').count() as u64 + 40)
    }
    #[parallel_for]
    fn ours(lines: impl Iterator<Item = String> + Send) -> u64 {
        let mut sum = 0_u64;
        #[parallel_for(reduce(+ = sum))]
        for line in lines {
            sum = sum.wrapping_add(measure(&line));
        }
        sum
    }
    let figures = Comparison::new(title)
        .yardstick("rayon")
        .round_time(Duration::ZERO)
        .time("plain loop", || lines(&path).fold(0_u64, |sum, line| sum.wrapping_add(measure(&line))))
        .time("#[parallel_for]", || ours(lines(&path)))
        .time("rayon", || {
            lines(&path).par_bridge().map(|line| measure(&line)).reduce(|| 0, u64::wrapping_add)
        })
        .run();
    print_bound(&figures);
    let _ = std::fs::remove_file(&path);
}

/// What no scheduler can beat: the plain loop's work on all processors at once.
fn print_bound(figures: &[(String, Figure)]) {
    let median = |name: &str| figures.iter().find(|(of, _)| of == name).map(|(_, figure)| figure.median);
    if let (Some(plain), Some(rayon)) = (median("plain loop"), median("rayon")) {
        let bound = plain / threads() as f64;
        println!(
            "  {:<38} {:>11} {:>11} {:>7.2}",
            "bound: the plain loop on all processors",
            span(bound),
            "",
            bound / rayon
        );
    }
}

/// Steps of [`work`] that take about this long.
fn steps_for(nanoseconds: u64) -> u64 {
    let start = std::time::Instant::now();
    black_box(work(1_000_000));
    let step = start.elapsed().as_secs_f64() / 1e6;
    (nanoseconds as f64 * 1e-9 / step) as u64
}
