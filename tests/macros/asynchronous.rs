//! `async fn`: the same rules, awaited.

use crate::support::{Runs, block_on, memory, pause};
use joblib::{Memory, cached};
use std::future::{Future, poll_fn};
use std::task::{Context, Poll, Waker};

#[test]
fn an_async_fn_is_awaited_once() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn fetched(memory: &Memory, url: &str, times: usize) -> String {
        RUNS.add();
        pause().await;
        if times == 0 {
            return String::new();
        }
        url.repeat(times)
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(block_on(fetched(&memory, "ab", 2)), "abab");
    }
    assert_eq!(block_on(fetched(&memory, "ab", 0)), "");
    assert_eq!(RUNS.take(), 2);
    let entry = fetched::entry(&memory, "ab", 2);
    assert!(entry.is_cached());
    assert_eq!(block_on(entry.shelve()).get().unwrap(), "abab");
    let (answer, _) = block_on(fetched::entry(&memory, "ab", 2).recompute());
    assert_eq!(answer, "abab");
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn errors_are_not_kept_and_the_question_mark_works() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn parsed(memory: &Memory, text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        RUNS.add();
        let value = text.parse::<u32>()?;
        pause().await;
        Ok(value)
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert!(block_on(parsed(&memory, "x")).is_err());
        assert_eq!(block_on(parsed(&memory, "7")).unwrap(), 7);
    }
    assert_eq!(RUNS.take(), 3);
}

#[test]
fn futures_joined_in_one_task_compute_once() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        for _ in 0..10 {
            pause().await;
        }
        x
    }
    let (_dir, memory) = memory();
    let mut calls: Vec<_> = (0..5).map(|_| Box::pin(slow(&memory, 3))).collect();
    let mut answers = Vec::new();
    block_on(poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            Poll::Pending => true,
        });
        if calls.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!(answers, [3; 5]);
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn tasks_on_several_threads_compute_once() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        std::thread::sleep(std::time::Duration::from_millis(100));
        pause().await;
        x
    }
    let (_dir, memory) = memory();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(block_on(slow(&memory, 3)), 3));
        }
    });
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn a_leader_that_is_dropped_hands_over() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        pause().await;
        x
    }
    let (_dir, memory) = memory();
    let mut context = Context::from_waker(Waker::noop());
    let mut leader = Box::pin(slow(&memory, 1));
    assert!(leader.as_mut().poll(&mut context).is_pending());
    let mut waiter = Box::pin(slow(&memory, 1));
    assert!(waiter.as_mut().poll(&mut context).is_pending());
    drop(leader);
    assert_eq!(block_on(waiter), 1);
    assert_eq!(RUNS.take(), 2);
}

/// The task that leads stops polling its call and waits for the same key elsewhere: it would wait for itself.
#[test]
fn a_leader_left_unpolled_by_its_own_task_is_not_waited_for() {
    #[cached(memory = memory, ignore = ["memory"])]
    async fn slow(memory: &Memory, x: u32) -> u32 {
        pause().await;
        x
    }
    let (_dir, memory) = memory();
    let answer = block_on(async {
        let mut first = Box::pin(slow(&memory, 1));
        poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        let second = slow(&memory, 1).await;
        second + first.await
    });
    assert_eq!(answer, 2);
}

#[test]
fn the_future_can_be_sent_to_another_thread() {
    #[cached(memory = memory, ignore = ["memory"])]
    async fn sent(memory: &Memory, x: Vec<u8>) -> usize {
        pause().await;
        x.len()
    }
    let (_dir, memory) = memory();
    let future = sent(&memory, vec![1, 2]);
    let answer = std::thread::scope(|scope| scope.spawn(move || block_on(future)).join().unwrap());
    assert_eq!(answer, 2);
}

trait Source {
    fn read(&self, x: u8) -> impl Future<Output = u8> + Send;
}

struct Constant(u8);

impl Source for Constant {
    #[cached(memory = Memory::disabled(), key = (self.0, x))]
    async fn read(&self, x: u8) -> u8 {
        pause().await;
        self.0 + x
    }
}

#[test]
fn async_methods_of_trait_impls() {
    assert_eq!(block_on(Constant(1).read(2)), 3);
}

struct Stored {
    memory: Memory,
}

#[cached(memory = self.memory, ignore = ["self"])]
impl Source for Stored {
    #[cached]
    async fn read(&self, x: u8) -> u8 {
        pause().await;
        x
    }
}

#[test]
fn async_methods_of_trait_impls_have_companions() {
    let (_dir, memory) = memory();
    let source = Stored { memory };
    assert!(!source.read_entry(3).is_cached());
    // The trait asks for a future that may be sent.
    let read = source.read(3);
    assert_eq!(std::thread::scope(|scope| scope.spawn(|| block_on(read)).join().unwrap()), 3);
    assert!(source.read_entry(3).is_cached());
    assert_eq!(source.read_memo().stats().entries, 1);
}
