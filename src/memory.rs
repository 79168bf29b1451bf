//! The one wiring: the caches of `joblib-core` over the codec of `joblib-persist`.

use joblib_core::keep::Whole;
use joblib_persist::Codec;

/// A place that keeps the results of functions, across runs and between processes.
///
/// ```
/// use joblib::Memory;
///
/// fn slow(x: f64, n: u32) -> f64 {
///     (0..n).fold(x, |x, _| x.sin())
/// }
///
/// # let scratch = tempfile::tempdir()?;
/// # std::env::set_current_dir(&scratch)?;
/// let memory = Memory::new("cache");
/// let slow = memory.cache(slow);
/// let first = slow.call((0.5, 1000)); // runs, and is stored
/// assert_eq!(first, slow.call((0.5, 1000))); // is loaded
/// assert!(slow.entry((0.5, 1000)).is_cached());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// What a closure would capture becomes an argument: the cache could not know when it changes, so a capture
/// does not compile.
///
/// ```compile_fail,E0080
/// # let memory = joblib::Memory::disabled();
/// let factor = 3;
/// let scaled = memory.cache(move |x: i32| x * factor);
/// assert_eq!(scaled.call((2,)), 6);
/// ```
///
/// ```
/// # let memory = joblib::Memory::disabled();
/// let scaled = memory.cache(|factor: i32, x: i32| x * factor);
/// assert_eq!(scaled.call((3, 2)), 6);
/// ```
///
/// Of a function that gives a future, such as an `async fn`, what the future gives is kept:
///
/// ```
/// # let memory = joblib::Memory::disabled();
/// async fn fetch(url: String) -> Result<String, String> {
///     Ok(format!("what {url} says"))
/// }
///
/// let fetch = memory.cache(fetch);
/// let page = async { fetch.call_async(("a.example".to_owned(),)).await };
/// # let mut page = std::pin::pin!(page);
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # use std::{future::Future, task::Poll};
/// # let Poll::Ready(page) = Future::poll(page.as_mut(), &mut context) else { panic!() };
/// # assert_eq!(page.unwrap(), "what a.example says");
/// ```
///
/// A directory may be a URL of a store that is [registered](crate::store::register), and a memory an argument
/// of tasks in worker processes, which register their stores by the run's `initializer`:
///
/// ```
/// use joblib::store::{self, LocalStore, Store};
/// use joblib::{Memory, Parallel};
/// use std::sync::Arc;
///
/// fn register_scratch() {
///     // Later runs find it registered.
///     let _ = store::register("scratch", |url| {
///         Ok(Arc::new(LocalStore::open(url.trim_start_matches("scratch://"))?) as Arc<dyn Store>)
///     });
/// }
///
/// fn square(x: u64) -> u64 {
///     x * x
/// }
///
/// # let dir = tempfile::tempdir()?;
/// # let dir = dir.path().display();
/// register_scratch();
/// let memory = Memory::open(format!("scratch://{dir}"))?;
/// # #[cfg(unix)] {
/// let squares = Parallel::new().n_jobs(2).processes().initializer(register_scratch);
/// let squares = squares.share(&memory).map(0..4, |memory: &Memory, x| memory.cache(square).call((x,)))?;
/// assert_eq!(squares, [0, 1, 4, 9]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// See [`#[cached]`](crate::cached) for functions that are always cached.
pub type Memory = joblib_core::Memory<Codec>;

/// Options of a [`Memory`], which its functions start from. (Compression is a feature: here `zlib`.)
///
/// ```
/// use joblib::{Memory, MmapMode};
///
/// let memory = Memory::builder("cache")
///     .mmap_mode(MmapMode::Read)
///     .compress(("zlib", 3))
///     .max_bytes("10G")
///     .expires_after("7d")
///     .build()?;
///
/// let error = Memory::builder("cache").compress("zlibb").build().unwrap_err();
/// assert!(error.to_string().starts_with("compress: unknown compression method `zlibb`"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type MemoryBuilder = joblib_core::MemoryBuilder<Codec>;

/// A cached function: what [`Memory::cache`](joblib_core::Memory::cache) returns, and `f::memo()` of a
/// [`#[cached]`](crate::cached) function `f`.
pub type MemorizedFunc<F, K = Whole> = joblib_core::MemorizedFunc<F, K, Codec>;

/// A small reference to the stored answer of one call, readable in any process that sees the same directory
/// or has the store registered.
pub type MemorizedResult<R> = joblib_core::MemorizedResult<R, Codec>;

/// One call of a cached function, before it is made: what `f::entry(..)` returns.
pub type Entry<R, K, F> = joblib_core::Entry<R, K, F, Codec>;

/// One call of a cached `async fn`, before it is made.
pub type AsyncEntry<R, K, F> = joblib_core::AsyncEntry<R, K, F, Codec>;

/// How a function's results are kept and when they are used again.
pub type Policy = joblib_core::Policy<Codec>;

/// What calls of cached functions have in common, whatever they return, is compiled here: debug builds share
/// it, so that it is not compiled again in every crate that caches. Never called.
#[doc(hidden)]
pub fn compiled_once(
    site: &'static joblib_core::rt::cached::Site<Codec>,
    memory: &Memory,
    key: joblib_core::Key,
) -> Vec<f64> {
    use joblib_core::rt::cached::{Settings, entry};

    let settings = || Settings { marker: "", fingerprint: Ok(0), configure: std::convert::identity };
    let function = site.in_memory(None, memory, settings);
    entry(function, Ok(key), Whole, Vec::new, None).get_or_compute()
}
