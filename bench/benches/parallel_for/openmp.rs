//! OpenMP, compiled with gcc where there is one. Another compiler made it, so only its speed-up over its own
//! plain loop says something.

use crate::peers::threads;
use joblib_bench::{span, wanted};
use std::process::Command;

pub fn run() {
    if !wanted("openmp") {
        return;
    }
    let binary = std::env::temp_dir().join(format!("joblib-bench-openmp-{}", std::process::id()));
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/parallel_for/openmp.c");
    let compiled = Command::new("gcc").args(["-O3", "-fopenmp", source, "-lm", "-o"]).arg(&binary).status();
    if !compiled.is_ok_and(|status| status.success()) {
        println!("\nopenmp: no gcc with OpenMP here");
        return;
    }
    let output = Command::new(&binary).env("OMP_NUM_THREADS", threads().to_string()).output();
    let _ = std::fs::remove_file(&binary);
    println!("\nopenmp (gcc): speed-up over its own plain loop");
    println!("  {:<10} {:>11} {:>11} {:>8} {:>11} {:>8}", "", "plain", "static", "", "dynamic,16", "");
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    for line in text.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let times: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
        if let [plain, fixed, dynamic] = times[..] {
            print!("  {name:<10} {:>11} {:>11} {:>8.2}", span(plain), span(fixed), plain / fixed);
            // Where it would deal out single additions it was not run.
            if dynamic.is_nan() {
                println!("{:>12}", "-");
            } else {
                println!(" {:>11} {:>8.2}", span(dynamic), plain / dynamic);
            }
        }
    }
}
