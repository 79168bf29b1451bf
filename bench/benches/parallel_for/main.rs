//! Parallel loops against rayon, chili, orx-parallel, paralight and scoped threads; OpenMP by its speed-up
//! over itself.

mod idle;
mod launch;
mod loops;
mod openmp;
mod peers;
mod throughput;

fn main() {
    throughput::run();
    launch::run();
    loops::run();
    idle::run();
    openmp::run();
}
