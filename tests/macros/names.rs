//! Names, attributes, lifetimes and patterns of the user's mean what they mean without the attribute.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::time::Duration;

#[test]
#[allow(clippy::non_minimal_cfg, reason = "conditions that always hold, or never")]
fn attributes_of_parameters() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn f(
        memory: &Memory,
        #[cfg(any())] missing: Missing,
        #[allow(unused_variables)] unused: u8,
        #[cfg(all())] present: u8,
    ) -> u8 {
        present
    }
    struct S;
    #[cached(memory = memory, ignore = ["self", "memory"])]
    impl S {
        #[cached]
        fn method(&self, memory: &Memory, #[cfg(any())] missing: Missing, #[cfg(not(any()))] x: u8) -> u8 {
            x
        }
    }
    let (_dir, memory) = memory();
    assert_eq!(f(&memory, 1, 2), 2);
    assert_eq!(S.method(&memory, 3), 3);
    assert!(f::entry(&memory, 1, 2).is_cached() && S.method_entry(&memory, 3).is_cached());
}

#[test]
#[allow(unsafe_code, reason = "attributes that are unsafe, and a call that needs a feature of the processor")]
fn attributes_of_the_compiler() {
    #[cached(memory = Memory::disabled())]
    #[unsafe(no_mangle)]
    #[must_use]
    fn joblib_test_of_no_mangle(x: u8) -> u8 {
        x
    }
    #[cached(memory = Memory::disabled())]
    #[expect(unused_variables, reason = "one of two")]
    #[expect(clippy::needless_return)]
    #[deprecated]
    fn expecting(x: u8, unused: u8) -> u8 {
        return x;
    }
    #[cached(memory = Memory::disabled())]
    #[inline]
    #[cfg_attr(all(), allow(unused_variables))]
    fn conditional(x: u8, unused: u8) -> u8 {
        x
    }
    #[cfg(target_arch = "x86_64")]
    mod vector {
        #[joblib::cached(memory = joblib::Memory::disabled())]
        #[target_feature(enable = "avx2")]
        pub(super) fn doubled(x: u64) -> u64 {
            2 * x
        }
    }
    #[allow(deprecated)]
    let old = expecting(2, 0);
    assert_eq!([joblib_test_of_no_mangle(1), old, conditional(3, 0)], [1, 2, 3]);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has the feature.
        assert_eq!(unsafe { vector::doubled(2) }, 4);
    }
}

#[test]
fn attributes_inside_the_body() {
    #[cached(memory = Memory::disabled())]
    fn f(x: u8) -> u8 {
        //! Said inside.
        #![allow(unused_variables)]
        let unused = 1;
        x
    }
    assert_eq!(f(1), 1);
}

#[test]
fn lifetimes_left_out_of_results() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn trimmed<'a>(memory: &Memory, text: &'a str) -> Cow<'a, str> {
        text.trim().into()
    }
    #[cached(memory = Memory::disabled())]
    fn elided(text: &str) -> Cow<'_, str> {
        text.trim().into()
    }
    #[cached(memory = Memory::disabled())]
    async fn later(text: &str) -> Option<Cow<'_, str>> {
        Some(text.trim().into())
    }
    #[derive(Serialize)]
    struct Named(String);
    #[cached(memory = Memory::disabled())]
    impl Named {
        #[cached]
        fn name(&self, _other: &str) -> Cow<'_, str> {
            Cow::Borrowed(&self.0)
        }
    }
    trait Name {
        fn first(&self, other: &str) -> Cow<'_, str>;
    }
    #[cached(memory = Memory::disabled())]
    impl Name for Named {
        #[cached]
        fn first(&self, _other: &str) -> Cow<'_, str> {
            Cow::Borrowed(&self.0[..1])
        }
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(trimmed(&memory, " a "), "a");
    }
    assert_eq!(elided(" b "), "b");
    let named = Named("cd".to_owned());
    assert_eq!((named.name("x"), named.first("x")), ("cd".into(), "c".into()));
    drop(later("x"));
    let _ = (elided::memo(), later::memo(), Named::name_memo());
}

mod constants {
    #![allow(non_upper_case_globals, dead_code)]

    pub(super) const key: u8 = 1;
    const function: u8 = 2;
    const args: u8 = 3;
    const policy: u8 = 4;
    const memory: u8 = 5;
    const keep: u8 = 6;
    const answer: u8 = 7;
    const call: u8 = 8;
    struct N;

    #[joblib::cached(memory = joblib::Memory::disabled(), expires_after = "1d", hot = "1M")]
    pub(super) fn sum<const N: usize>(x: u8) -> u8 {
        x + key + function + args + policy + memory + keep + answer + call + N as u8
    }
}

#[test]
fn constants_and_types_of_any_name() {
    assert_eq!(constants::sum::<2>(0), 38);
    let _ = constants::sum::memo::<2>();
}

#[test]
fn lifetimes_that_are_not_written_at_all() {
    #[derive(Debug, PartialEq)]
    struct Failure<'a>(&'a str);
    #[allow(mismatched_lifetime_syntaxes, reason = "left out on purpose")]
    #[cached(memory = Memory::disabled())]
    fn number(text: &str) -> Result<u8, Failure> {
        text.parse().map_err(|_| Failure(text))
    }
    assert_eq!((number("1"), number("x")), (Ok(1), Err(Failure("x"))));
    let _ = number::memo();
}

#[test]
fn bounds_that_parameters_imply() {
    trait Lend {
        type Lent<'x>
        where
            Self: 'x;
        fn lend<'x>(&'x self) -> Result<u8, Self::Lent<'x>>;
    }
    struct Held<'a, T>(&'a T);
    #[cached(memory = Memory::disabled(), ignore = ["self"])]
    impl<'a, T: Serialize> Lend for Held<'a, T> {
        type Lent<'x>
            = &'x T
        where
            Self: 'x;

        #[cached]
        fn lend<'x>(&'x self) -> Result<u8, Self::Lent<'x>> {
            Err(self.0)
        }
    }
    struct Failure<'a, T: 'a>(&'a T);
    #[cached(memory = Memory::disabled())]
    fn failing<'a, T: Serialize>(value: &'a T, _names: &'a [&str]) -> Result<u8, Failure<'a, T>> {
        Err(Failure(value))
    }
    assert_eq!(Held(&3).lend(), Err(&3));
    assert_eq!(failing(&4, &[]).map_err(|failure| *failure.0), Err(4));
}

#[test]
fn traits_are_implemented_for_types_alike() {
    trait Size {
        fn size(&self) -> usize;
    }
    macro_rules! sizes {
        ($($ty:ty),*) => {
            $(#[cached(memory = Memory::disabled())]
            #[allow(unused_variables, clippy::size_of_ref)]
            impl Size for $ty {
                #[cached]
                fn size(&self) -> usize {
                    let unused = 1;
                    size_of_val(self)
                }
            })*
        };
    }
    sizes!(u8, &u8, [u8], [u8; 2], (u8,));
    assert_eq!((1u8.size(), [1u8, 2][..].size(), (1u8,).size()), (1, 2, 1));
}

#[test]
fn raw_names_go_by_either_spelling() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Model(u8);
    impl Model {
        #[cached(memory = Memory::disabled(), ignore = ["self", "type"], hot = "1M")]
        fn r#match(&self, r#type: u8, r#fn: u8) -> Self {
            Model(self.0 + r#type + r#fn)
        }
    }
    #[cached(memory = Memory::disabled(), ignore = ["r#type"])]
    fn r#loop(r#type: u8) -> u8 {
        r#type
    }
    assert_eq!((Model(1).r#match(1, 1).0, r#loop(2)), (3, 2));
    let _ = (Model(1).match_entry(1, 1), Model::match_memo(), r#loop::entry(1));
}

#[test]
fn functions_called_as_primitive_types() {
    mod numbers {
        #[joblib::cached(memory = joblib::Memory::disabled())]
        pub(super) fn u32(x: u32) -> u32 {
            x + 1
        }
    }
    assert_eq!(numbers::u32(1), 2);
}

#[test]
fn headers_with_expressions_and_paths() {
    struct Grid<const N: usize>;
    impl Grid<{ 1 + 1 }> {
        #[cached(memory = Memory::disabled(), ignore = ["self"])]
        fn size(&self, x: usize) -> usize {
            x * 2
        }
    }
    trait Size {
        fn of(x: u8) -> u8;
    }
    mod a {
        pub(super) struct S;
    }
    mod b {
        pub(super) struct S;
    }
    #[cached(memory = Memory::disabled())]
    impl Size for a::S {
        #[cached]
        fn of(x: u8) -> u8 {
            x
        }
    }
    #[cached(memory = Memory::disabled())]
    impl Size for b::S {
        #[cached]
        fn of(x: u8) -> u8 {
            x + 1
        }
    }
    assert_eq!(Grid::<2>.size(3), 6);
    assert_eq!([a::S::of(1), b::S::of(1)], [1, 2]);
}

#[test]
fn options_name_what_belongs_to_self() {
    #[derive(Serialize)]
    struct Model(u8);
    #[cached(memory = memory, ignore = ["memory"], salt = Self::VERSION, expires_after = Self::AGE, max_items = Self::ITEMS)]
    impl Model {
        const VERSION: u8 = 3;
        const AGE: Duration = Duration::from_secs(60);
        const ITEMS: u64 = 10;

        #[cached]
        fn score(&self, memory: &Memory) -> u8 {
            self.0
        }
    }
    let (_dir, memory) = memory();
    assert_eq!([Model(1).score(&memory), Model(1).score(&memory)], [1, 1]);
    assert_eq!(Model::score_memo(&memory).stats().entries, 1);
}

#[test]
fn keys_speak_of_patterns_and_move_nothing() {
    static RUNS: Runs = Runs::new();
    #[derive(Clone, Deserialize)]
    struct Point {
        x: i64,
        name: String,
    }
    #[cached(memory = memory, key = a + b)]
    fn sum(memory: &Memory, (a, b): (i64, i64)) -> i64 {
        RUNS.add();
        a + b
    }
    #[cached(memory = memory, key = (rows, name.len(), x + 1, first))]
    fn moved(
        memory: &Memory,
        rows: Vec<u8>,
        Point { x, mut name }: Point,
        &[first, ..]: &[u8; 2],
    ) -> (Vec<u8>, String) {
        RUNS.add();
        name.push('!');
        let _ = (x, first);
        (rows, name)
    }
    #[derive(Clone)]
    struct Model(String);
    impl Model {
        #[cached(memory = memory, key = (self.0, x))]
        fn named(self, memory: &Memory, x: u8) -> String {
            RUNS.add();
            format!("{}{x}", self.0)
        }
    }
    let (_dir, memory) = memory();
    assert_eq!([sum(&memory, (1, 2)), sum(&memory, (2, 1))], [3, 3]);
    let point = Point { x: 1, name: "p".to_owned() };
    for _ in 0..2 {
        assert_eq!(moved(&memory, vec![1], point.clone(), &[7, 8]), (vec![1], "p!".to_owned()));
    }
    for _ in 0..2 {
        assert_eq!(Model("m".to_owned()).named(&memory, 1), "m1");
    }
    assert_eq!(RUNS.take(), 3);
}

#[test]
fn conditions_decide_the_mark_and_what_is_ignored() {
    struct S;
    #[cached(memory = memory, ignore = ["self", "memory"])]
    impl S {
        #[cfg_attr(all(), cached)]
        fn marked(&self, memory: &Memory, x: u8) -> u8 {
            x
        }

        #[cached(ignore = ["absent"])]
        #[allow(clippy::non_minimal_cfg, reason = "a condition that never holds")]
        fn without(&self, memory: &Memory, #[cfg(any())] absent: Missing, x: u8) -> u8 {
            x
        }
    }
    let (_dir, memory) = memory();
    assert_eq!([S.marked(&memory, 1), S.without(&memory, 2)], [1, 2]);
    assert!(S.marked_entry(&memory, 1).is_cached() && S.without_entry(&memory, 2).is_cached());
}

#[test]
fn a_key_reads_through_unique_references() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, key = *count / 10)]
    fn tens(memory: &Memory, count: &mut u32) -> u32 {
        RUNS.add();
        *count += 1;
        *count
    }
    let (_dir, memory) = memory();
    let mut count = 10;
    assert_eq!([tens(&memory, &mut count), tens(&memory, &mut count)], [11, 11]);
    assert_eq!((count, RUNS.take()), (11, 1));
}

/// A test may be cached, and be expected to panic.
#[test]
#[cached(memory = Memory::disabled())]
#[should_panic(expected = "as it should")]
fn attributes_of_tests_stay_at_the_function() {
    panic!("as it should");
}
