//! Free functions of every shape.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::fmt::Display;

#[test]
fn arguments_are_taken_as_functions_take_them() {
    static RUNS: Runs = Runs::new();
    #[allow(clippy::too_many_arguments)]
    #[cached(memory = memory, ignore = ["memory"])]
    fn shapes(
        memory: &Memory,
        text: &str,
        numbers: &[f64],
        (a, b): (u8, u8),
        [first, .., last]: [u32; 4],
        mut owned: Vec<String>,
        fixed: &[u8; 3],
        maybe: Option<&str>,
    ) -> String {
        RUNS.add();
        owned.push(text.to_owned());
        format!("{owned:?} {numbers:?} {a} {b} {first} {last} {fixed:?} {maybe:?}")
    }
    let (_dir, memory) = memory();
    let call = |b| shapes(&memory, "t", &[1.5], (1, b), [7, 0, 0, 9], vec!["o".into()], b"abc", Some("m"));
    assert_eq!(call(2), r#"["o", "t"] [1.5] 1 2 7 9 [97, 98, 99] Some("m")"#);
    assert_eq!(call(2), call(2));
    assert_eq!(RUNS.take(), 1);
    call(3);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn generic_functions_have_entries_per_instance() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn describe<'a, T, const N: usize>(memory: &Memory, value: &'a T, many: &[[u8; 3]]) -> (String, usize)
    where
        T: Serialize + Display + ?Sized + 'a,
    {
        RUNS.add();
        (value.to_string(), N + many.len())
    }
    let (_dir, memory) = memory();
    assert_eq!(describe::<str, 2>(&memory, "1", &[]), ("1".to_owned(), 2));
    assert_eq!(describe::<i32, 2>(&memory, &1, &[]), ("1".to_owned(), 2));
    assert_eq!(describe::<u8, 3>(&memory, &1, &[]), ("1".to_owned(), 3));
    assert_eq!(RUNS.take(), 3);
    assert!(describe::entry::<str, 2>(&memory, "1", &[]).is_cached());
    assert_eq!(describe::<u8, 3>(&memory, &1, &[]), ("1".to_owned(), 3));
    assert_eq!(RUNS.take(), 0);
}

#[test]
fn impl_trait_arguments_are_part_of_the_identity() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn total(memory: &Memory, values: impl Iterator<Item = u64> + Serialize + Clone, scale: u64) -> u64 {
        RUNS.add();
        values.sum::<u64>() * scale
    }
    #[derive(Clone, Serialize)]
    struct UpTo(u64);
    impl Iterator for UpTo {
        type Item = u64;
        fn next(&mut self) -> Option<u64> {
            self.0 = self.0.checked_sub(1)?;
            Some(self.0)
        }
    }
    let (_dir, memory) = memory();
    assert_eq!(total(&memory, UpTo(4), 10), 60);
    assert_eq!(total(&memory, UpTo(4), 10), 60);
    assert_eq!(RUNS.take(), 1);
    assert!(total::entry(&memory, UpTo(4), 10).is_cached());
    assert_eq!(total::memo::<UpTo>(&memory).stats().entries, 1);
}

#[test]
fn memo_names_the_types_behind_impl_trait_in_order() {
    #[cached(memory = memory.clone(), ignore = ["memory"])]
    fn nested<T: Serialize>(
        first: T,
        pairs: impl IntoIterator<Item = (u8, impl Serialize)> + Serialize + Clone,
        memory: impl std::ops::Deref<Target = Memory> + Clone,
        label: Option<&(impl AsRef<str> + Serialize + ?Sized)>,
    ) -> usize {
        let _ = first;
        pairs.clone().into_iter().count() + label.map_or(0, |label| label.as_ref().len())
    }
    let (_dir, memory) = memory();
    let call = || nested(1i8, vec![(1, 2u16)], &memory, Some("ab"));
    assert_eq!([call(), call()], [3, 3]);
    let memo = nested::memo::<i8, u16, Vec<(u8, u16)>, &Memory, str>(&memory);
    assert_eq!(memo.stats().entries, 1);
    let other = nested::memo::<i8, u32, Vec<(u8, u32)>, &Memory, str>(&memory);
    assert_eq!(other.stats().entries, 0);
}

#[test]
fn memo_takes_what_the_memory_comes_from() {
    struct Lab {
        memory: Memory,
    }
    #[cached(memory = lab.memory, ignore = ["lab"])]
    fn square(lab: &Lab, x: u64) -> u64 {
        x * x
    }
    let ((_one, first), (_two, second)) = (memory(), memory());
    let (first, second) = (Lab { memory: first }, Lab { memory: second });
    assert_eq!([square(&first, 2), square(&first, 3), square(&second, 2)], [4, 9, 4]);
    assert_eq!(square::memo(&first).stats().entries, 2);
    square::memo(&second).clear().unwrap();
    assert_eq!(square::memo(&second).stats().entries, 0);
    assert!(square::entry(&first, 2).is_cached());
}

#[test]
fn answers_may_be_nothing_borrowed_forms_or_generic() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn nothing(memory: &Memory, x: u32) {
        let _ = x;
        RUNS.add();
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn cow(memory: &Memory, x: &str) -> Cow<'static, str> {
        RUNS.add();
        x.to_uppercase().into()
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn back<T: Serialize + DeserializeOwned>(memory: &Memory, x: T) -> Option<Vec<T>> {
        RUNS.add();
        Some(vec![x])
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        nothing(&memory, 1);
        assert_eq!(cow(&memory, "a"), "A");
        assert_eq!(back(&memory, 5), Some(vec![5]));
        assert_eq!(back(&memory, "x".to_owned()), Some(vec!["x".to_owned()]));
    }
    assert_eq!(RUNS.take(), 4);
}

#[test]
fn bodies_return_early_and_use_the_question_mark() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn parsed(memory: &Memory, text: &str) -> Result<i64, std::num::ParseIntError> {
        if text.is_empty() {
            return Ok(0);
        }
        let value: i64 = text.parse()?;
        Ok(value * 2)
    }
    let (_dir, memory) = memory();
    assert_eq!(parsed(&memory, ""), Ok(0));
    assert_eq!(parsed(&memory, "21"), Ok(42));
    assert!(parsed(&memory, "x").is_err());
    assert!(!parsed::entry(&memory, "x").is_cached());
}

#[test]
fn attributes_and_visibility_stay() {
    mod inner {
        /// Documented.
        #[cfg(not(any()))]
        #[joblib::cached(memory = super::memory_at(""))]
        #[must_use]
        #[inline]
        pub(super) fn visible(x: u8) -> u8 {
            x
        }

        #[cfg(any())]
        #[joblib::cached]
        pub(super) fn absent(x: Missing) -> Missing {
            x
        }

        #[joblib::cached(memory = super::memory_at(""))]
        #[cfg(any())]
        pub(super) fn absent_too(x: Missing) -> Missing {
            x
        }
    }
    assert_eq!(inner::visible(1), 1);
    let _ = inner::visible::entry(1).is_cached();
}

fn memory_at(_: &str) -> Memory {
    Memory::disabled()
}

mod elsewhere {
    #[joblib::cached(memory = joblib::Memory::disabled())]
    pub(crate) fn twice(x: u32) -> u32 {
        2 * x
    }
}

#[test]
fn one_import_brings_the_function_and_its_cache() {
    use elsewhere::twice;
    assert_eq!(twice(2), 4);
    assert!(!twice::entry(2).is_cached());
    assert_eq!(twice::memo().entries().unwrap().len(), 0);
    let as_value: fn(u32) -> u32 = twice;
    assert_eq!([1, 2].map(as_value), [2, 4]);
}

#[test]
fn other_macros_see_the_body_from_either_side() {
    static RUNS: Runs = Runs::new();

    #[cached(memory = memory, ignore = ["memory"])]
    #[joblib::parallel_for]
    fn before(memory: &Memory, values: &[u64]) -> u64 {
        RUNS.add();
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for value in values {
            sum += value;
        }
        sum
    }

    #[joblib::parallel_for]
    #[cached(memory = memory, ignore = ["memory"])]
    fn after(memory: &Memory, values: &[u64]) -> u64 {
        RUNS.add();
        let mut sum = 0;
        #[parallel_for(reduce(+ = sum))]
        for value in values {
            sum += value;
        }
        sum
    }

    let (_dir, memory) = memory();
    let values: Vec<u64> = (0..1000).collect();
    for _ in 0..2 {
        assert_eq!([before(&memory, &values), after(&memory, &values)], [499_500; 2]);
    }
    assert_eq!(RUNS.take(), 2);
}

/// What the compiler says of a plain function's parameters it says of a cached one's.
#[deny(unfulfilled_lint_expectations)]
#[expect(unused_parens)]
mod parenthesised {
    #[joblib::cached(memory = memory, ignore = ["memory"])]
    pub(super) fn next((number): u8, memory: &joblib::Memory) -> u8 {
        number + 1
    }
}

#[test]
fn a_parameter_in_parentheses_is_reported_and_works() {
    let (_dir, memory) = memory();
    assert_eq!(parenthesised::next(1, &memory), 2);
}
