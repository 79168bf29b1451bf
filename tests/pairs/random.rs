//! Random choices, among features that are switched on.

use std::collections::HashSet;

use super::Feature;
use super::mix::mix;

pub(crate) struct Random<'a> {
    state: u64,
    switched: &'a Switched,
}

/// `JOBLIB_PAIRS_ONLY` and `JOBLIB_PAIRS_WITHOUT`: names with commas in between.
#[derive(Default)]
pub(crate) struct Switched {
    pub(crate) only: HashSet<String>,
    pub(crate) without: HashSet<String>,
}

impl Switched {
    pub(crate) fn from_environment() -> Self {
        let names = |variable: &str| {
            let value = std::env::var(variable).unwrap_or_default();
            value.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        Switched { only: names("JOBLIB_PAIRS_ONLY"), without: names("JOBLIB_PAIRS_WITHOUT") }
    }

    /// What is asked for by name comes more often.
    fn weight(&self, feature: Feature, weight: usize) -> usize {
        if self.only.contains(feature) { 4 * weight } else { weight }
    }

    /// The plain ingredients have no name and are always there.
    pub(crate) fn on(&self, feature: Feature) -> bool {
        feature.is_empty()
            || !self.without.contains(feature) && (self.only.is_empty() || self.only.contains(feature))
    }
}

impl<'a> Random<'a> {
    pub(crate) fn new(seed: u64, switched: &'a Switched) -> Self {
        Random { state: mix(seed), switched }
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mix(self.state) % end.max(1) as u64) as usize
    }

    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Whether to have `feature` here, so often.
    pub(crate) fn has(&mut self, feature: Feature, percent: usize) -> bool {
        self.percent(self.switched.weight(feature, percent)) && self.switched.on(feature)
    }

    /// One of those that are switched on, by weight.
    pub(crate) fn weighted<T: Clone>(&mut self, of: &[(Feature, usize, T)]) -> Option<(Feature, T)> {
        let switched = self.switched;
        let on = of
            .iter()
            .filter(|(feature, ..)| switched.on(feature))
            .map(|(feature, weight, value)| (feature, switched.weight(feature, *weight), value));
        let mut at = self.below(on.clone().map(|entry| entry.1).sum());
        for (feature, weight, value) in on {
            if at < weight {
                return Some((feature, value.clone()));
            }
            at -= weight;
        }
        None
    }
}
