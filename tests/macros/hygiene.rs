//! Generated code meets no name of the user's.

use crate::support::memory;
use joblib::{Memory, cached};

#[test]
fn arguments_may_have_the_names_of_generated_variables() {
    #[allow(clippy::too_many_arguments)]
    #[cached(memory = memory, ignore = ["memory"])]
    fn named(
        memory: &Memory,
        key: u8,
        cache: u8,
        result: u8,
        __k: u8,
        function: u8,
        args: u8,
        entry: u8,
        arg0: u8,
        (answer, policy): (u8, u8),
    ) -> Vec<u8> {
        vec![key, cache, result, __k, function, args, entry, arg0, answer, policy]
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(named(&memory, 1, 2, 3, 4, 5, 6, 7, 8, (9, 10)), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }
}

mod shadowed {
    #![allow(dead_code, non_camel_case_types, unreachable_pub)]

    pub mod core {}
    pub mod std {}
    pub mod joblib {}
    pub struct Result;
    pub struct Option;
    pub struct Ok;
    pub struct Some;
    pub struct Vec;
    pub struct String;
    pub struct FnOnce;
    pub struct Send;
    pub struct u128;
    pub struct Site;
    pub trait Default {}
    pub struct __JOBLIB_SITE;

    #[::joblib::cached(memory = ::joblib::Memory::disabled(), hot = "1M", expires_after = "1d", record_args, mmap_mode = "r")]
    pub fn plain(x: u8) -> u8 {
        x
    }

    #[::joblib::cached(memory = ::joblib::Memory::disabled(), salt = 5u8, cache_err)]
    pub async fn later(x: u8) -> ::std::result::Result<u8, u8> {
        ::std::result::Result::Ok(x)
    }

    pub struct S;
    #[::joblib::cached(memory = ::joblib::Memory::disabled(), ignore = ["self"])]
    impl S {
        #[cached]
        pub fn method(&self, x: u8) -> u8 {
            x
        }
    }

    pub struct Sized;
    pub struct Future;
    pub trait T {
        fn owned(self, key: u8) -> u8;
    }
    #[::joblib::cached(memory = ::joblib::Memory::disabled(), ignore = ["self"])]
    impl T for S {
        #[cached]
        fn owned(self, key: u8) -> u8 {
            key
        }
    }
}

#[test]
fn shadowed_names_do_no_harm() {
    assert_eq!(shadowed::plain(1), 1);
    assert_eq!(shadowed::S.method(1), 1);
    assert_eq!(shadowed::T::owned(shadowed::S, 1), 1);
    assert!(!shadowed::TForS::owned_entry(shadowed::S, 1).is_cached());
    drop(shadowed::later(1));
}

macro_rules! functions {
    ($($name:ident = $value:expr),*) => {
        $(
            #[cached(memory = memory, ignore = ["memory"])]
            fn $name(memory: &Memory, x: u32) -> u32 {
                let y = $value;
                x + y
            }
        )*
    };
}

#[test]
fn functions_made_by_macro_rules_are_functions() {
    functions!(one = 1, two = 2);
    macro_rules! typed {
        ($name:ident, $argument:ident: $ty:ty => $body:block) => {
            #[cached(memory = memory, ignore = ["memory"])]
            fn $name(memory: &Memory, $argument: $ty) -> usize $body
        };
    }
    typed!(length, text: &str => { text.len() });
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!([one(&memory, 1), two(&memory, 1)], [2, 3]);
        assert_eq!(length(&memory, "four"), 4);
    }
}

#[test]
fn functions_inside_functions_see_their_scope() {
    const OFFSET: u32 = 7;
    fn helper(x: u32) -> u32 {
        x + OFFSET
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn outer(memory: &Memory, x: u32) -> u32 {
        #[cached(memory = memory, ignore = ["memory"])]
        fn inner(memory: &Memory, x: u32) -> u32 {
            helper(x)
        }
        inner(memory, x) * 2
    }
    let (_dir, memory) = memory();
    assert_eq!([outer(&memory, 1), outer(&memory, 1)], [16, 16]);
    assert_eq!(memory.functions().unwrap().len(), 2);
}
