//! The three kinds of loop, on every candidate: sum of a function over an index range, update in place, map
//! and collect.

use joblib_core::pool::{Pool, Region, Site};
use std::sync::Mutex;
use std::thread;

/// Every candidate runs on as many threads as the machine has.
pub fn threads() -> usize {
    static COUNT: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    *COUNT.get_or_init(|| thread::available_parallelism().map_or(1, |n| n.get()))
}

/// A share of `0..len` for thread `index`.
fn share(len: usize, index: usize) -> std::ops::Range<usize> {
    len * index / threads()..len * (index + 1) / threads()
}

pub mod sequential {
    pub fn sum(len: usize, f: impl Fn(usize) -> u64) -> u64 {
        (0..len).map(f).fold(0, u64::wrapping_add)
    }
}

pub mod pool {
    use super::*;

    pub fn sum(site: &Site, len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        let total = Mutex::new(0u64);
        Pool::global().run(&Region::new(len).site(site), |ranges| {
            let mut part = 0u64;
            while let Some(range) = ranges.next() {
                // Folded into a local: through a reference the sum would live in memory.
                let mut of_range = 0u64;
                for index in range {
                    of_range = of_range.wrapping_add(f(index));
                }
                part = part.wrapping_add(of_range);
            }
            let mut total = total.lock().unwrap();
            *total = total.wrapping_add(part);
        });
        total.into_inner().unwrap()
    }

    pub fn update(site: &Site, data: &mut [f64], f: impl Fn(f64) -> f64 + Sync + Send + Copy) {
        let (start, len) = (data.as_mut_ptr().expose_provenance(), data.len());
        Pool::global().run(&Region::new(len).site(site), |ranges| {
            while let Some(range) = ranges.next() {
                let start = std::ptr::with_exposed_provenance_mut::<f64>(start);
                // SAFETY: ranges are disjoint parts of 0..len.
                let part = unsafe { std::slice::from_raw_parts_mut(start.add(range.start), range.len()) };
                part.iter_mut().for_each(|x| *x = f(*x));
            }
        });
    }

    pub fn collect(site: &Site, len: usize, f: impl Fn(usize) -> f64 + Sync + Send + Copy) -> Vec<f64> {
        let mut out: Vec<f64> = Vec::with_capacity(len);
        let start = out.as_mut_ptr().expose_provenance();
        Pool::global().run(&Region::new(len).site(site), |ranges| {
            while let Some(range) = ranges.next() {
                let start = std::ptr::with_exposed_provenance_mut::<f64>(start);
                // SAFETY: the range is within the allocation, and nobody else's.
                range.for_each(|index| unsafe { start.add(index).write(f(index)) });
            }
        });
        // SAFETY: every element has been written.
        unsafe { out.set_len(len) };
        out
    }
}

pub mod rayon {
    use ::rayon::prelude::*;

    pub fn sum(len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        (0..len)
            .into_par_iter()
            .fold(|| 0u64, |sum, i| sum.wrapping_add(f(i)))
            .reduce(|| 0, u64::wrapping_add)
    }

    pub fn update(data: &mut [f64], f: impl Fn(f64) -> f64 + Sync + Send + Copy) {
        data.par_iter_mut().for_each(|x| *x = f(*x));
    }

    pub fn collect(len: usize, f: impl Fn(usize) -> f64 + Sync + Send + Copy) -> Vec<f64> {
        (0..len).into_par_iter().map(f).collect()
    }
}

pub mod scope {
    use super::*;

    pub fn sum(len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        let part = |index| share(len, index).map(f).fold(0, u64::wrapping_add);
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads()).map(|index| scope.spawn(move || part(index))).collect();
            others.into_iter().map(|other| other.join().unwrap()).fold(part(0), u64::wrapping_add)
        })
    }

    pub fn update(data: &mut [f64], f: impl Fn(f64) -> f64 + Sync + Send + Copy) {
        let each = data.len().div_ceil(threads()).max(1);
        thread::scope(|scope| {
            for part in data.chunks_mut(each) {
                scope.spawn(|| part.iter_mut().for_each(|x| *x = f(*x)));
            }
        });
    }
}

pub mod chili {
    use super::*;
    use ::chili::{Scope, ThreadPool};

    /// Ranges below this are run in one go: what the library leaves to its users.
    fn leaf(len: usize) -> usize {
        (len / (threads() * 64)).max(1)
    }

    fn split(
        scope: &mut Scope<'_>,
        range: std::ops::Range<usize>,
        leaf: usize,
        f: &(impl Fn(usize) -> u64 + Sync + Send + Copy),
    ) -> u64 {
        if range.len() <= leaf {
            return range.map(f).fold(0, u64::wrapping_add);
        }
        let middle = range.start + range.len() / 2;
        let (left, right) = (range.start..middle, middle..range.end);
        let (a, b) = scope.join(|s| split(s, left, leaf, f), |s| split(s, right, leaf, f));
        a.wrapping_add(b)
    }

    pub fn sum(len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        split(&mut ThreadPool::global().scope(), 0..len, leaf(len), &f)
    }
}

pub mod orx {
    use super::threads;
    use orx_parallel::*;

    pub fn sum(len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        (0..len).into_par().num_threads(threads()).map(f).reduce(u64::wrapping_add).unwrap_or(0)
    }

    pub fn collect(len: usize, f: impl Fn(usize) -> f64 + Sync + Send + Copy) -> Vec<f64> {
        (0..len).into_par().num_threads(threads()).map(f).collect()
    }
}

pub mod paralight {
    use super::threads;
    use ::paralight::prelude::*;

    pub use ::paralight::prelude::ThreadPool;

    pub fn start() -> ThreadPool {
        ThreadPoolBuilder {
            num_threads: ThreadCount::try_from(threads()).unwrap(),
            range_strategy: RangeStrategy::WorkStealing,
            cpu_pinning: CpuPinningPolicy::No,
        }
        .build()
    }

    pub fn sum(pool: &mut ThreadPool, len: usize, f: impl Fn(usize) -> u64 + Sync + Send + Copy) -> u64 {
        (0..len).into_par_iter().with_thread_pool(pool).map(f).reduce(|| 0, u64::wrapping_add)
    }

    pub fn update(pool: &mut ThreadPool, data: &mut [f64], f: impl Fn(f64) -> f64 + Sync + Send + Copy) {
        data.par_iter_mut().with_thread_pool(pool).for_each(|x| *x = f(*x));
    }
}
