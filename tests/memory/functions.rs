//! Functions cached by `Memory::cache`: how many arguments, what is recorded of them, and `async` ones.

use crate::support::{Runs, block_on, memory, pause};
use joblib::{MemorizedFunc, Memory};
use std::future::{Future, poll_fn};
use std::io;
use std::task::{Context, Poll, Waker};

#[test]
fn as_many_as_sixteen_arguments_and_none() {
    static RUNS: Runs = Runs::new();
    #[expect(clippy::too_many_arguments, reason = "as many as there can be")]
    fn last(
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        _: u8,
        x: &str,
    ) -> String {
        RUNS.add();
        x.to_owned()
    }
    let (_dir, memory) = memory();
    let last = memory.cache(last);
    for x in ["a", "b", "a"] {
        assert_eq!(last.call((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, x)), x);
    }
    assert_eq!((RUNS.take(), last.stats().entries), (2, 2));
    assert_eq!(memory.eval(|| 7, ()), 7);
}

#[test]
fn arguments_are_recorded_as_text() {
    fn joined(words: Vec<String>, by: Option<char>) -> String {
        words.join(&by.map(String::from).unwrap_or_default())
    }
    let (_dir, memory) = memory();
    let joined = memory.cache(joined);
    let call = |function: &MemorizedFunc<_>| {
        let entry = || function.entry((vec!["a".to_owned()], Some('-')));
        assert_eq!(entry().recompute().0, "a");
        entry().metadata().unwrap().args
    };
    assert_eq!(call(&joined.clone().record_args(true)).as_deref(), Some("[\"a\"], Some('-')"));
    assert_eq!(call(&joined), None);
}

static RUNS_OF_SLOW: Runs = Runs::new();

async fn slow(x: u32, text: String) -> String {
    RUNS_OF_SLOW.add();
    pause().await;
    text.repeat(x as usize)
}

#[test]
fn an_async_function_is_awaited_once() {
    let (_dir, memory) = memory();
    let slow = memory.cache(slow);
    let call = |x| block_on(slow.call_async((x, "ab".to_owned())));
    assert_eq!([call(2), call(2), call(0)], ["abab", "abab", ""]);
    assert_eq!(RUNS_OF_SLOW.take(), 2);
    assert!(slow.entry_async((2, "ab".to_owned())).is_cached());
    let (answer, _) = block_on(slow.entry_async((2, "ab".to_owned())).recompute());
    assert_eq!((answer.as_str(), RUNS_OF_SLOW.take()), ("abab", 1));
    // Another handle, in the same store; and one that keeps answers in memory.
    let again = Memory::new(memory.dir().unwrap()).cache(self::slow).hot("1M");
    let sent = again.call_async((2, "ab".to_owned()));
    assert_eq!(std::thread::scope(|scope| scope.spawn(|| block_on(sent)).join().unwrap()), "abab");
    assert_eq!((RUNS_OF_SLOW.take(), again.stats().entries), (0, 2));
}

#[test]
fn a_future_that_is_not_polled_runs_nothing() {
    static RUNS: Runs = Runs::new();
    let (_dir, memory) = memory();
    let eager = memory.cache(|x: u32| {
        RUNS.add();
        std::future::ready(x)
    });
    drop(eager.call_async((1,)));
    assert_eq!(RUNS.take(), 0);
    assert_eq!(block_on(eager.call_async((1,))), 1);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn errors_of_async_functions_are_returned_and_not_kept() {
    static RUNS: Runs = Runs::new();
    async fn parsed(text: &'static str) -> Result<u32, String> {
        RUNS.add();
        pause().await;
        text.parse().map_err(|error| format!("{error}"))
    }
    let (_dir, memory) = memory();
    let parsed = memory.cache(parsed);
    for _ in 0..2 {
        assert!(block_on(parsed.call_async(("x",))).is_err());
        assert_eq!(block_on(parsed.call_async(("7",))), Ok(7));
    }
    assert_eq!(RUNS.take(), 3);
    assert_eq!(parsed.stats().entries, 1);
}

#[test]
fn async_calls_of_one_task_and_of_several_threads_share_one_computation() {
    static RUNS: Runs = Runs::new();
    async fn slow(x: u32) -> u32 {
        RUNS.add();
        for _ in 0..10 {
            pause().await;
        }
        x
    }
    let (_dir, memory) = memory();
    let slow = memory.cache(slow);
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(slow.call_async((3,)))).collect();
    let mut answers = Vec::new();
    block_on(poll_fn(|context| {
        calls.retain_mut(|call| call.as_mut().poll(context).map(|answer| answers.push(answer)).is_pending());
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!((answers, RUNS.take()), (vec![3; 5], 1));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(block_on(slow.call_async((4,))), 4));
        }
    });
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn another_call_goes_on_where_the_one_that_computes_is_dropped() {
    static RUNS: Runs = Runs::new();
    async fn slow(x: u32) -> io::Result<u32> {
        RUNS.add();
        pause().await;
        Ok(x)
    }
    let (_dir, memory) = memory();
    let slow = memory.cache(|x: u32| async move { slow(x).await.map_err(|error| error.to_string()) });
    let mut context = Context::from_waker(Waker::noop());
    let mut leader = Box::pin(slow.call_async((1,)));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut waiter = Box::pin(slow.call_async((1,)));
    assert!(waiter.as_mut().poll(&mut context).is_pending());
    drop(leader);
    assert_eq!(block_on(waiter), Ok(1));
    assert_eq!(RUNS.take(), 2);
}
