//! Stores that are no directory: by URL, by reference, with arrays mapped that lie elsewhere.

use crate::support::{Runs, block_on};
use joblib::store::{
    Claim, EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, LocalStore, Record, Store, conformance,
    register,
};
use joblib::{Key, MappedArray, MemorizedResult, Memory, MmapMode, Result};
use ndarray::Ix1;
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime};

/// Small values, and large ones that are streamed, as an object store has them; one per name in the process.
#[derive(Debug)]
struct Bucket {
    url: String,
    functions: Mutex<BTreeMap<FunctionId, Arc<Mutex<Objects>>>>,
}

type Objects = HashMap<Key, Object>;

#[derive(Clone, Debug)]
struct Object {
    value: Arc<Vec<u8>>,
    is_large: bool,
    entry: EntryInfo,
}

#[derive(Debug)]
struct Prefix {
    objects: Arc<Mutex<Objects>>,
    limits: Limits,
}

impl Bucket {
    fn open(url: &str) -> Result<Arc<dyn Store>> {
        static BUCKETS: Mutex<BTreeMap<String, Arc<Bucket>>> = Mutex::new(BTreeMap::new());
        let mut buckets = BUCKETS.lock().unwrap();
        let new = || Arc::new(Bucket { url: url.to_owned(), functions: Mutex::default() });
        Ok(Arc::clone(buckets.entry(url.to_owned()).or_insert_with(new)) as Arc<dyn Store>)
    }
}

impl Store for Bucket {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        let objects = Arc::clone(self.functions.lock().unwrap().entry(function.clone()).or_default());
        Ok(Arc::new(Prefix { objects, limits: *limits }))
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        let functions = self.functions.lock().unwrap();
        let filled = functions.iter().filter(|(_, objects)| !objects.lock().unwrap().is_empty());
        Ok(filled.map(|(function, _)| function.clone()).collect())
    }

    fn url(&self) -> Option<String> {
        Some(self.url.clone())
    }
}

impl Prefix {
    fn keep(&self, key: Key, meta: &EntryMeta, value: Vec<u8>, is_large: bool) -> Result<()> {
        let entry = EntryInfo::new(key, value.len() as u64, SystemTime::now(), meta.clone());
        self.objects.lock().unwrap().insert(key, Object { value: Arc::new(value), is_large, entry });
        self.reduce_size(&self.limits).map(drop)
    }
}

impl FunctionStore for Prefix {
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let Some(found) = self.objects.lock().unwrap().get(&key).cloned() else { return Ok(false) };
        let mut bytes = &found.value[..];
        visit(if found.is_large { Record::Reader(&mut bytes) } else { Record::Bytes(bytes) })?;
        if let Some(object) = self.objects.lock().unwrap().get_mut(&key) {
            object.entry.last_access = SystemTime::now();
        }
        Ok(true)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        self.keep(key, meta, value.to_vec(), false)
    }

    fn put_reader(&self, key: Key, meta: &EntryMeta, len: u64, value: &mut dyn Read) -> Result<()> {
        let mut bytes = Vec::new();
        value.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, len);
        self.keep(key, meta, bytes, true)
    }

    fn inline_limit(&self) -> usize {
        4 << 10
    }

    fn remove(&self, key: Key) -> Result<bool> {
        Ok(self.objects.lock().unwrap().remove(&key).is_some())
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        Ok(self.objects.lock().unwrap().values().map(|object| object.entry.clone()).collect())
    }
}

fn bucket(name: &str) -> String {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| register("bucket", Bucket::open).unwrap());
    format!("bucket://{name}")
}

static RUNS: Runs = Runs::new();

fn ramp(len: usize) -> MappedArray<f64, Ix1> {
    RUNS.add();
    joblib::share(&(0..len).map(|at| at as f64).collect::<ndarray::Array1<_>>()).unwrap()
}

#[test]
fn a_store_that_streams_keeps_what_stores_promise() {
    let url = bucket("promises");
    conformance::check(&|| joblib::store::open(&url));
}

#[test]
fn arrays_that_lie_elsewhere_are_mapped_and_read() {
    for (mode, name) in [(None, "owned"), (Some(MmapMode::Read), "r"), (Some(MmapMode::ReadWrite), "written")]
    {
        let memory = Memory::builder(bucket(name)).mmap_mode(mode).build().unwrap();
        assert!(memory.dir().is_none());
        let ramp = memory.cache(ramp);
        for len in [10, 100_000] {
            let mut first = ramp.call((len,));
            assert_eq!((first.len(), first[len - 1]), (len, (len - 1) as f64));
            if len > 10 {
                let expected = if name == "written" { Some(MmapMode::CopyOnWrite) } else { mode };
                assert_eq!(ramp.entry((len,)).load().unwrap().unwrap().mode(), expected);
            }
            if name == "written" && len > 10 {
                // What is written stays here.
                first.view_mut().unwrap()[0] = 7.0;
            }
            RUNS.take();
            assert_eq!(ramp.call((len,)).sum(), (len * (len - 1) / 2) as f64, "{mode:?}");
            assert_eq!(RUNS.take(), 0, "{mode:?}");
        }
        let reference = ramp.entry((100_000,)).shelve().to_string();
        assert!(reference.contains(&format!("store=bucket://{name}")), "{reference}");
        let again: MemorizedResult<MappedArray<f64, Ix1>> = reference.parse().unwrap();
        assert_eq!(again.get().unwrap()[99_999], 99_999.0);
        memory.clear().unwrap();
        assert!(!again.is_present() && memory.functions().unwrap().is_empty());
    }
}

fn half(x: u64) -> u64 {
    x / 2
}

#[test]
fn memories_of_one_url_are_one_place() {
    let url = bucket("shared");
    let [one, other] = [(); 2].map(|()| Memory::builder(&url).hot(1 << 20).build().unwrap());
    assert_eq!(one.cache(half).call((8,)), 4);
    let (one, other) = (one.cache(half), other.cache(half));
    assert_eq!(other.call((8,)), 4);
    assert_eq!((one.stats().hits, one.stats().misses), (1, 1));
    assert_eq!(one.stats(), other.stats());
    // As a store that is given, too.
    let given = Memory::builder_with_store(joblib::store::open(&url).unwrap()).build().unwrap();
    assert_eq!(given.cache(half).stats(), one.stats());
}

#[test]
fn a_store_of_files_is_one_with_its_directory_and_keeps_its_options() {
    let dir = tempfile::tempdir().unwrap();
    let by_url = Memory::open(format!("file://{}", dir.path().display())).unwrap();
    let by_path = Memory::new(dir.path());
    let by_store =
        Memory::builder_with_store(Arc::new(LocalStore::open(dir.path()).unwrap())).build().unwrap();
    assert_eq!(by_url.cache(half).call((6,)), 3);
    for memory in [&by_url, &by_path, &by_store] {
        assert_eq!(memory.dir(), Some(dir.path()));
        assert_eq!(memory.cache(half).stats().misses, 1);
    }
    let options = joblib::store::LocalOptions::new().layout(joblib::store::Layout::Files).allow_shared(true);
    let files = options.open(dir.path()).unwrap();
    let url = files.url().unwrap();
    let again = Memory::open(&url).unwrap();
    assert!(!again.cache(half).entry((6,)).is_cached(), "entries of another mode are not seen");
    let files = Memory::builder_with_store(Arc::new(files)).build().unwrap();
    files.cache(half).call((6,));
    assert!(again.cache(half).entry((6,)).is_cached());
    let reference = files.cache(half).entry((6,)).shelve().to_string();
    assert_eq!(reference.parse::<MemorizedResult<u64>>().unwrap().get().unwrap(), 3);
    assert!(Memory::open(format!("{url}&colour=blue")).unwrap_err().is_invalid());
}

#[test]
fn a_scheme_that_nobody_registered_is_an_error_that_names_those_that_are() {
    bucket("");
    let error = Memory::open("s3://results").unwrap_err();
    let text = error.to_string();
    let named = ["s3://results", "bucket://", "file://"].iter().all(|part| text.contains(part));
    assert!(error.is_unsupported() && named, "{text}");
    // Lazily, a warning, and every call answers; who asks hears why.
    let lazily = Memory::new("s3://results").cache(half);
    assert_eq!(lazily.call((2,)), 1);
    assert_eq!(lazily.entry((2,)).insert(&1).unwrap_err().to_string(), text);
    assert!(Memory::open("").unwrap_err().is_invalid());
    let unopened =
        "joblib:00000000000000000000000000000001@00000000000000000000000000000002/f?store=s3://results";
    assert!(unopened.parse::<MemorizedResult<u64>>().unwrap_err().is_unsupported());
    for taken in ["bucket", "file", "no scheme", "", "S3", "1a"] {
        assert!(register(taken, Bucket::open).unwrap_err().is_invalid(), "{taken}");
    }
    assert!(joblib::store::open("/a/path").unwrap_err().is_invalid());
}

fn plus_one(x: u32) -> u32 {
    LATE_RUNS.fetch_add(1, Ordering::SeqCst);
    x + 1
}

static LATE_RUNS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a_store_that_is_given_serves_who_has_named_its_url() {
    let url = "given://here";
    let named = Memory::new(url);
    let given = Memory::builder_with_store(Bucket::open(url).unwrap()).build().unwrap();
    assert!(given.functions().unwrap().is_empty() && named.functions().unwrap().is_empty());
}

#[test]
fn a_scheme_may_be_registered_after_its_first_use() {
    let url = "late://here";
    let call = |memory: Memory| memory.cache(plus_one).version("1").call((1,));
    let kept = Memory::new(url);
    assert_eq!((call(kept.clone()), LATE_RUNS.load(Ordering::SeqCst)), (2, 1));
    register("late", Bucket::open).unwrap();
    assert_eq!((call(Memory::new(url)), LATE_RUNS.load(Ordering::SeqCst)), (2, 2));
    assert_eq!((call(Memory::new(url)), LATE_RUNS.load(Ordering::SeqCst)), (2, 2));
    drop(kept);
}

#[test]
fn a_memorized_function_is_that_of_its_type_alone() {
    let memory = Memory::new(bucket("sealed"));
    let (add, multiply) = (memory.cache(|x: i32| x + 1), memory.cache(|x: i32| x * 10));
    let text = serde_json::to_string(&add).unwrap();
    fn as_another<F: Copy + 'static>(
        _: &joblib::MemorizedFunc<F>,
        text: &str,
    ) -> serde_json::Result<joblib::MemorizedFunc<F>> {
        serde_json::from_str(text)
    }
    assert_eq!(as_another(&add, &text).unwrap().call((3,)), 4);
    let refused = as_another(&multiply, &text).map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("is not the"), "{refused}");
}

#[test]
fn references_that_are_there_at_a_time_open_their_store_once() {
    static OPENED: AtomicUsize = AtomicUsize::new(0);
    register("counted", |url| {
        OPENED.fetch_add(1, Ordering::SeqCst);
        Bucket::open(url)
    })
    .unwrap();
    let memory = Memory::new("counted://here");
    let texts: Vec<_> = (0..20).map(|x| memory.cache(half).entry((2 * x,)).shelve().to_string()).collect();
    drop(memory);
    let before = OPENED.load(Ordering::SeqCst);
    let references = texts.iter().map(|text| text.parse::<MemorizedResult<u64>>().unwrap());
    let references: Vec<_> = references.collect();
    assert!(references.iter().map(|reference| reference.get().unwrap()).eq(0..20));
    assert_eq!(OPENED.load(Ordering::SeqCst) - before, 1);
}

/// Panics in the method of this name.
#[derive(Clone, Debug)]
struct Broken(&'static str, Arc<dyn Store>);

#[derive(Debug)]
struct BrokenFunction(&'static str, Arc<dyn FunctionStore>);

fn breaks_in(broken: &str, method: &str) {
    assert!(broken != method, "the disk of {method} is on fire");
}

impl Store for Broken {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        breaks_in(self.0, "open");
        Ok(Arc::new(BrokenFunction(self.0, self.1.open(function, limits)?)))
    }
}

impl FunctionStore for BrokenFunction {
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        breaks_in(self.0, "get");
        self.1.get(key, visit)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        breaks_in(self.0, "put");
        self.1.put(key, meta, value)
    }

    fn remove(&self, key: Key) -> Result<bool> {
        breaks_in(self.0, "remove");
        self.1.remove(key)
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        breaks_in(self.0, "entries");
        self.1.entries()
    }

    fn contains(&self, key: Key) -> bool {
        breaks_in(self.0, "contains");
        self.1.contains(key)
    }

    fn metadata(&self, key: Key) -> Option<EntryMeta> {
        breaks_in(self.0, "metadata");
        self.1.metadata(key)
    }

    fn claim(&self, key: Key, wait: Duration) -> Option<Claim> {
        breaks_in(self.0, "claim");
        self.1.claim(key, wait)
    }
}

async fn doubled(x: u64) -> u64 {
    2 * x
}

#[test]
fn a_store_that_panics_changes_no_answer() {
    for method in ["", "open", "get", "put", "remove", "entries", "contains", "metadata", "claim"] {
        let inside = Bucket::open(&bucket(&format!("broken-{method}"))).unwrap();
        let store = Broken(method, Arc::clone(&inside));
        let memory = Memory::builder_with_store(Arc::new(store)).expires_after("7d").build().unwrap();
        let (half, doubled) = (memory.cache(half), memory.cache(doubled));
        for _ in 0..2 {
            assert_eq!(half.call((8,)), 4, "{method}");
            assert_eq!(block_on(doubled.call_async((8,))), 16, "{method}");
        }
        let keeps = !matches!(method, "open" | "put");
        assert_eq!(inside.functions().unwrap().len(), if keeps { 2 } else { 0 }, "{method}");
        let says = match method {
            "open" | "put" => half.entry((8,)).insert(&4).unwrap_err().to_string(),
            "get" => half.entry((8,)).load().unwrap_err().to_string(),
            "remove" => half.entry((8,)).remove().unwrap_err().to_string(),
            "entries" => half.entries().unwrap_err().to_string(),
            _ => continue,
        };
        let panicked = format!("`{method}` of a store panicked: the disk of {method} is on fire");
        assert!(says.contains(&panicked), "{says}");
    }
}

#[test]
fn what_panics_as_it_opens_a_store_is_an_error() {
    register("onfire", |_| panic!("the disk is on fire")).unwrap();
    let error = Memory::open("onfire://here").unwrap_err();
    assert!(error.is_panic() && error.to_string().contains("the disk is on fire"), "{error}");
    assert_eq!(Memory::new("onfire://here").cache(half).call((8,)), 4);
}
