//! Memories and memorized functions as arguments of tasks in worker processes, also of stores that a program
//! registers.

use joblib::store::{FunctionId, FunctionStore, Limits, LocalStore, Store, register};
use joblib::{Callable, MemorizedFunc, MemorizedResult, Memory, Parallel, Result};
use std::path::Path;
use std::sync::Arc;

/// A directory under another scheme.
#[derive(Debug)]
struct Shelf(LocalStore);

impl Store for Shelf {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        self.0.open(function, limits)
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        self.0.functions()
    }

    fn url(&self) -> Option<String> {
        Some(format!("shelf://{}", self.0.location()?.display()))
    }
}

fn open_shelf(url: &str) -> Result<Arc<dyn Store>> {
    Ok(Arc::new(Shelf(LocalStore::open(url.trim_start_matches("shelf://"))?)))
}

fn register_shelf() {
    // Also this process does, and only once.
    let _ = register("shelf", open_shelf);
}

/// Where each power was computed.
fn power_by(base: u32, exponent: u32) -> (u32, u32) {
    (base.pow(exponent), std::process::id())
}

fn three() -> joblib::Processes {
    Parallel::new().n_jobs(3).batch_size(1).processes().initializer(register_shelf)
}

fn shelf(dir: &Path) -> Memory {
    register_shelf();
    Memory::builder(format!("shelf://{}", dir.display())).record_args(true).build().unwrap()
}

#[test]
fn a_memory_of_a_registered_store_is_an_argument() {
    let dir = tempfile::tempdir().unwrap();
    let memory = shelf(dir.path());
    let task = |(memory, base): (Memory, u32)| memory.cache(power_by).version("1").call((base, 2));
    let items = || (0..6).map(|base| (memory.clone(), base)).collect::<Vec<_>>();
    let there = three().map(items(), task).unwrap();
    assert!(there.iter().zip(0..).all(|(power, base)| power.0 == base * base));
    assert!(there.iter().all(|power| power.1 != std::process::id()));
    // Found here, by the parent, with the options it had.
    let function = memory.cache(power_by).version("1");
    assert_eq!((0..6).map(|base| function.call((base, 2))).collect::<Vec<_>>(), there);
    assert!(function.entries().unwrap().iter().all(|entry| entry.meta.args.is_some()));
    let ids: std::collections::BTreeSet<_> = there.iter().map(|power| power.1).collect();
    assert!(ids.len() <= 3 && three().map(items(), task).unwrap() == there);
}

#[test]
fn a_memorized_function_is_an_argument() {
    let dir = tempfile::tempdir().unwrap();
    let memory = shelf(dir.path());
    let (named, closure) = (memory.cache(power_by), memory.cache(|base: u32| (base, std::process::id())));
    fn call<F: Callable<(u32,), Output = (u32, u32)> + Copy + Send + Sync + 'static>(
        function: &MemorizedFunc<F>,
    ) -> Vec<(u32, u32)> {
        three()
            .share(function)
            .map(0..4u32, |function: &MemorizedFunc<F>, base| function.call((base,)))
            .unwrap()
    }
    let there = three().share(&named).map(0..4u32, |named, base| named.call((base, 3))).unwrap();
    assert!(there.iter().all(|power| power.1 != std::process::id()));
    assert_eq!((0..4).map(|base| named.call((base, 3))).collect::<Vec<_>>(), there);
    assert_eq!(call(&closure), (0..4).map(|base| closure.call((base,))).collect::<Vec<_>>());
}

#[test]
fn references_name_their_store_and_open_it_anywhere() {
    let dir = tempfile::tempdir().unwrap();
    let memory = shelf(dir.path());
    let powers = memory.cache(power_by).version("2");
    let shelved: Vec<_> = (0..4).map(|base| powers.entry((base, 2)).shelve()).collect();
    assert!(shelved[0].to_string().contains("?store=shelf:///"), "{}", shelved[0]);
    let read = |result: MemorizedResult<(u32, u32)>| result.get().map_err(|error| error.to_string());
    let there = three().map(shelved, read).unwrap();
    assert!(there.into_iter().zip(0..).all(|(power, base)| power == Ok((base * base, std::process::id()))));
    // The other way: stored there, read here.
    let theirs =
        |(memory, base): (Memory, u32)| memory.cache(power_by).version("2").entry((base, 3)).shelve();
    let theirs = three().map((5..7).map(|base| (memory.clone(), base)).collect::<Vec<_>>(), theirs).unwrap();
    assert!(theirs.iter().zip(5..).all(|(result, base): (_, u32)| result.get().unwrap().0 == base.pow(3)));
}

#[test]
fn a_worker_that_does_not_know_the_scheme_says_so_and_answers() {
    let dir = tempfile::tempdir().unwrap();
    let unaware = Parallel::new().n_jobs(2).processes();
    let seen = unaware.map(vec![shelf(dir.path()); 2], |memory: Memory| {
        let error = memory.functions().unwrap_err();
        (error.is_unsupported(), error.to_string(), memory.cache(power_by).call((2, 5)).0)
    });
    for (is_unsupported, text, power) in seen.unwrap() {
        assert!(is_unsupported && text.contains("shelf://") && text.contains("file://"), "{text}");
        assert_eq!(power, 32);
    }
}

#[test]
fn what_cannot_travel_is_said_to_the_serialiser() {
    let dir = tempfile::tempdir().unwrap();
    #[derive(Debug)]
    struct Nameless(LocalStore);
    impl Store for Nameless {
        fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
            self.0.open(function, limits)
        }
    }
    let nameless = Memory::builder_with_store(Arc::new(Nameless(LocalStore::open(dir.path()).unwrap())))
        .build()
        .unwrap();
    assert_eq!(nameless.cache(power_by).call((3, 3)).0, 27);
    let error = serde_json::to_string(&nameless).unwrap_err();
    assert!(error.to_string().contains("no URL"), "{error}");
    assert!(
        nameless
            .cache(power_by)
            .entry((3, 3))
            .shelve()
            .to_string()
            .parse::<MemorizedResult<(u32, u32)>>()
            .is_err()
    );
    let validated = Memory::builder(dir.path()).validate(|_| true).build().unwrap();
    let error = serde_json::to_string(&validated).unwrap_err();
    assert!(error.to_string().contains("validate"), "{error}");
    let sent = three().map(vec![nameless], |memory: Memory| memory.is_disabled());
    assert!(sent.unwrap_err().to_string().contains("no URL"));
    fn read<F: Copy + 'static>(
        _: &MemorizedFunc<F>,
        text: &str,
    ) -> std::result::Result<MemorizedFunc<F>, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
    let powers = shelf(dir.path()).cache(power_by);
    let text = serde_json::to_string(&powers).unwrap();
    assert_eq!(read(&powers, &text).unwrap().id(), powers.id());
    let error = read(&shelf(dir.path()).cache(open_shelf), &text).unwrap_err();
    assert!(error.contains("power_by") && error.contains("open_shelf"), "{error}");
}

#[test]
fn every_option_travels() {
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path())
        .mmap_mode(joblib::MmapMode::Read)
        .compress(joblib::Compression::new(joblib::Method::Zlib).level(3))
        .expires_after(std::time::Duration::from_secs(5))
        .max_bytes(1 << 30)
        .max_items(7)
        .hot(1 << 20)
        .verbose(0)
        .record_args(true)
        .access(joblib::Access::ReadOnly)
        .build()
        .unwrap();
    let text = serde_json::to_string(&memory).unwrap();
    let again: Memory = serde_json::from_str(&text).unwrap();
    assert_eq!(format!("{again:?}"), format!("{memory:?}"));
    assert_eq!(again.dir(), Some(dir.path()));
    for disabled in [Memory::disabled(), Memory::new("")] {
        let text = serde_json::to_string(&disabled).unwrap();
        let again: Memory = serde_json::from_str(&text).unwrap();
        assert_eq!((again.is_disabled(), again.dir()), (disabled.is_disabled(), None));
    }
}
