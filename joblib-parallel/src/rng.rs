//! Random numbers for tasks: one stream per task, whoever runs it.

use joblib_core::position::{GOLDEN, Positions, mix};
use rand_core::{Infallible, SeedableRng, TryRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The random stream of the running task, or of the running iteration of a parallel loop: a function of
/// `seed` and of its position alone, so that results are the same at any `n_jobs`, on every back-end, in
/// worker processes, and when a task is tried again.
///
/// A position is a path: a task or iteration inside another has the path of the outer one, followed by its
/// own number in the order of the input. [`TaskRng::of_path`] gives the stream of any path. Streams of
/// different paths, and of different seeds, are independent. The same path has the same stream: a task that
/// asks twice gets it from the start again, and so do iterations of the same number in two loops one after
/// the other. Use a different seed for each purpose.
///
/// Outside of tasks and iterations the path is empty: a stream of the seed itself, the same at each call and
/// unlike that of any task. What belongs to a run but to none of its tasks, such as its input, `init` and the
/// folding of results, has the path of where the run was started. Threads that a task starts by other means
/// are outside.
///
/// ```
/// use joblib::{Parallel, task_rng};
/// use rand_core::Rng;
///
/// let draw = |_| task_rng(42).next_u64();
/// let drawn = Parallel::new().n_jobs(2).map(0..100, draw)?;
/// assert_eq!(drawn, Parallel::new().n_jobs(1).map(0..100, draw)?);
/// assert_ne!(drawn[0], drawn[1]);
/// # Ok::<(), joblib::Error>(())
/// ```
///
/// Tasks inside of tasks:
///
/// ```
/// use joblib::{Parallel, Result, TaskRng, task_rng};
///
/// let rows = Parallel::new().map(0..3, |_| Parallel::new().map(0..4, |_| task_rng(42)));
/// let rows = rows?.into_iter().collect::<Result<Vec<_>>>()?;
/// assert_eq!(rows[2][3], TaskRng::of_path(42, &[2, 3]));
/// # Ok::<(), joblib::Error>(())
/// ```
#[must_use]
pub fn task_rng(seed: u64) -> TaskRng {
    TaskRng::at(seed, Positions::here())
}

/// A generator of random numbers, for `rand`'s traits: Blackman and Vigna's xoshiro256++ 1.0 ("Scrambled
/// linear pseudorandom number generators", 2021; by the crate `rand_xoshiro`), seeded by SplitMix64. Fast, of
/// good quality, and not for secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRng(Xoshiro256PlusPlus);

impl TaskRng {
    /// The stream of the task or iteration at `index` that is inside no other; it can be made anywhere.
    ///
    /// ```
    /// use joblib::TaskRng;
    /// use rand_core::Rng;
    ///
    /// assert_eq!(TaskRng::of_task(7, 3).next_u64(), TaskRng::of_task(7, 3).next_u64());
    /// ```
    #[must_use]
    pub fn of_task(seed: u64, index: u64) -> Self {
        Self::of_path(seed, &[index])
    }

    /// The stream of the task or iteration at `path`: the numbers of those it is inside, the outermost first,
    /// and its own last. The empty path has the stream of code outside of all tasks.
    ///
    /// ```
    /// use joblib::{TaskRng, task_rng};
    ///
    /// assert_eq!(TaskRng::of_path(7, &[3]), TaskRng::of_task(7, 3));
    /// assert_eq!(TaskRng::of_path(7, &[]), task_rng(7));
    /// ```
    #[must_use]
    pub fn of_path(seed: u64, path: &[u64]) -> Self {
        Self::at(seed, path.iter().fold(Positions::OUTSIDE, |outer, &index| outer.then(index)))
    }

    fn at(seed: u64, positions: Positions) -> Self {
        // One-to-one in an index, as positions are: no two tasks of a seed and inside of one iteration begin
        // alike.
        let [state, first] = positions.digest();
        Self::from_state(&mut (mix(seed) ^ state.rotate_left(32)), first)
    }

    fn from_state(state: &mut u64, first: u64) -> Self {
        let mut next = || {
            *state = state.wrapping_add(GOLDEN);
            mix(*state)
        };
        let words = [first ^ next(), next(), next(), next()];
        let mut seed = [0; 32];
        for (bytes, word) in seed.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
        Self::from_seed(seed)
    }
}

impl TryRng for TaskRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

impl SeedableRng for TaskRng {
    type Seed = [u8; 32];

    fn from_seed(seed: [u8; 32]) -> Self {
        Self(Xoshiro256PlusPlus::from_seed(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng;
    use std::collections::HashSet;

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

    #[test]
    fn streams_of_paths_differ_and_stay() {
        let mut paths = vec![vec![]];
        for (depth, width) in [(0, 1000), (1, 20), (2, 5)] {
            let longest: Vec<_> = paths.iter().filter(|path| path.len() == depth).cloned().collect();
            paths.extend(longest.iter().flat_map(|path| (0..width).map(|i| [&path[..], &[i]].concat())));
        }
        let starts: HashSet<u64> = paths.iter().map(|path| TaskRng::of_path(9, path).next_u64()).collect();
        assert_eq!(starts.len(), 1 + 1000 + 20_000 + 100_000);
        // Pinned: reproducible across versions.
        for (path, pinned) in
            [(&[][..], PINNED_PATHS[0]), (&[0, 0], PINNED_PATHS[1]), (&[1, 2, 3], PINNED_PATHS[2])]
        {
            assert_eq!(TaskRng::of_path(42, path).next_u64(), pinned, "{path:?}");
        }
    }

    const PINNED_PATHS: [u64; 3] =
        [5_301_609_364_982_395_615, 16_177_010_574_689_039_127, 84_317_338_558_102_214];
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

    #[test]
    fn streams_inside_of_one_another_are_not_correlated() {
        let bits: u32 = (0..10_000)
            .map(|index| {
                let path = [index / 100, index % 100, 0];
                let (mut inner, mut outer) = (TaskRng::of_path(1, &path), TaskRng::of_path(1, &path[..2]));
                let mut neighbour = TaskRng::of_path(1, &[path[0] + 1, path[1]]);
                let drawn = [inner.next_u64(), outer.next_u64(), neighbour.next_u64()];
                (drawn[0] ^ drawn[1]).count_ones() + (drawn[1] ^ drawn[2]).count_ones()
            })
            .sum();
        // 1,280,000 fair bits: 640,000 of them set, within six standard deviations of 566.
        assert!((bits as i64 - 640_000).abs() < 3_400, "{bits}");
    }
}
