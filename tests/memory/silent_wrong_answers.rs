//! Every silent wrong answer found in the Python original and in other Rust memoizers, as a promise kept here.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;

#[test]
fn two_functions_of_one_name_alive_at_once_do_not_mix() {
    mod a {
        #[joblib::cached(memory = memory, ignore = ["memory"])]
        pub(super) fn same(memory: &joblib::Memory, x: i32) -> i32 {
            x + 1
        }
    }
    mod b {
        #[joblib::cached(memory = memory, ignore = ["memory"])]
        pub(super) fn same(memory: &joblib::Memory, x: i32) -> i32 {
            x + 2
        }
    }
    let (_dir, memory) = memory();
    assert_eq!(
        [a::same(&memory, 1), b::same(&memory, 1), a::same(&memory, 1), b::same(&memory, 1)],
        [2, 3, 2, 3]
    );
}

#[test]
fn two_functions_of_one_name_and_the_same_tokens_in_two_blocks_do_not_mix() {
    macro_rules! scaled {
        ($memory:expr, $factor:literal) => {{
            const FACTOR: i32 = $factor;
            #[cached(memory = memory, ignore = ["memory"], code = "body")]
            fn same(memory: &Memory, x: i32) -> i32 {
                x * FACTOR
            }
            same($memory, 1)
        }};
    }
    let (_dir, memory) = memory();
    assert_eq!([scaled!(&memory, 2), scaled!(&memory, 3), scaled!(&memory, 2)], [2, 3, 2]);
}

#[test]
fn two_closures_on_one_line_do_not_mix() {
    let (_dir, memory) = memory();
    #[rustfmt::skip]
    let (g, h) = (memory.cache(|x: i32| x + 1), memory.cache(|x: i32| x + 2));
    assert_eq!([g.call((1,)), h.call((1,)), g.call((1,)), h.call((1,))], [2, 3, 2, 3]);
}

#[test]
fn closures_made_by_one_generic_function_do_not_mix() {
    fn make<const N: i32>(memory: &Memory) -> i32 {
        memory.cache(|x: i32| x + N).call((1,))
    }
    let (_dir, memory) = memory();
    assert_eq!([make::<1>(&memory), make::<100>(&memory), make::<1>(&memory)], [2, 101, 2]);
}

#[test]
fn self_is_part_of_the_key() {
    #[derive(Serialize)]
    struct Grid {
        width: u64,
    }
    impl Grid {
        #[cached(memory = memory, ignore = ["memory"])]
        fn cells(&self, memory: &Memory, rows: u64) -> u64 {
            self.width * rows
        }
    }
    let (_dir, memory) = memory();
    assert_eq!([Grid { width: 2 }.cells(&memory, 10), Grid { width: 3 }.cells(&memory, 10)], [20, 30]);
}

#[test]
fn an_alias_of_result_does_not_store_its_error() {
    type Outcome<T> = std::result::Result<T, String>;
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn fails(memory: &Memory, x: u8) -> Outcome<u8> {
        RUNS.add();
        Err(format!("no {x}"))
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(fails(&memory, 1), Err("no 1".to_owned()));
    }
    assert_eq!(RUNS.take(), 2);
    assert!(!fails::entry(&memory, 1).is_cached());
}

#[test]
fn an_error_behind_a_type_parameter_is_not_stored() {
    #[cached(memory = memory, ignore = ["memory", "make"])]
    fn made<T: Serialize + serde::de::DeserializeOwned>(memory: &Memory, x: u8, make: fn(u8) -> T) -> T {
        make(x)
    }
    let (_dir, memory) = memory();
    assert_eq!(made(&memory, 1, |_| Err::<u8, u8>(1)), Err(1));
    assert_eq!(made(&memory, 1, Ok::<u8, u8>), Ok(1));
}

#[test]
fn another_type_called_result_is_stored_whole() {
    mod homemade {
        #[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq)]
        pub(super) struct Result<T, E>(pub(super) T, pub(super) E);
    }
    use homemade::Result;
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn pair(memory: &Memory, x: u8) -> Result<u8, String> {
        RUNS.add();
        Result(x, "kept".to_owned())
    }
    let (_dir, memory) = memory();
    assert_eq!(pair(&memory, 1), pair(&memory, 1));
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn floats_are_told_apart_by_their_bits() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn sign(memory: &Memory, x: f64) -> f64 {
        1f64.copysign(x)
    }
    let (_dir, memory) = memory();
    assert_eq!([sign(&memory, 0.0), sign(&memory, -0.0)], [1.0, -1.0]);
    let nan = f64::from_bits(0x7ff8_0000_0000_0001);
    assert_eq!(sign(&memory, nan), sign(&memory, nan));
}

#[test]
fn argument_boundaries_do_not_blur() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn joined(memory: &Memory, a: &str, b: &str) -> String {
        format!("{a}|{b}")
    }
    let (_dir, memory) = memory();
    assert_eq!(joined(&memory, "ab", "c"), "ab|c");
    assert_eq!(joined(&memory, "a", "bc"), "a|bc");
    assert_eq!(joined(&memory, "", "abc"), "|abc");
}

#[test]
fn type_arguments_are_part_of_the_identity() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn size<T, const N: usize>(memory: &Memory) -> usize {
        size_of::<T>() * N
    }
    let (_dir, memory) = memory();
    assert_eq!(size::<u8, 1>(&memory), 1);
    assert_eq!(size::<u16, 1>(&memory), 2);
    assert_eq!(size::<u8, 3>(&memory), 3);
    assert_eq!(size::<u8, 1>(&memory), 1);
}

#[test]
fn the_key_is_taken_before_the_call() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn consumed(memory: &Memory, mut values: Vec<u32>) -> Vec<u32> {
        values.push(1);
        values
    }
    let (_dir, memory) = memory();
    let grown = consumed(&memory, vec![7]);
    assert_eq!(grown, [7, 1]);
    assert!(consumed::entry(&memory, vec![7]).is_cached());
    assert!(!consumed::entry(&memory, grown).is_cached());
}
