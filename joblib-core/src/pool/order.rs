//! Putting what several threads find into loop order.

use crate::sync::Mutex;

/// Puts what belongs to `at` into `kept`, unless something earlier is there. The loser comes back, to be
/// dropped without the lock: it may be the user's value, with anything in its `drop`.
pub fn keep_first<T>(kept: &Mutex<Option<(usize, T)>>, at: usize, value: T) -> Option<T> {
    let mut kept = kept.lock();
    match &*kept {
        Some((earliest, _)) if *earliest <= at => Some(value),
        _ => kept.replace((at, value)).map(|(_, loser)| loser),
    }
}

/// Consecutive values as they come, to be put in order at the end.
#[derive(Debug)]
pub struct Pieces<R>(Mutex<Vec<(usize, Vec<R>)>>);

impl<R> Default for Pieces<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Pieces<R> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Adds values, the first of which has position `first`.
    pub fn add(&self, first: usize, mut values: Vec<R>) {
        let mut pieces = self.0.lock();
        // What follows on the last grows it.
        if let Some((at, piece)) = pieces.last_mut()
            && *at + piece.len() == first
        {
            piece.append(&mut values);
        } else {
            pieces.push((first, values));
        }
    }

    /// All values in the order of their positions.
    #[must_use]
    pub fn into_vec(self) -> Vec<R> {
        let mut pieces = self.0.into_inner();
        if pieces.len() == 1 {
            return pieces.pop().map(|(_, values)| values).unwrap_or_default();
        }
        pieces.sort_unstable_by_key(|(first, _)| *first);
        let mut all = Vec::with_capacity(pieces.iter().map(|(_, values)| values.len()).sum());
        pieces.into_iter().for_each(|(_, mut values)| all.append(&mut values));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Pieces;

    #[test]
    fn pieces_in_any_order_come_out_in_theirs() {
        let pieces = Pieces::new();
        for (first, values) in [(4, vec![4, 5]), (0, vec![0]), (1, vec![1, 2]), (3, vec![3])] {
            pieces.add(first, values);
        }
        assert_eq!(pieces.into_vec(), [0, 1, 2, 3, 4, 5]);
    }
}
