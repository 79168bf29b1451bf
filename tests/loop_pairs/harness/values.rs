//! Types and functions that the bodies of loops use.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use super::{Cx, DROPPED, Log, mix};

/// The elements of `v`.
pub trait Sample {
    fn sample(cx: &Cx, i: i64) -> Self;
}

fn sampled(cx: &Cx, i: i64) -> i64 {
    (mix((i * 31 + cx.n * 7 + cx.k) as u64) % 97) as i64 - 30
}

impl Sample for i64 {
    fn sample(cx: &Cx, i: i64) -> Self {
        sampled(cx, i)
    }
}

impl Sample for u8 {
    fn sample(cx: &Cx, i: i64) -> Self {
        (sampled(cx, i) + 30) as u8
    }
}

impl Sample for Item {
    fn sample(cx: &Cx, i: i64) -> Self {
        cx.item(sampled(cx, i))
    }
}

impl Sample for String {
    fn sample(cx: &Cx, i: i64) -> Self {
        "w".repeat(sampled(cx, i).unsigned_abs() as usize % 9)
    }
}

impl Sample for Result<i64, i64> {
    fn sample(cx: &Cx, i: i64) -> Self {
        let x = sampled(cx, i);
        if x % 3 == 0 { Err(x) } else { Ok(x) }
    }
}

/// A value whose destructor is seen.
pub struct Item {
    pub id: i64,
    number: i64,
    log: Arc<Log>,
}

impl Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Item({})", self.id)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        self.log.events.lock().unwrap().push((DROPPED, self.number));
    }
}

/// An error, and one that becomes it by `?`.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Low(i64),
    Said(String),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Low(pub i64);

impl std::fmt::Display for Low {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is low", self.0)
    }
}

impl std::error::Error for Low {}

impl From<Low> for Fault {
    fn from(low: Low) -> Self {
        Fault::Low(low.0)
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Fault::Said(text)
    }
}

/// Takes 3 MiB of stack.
#[inline(never)]
pub fn deep(x: i64) -> i64 {
    let mut pad = [0_u8; 3 << 20];
    std::hint::black_box(&mut pad);
    x + i64::from(pad[1 << 20])
}

/// A bound that is named as a loop variable is.
pub struct Dims {
    pub x: i64,
}

pub fn twice(x: i64) -> i64 {
    2 * x
}

/// Now and then an error.
pub fn check(x: i64) -> Result<i64, Low> {
    if x % 41 == 40 || x < -900 { Err(Low(x)) } else { Ok(x) }
}

pub fn check_text(x: i64) -> Result<i64, String> {
    check(x).map_err(|low| low.to_string())
}

pub fn some(x: i64) -> Option<i64> {
    (x % 37 != 36).then_some(x)
}

/// `ask!(x ?)` is not `ask!(x?)`.
#[macro_export]
macro_rules! ask {
    ($e:ident ?) => {
        Ok::<i64, $crate::Low>($e + 1)
    };
    ($e:expr) => {
        Ok::<i64, $crate::Low>($e)
    };
}

/// Values that compare alike and are not the same.
#[derive(Debug, Clone, Copy)]
pub struct Tie(pub i64, pub i64);

impl PartialEq for Tie {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Tie {}

impl PartialOrd for Tie {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Tie {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

/// An accumulator with fields.
#[derive(Debug, Clone, Default)]
pub struct Stats {
    pub sum: i64,
    pub seen: Vec<i64>,
}

pub fn join_stats(mut a: Stats, b: Stats) -> Stats {
    a.sum += b.sum;
    a.seen.extend(b.seen);
    a
}

pub fn join<T>(mut a: Vec<T>, b: Vec<T>) -> Vec<T> {
    a.extend(b);
    a
}

pub fn join_text(a: String, b: String) -> String {
    a + &b
}

pub fn add_each(mut a: [i64; 4], b: [i64; 4]) -> [i64; 4] {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    a
}

pub fn add_maps(mut a: BTreeMap<i64, i64>, b: BTreeMap<i64, i64>) -> BTreeMap<i64, i64> {
    b.into_iter().for_each(|(key, value)| *a.entry(key).or_insert(0) += value);
    a
}

/// A trait object to collect.
pub trait Shape: Debug + Send + Sync {}
impl Shape for i64 {}
impl Shape for String {}

/// In an order that can be compared.
pub fn sorted(map: HashMap<i64, i64>) -> BTreeMap<i64, i64> {
    map.into_iter().collect()
}

/// A collection that is changed by shared reference.
#[derive(Default)]
pub struct Bag(Mutex<Vec<i64>>);

impl Bag {
    pub fn push(&self, x: i64) {
        self.0.lock().unwrap().push(x);
    }
}

/// A user's iterator whose methods have the names of std's adapters.
pub struct Weeks {
    day: i64,
    end: i64,
}

impl Weeks {
    pub fn new(end: i64) -> Self {
        Weeks { day: 0, end }
    }

    pub fn skip(mut self, weeks: usize) -> Self {
        self.day += 7 * weeks as i64;
        self
    }

    pub fn enumerate(self) -> std::vec::IntoIter<(usize, i64)> {
        self.map(|day| (3, day)).collect::<Vec<_>>().into_iter()
    }
}

/// What is no iterator itself.
pub struct Calendar(pub i64);

impl Calendar {
    pub fn rev(&self) -> Weeks {
        Weeks { day: 1, end: self.0 }
    }
}

impl Iterator for Weeks {
    type Item = i64;
    fn next(&mut self) -> Option<i64> {
        self.day += 1;
        (self.day <= self.end).then_some(self.day)
    }
}

impl Item {
    pub(super) fn new(id: i64, number: i64, log: Arc<Log>) -> Self {
        Item { id, number, log }
    }
}
