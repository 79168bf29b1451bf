//! Methods with any receiver, associated functions, trait impls.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use serde::Serialize;
use std::sync::{Arc, LazyLock};

static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));

#[derive(Clone, Serialize)]
struct Model {
    weight: i64,
}

static RUNS: Runs = Runs::new();

impl Model {
    #[cached(memory = MEMORY)]
    fn by_reference(&self, x: i64) -> i64 {
        RUNS.add();
        self.weight * x
    }

    #[cached(memory = MEMORY)]
    fn by_value(self, x: i64) -> i64 {
        RUNS.add();
        self.weight * x
    }

    #[cached(memory = MEMORY)]
    fn by_mut_value(mut self, x: i64) -> i64 {
        RUNS.add();
        self.weight += x;
        self.weight
    }

    #[cached(memory = MEMORY)]
    fn by_arc(self: Arc<Self>, x: i64) -> i64 {
        RUNS.add();
        self.weight * x
    }

    #[cached(memory = MEMORY)]
    fn by_box(self: Box<Self>, x: i64) -> i64 {
        RUNS.add();
        self.weight * x
    }

    #[cached(memory = MEMORY)]
    pub(crate) fn constant(x: i64) -> Option<i64> {
        RUNS.add();
        (x > 0).then_some(x)
    }

    #[cached(memory = MEMORY, ignore = ["self"])]
    fn without_self(&self, x: i64) -> i64 {
        RUNS.add();
        x
    }

    #[cached(memory = MEMORY, key = (self.weight % 10, x))]
    fn by_key(&self, x: i64) -> i64 {
        RUNS.add();
        self.weight % 10 * x
    }
}

#[test]
fn every_receiver_is_hashed_like_an_argument() {
    RUNS.take();
    let (two, three) = (Model { weight: 2 }, Model { weight: 3 });
    for _ in 0..2 {
        assert_eq!([two.by_reference(10), three.by_reference(10)], [20, 30]);
        assert_eq!([two.clone().by_value(10), three.clone().by_value(10)], [20, 30]);
        assert_eq!([two.clone().by_mut_value(10), three.clone().by_mut_value(10)], [12, 13]);
        assert_eq!([Arc::new(two.clone()).by_arc(10), Arc::new(three.clone()).by_arc(10)], [20, 30]);
        assert_eq!([Box::new(two.clone()).by_box(10), Box::new(three.clone()).by_box(10)], [20, 30]);
    }
    assert_eq!(RUNS.take(), 10);
    assert_eq!([two.without_self(1), three.without_self(1)], [1, 1]);
    assert_eq!(RUNS.take(), 1);
    assert_eq!([Model { weight: 12 }.by_key(5), Model { weight: 22 }.by_key(5)], [10, 10]);
    assert_eq!(RUNS.take(), 1);
    assert_eq!(Model::constant(3), Some(3));
    assert!(Model::constant_entry(3).is_cached());
    assert!(two.by_reference_entry(10).is_cached());
    assert_eq!(Model::by_reference_memo().stats().entries, 2);
}

struct Service {
    memory: Memory,
    scale: f64,
}

impl Service {
    #[cached(memory = self.memory, key = (self.scale.to_bits(), x))]
    fn scaled(&self, x: f64) -> f64 {
        self.scale * x
    }
}

#[test]
fn the_memory_may_belong_to_self() {
    let ((_one, first), (_two, second)) = (memory(), memory());
    let (first, second) = (Service { memory: first, scale: 2.0 }, Service { memory: second, scale: 2.0 });
    assert_eq!(first.scaled(3.0), 6.0);
    assert!(first.scaled_entry(3.0).is_cached());
    assert!(!second.scaled_entry(3.0).is_cached());
    assert_eq!(first.scaled_memo().stats().entries, 1);
    assert_eq!(second.scaled_memo().stats().entries, 0);
}

trait Shape {
    fn area(&self, times: u32) -> f64;
    fn unit() -> f64;
    fn doubled(&self) -> f64 {
        2.0 * self.area(1)
    }
}

#[derive(Serialize)]
struct Square(f64);
#[derive(Serialize)]
struct Disc(f64);

static AREAS: Runs = Runs::new();

impl Shape for Square {
    #[cached(memory = MEMORY)]
    fn area(&self, times: u32) -> f64 {
        AREAS.add();
        self.0 * self.0 * f64::from(times)
    }

    #[cached(memory = MEMORY)]
    fn unit() -> f64 {
        AREAS.add();
        1.0
    }
}

macro_rules! shape {
    ($name:ident, $area:expr) => {
        impl Shape for $name {
            #[cached(memory = MEMORY)]
            fn area(&self, times: u32) -> f64 {
                AREAS.add();
                let area: fn(f64) -> f64 = $area;
                area(self.0) * f64::from(times)
            }

            #[cached(memory = MEMORY)]
            fn unit() -> f64 {
                AREAS.add();
                2.0
            }
        }
    };
}
shape!(Disc, |radius| 3.0 * radius * radius);

#[test]
fn methods_of_trait_impls_belong_to_their_type() {
    AREAS.take();
    for _ in 0..2 {
        assert_eq!([Square(2.0).area(1), Disc(2.0).area(1)], [4.0, 12.0]);
        assert_eq!([Square::unit(), Disc::unit()], [1.0, 2.0]);
        assert_eq!(Square(2.0).doubled(), 8.0);
    }
    assert_eq!(AREAS.take(), 4);
}

struct Generic<T>(T);

impl<T: Serialize + Copy + Into<f64>> Generic<T> {
    #[cached(memory = MEMORY, key = self.0)]
    fn value<U: Default + Into<f64>>(&self) -> f64 {
        self.0.into() + U::default().into() + size_of::<U>() as f64
    }
}

#[test]
fn methods_of_generic_types_have_entries_per_instance() {
    assert_eq!(Generic(1u8).value::<u8>(), 2.0);
    assert_eq!(Generic(1u8).value::<f32>(), 5.0);
    assert_eq!(Generic(1i32).value::<u8>(), 2.0);
    assert!(Generic(1u8).value_entry::<f32>().is_cached());
    assert_eq!(Generic::<u8>::value_memo::<u8>().stats().entries, 1);
}
