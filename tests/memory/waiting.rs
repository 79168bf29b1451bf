//! Who waits for whom, how that ends, and that it does.

use crate::heard::Heard;
use crate::support::{Runs, block_on, memory};
use joblib::{Backend, Memory, Parallel, cached};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};

/// Gives way until told to go on, by who has its waker.
struct Gate {
    is_open: AtomicBool,
    wakers: std::sync::Mutex<Vec<Waker>>,
}

impl Gate {
    const fn new() -> Self {
        Self { is_open: AtomicBool::new(false), wakers: std::sync::Mutex::new(Vec::new()) }
    }

    fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
        std::mem::take(&mut *self.wakers.lock().unwrap()).into_iter().for_each(Waker::wake);
    }

    async fn pass(&self) {
        poll_fn(|context| {
            self.wakers.lock().unwrap().push(context.waker().clone());
            if self.is_open.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

type Call<'c, R> = Pin<Box<dyn Future<Output = R> + 'c>>;

/// All of them in one task, polled from another one at each turn, as `tokio::join!` does.
async fn join_in_turns<R>(mut calls: Vec<Call<'_, R>>) -> Vec<R> {
    let (mut results, mut turn) = (Vec::new(), 0);
    poll_fn(|context| {
        for at in 0..calls.len() {
            let call = (at + turn) % calls.len();
            if let Poll::Ready(result) = calls[call].as_mut().poll(context) {
                results.push(result);
                calls[call] = Box::pin(std::future::pending());
            }
        }
        turn += 1;
        if results.len() == calls.len() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    results
}

#[test]
fn threads_whose_leader_fails_go_on_at_once() {
    const CALLERS: usize = 8;
    static ALL_COMPUTE: Barrier = Barrier::new(CALLERS - 1);
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    #[cached(memory = memory, ignore = ["memory", "heard"])]
    fn fails(memory: &Memory, heard: &Heard, x: u32) -> Result<u32, String> {
        if RUNS.fetch_add(1, Ordering::SeqCst) == 0 {
            heard.until_waiting(CALLERS - 1);
        } else {
            // Passed only by all at a time.
            ALL_COMPUTE.wait();
        }
        Err(format!("{x} fails"))
    }
    let ((_dir, memory), heard) = (memory(), Heard::default());
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| heard.during(|| assert!(fails(&memory, &heard, 1).is_err())));
        }
    });
    assert_eq!(RUNS.load(Ordering::SeqCst), CALLERS);
}

#[test]
fn threads_whose_leaders_panic_go_on_at_once() {
    const CALLERS: usize = 8;
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static ALL_COMPUTE: Barrier = Barrier::new(CALLERS - 2);
    #[cached(memory = memory, ignore = ["memory", "heard"])]
    fn panics(memory: &Memory, heard: &Heard, x: u32) -> u32 {
        match RUNS.fetch_add(1, Ordering::SeqCst) {
            0 => heard.until_waiting(CALLERS - 1),
            // One tries again, for all others.
            1 => heard.until_waiting(CALLERS - 1 + CALLERS - 2),
            _ => drop(ALL_COMPUTE.wait()),
        }
        panic!("{x} panics")
    }
    let ((_dir, memory), heard) = (memory(), Heard::default());
    std::thread::scope(|scope| {
        let call = || heard.during(|| panics(&memory, &heard, 1));
        let threads: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
        assert!(threads.into_iter().all(|thread| thread.join().is_err()));
    });
    assert_eq!(RUNS.load(Ordering::SeqCst), CALLERS);
}

#[test]
fn tasks_whose_leader_fails_go_on_at_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static GATE: Gate = Gate::new();
    static SECOND: Gate = Gate::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn fails(memory: &Memory, x: u32) -> Result<u32, String> {
        match RUNS.fetch_add(1, Ordering::SeqCst) {
            0 => GATE.pass().await,
            // The last of them lets all go.
            run => {
                if run == 9 {
                    SECOND.open();
                }
                SECOND.pass().await;
            }
        }
        Err(format!("{x} fails"))
    }
    let (_dir, memory) = memory();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..10 {
            let (sender, memory) = (sender.clone(), &memory);
            scope.spawn(move || {
                let mut call = Box::pin(fails(memory, 1));
                let result = block_on(poll_fn(|context| {
                    let polled = call.as_mut().poll(context);
                    let _ = sender.send(());
                    polled
                }));
                assert!(result.is_err());
            });
        }
        (0..10).for_each(|_| receiver.recv().unwrap());
        GATE.open();
    });
    assert_eq!(RUNS.load(Ordering::SeqCst), 10);
}

#[test]
fn calls_joined_in_one_task_share_in_whatever_order_they_are_polled() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory", "gates"])]
    async fn slow(memory: &Memory, x: u32, gates: &[Gate]) -> u32 {
        RUNS.add();
        for gate in gates {
            gate.pass().await;
        }
        x
    }
    let (_dir, memory) = memory();
    for calls in 2..5 {
        let gates: Vec<Gate> = (0..7).map(|_| Gate::new()).collect();
        std::thread::scope(|scope| {
            let task = scope.spawn(|| {
                let call = || Box::pin(slow(&memory, calls, &gates)) as Call<'_, u32>;
                block_on(join_in_turns((0..calls).map(|_| call()).collect()))
            });
            for gate in &gates {
                while gate.wakers.lock().unwrap().is_empty() {
                    std::thread::yield_now();
                }
                gate.open();
            }
            assert_eq!(task.join().unwrap(), vec![calls; calls as usize]);
        });
        assert_eq!(RUNS.take(), 1);
    }
}

#[test]
fn an_async_fn_that_awaits_itself_ends() {
    #[cached(memory = memory, ignore = ["memory", "depth"])]
    async fn again(memory: &Memory, x: u32, depth: u32) -> u32 {
        if depth == 0 {
            return x;
        }
        let inner: Call<'_, u32> = Box::pin(again(memory, x, depth - 1));
        inner.await + 1
    }
    let (_dir, memory) = memory();
    assert_eq!(block_on(again(&memory, 10, 2)), 12);
}

/// Each task computes one key and awaits the other's.
#[test]
fn tasks_that_await_each_other_end() {
    static MEET: Barrier = Barrier::new(2);
    #[cached(memory = memory, ignore = ["memory", "outer"])]
    async fn mutual(memory: &Memory, x: u32, outer: bool) -> u32 {
        if !outer {
            return x;
        }
        MEET.wait();
        let inner: Call<'_, u32> = Box::pin(mutual(memory, 1 - x, false));
        inner.await + 10
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for x in 0..2 {
            let memory = &memory;
            scope.spawn(move || assert!(matches!(block_on(mutual(memory, x, true)), 10..=21)));
        }
    });
}

/// A plain and an async function, each of which wants what the other computes.
#[test]
fn a_thread_and_a_task_that_wait_for_each_other_end() {
    static MEET: Barrier = Barrier::new(2);
    static FIRST: AtomicUsize = AtomicUsize::new(0);
    #[cached(memory = memory, ignore = ["memory"])]
    fn plain(memory: &Memory, x: u32) -> u32 {
        if FIRST.fetch_add(1, Ordering::SeqCst) < 2 {
            MEET.wait();
            return block_on(awaited(memory, x)) + 1;
        }
        x
    }
    #[cached(memory = memory, ignore = ["memory"])]
    async fn awaited(memory: &Memory, x: u32) -> u32 {
        if FIRST.fetch_add(1, Ordering::SeqCst) < 2 {
            MEET.wait();
            return plain(memory, x) + 1;
        }
        x
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        scope.spawn(|| assert!((5..8).contains(&plain(&memory, 5))));
        scope.spawn(|| assert!((5..8).contains(&block_on(awaited(&memory, 5)))));
    });
}

/// The iteration that waits is part of what the leader computes, on another thread.
#[test]
fn an_iteration_that_wants_what_its_loop_is_part_of_ends() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory", "depth"])]
    fn whole(memory: &Memory, x: u64, depth: u32) -> u64 {
        RUNS.add();
        if depth == 0 {
            return x;
        }
        let together = Barrier::new(4);
        let parts = Parallel::new().n_jobs(4).map(0..4u64, |_| {
            together.wait();
            whole(memory, x, 0)
        });
        parts.unwrap().iter().sum()
    }
    let (_dir, memory) = memory();
    assert_eq!(whole(&memory, 3, 1), 12);
    // Those that came late found the first one's result.
    assert!((2..=5).contains(&RUNS.take()));
}

/// As above, where a thread of its own drives the tasks.
#[test]
fn a_task_of_a_stream_that_wants_what_the_stream_is_part_of_ends() {
    #[cached(memory = memory, ignore = ["memory", "depth"])]
    fn whole(memory: &Memory, x: u64, depth: u32) -> u64 {
        if depth == 0 {
            return x;
        }
        let sum = |stream: joblib::Stream<'_, u64>| stream.map(Result::unwrap).sum::<u64>();
        Parallel::new().n_jobs(2).stream_scoped(0..4, |_| whole(memory, x, 0), sum).unwrap()
    }
    let (_dir, memory) = memory();
    assert_eq!(whole(&memory, 3, 1), 12);
}

/// As above, where the threads are the user's.
#[test]
fn a_task_on_threads_of_a_backend_that_wants_what_its_run_is_part_of_ends() {
    struct Scoped;
    impl Backend for Scoped {
        fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> joblib::Result<()> {
            std::thread::scope(|scope| (0..workers).for_each(|slot| drop(scope.spawn(move || work(slot)))));
            Ok(())
        }
    }
    #[cached(memory = memory, ignore = ["memory", "depth"])]
    fn whole(memory: &Memory, streamed: bool, depth: u32) -> u64 {
        if depth == 0 {
            return 1;
        }
        let run = Parallel::new().backend(Scoped).n_jobs(2).batch_size(1);
        let part = |_| whole(memory, streamed, 0);
        if streamed {
            let sum = |stream: joblib::Stream<'_, u64>| stream.map(Result::unwrap).sum::<u64>();
            run.stream_scoped(0..4, part, sum).unwrap()
        } else {
            run.map(0..4, part).unwrap().iter().sum()
        }
    }
    let (_dir, memory) = memory();
    assert_eq!([false, true].map(|streamed| whole(&memory, streamed, 1)), [4, 4]);
}

/// Two computations, each with a loop on other threads whose iterations want the other one.
#[test]
fn loops_whose_iterations_want_each_others_whole_end() {
    static MEET: Barrier = Barrier::new(2);
    static MET: AtomicBool = AtomicBool::new(false);
    #[cached(memory = memory, ignore = ["memory", "outer"])]
    fn whole(memory: &Memory, x: u64, outer: bool) -> u64 {
        if !outer {
            return x;
        }
        let parts = Parallel::new().n_jobs(2).map(0..4u64, |i| {
            if i == 0 {
                MEET.wait();
                MET.store(true, Ordering::SeqCst);
            }
            // Both have begun.
            while !MET.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            whole(memory, 1 - x, false)
        });
        parts.unwrap().iter().sum()
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for x in 0..2 {
            let memory = &memory;
            scope.spawn(move || whole(memory, x, true));
        }
    });
}

struct Deaf;

impl Wake for Deaf {
    fn wake(self: Arc<Self>) {}
}

/// A task that was woken and does not poll its call, nor drops it.
#[test]
fn a_call_that_nobody_polls_does_not_hold_other_tasks() {
    static RUNS: Runs = Runs::new();
    static GATE: Gate = Gate::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        GATE.pass().await;
        x
    }
    let (_dir, memory) = memory();
    let waker = Waker::from(Arc::new(Deaf));
    let mut left = Box::pin(slow(&memory, 1));
    assert!(left.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    GATE.open();
    assert_eq!(block_on(slow(&memory, 1)), 1);
    assert_eq!(RUNS.take(), 2);
    assert_eq!(left.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(1));
}

/// A large text, written by other threads than a test's own only when they may.
#[derive(Clone, Deserialize)]
struct Text(String);

static WRITING: Mutex<()> = Mutex::new(());

thread_local!(static IS_OWN: Cell<bool> = const { Cell::new(false) });

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _may = (!IS_OWN.get()).then(|| WRITING.lock().unwrap());
        serializer.serialize_newtype_struct("Text", &self.0)
    }
}

/// Its body has ended, but its result is on its way to the store; it is polled by the same task, or another.
#[test]
fn a_call_that_nobody_polls_while_its_result_is_stored_holds_nobody() {
    #[cached(memory = memory, ignore = ["memory"])]
    async fn large(memory: &Memory, same_task: bool) -> Text {
        Text(format!("{same_task} ").repeat(1 << 18))
    }
    IS_OWN.set(true);
    let (_dir, memory) = memory();
    let elsewhere = Waker::from(Arc::new(Deaf));
    for same_task in [true, false] {
        let mut left = Box::pin(large(&memory, same_task));
        let begun = WRITING.lock().unwrap();
        let poll_once = poll_fn(|context| {
            let waker = if same_task { context.waker() } else { &elsewhere };
            Poll::Ready(left.as_mut().poll(&mut Context::from_waker(waker)).is_pending())
        });
        let second = block_on(async {
            assert!(poll_once.await);
            drop(begun);
            large(&memory, same_task).await
        });
        assert!(second.0 == block_on(left).0);
    }
}

/// Nobody sees the panic but the hook.
#[test]
fn a_waker_that_panics_harms_neither_the_leader_nor_others() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker panics");
        }
    }
    struct Counts(AtomicUsize);
    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    static GATE: Gate = Gate::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        GATE.pass().await;
        x
    }
    let (_dir, memory) = memory();
    let poll = |call: &mut Call<'_, u32>, waker: &Waker| call.as_mut().poll(&mut Context::from_waker(waker));
    let mut calls: [Call<'_, u32>; 3] = std::array::from_fn(|_| Box::pin(slow(&memory, 1)) as _);
    let counts = Arc::new(Counts(AtomicUsize::new(0)));
    let wakers =
        [Waker::from(Arc::new(Deaf)), Waker::from(Arc::new(Panics)), Waker::from(Arc::clone(&counts))];
    assert!(calls.iter_mut().zip(&wakers).all(|(call, waker)| poll(call, waker).is_pending()));
    GATE.open();
    assert_eq!(poll(&mut calls[0], &wakers[0]), Poll::Ready(1));
    assert!(counts.0.load(Ordering::SeqCst) > 0);
    assert!(calls[1..].iter_mut().all(|call| poll(call, &wakers[2]) == Poll::Ready(1)));
}

/// What waits leaves no waker behind when it is dropped.
#[test]
fn a_waiting_call_that_is_dropped_leaves_nothing() {
    static GATE: Gate = Gate::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        GATE.pass().await;
        x
    }
    let (_dir, memory) = memory();
    let leaders = Waker::from(Arc::new(Deaf));
    let mut leader = Box::pin(slow(&memory, 1));
    assert!(leader.as_mut().poll(&mut Context::from_waker(&leaders)).is_pending());
    let task = Arc::new(Deaf);
    {
        let waker = Waker::from(Arc::clone(&task));
        let mut waiter = Box::pin(slow(&memory, 1));
        assert!(waiter.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&task), 1);
    GATE.open();
    assert_eq!(leader.as_mut().poll(&mut Context::from_waker(&leaders)), Poll::Ready(1));
}

/// Code of the user's that runs once the result is there is part of the call, too: others wait for it.
#[test]
fn a_serialize_that_calls_what_waits_for_its_call_ends() {
    static MEET: Barrier = Barrier::new(2);
    thread_local!(static CALL: RefCell<Option<(Memory, Heard)>> = const { RefCell::new(None) });
    #[derive(Clone, Deserialize)]
    struct Calls(u32);
    impl Serialize for Calls {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let Some((memory, heard)) = CALL.take() {
                MEET.wait();
                heard.until_waiting(1);
                assert_eq!(waits(&memory, self.0), self.0);
            }
            self.0.serialize(serializer)
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn calls(memory: &Memory, x: u32) -> Calls {
        Calls(x)
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn waits(memory: &Memory, x: u32) -> u32 {
        calls(memory, x).0
    }
    let ((_dir, memory), heard) = (memory(), Heard::default());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            CALL.set(Some((memory.clone(), heard.clone())));
            assert_eq!(calls(&memory, 7).0, 7);
        });
        MEET.wait();
        assert_eq!(heard.during(|| waits(&memory, 7)), 7);
    });
}

/// What is returned need not go to another thread for a future to go there.
#[test]
fn a_future_is_as_free_to_go_to_another_thread_as_its_body() {
    #[cached(memory = memory, ignore = ["memory"])]
    async fn local(memory: &Memory, x: u32) -> Result<u32, std::rc::Rc<str>> {
        Ok(x)
    }
    fn sent<T: Send>(future: T) -> T {
        future
    }
    let (_dir, memory) = memory();
    assert_eq!(block_on(sent(local(&memory, 1))), Ok(1));
    assert_eq!(block_on(sent(local::entry(&memory, 1).recompute())).0, Ok(1));
}
