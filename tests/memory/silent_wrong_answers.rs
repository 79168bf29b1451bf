//! Every silent wrong answer found in the Python original and in other Rust memoizers, as a promise kept
//! here.
//!
//! Found in joblib 1.6:
//!
//! | wrong answer | kept here by |
//! |---|---|
//! | two functions of one name alive at once share entries | [`two_functions_of_one_name_alive_at_once_do_not_mix`], [`two_functions_of_one_name_and_the_same_tokens_in_two_blocks_do_not_mix`] |
//! | two lambdas on one line share entries | [`two_closures_on_one_line_do_not_mix`] |
//! | values that a closure captures are not in the key | [`closures_made_by_one_generic_function_do_not_mix`]; a capture does not compile |
//! | a changed helper or constant: the old answer | `tests/fingerprint`: `an_edit_runs_what_reaches_it_again_and_undoing_it_finds_the_old_results`, `an_edit_changes_the_fingerprints_of_what_reaches_it_and_no_other` |
//! | an array changed in place is sent as it was | [`an_array_changed_in_place_is_another_argument`] |
//! | `pre_dispatch` rounds to no task at all | multiples are whole, zero tasks are one: `PreDispatch`, its example and its `tests` |
//! | `np.matrix` comes back as another type | types are the function's own; [`another_type_called_result_is_stored_whole`], [`two_containers_of_the_same_numbers_are_answers_of_their_type`] |
//! | loading from an open file ignores mapping and byte order | [`what_is_read_from_a_stream_says_that_it_is_not_mapped`]; numbers are little-endian in every file |
//!
//! Found in `cached` 4.1:
//!
//! | wrong answer, panic or refusal | kept here by |
//! |---|---|
//! | a second process panics | `processes::processes_that_want_one_key_compute_it_once`, `processes_that_walk_through_the_same_keys_share_the_work` |
//! | two functions of one name in one folder panic | [`two_functions_of_one_name_alive_at_once_do_not_mix`] |
//! | a changed body: the old answer | `tests/fingerprint`, as above |
//! | a file short by one byte panics | `failures::damaged_entries_are_computed_again_and_repaired` |
//! | two arguments do not compile | `tests/macros`: `arguments_are_taken_as_functions_take_them` |
//! | `f64` arguments do not compile | [`floats_are_told_apart_by_their_bits`] |
//! | `self` is not in the key | [`self_is_part_of_the_key`] |
//! | an alias of `Result` stores the error | [`an_alias_of_result_does_not_store_its_error`] |

use crate::support::{Runs, memory};
use joblib::{Loader, MappedArray, Memory, MmapMode, cached};
use ndarray::{Array2, Ix2};
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

#[test]
fn an_array_changed_in_place_is_another_argument() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn total(memory: &Memory, values: &Array2<f64>, mapped: &MappedArray<f64, Ix2>) -> f64 {
        values.sum() + mapped.sum()
    }
    let (dir, memory) = memory();
    let mut values = Array2::ones((300, 300));
    let file = dir.path().join("values.jl");
    joblib::dump(&values, &file).unwrap();
    let mut mapped: MappedArray<f64, Ix2> = Loader::new().mmap_mode(MmapMode::ReadWrite).read(&file).unwrap();
    assert_eq!(total(&memory, &values, &mapped), 180_000.0);
    values[[7, 7]] = 2.0;
    assert_eq!(total(&memory, &values, &mapped), 180_001.0);
    mapped.view_mut().unwrap()[[9, 9]] = 3.0;
    assert_eq!(total(&memory, &values, &mapped), 180_003.0);
    assert_eq!(total::memo(&memory).stats().entries, 3);
}

#[test]
fn two_containers_of_the_same_numbers_are_answers_of_their_type() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn made<T: Serialize + serde::de::DeserializeOwned + From<Vec<u8>>>(memory: &Memory) -> T {
        vec![1, 2, 3].into()
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(made::<Vec<u8>>(&memory), [1, 2, 3]);
        assert_eq!(made::<std::collections::VecDeque<u8>>(&memory), [1, 2, 3]);
        assert_eq!(made::<ndarray::Array1<u8>>(&memory).shape(), [3]);
    }
}

#[test]
fn arrays_have_one_key_with_and_without_macro_by_value_and_by_reference() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn total(memory: &Memory, values: &Array2<f64>, list: &[f64]) -> f64 {
        values.sum() + list.len() as f64
    }
    let (_dir, memory) = memory();
    let (values, list) = (Array2::<f64>::eye(20), vec![1.5; 40]);
    let key = total::entry(&memory, &values, &list).key().unwrap();
    let borrowed = memory.cache(|values: &Array2<f64>, list: &[f64]| values.sum() + list[0]);
    assert_eq!(borrowed.entry((&values, &list[..])).key().unwrap(), key);
    let owned = memory.cache(|values: Array2<f64>, list: Vec<f64>| values.sum() + list[0]);
    assert_eq!(owned.entry((values.clone(), list.clone())).key().unwrap(), key);
    assert_eq!(borrowed.call((&values, &list[..])), 21.5);
    assert!(borrowed.entry((&values, &list[..])).is_cached());
}

#[test]
fn what_is_read_from_a_stream_says_that_it_is_not_mapped() {
    let values: MappedArray<f64, Ix2> = Array2::from_elem((200, 200), 1.5).into();
    let mut stream = Vec::new();
    joblib::dump_to(&values, &mut stream).unwrap();
    let loader = Loader::new().mmap_mode(MmapMode::Read);
    let read: MappedArray<f64, Ix2> = loader.read_from(&stream[..]).unwrap();
    assert!(!read.is_mapped());
    assert_eq!(read.view(), values.view());
    let file = tempfile::NamedTempFile::new().unwrap();
    joblib::Dump::new().single_file(true).write(&values, file.path()).unwrap();
    let mapped: MappedArray<f64, Ix2> = loader.read(file.path()).unwrap();
    assert!(mapped.is_mapped());
}
