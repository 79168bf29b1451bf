//! Which types go to other threads, and that all can be shown: a change here breaks users' code.

use joblib::keep::{Cloned, Every, OkOnly, Whole};
use joblib::pool::{Pieces, Pool, PoolBuilder, RangeSource, Region, Schedule, Site};
use joblib::progress::{BatchReport, RunEnd, RunStart};
use joblib::store::{
    Claim, EntryInfo, EntryMeta, FunctionId, Layout, Limits, LocalOptions, LocalStore, Record, Reduced, Stats,
};
use joblib::*;
use ndarray::Ix2;
use std::fmt::Debug;
use std::panic::UnwindSafe;

type Call = fn() -> u8;

fn shared<T: Send + Sync + Unpin + Debug>() {}
fn sent<T: Send + Unpin + Debug>() {}
fn shown<T: Debug>() {}

#[test]
fn values_are_shared_between_threads() {
    shared::<Access>();
    shared::<Answers<u8>>();
    shared::<ArrayInfo>();
    shared::<ArrayPlace>();
    shared::<BackendChoice>();
    shared::<BatchReport>();
    shared::<BatchSize>();
    shared::<CancelToken>();
    shared::<Cloned<Whole>>();
    shared::<Codec>();
    shared::<Compression>();
    shared::<DType>();
    shared::<Delayed<Call>>();
    shared::<Dump>();
    shared::<EntryInfo>();
    shared::<EntryMeta>();
    shared::<Every>();
    shared::<FileId>();
    shared::<FileLayout>();
    shared::<FunctionId>();
    shared::<Inspection>();
    shared::<Key>();
    shared::<KeyHasher>();
    shared::<Limits>();
    shared::<Loader>();
    shared::<LocalOptions>();
    shared::<LocalStore>();
    shared::<MappedArray<f64, Ix2>>();
    shared::<MappedFile>();
    shared::<MemorizedFunc<Call>>();
    shared::<MemorizedResult<u8>>();
    shared::<Memory>();
    shared::<MemoryBuilder>();
    shared::<Method>();
    shared::<MmapMode>();
    shared::<Layout>();
    shared::<OkOnly>();
    shared::<Order>();
    shared::<Parallel>();
    shared::<ParallelConfig>();
    shared::<Pieces<u8>>();
    shared::<Policy>();
    shared::<Pool>();
    shared::<PoolBuilder>();
    shared::<PreDispatch>();
    shared::<Processes>();
    shared::<Reduced>();
    shared::<Region<'_>>();
    shared::<Retrying>();
    shared::<RunEnd>();
    shared::<RunStart>();
    shared::<Schedule>();
    shared::<Sequential>();
    shared::<ShareOptions>();
    shared::<SharedProcesses<'_, u8>>();
    shared::<Shuffle>();
    shared::<Site>();
    shared::<Size>();
    shared::<Stats>();
    shared::<Task<Call, (u8,)>>();
    shared::<TaskError<Error>>();
    shared::<TaskRng>();
    shared::<Threads>();
    shared::<TimeSpan>();
    shared::<Whole>();
}

#[test]
fn calls_and_streams_go_to_another_thread() {
    sent::<AsyncEntry<u8, Whole, std::future::Ready<u8>>>();
    sent::<Claim>();
    sent::<Entry<u8, Whole, Call>>();
    sent::<Stream<'_, u8>>();
}

#[test]
fn what_stays_on_its_thread_can_be_shown() {
    shown::<RangeSource<'_>>();
    shown::<Record<'_>>();
}

#[test]
fn an_error_is_one_word_that_goes_anywhere() {
    fn anywhere<T: std::error::Error + Send + Sync + Unpin + 'static>() {}
    anywhere::<Error>();
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
}

#[test]
fn keys_are_plain_values() {
    fn plain<T: Copy + Ord + std::hash::Hash + UnwindSafe>() {}
    plain::<Key>();
    let key = hash("a value").unwrap();
    assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
    assert_eq!(Key::from_u128(key.to_u128()), key);
    assert_eq!(Key::from_bytes(key.to_bytes()), key);
    assert_eq!(key.to_string(), key.to_bytes().map(|byte| format!("{byte:02x}")).concat());
    assert_eq!(format!("{key:?}"), format!("Key({key})"));
}
