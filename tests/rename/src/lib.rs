//! Re-exports joblib, as a crate might that hides its dependencies, and has a public module with cached
//! impls.

#![deny(
    missing_docs,
    unreachable_pub,
    private_interfaces,
    private_bounds,
    dead_code,
    unnameable_types,
    unused
)]

pub use jl as hidden;

/// What is public here stands here.
pub mod scores {
    use jl::{Memory, cached};

    /// Scores.
    pub trait Score<T> {
        /// What it gives.
        type Output;

        /// Scores.
        fn score(&self, x: T) -> Self::Output;
    }

    /// Has a score.
    #[derive(Debug)]
    pub struct Model;

    #[cached(memory = Memory::disabled(), crate = "jl", ignore = ["self"])]
    impl Score<u32> for Model {
        type Output = u64;

        #[cached]
        fn score(&self, x: u32) -> Self::Output {
            2 * u64::from(x)
        }
    }

    #[derive(Debug)]
    pub(crate) struct Inner(pub(crate) u8);

    #[cached(memory = Memory::disabled(), crate = "jl")]
    impl Score<Inner> for Inner {
        type Output = u8;

        #[cached(key = (self.0, x.0))]
        fn score(&self, x: Inner) -> Self::Output {
            self.0 + x.0
        }
    }

    /// A score of what is not public.
    #[must_use]
    pub fn inner_score() -> u8 {
        Inner(1).score(Inner(2))
    }
}

/// Whether a score is stored: the crate sees what stands beside its impls.
#[must_use]
pub fn is_stored(model: &scores::Model, x: u32) -> bool {
    use scores::ScoreU32ForModel as _;
    model.score_entry(x).is_cached()
}
