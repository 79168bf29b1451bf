//! Chains of adapters beside std's own.

use std::cell::RefCell;
use std::fmt::Debug;

use proptest::prelude::*;

use super::super::start::Start;
use super::*;

/// An item that notes when it is dropped.
#[derive(Debug)]
struct Noted<'n>(usize, &'n RefCell<Vec<usize>>);

impl PartialEq for Noted<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.1.borrow_mut().push(self.0);
    }
}

/// `chain`, cut at `cuts`, gives what std's does.
fn same_items<C: IntoIndexed, I: ExactSizeIterator<Item: PartialEq + Debug>>(
    chain: C,
    std: I,
    cuts: &[usize],
) -> Result<(), TestCaseError>
where
    C::Indexed: Indexed<Item = I::Item>,
{
    let source = chain.into_indexed();
    let len = std.len();
    prop_assert_eq!(source.len(), len as u128);
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (len + 1)).chain([0, len]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let parts = cuts.windows(2).flat_map(|range| source.part(Share::new(range[0]..range[1])));
    prop_assert_eq!(parts.collect::<Vec<_>>(), std.collect::<Vec<_>>());
    Ok(())
}

/// Calls `$check!(chain, std)` for all pairs of adapters of `$source`, which is evaluated for each anew.
macro_rules! all_pairs {
    ($check:ident, $source:expr, $($list:tt)*) => { all_pairs!(@each $check, $source, [$($list)*], $($list)*) };
    (@each $check:ident, $source:expr, $list:tt, $($first:ident $x:tt,)*) => {
        $(all_pairs!(@one $check, $source, $first $x, $list);)*
    };
    (@one $check:ident, $source:expr, $first:ident $x:tt, [$($second:ident $y:tt,)*]) => {
        $($check!(Start(Start($source).chain().$first $x).chain().$second $y, $source.$first $x.$second $y);)*
    };
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chains_are_those_of_std(
        len in 0..20_usize, n in 0..25_usize, m in 0..25_usize, step in 1..6_usize, cuts in prop::collection::vec(0..40_usize, 0..5)
    ) {
        macro_rules! check {
            ($chain:expr, $std:expr) => { same_items($chain, $std, &cuts)? };
        }
        let xs: Vec<usize> = (10..10 + len).collect();
        let log = RefCell::default();
        all_pairs!(check, xs.iter(), rev(), skip(n), take(m), step_by(step), enumerate(), zip(7..7 + m),);
        all_pairs!(check, xs.chunks(step), rev(), skip(n), take(m), step_by(step), enumerate(), zip(7..7 + m),);
        all_pairs!(check, 3..3 + len, rev(), skip(n), take(m), step_by(step), enumerate(), zip(xs.iter()),);
        all_pairs!(
            check, xs.iter().map(|i| Noted(*i, &log)).collect::<Vec<_>>().into_iter(),
            rev(), skip(n), take(m), step_by(step), enumerate(), zip(7..7 + m),
        );
    }

    /// In one part, as a loop has on one thread; and each once.
    #[test]
    fn items_are_dropped_when_std_drops_them(
        len in 0..20_usize, n in 0..25_usize, m in 0..25_usize, step in 1..6_usize, read in 0..20_usize
    ) {
        let log = RefCell::default();
        let items = || (0..len).map(|i| Noted(i, &log)).collect::<Vec<_>>().into_iter();
        macro_rules! check {
            ($chain:expr, $std:expr) => {{
                for item in $std.take(read) {
                    drop(item);
                }
                let expected = log.take();
                let source = $chain.into_indexed();
                let len = source.len() as usize;
                if len > 0 && read > 0 {
                    for item in source.part(Share::new(0..len)).take(read) {
                        drop(item);
                    }
                }
                drop(source);
                let mut dropped = log.take();
                // With nothing left to pass items by, std's `nth` has passed by all.
                if len > 0 {
                    prop_assert_eq!(&dropped, &expected, "{}", stringify!($std));
                }
                dropped.sort_unstable();
                prop_assert!(dropped.into_iter().eq(0..items().len()));
                log.take();
            }};
        }
        all_pairs!(check, items(), rev(), skip(n), take(m), step_by(step), enumerate(),);
    }

    /// Each share far from both ends, beyond what a `usize` counts.
    #[test]
    fn long_ranges_are_cut_like_short_ones(start in any::<u64>(), steps in 1..10_usize, skipped in any::<usize>(), share in 0..100_usize) {
        let share = || Share::new(share..share + 3);
        let range = || Start(u128::from(start)..u128::MAX).chain();
        let part = range().skip(skipped).skip(skipped).step_by(steps).into_indexed().part(share());
        let at = (u128::from(start) + 2 * skipped as u128) + (share().start() * steps as u128);
        prop_assert_eq!(part.collect::<Vec<_>>(), [at, at + steps as u128, at + 2 * steps as u128]);
        let part = range().rev().skip(skipped).into_indexed().part(share());
        let at = u128::MAX - 1 - skipped as u128 - share().start();
        prop_assert_eq!(part.collect::<Vec<_>>(), [at, at - 1, at - 2]);
    }
}

#[test]
fn steps_as_long_as_memory_have_short_shares() {
    let source = Start(0..=u64::MAX).chain().step_by(usize::MAX).into_indexed();
    assert_eq!((source.len(), source.longest_share()), (2, 1));
    assert_eq!(source.part(Share::new(1..2)).collect::<Vec<_>>(), [u64::MAX]);
    let source = Start(0..=u64::MAX).chain().step_by(1 << 60).into_indexed();
    assert_eq!(source.part(Share::new(0..16)).nth(15), Some(15 << 60));
}
