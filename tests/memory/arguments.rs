//! What arguments and results hide from serde, and what is told of arguments.

use crate::heard::{count, heard};
use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// Whose type does not show what is inside.
#[derive(Serialize)]
struct Field<T> {
    value: T,
}

#[derive(Serialize)]
struct Counter {
    count: AtomicU32,
}

#[test]
fn a_change_of_an_argument_is_made_by_every_call() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn push(memory: &Memory, list: &Field<RefCell<Vec<u8>>>) -> usize {
        list.value.borrow_mut().push(1);
        list.value.borrow().len()
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn lock(memory: &Memory, total: Field<Arc<Mutex<u8>>>) -> u8 {
        *total.value.lock().unwrap() += 1;
        1
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn count_up(memory: &Memory, by: &Counter) -> u8 {
        by.count.fetch_add(1, Ordering::SeqCst);
        1
    }
    let (_dir, memory) = memory();
    let total = Arc::new(Mutex::new(0));
    let counter = Counter { count: AtomicU32::new(0) };
    let lines = heard(|| {
        for _ in 0..3 {
            assert_eq!(push(&memory, &Field { value: RefCell::new(vec![]) }), 1);
            lock(&memory, Field { value: Arc::clone(&total) });
            count_up(&memory, &counter);
        }
    });
    assert_eq!((*total.lock().unwrap(), counter.count.into_inner()), (3, 3));
    assert_eq!(count(&lines, "WARN"), 3, "{lines:#?}");
    assert_eq!(count(&lines, "argument `list` cannot be hashed: it can be changed through its `RefCell`"), 1);
    assert_eq!(push::memo(&memory).stats().entries, 0);
}

#[test]
fn what_can_be_changed_is_ignored_or_stood_for() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory", "calls"])]
    fn ignored(memory: &Memory, calls: &Cell<u32>, x: u8) -> u8 {
        calls.set(calls.get() + 1);
        x
    }
    #[cached(memory = memory, key = cell)]
    fn stood_for(memory: &Memory, cell: &Cell<u8>) -> u8 {
        RUNS.add();
        cell.get()
    }
    let (_dir, memory) = memory();
    let calls = Cell::new(0);
    for _ in 0..3 {
        assert_eq!(ignored(&memory, &calls, 1), 1);
        assert_eq!(stood_for(&memory, &Cell::new(7)), 7);
    }
    assert_eq!((calls.get(), RUNS.take()), (1, 1));
    assert_eq!(stood_for(&memory, &Cell::new(8)), 8);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn a_key_stands_for_arguments() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, key = joblib::hash(text))]
    fn length(memory: &Memory, text: &str, verbose: bool) -> usize {
        RUNS.add();
        text.len() + usize::from(verbose)
    }
    #[cached(memory = memory, key = joblib::hash(path))]
    fn own(memory: &Memory, path: &std::path::Path) -> usize {
        path.as_os_str().len()
    }
    let (_dir, memory) = memory();
    assert_eq!(
        [length(&memory, "a", false), length(&memory, "a", true), length(&memory, "bc", false)],
        [1, 1, 2]
    );
    assert_eq!(RUNS.take(), 2);
    assert_eq!(own(&memory, "a".as_ref()), 1);
    assert_eq!(own::memo(&memory).stats().entries, 1);
}

/// Two arguments that have no key do not share one.
#[cfg(unix)]
#[test]
fn a_key_that_is_an_error_is_none() {
    use std::os::unix::ffi::OsStrExt;
    #[cached(memory = memory, key = joblib::hash(path))]
    fn length(memory: &Memory, path: &std::path::Path) -> usize {
        path.as_os_str().len()
    }
    let path = |bytes| std::path::Path::new(std::ffi::OsStr::from_bytes(bytes));
    let (_dir, memory) = memory();
    assert_eq!([length(&memory, path(b"\xff")), length(&memory, path(b"\xff\xff"))], [1, 2]);
    assert_eq!(length::memo(&memory).stats().entries, 0);
}

fn address(flowinfo: u32, scope: u32) -> SocketAddrV6 {
    SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, flowinfo, scope)
}

#[test]
fn scope_and_flow_of_an_address_are_arguments_and_not_lost_from_an_answer() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn scope(memory: &Memory, at: SocketAddrV6, others: &[SocketAddr]) -> (u32, u32, usize) {
        (at.flowinfo(), at.scope_id(), others.len())
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn listen(memory: &Memory, flowinfo: u32, scope: u32) -> (Vec<SocketAddrV6>, SocketAddr) {
        RUNS.add();
        (vec![address(flowinfo, scope)], address(flowinfo, scope).into())
    }
    let (_dir, memory) = memory();
    // The flow cannot be kept.
    for (flow, id, runs) in [(0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 1, 1), (1, 1, 1), (0, 0, 0)] {
        assert_eq!(scope(&memory, address(flow, id), &[]), (flow, id, 0));
        let there = address(flow, id);
        assert_eq!(listen(&memory, flow, id), (vec![there], there.into()));
        assert_eq!(RUNS.take(), runs, "{there}");
    }
    assert_eq!(scope::memo(&memory).stats().entries, 3);
    let lines = heard(|| {
        for (flow, id) in [(0, 1), (2, 3)] {
            assert_eq!(listen(&memory, flow, id).0, [address(flow, id)]);
        }
    });
    assert_eq!((RUNS.take(), count(&lines, "joblib: hit")), (1, 1), "{lines:#?}");
}

/// A program, an environment, a plan: what runs first decides.
#[test]
fn the_order_of_a_map_that_has_one_is_part_of_the_key() {
    struct Ordered(Vec<(&'static str, u8)>);
    impl Serialize for Ordered {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn first(memory: &Memory, map: &Ordered) -> String {
        map.0[0].0.to_owned()
    }
    let (_dir, memory) = memory();
    let map = |keys: [&'static str; 2]| Ordered(keys.map(|key| (key, 1)).into());
    assert_eq!(first(&memory, &map(["a", "b"])), "a");
    assert_eq!(first(&memory, &map(["b", "a"])), "b");
}

#[derive(Serialize)]
struct NoDebug {
    name: &'static str,
    sizes: Vec<u8>,
}

fn described(options: NoDebug, x: f64) -> f64 {
    x * options.sizes.len() as f64
}

#[test]
fn a_function_without_macro_records_its_arguments() {
    let (_dir, memory) = memory();
    let options = || NoDebug { name: "n", sizes: vec![1, 2] };
    let cached = memory.cache(described).record_args(true);
    assert_eq!(cached.call((options(), 1.5)), 3.0);
    let meta = cached.entry((options(), 1.5)).metadata().unwrap();
    assert_eq!(meta.args.as_deref(), Some("NoDebug { name: \"n\", sizes: [1, 2] }, 1.5"));
    let silent = memory.cache(|x: u8| x);
    silent.call((1,));
    assert_eq!(silent.entry((1,)).metadata().unwrap().args, None);
}

#[test]
fn a_cached_function_shows_its_path_and_place() {
    let (dir, memory) = memory();
    let cached = memory.cache(described);
    let text = format!("{cached:?}");
    assert_eq!(
        text,
        format!(
            "MemorizedFunc {{ function: memory::arguments::described, dir: Some({:?}), .. }}",
            dir.path()
        )
    );
    cached.call((NoDebug { name: "n", sizes: vec![] }, 1.0));
    assert_eq!(format!("{cached:?}"), text);
    #[cached(memory = memory, ignore = ["memory"])]
    fn marked(memory: &Memory) -> u8 {
        1
    }
    let text = format!("{:?}", marked::memo(&memory));
    assert!(text.starts_with("MemorizedFunc { function: memory::") && text.contains("marked"), "{text}");
    assert!(format!("{:?}", Memory::disabled().cache(described)).contains("dir: None"));
}

#[test]
fn a_second_handle_that_asks_for_other_limits_hears_that_they_are_settled() {
    let (_dir, memory) = memory();
    let f = |x: u8| x;
    let first = memory.cache(f).name("limited").version("1").max_items(100);
    let same = memory.cache(f).name("limited").version("1").max_items(100);
    let none = memory.cache(f).name("limited").version("1");
    let other = memory.cache(f).name("limited").version("1").max_items(1);
    let lines = heard(|| {
        for handle in [&first, &same, &none] {
            handle.call((1,));
        }
    });
    assert_eq!(count(&lines, "WARN"), 0, "{lines:#?}");
    let lines = heard(|| (0..3).for_each(|x| assert_eq!(other.call((x,)), x)));
    assert_eq!(count(&lines, "other limits"), 1, "{lines:#?}");
}
