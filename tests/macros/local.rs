//! Functions and types of one name in several blocks of a function, which the compiler's paths do not tell
//! apart.

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

trait Named {
    fn name() -> u8;
}

#[cached(memory = memory, ignore = ["memory"])]
fn name_of<T: Named + ?Sized>(memory: &Memory) -> u8 {
    T::name()
}

/// Calls `name_of` with two types of one name, and a function that a macro makes, twice.
macro_rules! two_of_each {
    ($memory:expr) => {{
        macro_rules! made {
            ($k:expr) => {{
                const K: u8 = $k;
                #[cached(memory = memory, ignore = ["memory"])]
                fn made(memory: &Memory) -> u8 {
                    K
                }
                made($memory)
            }};
        }
        let one = {
            struct L;
            impl Named for L {
                fn name() -> u8 {
                    1
                }
            }
            name_of::<L>($memory)
        };
        let two = {
            struct L;
            impl Named for L {
                fn name() -> u8 {
                    2
                }
            }
            name_of::<L>($memory)
        };
        [one, two, made!(1), made!(2)]
    }};
}

mod same_name {
    pub(super) struct L;

    impl super::Named for L {
        fn name() -> u8 {
            9
        }
    }
}

#[test]
fn methods_of_every_kind_of_impl_have_types_of_their_own() {
    trait Run {
        fn run(&self, memory: &Memory) -> [u8; 4];
    }
    struct Plain;
    struct Generic<T>(T);
    impl Run for Plain {
        fn run(&self, memory: &Memory) -> [u8; 4] {
            two_of_each!(memory)
        }
    }
    impl<T> Generic<T> {
        fn run(&self, memory: &Memory) -> [u8; 4] {
            let _ = &self.0;
            two_of_each!(memory)
        }
    }
    impl dyn Run {
        fn inherent(&self, memory: &Memory) -> [u8; 4] {
            two_of_each!(memory)
        }
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(Plain.run(&memory), [1, 2, 1, 2]);
        assert_eq!(Generic(1).run(&memory), [1, 2, 1, 2]);
        assert_eq!((&Plain as &dyn Run).inherent(&memory), [1, 2, 1, 2]);
        assert_eq!(same_name(&memory), [1, 2, 1, 2]);
        assert_eq!(name_of::<same_name::L>(&memory), 9);
    }
}

/// A function that is called like a module.
fn same_name(memory: &Memory) -> [u8; 4] {
    two_of_each!(memory)
}

#[test]
fn headers_of_impl_blocks_can_be_spelled_differently() {
    let (_dir, memory) = memory();
    for _ in 0..2 {
        let one = {
            trait Go {
                fn go(&self) -> u8 {
                    1
                }
            }
            impl<T> Go for T {}
            struct W<T>(T);
            impl<T> W<T> {
                #[cached(memory = memory, ignore = ["memory"])]
                fn f(memory: &Memory) -> u8 {
                    0u8.go()
                }
            }
            let _ = W(1).0;
            W::<u8>::f(&memory)
        };
        let two = {
            trait Go {
                fn go(&self) -> u8 {
                    2
                }
            }
            impl<T> Go for T {}
            struct W<T>(T);
            impl<U> W<U> {
                #[cached(memory = memory, ignore = ["memory"])]
                fn f(memory: &Memory) -> u8 {
                    0u8.go()
                }
            }
            let _ = W(1).0;
            W::<u8>::f(&memory)
        };
        assert_eq!([one, two], [1, 2]);
    }
}

#[test]
fn pointers_to_functions_differ_by_their_lifetimes() {
    type First = for<'a, 'b> fn(&'a u8, &'b u8) -> &'a u8;
    type Second = for<'a, 'b> fn(&'a u8, &'b u8) -> &'b u8;
    impl Named for First {
        fn name() -> u8 {
            1
        }
    }
    #[allow(coherence_leak_check, reason = "the compiler tells them apart")]
    impl Named for Second {
        fn name() -> u8 {
            2
        }
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!([name_of::<First>(&memory), name_of::<Second>(&memory)], [1, 2]);
    }
}
