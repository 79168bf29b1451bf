//! Values nested deeper than the limit: as if there were no cache, and never an overflow.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Serialize};

/// What threads have by default, on most systems.
const STACK: usize = 2 << 20;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct List {
    value: u8,
    next: Option<Box<List>>,
}

impl List {
    fn new(length: usize) -> Self {
        (1..length).fold(List::default(), |list, _| List { value: 1, next: Some(Box::new(list)) })
    }

    fn len(&self) -> usize {
        std::iter::successors(Some(self), |list| list.next.as_deref()).count()
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut list) = next {
            next = list.next.take();
        }
    }
}

fn on_a_small_stack(work: fn()) {
    std::thread::Builder::new().stack_size(STACK).spawn(work).unwrap().join().unwrap();
}

#[cached(memory = memory, ignore = ["memory", "runs"])]
fn length(memory: &Memory, runs: &Runs, list: &List) -> usize {
    runs.add();
    list.len()
}

#[test]
fn an_argument_that_is_too_deep_is_computed_each_time() {
    on_a_small_stack(|| {
        let (_dir, memory) = memory();
        let runs = Runs::new();
        for (count, expected) in [(256, 1), (257, 2), (1_000_000, 2)] {
            let list = List::new(count);
            assert_eq!(length(&memory, &runs, &list), count);
            assert_eq!(length(&memory, &runs, &list), count);
            assert_eq!(runs.take(), expected, "{count}");
        }
        let error = length::entry(&memory, &runs, &List::new(100_000)).key().unwrap_err();
        assert!(error.is_limit() && error.is_unhashable(), "{error}");
        assert_eq!(
            error.to_string(),
            "there is no key: argument `list` cannot be hashed: it is nested more than 256 levels deep"
        );
        let error = joblib::hash(&List::new(1_000_000)).unwrap_err();
        assert!(error.is_limit() && error.is_unhashable(), "{error}");
    });
}

#[test]
fn a_result_that_is_too_deep_is_handed_over_and_not_kept() {
    #[cached(memory = memory, ignore = ["memory", "runs"])]
    fn list(memory: &Memory, runs: &Runs, count: usize) -> List {
        runs.add();
        List::new(count)
    }
    on_a_small_stack(|| {
        let (_dir, memory) = memory();
        let runs = Runs::new();
        for (count, expected) in [(256, 1), (257, 2), (100_000, 2)] {
            assert_eq!(list(&memory, &runs, count).len(), count);
            assert_eq!(list(&memory, &runs, count).len(), count);
            assert_eq!(runs.take(), expected, "{count}");
        }
    });
}

#[test]
fn a_debug_form_that_is_too_deep_is_cut_off() {
    #[cached(memory = memory, ignore = ["memory"], record_args, verbose = 1)]
    fn recorded(memory: &Memory, list: &List) -> usize {
        list.len()
    }
    on_a_small_stack(|| {
        let (_dir, memory) = memory();
        assert_eq!(recorded(&memory, &List::new(200)), 200);
        assert_eq!(recorded(&memory, &List::new(1_000_000)), 1_000_000);
        let args = recorded::entry(&memory, &List::new(200)).metadata().unwrap().args.unwrap();
        assert!(
            args.starts_with("list=List { value: 1, next: Some(List {") && args.ends_with("..."),
            "{args}"
        );
    });
}

#[test]
fn recorded_arguments_are_cut_off_where_they_are_too_deep() {
    #[derive(Serialize, Default)]
    struct Lists(Vec<Lists>);
    fn count(lists: Lists) -> usize {
        let mut inner = lists.0;
        let mut count = 1;
        while let Some(list) = inner.pop() {
            (inner, count) = (list.0, count + 1);
        }
        count
    }
    on_a_small_stack(|| {
        let (_dir, memory) = memory();
        let cached = memory.cache(count).record_args(true);
        let lists = |count| (1..count).fold(Lists::default(), |inner, _| Lists(vec![inner]));
        assert_eq!(cached.call((lists(200),)), 200);
        assert_eq!(cached.call((lists(100_000),)), 100_000);
    });
}
