//! Options that cannot be used, and what sizes, times and compressions may be written as.

use crate::heard::{count, heard};
use crate::support::{Runs, memory};
use joblib::store::Limits;
use joblib::{Compression, Dump, Loader, Memory, MemoryBuilder, Method, Parallel, cached};
use std::time::Duration;

/// What is wrong with one option of a memory.
fn refused(set: impl FnOnce(MemoryBuilder) -> MemoryBuilder) -> joblib::Error {
    set(Memory::builder("never used")).build().unwrap_err()
}

#[test]
fn a_builder_says_what_cannot_be_used_when_it_is_finished() {
    let says = |error: joblib::Error, text: &str| {
        assert!(error.is_invalid() && error.to_string().starts_with(text), "{error}");
    };
    says(refused(|memory| memory.max_bytes("lots")), "max_bytes: `lots` is not a size");
    says(refused(|memory| memory.hot("1Q".to_owned())), "hot: `1Q` is not a size");
    says(refused(|memory| memory.expires_after("soon")), "expires_after: `soon` is not a span of time");
    says(refused(|memory| memory.max_age("7")), "max_age: `7` is not a span of time");
    says(refused(|memory| memory.compress(("zlib", 12))), "compress: zlib has the compression levels");
    let dump = Dump::new().side_file_bytes("big").write_to(&1, Vec::new()).unwrap_err();
    says(dump, "side_file_bytes: `big` is not a size");
    says(Loader::new().memory_limit("much").read::<u8>("x").unwrap_err(), "memory_limit: `much` is not");
    says(Loader::new().memory_limit("much").read_from::<u8>(&[][..]).unwrap_err(), "memory_limit: `much` is");
    says(Limits::NONE.with_bytes("lots").unwrap_err(), "`lots` is not a size");
    let timed = Parallel::new().timeout("soon").map([1], |i: i32| i).unwrap_err();
    assert!(
        timed.is_invalid()
            && timed.to_string()
                == "timeout: `soon` is not a span of time such as \"7d\", \"12h\" or \"30s\""
    );
}

#[test]
fn a_wrong_compressor_name_is_one_error_at_one_moment() {
    let dumped = Dump::new().compress("zlibb").write(&1, "never written").unwrap_err().to_string();
    let built = refused(|memory| memory.compress("zlibb"));
    assert!(
        dumped.starts_with("compress: unknown compression method `zlibb`: it is one of none, "),
        "{dumped}"
    );
    assert_eq!(built.to_string(), dumped);
    // Not there, or not in this build, as it is everywhere.
    assert!(refused(|memory| memory.compress(Method::Registered("nowhere"))).is_unsupported());
}

#[test]
fn what_is_set_last_counts() {
    let (_dir, memory) = memory();
    let dir = memory.dir().unwrap();
    Memory::builder(dir)
        .compress("zlibb")
        .max_bytes("lots")
        .compress(false)
        .max_bytes(1 << 40)
        .build()
        .unwrap();
    let both = Memory::builder(dir).compress("zlibb").max_bytes("lots").compress(true).build().unwrap_err();
    assert!(both.to_string().starts_with("max_bytes: "), "{both}");
}

#[test]
fn numbers_and_text_mean_the_same() {
    let shown = |builder: MemoryBuilder| {
        let text = format!("{:?}", builder.build().unwrap());
        text[text.find("policy").unwrap()..].to_owned()
    };
    let memory = || Memory::builder("never used");
    let by_text =
        memory().max_bytes("10G").hot("64M").expires_after("7d").max_age("1.5h").compress(("zlib", 3));
    let by_number = memory()
        .max_bytes(10 << 30)
        .hot(64 << 20)
        .expires_after(Duration::from_secs(7 * 86_400))
        .max_age(Duration::from_secs(5400))
        .compress(Compression::new(Method::Zlib).level(3));
    assert_eq!(shown(by_text), shown(by_number));
    assert_eq!(Limits::NONE.with_age("1h").unwrap().age, Some(Duration::from_secs(3600)));
}

/// A cache never fails its function; that nothing is kept is said, and why.
#[test]
fn a_function_with_an_option_that_cannot_be_used_is_not_cached() {
    static RUNS: Runs = Runs::new();
    const METHOD: &str = "zlibb";
    #[cached(memory = memory, ignore = ["memory"], compress = METHOD)]
    fn attributed(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        x
    }
    fn counted(x: u32) -> u32 {
        RUNS.add();
        x
    }
    let (_dir, memory) = memory();
    let by_hand = memory.cache(counted).max_bytes("lots");
    let lines = heard(|| {
        for _ in 0..2 {
            assert_eq!(attributed(&memory, 3), 3);
            assert_eq!(by_hand.call((3,)), 3);
        }
    });
    assert_eq!(RUNS.take(), 4);
    assert_eq!(count(&lines, "WARN"), 2, "{lines:#?}");
    assert_eq!(count(&lines, "compress: unknown compression method `zlibb`"), 1, "{lines:#?}");
    assert_eq!(count(&lines, "max_bytes: `lots` is not a size"), 1, "{lines:#?}");
    let kept = attributed::entry(&memory, 3).insert(&4).unwrap_err();
    assert!(kept.is_invalid() && kept.to_string().starts_with("compress: "), "{kept}");
    let travels = serde_json::to_string(&by_hand).unwrap_err();
    assert!(travels.to_string().contains("max_bytes: `lots`"), "{travels}");
    assert_eq!(by_hand.max_bytes("1G").call((3,)), 3);
    assert!(memory.cache(counted).entry((3,)).is_cached());
}
