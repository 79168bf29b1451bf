//! Random numbers for tasks: one stream per task, whoever runs it.

use crate::cancel;
use rand_core::{Infallible, SeedableRng, TryRng};

/// The random stream of the task that runs: a function of `seed` and of the task's position in the input alone, so that
/// results are the same at any `n_jobs`, on every back-end and in worker processes.
///
/// Streams of different tasks, and of different seeds, are independent. Asked twice, a task gets the same stream from its
/// start; outside of tasks it is that of position 0.
///
/// ```
/// use joblib_parallel::{Parallel, task_rng};
/// use rand_core::Rng;
///
/// let draw = |_| task_rng(42).next_u64();
/// let drawn = Parallel::new().n_jobs(2).map(0..100, draw)?;
/// assert_eq!(drawn, Parallel::new().n_jobs(1).map(0..100, draw)?);
/// assert_ne!(drawn[0], drawn[1]);
/// # Ok::<(), joblib_parallel::Error>(())
/// ```
#[must_use]
pub fn task_rng(seed: u64) -> TaskRng {
    TaskRng::of_task(seed, cancel::current_task() as u64)
}

/// A generator of random numbers, for `rand`'s traits: Blackman and Vigna's xoshiro256++ 1.0 ("Scrambled linear
/// pseudorandom number generators", 2021), seeded by SplitMix64. Quick, of good quality, and not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRng([u64; 4]);

impl TaskRng {
    /// The stream of the task at `index`, to be had anywhere.
    ///
    /// ```
    /// use joblib_parallel::TaskRng;
    /// use rand_core::Rng;
    ///
    /// assert_eq!(TaskRng::of_task(7, 3).next_u64(), TaskRng::of_task(7, 3).next_u64());
    /// ```
    #[must_use]
    pub fn of_task(seed: u64, index: u64) -> Self {
        // The mixing is one-to-one in the index: no two tasks of a seed begin alike.
        let mut state = mix(seed) ^ mix(index.wrapping_mul(GOLDEN)).rotate_left(32);
        Self::from_state(&mut state, mix(index ^ GOLDEN))
    }

    fn from_state(state: &mut u64, first: u64) -> Self {
        let mut next = || {
            *state = state.wrapping_add(GOLDEN);
            mix(*state)
        };
        let words = [first ^ next(), next(), next(), next()];
        // All zeros is the one state that never changes.
        Self(if words == [0; 4] { [GOLDEN; 4] } else { words })
    }

    fn step(&mut self) -> u64 {
        let Self([a, b, c, d]) = self;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let t = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= t;
        *d = d.rotate_left(45);
        result
    }
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output function: one-to-one.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl TryRng for TaskRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.step() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.step())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.step().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

impl SeedableRng for TaskRng {
    type Seed = [u8; 32];

    fn from_seed(seed: [u8; 32]) -> Self {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(seed.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        Self(if words == [0; 4] { [GOLDEN; 4] } else { words })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng;
    use std::collections::HashSet;

    #[test]
    fn the_reference_sequence() {
        // From xoshiro256plusplus.c with the state 1, 2, 3, 4.
        let mut rng = TaskRng([1, 2, 3, 4]);
        let first: Vec<u64> = (0..4).map(|_| rng.next_u64()).collect();
        assert_eq!(first, [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386]);
    }

    #[test]
    fn streams_of_tasks_and_seeds_differ_and_stay() {
        let starts: HashSet<u64> = (0..100)
            .flat_map(|seed| (0..1000).map(move |index| TaskRng::of_task(seed, index).next_u64()))
            .collect();
        assert_eq!(starts.len(), 100_000);
        // Pinned: reproducible across versions.
        assert_eq!(TaskRng::of_task(42, 0).next_u64(), PINNED[0]);
        assert_eq!(TaskRng::of_task(42, 1).next_u64(), PINNED[1]);
    }

    const PINNED: [u64; 2] = [11_703_630_480_478_796_103, 5_375_360_279_372_642_257];

    #[test]
    fn neighbouring_streams_are_not_correlated() {
        let bits: u32 = (0..10_000)
            .map(|index| {
                let (mut a, mut b) = (TaskRng::of_task(1, index), TaskRng::of_task(1, index + 1));
                (a.next_u64() ^ b.next_u64()).count_ones()
            })
            .sum();
        // 640,000 fair bits: 320,000 of them set, within six standard deviations of 400.
        assert!((bits as i64 - 320_000).abs() < 2_400, "{bits}");
    }
}
