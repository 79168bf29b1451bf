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

/// Several adapters on top of each other give the same items as std's and drop the same, each once.
mod chains {
    use super::*;
    use std::rc::Rc;

    trait Both: DoubleEndedIterator + ExactSizeIterator {}
    impl<I: DoubleEndedIterator + ExactSizeIterator> Both for I {}
    type Iter<'a> = Box<dyn Both<Item = Bag<'a>> + 'a>;
    #[derive(Debug, PartialEq)]
    struct Bag<'n>(Vec<Noted<'n>>);

    trait DynIndexed<'a> {
        fn len(&self) -> u128;
        fn part(&self, share: Share) -> Iter<'a>;
        fn part_from_end(&self, share: Share) -> Iter<'a>;
        fn pass_by(&self, range: Range<u128>);
        fn pass_by_from_end(&self, range: Range<u128>);
        fn longest_share(&self) -> usize;
    }
    struct Map<S, F>(S, F);
    impl<'a, S: Indexed<Part: DoubleEndedIterator + 'a>, F: Fn(S::Item) -> Bag<'a> + Copy + 'a> DynIndexed<'a>
        for Map<S, F>
    where
        S::Item: 'a,
    {
        fn len(&self) -> u128 {
            self.0.len()
        }
        fn part(&self, share: Share) -> Iter<'a> {
            Box::new(self.0.part(share).map(self.1))
        }
        fn part_from_end(&self, share: Share) -> Iter<'a> {
            Box::new(self.0.part_from_end(share).map(self.1))
        }
        fn pass_by(&self, range: Range<u128>) {
            self.0.pass_by(range)
        }
        fn pass_by_from_end(&self, range: Range<u128>) {
            self.0.pass_by_from_end(range)
        }
        fn longest_share(&self) -> usize {
            self.0.longest_share()
        }
    }
    #[derive(Clone)]
    struct Dyn<'a>(Rc<dyn DynIndexed<'a> + 'a>);
    impl<'a> Indexed for Dyn<'a> {
        type Item = Bag<'a>;
        type Part = Iter<'a>;
        fn len(&self) -> u128 {
            self.0.len()
        }
        fn part(&self, share: Share) -> Iter<'a> {
            self.0.part(share)
        }
        fn part_from_end(&self, share: Share) -> Iter<'a> {
            self.0.part_from_end(share)
        }
        fn pass_by(&self, range: Range<u128>) {
            self.0.pass_by(range)
        }
        fn pass_by_from_end(&self, range: Range<u128>) {
            self.0.pass_by_from_end(range)
        }
        fn longest_share(&self) -> usize {
            self.0.longest_share()
        }
    }
    fn wrap<'a, S: Indexed<Part: DoubleEndedIterator + 'a> + 'a, F: Fn(S::Item) -> Bag<'a> + Copy + 'a>(
        s: S,
        f: F,
    ) -> Dyn<'a>
    where
        S::Item: 'a,
    {
        Dyn(Rc::new(Map(s, f)))
    }
    fn owned<'a>(len: usize, log: &'a RefCell<Vec<usize>>, base: usize) -> (Dyn<'a>, Iter<'a>) {
        let items = move || (0..len).map(|i| Noted(i + base, log)).collect::<Vec<_>>();
        (wrap(items().into_indexed(), |x| Bag(vec![x])), Box::new(items().into_iter().map(|x| Bag(vec![x]))))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4_000, ..ProptestConfig::default() })]
        #[test]
        fn of_several(
            len in 0..20_usize,
            ops in prop::collection::vec((0..6_u8, 0..8_usize), 0..6),
            cuts in prop::collection::vec(0..40_usize, 0..5),
            read in 0..30_usize,
        ) {
            let log = RefCell::default();
            let std_log = RefCell::default();
            let mut total = len;
            let (mut mine, _unused) = owned(len, &log, 0);
            drop(_unused); log.take();
            let (_unused, mut std) = owned(len, &std_log, 0);
            drop(_unused); std_log.take();
            for (op, n) in ops {
                (mine, std) = match op {
                    0 => (wrap(Rev::new(mine), |x| x), Box::new(std.rev()) as Iter<'_>),
                    1 => (wrap(Skip::new(mine, n), |x| x), Box::new(std.skip(n)) as Iter<'_>),
                    2 => (wrap(Take::new(mine, 2 * n + 2), |x| x), Box::new(std.take(2 * n + 2)) as Iter<'_>),
                    3 => (wrap(StepBy::new(mine, n % 4 + 1), |x| x), Box::new(std.step_by(n % 4 + 1)) as Iter<'_>),
                    4 => (wrap(Enumerate::new(mine), |x| x.1), Box::new(std.enumerate().map(|x| x.1)) as Iter<'_>),
                    _ => {
                        let more = 3 * n;
                        let (b, _u) = owned(more, &log, total);
                        drop(_u); log.borrow_mut().retain(|i| *i < total);
                        let (_u, b_std) = owned(more, &std_log, total);
                        drop(_u); std_log.borrow_mut().retain(|i| *i < total);
                        total += more;
                        fn pair<'a>((mut a, mut b): (Bag<'a>, Bag<'a>)) -> Bag<'a> { a.0.append(&mut b.0); a }
                        (wrap(Zip { first: mine, second: b }, pair), Box::new(std.zip(b_std).map(pair)) as Iter<'_>)
                    }
                };
            }
            let n = std.len();
            prop_assert_eq!(mine.len(), n as u128);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (n + 1)).chain([0, n]).collect();
            cuts.sort_unstable();
            cuts.dedup();
            let mut left = read;
            let mut got = Vec::new();
            for range in cuts.windows(2) {
                let mut part = mine.part(Share::new(range[0]..range[1]));
                while left > 0 && let Some(Bag(items)) = part.next() { left -= 1; got.push(items.iter().map(|i| i.0).collect::<Vec<_>>()); }
            }
            let expected: Vec<Vec<usize>> = std.take(read).map(|bag| bag.0.iter().map(|i| i.0).collect()).collect();
            prop_assert_eq!(got, expected);
            drop(mine);
            let mut dropped = log.take();
            dropped.sort_unstable();
            prop_assert!(dropped.iter().copied().eq(0..total), "{:?}", dropped);
        }
    }
}
