//! Reductions that choose one of the loop's values: `max`, `min`, `argmax`, `argmin`, `last` and `first`. A
//! block that chose none changes nothing.

use super::reduce::{Reduction, of_values};

/// `reduce(max = ..)` and `reduce(min = ..)`, by the very comparison the body makes: `merge` is that
/// comparison, of an earlier value and a later one.
#[derive(Debug)]
pub struct Extreme<M> {
    merge: M,
}

impl<M> Extreme<M> {
    /// By `merge`, which is associative.
    #[inline]
    pub(super) fn new(merge: M) -> Self {
        Extreme { merge }
    }

    /// The same for blocks like this one.
    #[inline]
    pub fn of_block<A>(_: &Option<A>, merge: M) -> Self
    where
        M: Fn(A, A) -> A,
    {
        Extreme { merge }
    }

    #[inline]
    pub(super) fn take_in<A>(&self, block: &mut Option<A>, e: A)
    where
        M: Fn(A, A) -> A,
    {
        *block = Some(match block.take() {
            Some(before) => (self.merge)(before, e),
            None => e,
        });
    }
}

#[diagnostic::do_not_recommend]
impl<A: Clone + Send, M: Fn(A, A) -> A + Sync> Reduction<A> for Extreme<M> {
    type Block = Option<A>;
    type Seed = ();

    #[inline]
    fn seed(&self, _value: &A) {}

    #[inline]
    fn empty(&self, (): &()) -> Option<A> {
        None
    }

    #[inline]
    fn join(&self, block: &mut Option<A>, next: Option<A>) {
        if let Some(next) = next {
            self.take_in(block, next);
        }
    }

    #[inline]
    fn apply(&self, value: &mut A, block: Option<A>) {
        if let Some(next) = block {
            *value = (self.merge)(value.clone(), next);
        }
    }
}

/// `reduce(argmax(best) = at)` and `reduce(argmin(best) = at)`: an extreme value and what belongs to it,
/// which change together; and `max` and `min` where the body compares, with nothing that belongs to it.
///
/// Blocks start from the value before the loop: what does not beat that, like NaN, is not chosen.
#[derive(Debug)]
pub struct ArgExtreme<C> {
    beats: C,
}

/// What a block has chosen, if anything beat the value before the loop.
#[derive(Debug, Clone)]
pub struct Chosen<A, V> {
    value: A,
    others: Option<V>,
}

crate::impl_serde_struct!(Chosen<A, V> { value, others });

impl<C> ArgExtreme<C> {
    /// By `beats`, the body's comparison of a later value and an earlier one.
    #[inline]
    pub(super) fn new(beats: C) -> Self {
        ArgExtreme { beats }
    }

    /// The same for blocks like this one.
    #[inline]
    pub fn of_block<A, V>(_: &Chosen<A, V>, beats: C) -> Self
    where
        C: Fn(&A, &A) -> bool,
    {
        ArgExtreme { beats }
    }

    #[inline]
    pub(super) fn beats<A, V>(&self, e: &A, block: &Chosen<A, V>) -> bool
    where
        C: Fn(&A, &A) -> bool,
    {
        (self.beats)(e, &block.value)
    }
}

impl<A, V> Chosen<A, V> {
    #[inline]
    pub(super) fn choose(&mut self, value: A, others: V) {
        *self = Chosen { value, others: Some(others) };
    }

    /// The value it would have to beat.
    #[inline]
    pub(super) fn value(&self) -> &A {
        &self.value
    }
}

/// The variable of an extreme value, and those that belong to it.
pub struct ArgVariables<'v, A, V: Values + 'v> {
    pub(super) value: &'v mut A,
    pub(super) others: V::Places<'v>,
}

#[diagnostic::do_not_recommend]
impl<'v, A: Clone + Send + Sync, V: Values + 'v, C: Fn(&A, &A) -> bool + Sync>
    Reduction<ArgVariables<'v, A, V>> for ArgExtreme<C>
{
    type Block = Chosen<A, V>;
    type Seed = A;

    #[inline]
    fn seed(&self, variables: &ArgVariables<'v, A, V>) -> A {
        variables.value.clone()
    }

    #[inline]
    fn empty(&self, seed: &A) -> Chosen<A, V> {
        Chosen { value: seed.clone(), others: None }
    }

    #[inline]
    fn join(&self, block: &mut Chosen<A, V>, next: Chosen<A, V>) {
        if let Chosen { value, others: Some(others) } = next
            && self.beats(&value, block)
        {
            block.choose(value, others);
        }
    }

    #[inline]
    fn apply(&self, variables: &mut ArgVariables<'v, A, V>, block: Chosen<A, V>) {
        if let Chosen { value, others: Some(others) } = block
            && (self.beats)(&value, variables.value)
        {
            *variables.value = value;
            others.store(&mut variables.others);
        }
    }
}

/// The values that belong to an extreme one: `(first, (second, ()))`.
pub trait Values: Send + Sized {
    /// The variables they are stored in.
    type Places<'v>: Send
    where
        Self: 'v;

    /// Stores them.
    fn store(self, places: &mut Self::Places<'_>);
}

impl Values for () {
    type Places<'v> = ();

    #[inline]
    fn store(self, (): &mut ()) {}
}

impl<T: Send, Others: Values> Values for (T, Others) {
    type Places<'v>
        = (&'v mut T, Others::Places<'v>)
    where
        Self: 'v;

    #[inline]
    fn store(self, (place, places): &mut Self::Places<'_>) {
        **place = self.0;
        self.1.store(places);
    }
}

/// Variables, by the type of their values.
pub trait Places<'v> {
    /// The type of their values.
    type Values: Values<Places<'v> = Self> + 'v;
}

impl Places<'_> for () {
    type Values = ();
}

impl<'v, T: Send + 'v, Others: Places<'v>> Places<'v> for (&'v mut T, Others) {
    type Values = (T, Others::Values);
}

/// `reduce(last = ..)`: the value that the latest iteration assigned.
#[derive(Clone, Copy, Debug)]
pub struct Last;

#[diagnostic::do_not_recommend]
impl<A: Send> Reduction<A> for Last {
    type Block = Option<A>;
    type Seed = ();

    #[inline]
    fn seed(&self, _value: &A) {}

    #[inline]
    fn empty(&self, (): &()) -> Option<A> {
        None
    }

    #[inline]
    fn join(&self, block: &mut Option<A>, next: Option<A>) {
        if next.is_some() {
            *block = next;
        }
    }

    #[inline]
    fn apply(&self, value: &mut A, block: Option<A>) {
        if let Some(last) = block {
            *value = last;
        }
    }
}

of_values! {
    /// `reduce(first = ..)`: the value that the earliest iteration assigned to an `Option` that had none.
    First<T: Send> of Option<T>: None, |block, next| *block = block.take().or(next);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ties_the_one_that_the_comparison_keeps() {
        for (later_wins, at_the_end) in [(false, 1), (true, 7)] {
            let beats = move |e: &u8, chosen: &u8| if later_wins { e >= chosen } else { e > chosen };
            let reduction = ArgExtreme::new(beats);
            let (mut best, mut at) = (0, 0);
            let mut variables = ArgVariables::<_, (usize, ())> { value: &mut best, others: (&mut at, ()) };
            let empty = reduction.empty(&0);
            for chosen in [Some((9, 1)), None, Some((9, 7)), Some((3, 8))] {
                let mut block = empty.clone();
                if let Some((value, at)) = chosen {
                    block.choose(value, (at, ()));
                }
                reduction.apply(&mut variables, block);
            }
            assert_eq!((best, at), (9, at_the_end));
        }
    }

    #[test]
    fn what_is_not_comparable_is_not_chosen() {
        let reduction = ArgExtreme::new(|e: &f64, chosen: &f64| e > chosen);
        let mut highest = 1.0;
        let mut variables = ArgVariables::<_, ()> { value: &mut highest, others: () };
        let mut block = reduction.empty(&1.0);
        for e in [f64::NAN, 5.0, f64::NAN] {
            if reduction.beats(&e, &block) {
                block.choose(e, ());
            }
        }
        reduction.apply(&mut variables, block);
        assert_eq!(highest, 5.0);
    }

    #[test]
    fn nan_is_what_the_body_makes_of_it() {
        let sticky =
            Extreme::new(|a: f64, b: f64| if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) });
        let mut highest = 1.0;
        let mut block = Some(f64::NAN);
        sticky.join(&mut block, Some(3.0));
        sticky.apply(&mut highest, block);
        assert!(highest.is_nan());
        let std = Extreme::new(f64::max);
        std.apply(&mut highest, Some(2.0));
        assert_eq!(highest, 2.0);
    }
}
