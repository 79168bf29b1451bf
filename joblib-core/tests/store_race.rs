//! Threads, and openings that know nothing of each other, on one store.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{Layout, Limits, LocalOptions, Store};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use store_support::{MODES, fresh_dir, function, meta, open, put_file, value};

const THREADS: u128 = 4;

fn text(key: u128) -> Vec<u8> {
    format!("value of {key} ").repeat(1 + key as usize % 20).into_bytes()
}

#[test]
fn what_any_thread_stores_every_other_finds() {
    for mode in MODES {
        let dir = fresh_dir();
        let stored: [AtomicU64; THREADS as usize] = Default::default();
        let count = if mode == MODES[0] { 12_000 } else { 400 };
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (dir, stored) = (dir.path(), &stored);
                scope.spawn(move || {
                    // Of its own, as if in a process of its own.
                    let store = LocalOptions::new().layout(mode).open(dir).unwrap();
                    let entries = open(&store, "f");
                    for n in 0..count {
                        let key = u128::from(n) * THREADS + thread;
                        entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
                        stored[thread as usize].store(n + 1, Ordering::Release);
                        // What the neighbour had stored before must be there, whatever is being rearranged.
                        let neighbour = (thread + 1) % THREADS;
                        if let Some(n) = stored[neighbour as usize].load(Ordering::Acquire).checked_sub(1) {
                            let key = u128::from(n / 2) * THREADS + neighbour;
                            assert_eq!(value(&*entries, key), Some(text(key)));
                        }
                    }
                });
            }
        });
        let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
        let entries = open(&store, "f");
        for key in 0..u128::from(count) * THREADS {
            assert_eq!(value(&*entries, key), Some(text(key)), "{mode:?}");
        }
        assert_eq!(entries.stats().entries, count * THREADS as u64);
    }
}

#[test]
fn a_key_replaced_by_all_at_once_shows_one_of_the_values() {
    for mode in MODES {
        let dir = fresh_dir();
        let rounds = if mode == MODES[0] { 2_000 } else { 100 };
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let dir = dir.path();
                scope.spawn(move || {
                    let store = LocalOptions::new().layout(mode).open(dir).unwrap();
                    let entries = open(&store, "f");
                    for round in 0..rounds {
                        let written = vec![thread as u8; 10 + round % 500];
                        if round % 10 == 0 {
                            put_file(&*entries, 1, &written);
                        } else {
                            entries.put(Key::from_u128(1), &meta(1), &written).unwrap();
                        }
                        if let Some(found) = value(&*entries, 1) {
                            let all_of_one = found.iter().all(|byte| *byte == found[0]);
                            assert!(all_of_one && found.len() >= 10 && u128::from(found[0]) < THREADS);
                        }
                    }
                });
            }
        });
        let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
        let entries = open(&store, "f");
        entries.put(Key::from_u128(1), &meta(1), b"last").unwrap();
        assert_eq!(value(&*entries, 1).as_deref(), Some(&b"last"[..]));
        assert_eq!(entries.stats().entries, 1);
        if mode == Layout::Files {
            // There, two that replace one entry at once cannot know of each other's file.
            entries.reduce_size(&Limits::NONE).unwrap();
        }
        let folder = entries.dir().unwrap().join("big/00");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "{mode:?}: value files of nobody");
    }
}

#[test]
fn clearing_removing_and_evicting_beside_writers_and_readers() {
    for mode in MODES {
        let dir = fresh_dir();
        let done = AtomicBool::new(false);
        let rounds = if mode == MODES[0] { 4_000 } else { 500 };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..2)
                .map(|thread: u128| {
                    let dir = dir.path();
                    scope.spawn(move || {
                        let store = LocalOptions::new().layout(mode).open(dir).unwrap();
                        let limits = Limits::NONE.with_items(300);
                        let entries = store.open(&function("f"), &limits).unwrap();
                        for round in 0..rounds {
                            let key = (u128::from(round * 7_919u64) + thread) % 1_000;
                            match value(&*entries, key) {
                                Some(found) => assert_eq!(found, text(key)),
                                None => entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap(),
                            }
                            if round % 50 == 0 {
                                entries.remove(Key::from_u128(key)).unwrap();
                            }
                        }
                    })
                })
                .collect();
            scope.spawn(|| {
                let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
                let entries = open(&store, "f");
                let mut round = 0;
                while !done.load(Ordering::Relaxed) {
                    round += 1;
                    match round % 4 {
                        0 => store.clear().unwrap(),
                        1 => entries.clear().unwrap(),
                        _ => {
                            let limits = Limits::NONE.with_bytes(5_000).unwrap();
                            entries.reduce_size(&limits).unwrap();
                        }
                    }
                    std::thread::yield_now();
                }
            });
            let results: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
            done.store(true, Ordering::Relaxed);
            assert!(results.iter().all(Result::is_ok));
        });
        let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
        let entries = open(&store, "f");
        for key in 0..1_000 {
            assert!(value(&*entries, key).is_none_or(|found| found == text(key)));
        }
    }
}
