//! Functions and types of one name in several blocks of a function, which the compiler's paths do not tell apart.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::{Deserialize, Serialize};

#[test]
fn functions_in_two_blocks_are_two() {
    let (_dir, memory) = memory();
    for _ in 0..2 {
        let one = {
            const K: u32 = 10;
            #[cached(memory = memory, ignore = ["memory"])]
            fn f(memory: &Memory, x: u32) -> u32 {
                x + K
            }
            f(&memory, 1)
        };
        let two = {
            const K: u32 = 20;
            #[cached(memory = memory, ignore = ["memory"])]
            fn f(memory: &Memory, x: u32) -> u32 {
                x + K
            }
            f(&memory, 1)
        };
        assert_eq!([one, two], [11, 21]);
    }
    assert_eq!(memory.functions().unwrap().len(), 2);
}

#[test]
fn the_executable_tells_positions_and_not_names() {
    let (_dir, memory) = memory();
    for _ in 0..2 {
        let values = [
            {
                #[cached(memory = memory, ignore = ["memory"], code = "binary")]
                fn f(memory: &Memory, x: u32) -> u32 {
                    x + 1
                }
                f(&memory, 1)
            },
            {
                #[cached(memory = memory, ignore = ["memory"], code = "binary")]
                fn f(memory: &Memory, x: u32) -> u32 {
                    x + 2
                }
                f(&memory, 1)
            },
        ];
        assert_eq!(values, [2, 3]);
    }
}

trait Rate {
    const RATE: u32;
}

#[cached(memory = memory, ignore = ["memory"])]
fn rated<T: Rate>(memory: &Memory, x: u32) -> u32 {
    x * T::RATE
}

#[test]
fn types_in_two_blocks_are_two() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn rate_of<T: Rate + Serialize>(memory: &Memory, _value: &T) -> u32 {
        RUNS.add();
        T::RATE
    }
    #[derive(Serialize)]
    struct Wrapped<T>(T);
    #[cached(memory = memory, ignore = ["memory"])]
    impl<T: Rate + Serialize> Wrapped<T> {
        #[cached]
        fn rate(&self, memory: &Memory) -> u32 {
            RUNS.add();
            T::RATE
        }
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        let one = {
            #[derive(Serialize)]
            struct L;
            impl Rate for L {
                const RATE: u32 = 1;
            }
            [rated::<L>(&memory, 5), rate_of(&memory, &L), Wrapped(L).rate(&memory)]
        };
        let two = {
            #[derive(Serialize)]
            struct L;
            impl Rate for L {
                const RATE: u32 = 2;
            }
            [rated::<L>(&memory, 5), rate_of(&memory, &L), Wrapped(L).rate(&memory)]
        };
        assert_eq!((one, two), ([5, 1, 1], [10, 2, 2]));
    }
    assert_eq!(RUNS.take(), 4);
}

#[test]
fn closures_of_one_function_are_several() {
    #[cached(memory = memory, ignore = ["memory", "by"])]
    fn applied(memory: &Memory, by: impl Fn(u32) -> u32, x: u32) -> u32 {
        by(x)
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(applied(&memory, |x| x + 1, 1), 2);
        assert_eq!(applied(&memory, |x| x + 2, 1), 3);
    }
}

#[test]
fn what_a_macro_makes_in_two_places_is_two() {
    macro_rules! plus {
        ($memory:expr, $k:expr) => {{
            const K: u32 = $k;
            #[derive(Serialize, Deserialize, Debug, PartialEq)]
            struct L(u32);
            #[cached(memory = memory, ignore = ["memory"])]
            fn f(memory: &Memory, x: u32) -> L {
                L(x + K)
            }
            let entry = f::entry($memory, 1);
            assert_eq!(f::memo($memory).stats().entries, usize::from(entry.is_cached()) as u64);
            f($memory, 1).0
        }};
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!([plus!(&memory, 1), plus!(&memory, 2)], [2, 3]);
    }
    macro_rules! modules {
        ($($name:ident)*) => {
            $(mod $name {
                #[joblib::cached(memory = memory, ignore = ["memory"])]
                pub(super) fn f(memory: &joblib::Memory) -> String {
                    module_path!().to_owned()
                }
            })*
        };
    }
    modules!(a b);
    assert!(a::f(&memory).ends_with("::a") && b::f(&memory).ends_with("::b"));
}

#[test]
fn a_directory_may_depend_on_a_type() {
    trait Named {
        const NAME: &str;
    }
    struct A;
    struct B;
    impl Named for A {
        const NAME: &str = "a";
    }
    impl Named for B {
        const NAME: &str = "b";
    }
    static DIR: std::sync::LazyLock<tempfile::TempDir> =
        std::sync::LazyLock::new(|| tempfile::tempdir().unwrap());
    #[cached(dir = DIR.path().join(T::NAME))]
    fn f<T: Named>(x: u8) -> String {
        format!("{}{x}", T::NAME)
    }
    for _ in 0..2 {
        assert_eq!([f::<A>(1), f::<B>(1)], ["a1", "b1"]);
    }
    let dirs = [f::memo::<A>().dir().unwrap(), f::memo::<B>().dir().unwrap()];
    assert!(dirs[0].starts_with(DIR.path().join("a")) && dirs[1].starts_with(DIR.path().join("b")));
}
