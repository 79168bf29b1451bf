//! Arguments that a call could change are refused: a stored result would not change them.

use joblib_core::{KeyHasher, hash};
use ndarray::{ArrayViewMut1, array};
use serde::Serialize;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::marker::PhantomData;
use std::num::Wrapping;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

/// Why the argument is refused; it must be hashed by itself, as no call is involved then.
fn refusal<T: Serialize + ?Sized>(arg: &T) -> Option<String> {
    hash(arg).unwrap();
    let mut hasher = KeyHasher::new();
    hasher.named_arg("a", arg);
    let refused = hasher.finish().err()?;
    assert!(refused.is_unhashable());
    let mut hasher = KeyHasher::new();
    hasher.arg(arg);
    assert!(hasher.finish().unwrap_err().is_unhashable());
    let mut hasher = KeyHasher::new();
    hasher.named_value("a", arg);
    hasher.finish().unwrap();
    Some(refused.to_string())
}

fn refuses<T: Serialize + ?Sized>(what: &str, arg: &T) {
    let refusal = refusal(arg);
    assert!(
        refusal.is_some_and(|text| text.contains(&format!("`{what}`"))),
        "{}",
        std::any::type_name::<T>()
    );
}

#[test]
fn the_error_says_what_to_do() {
    assert_eq!(
        refusal(&RefCell::new(1u8)).unwrap(),
        "argument `a` cannot be hashed: it can be changed through its `RefCell`, and a stored result would not change it: \
         `ignore` the argument, or say what stands for the arguments by `key = ..`"
    );
}

#[test]
fn every_type_of_the_standard_library_that_can_be_changed_is_known() {
    refuses("Cell", &Cell::new(1u8));
    refuses("RefCell", &RefCell::new(String::new()));
    refuses("RefCell", &RefCell::new([1u8]) as &RefCell<[u8]>);
    refuses("Mutex", &Mutex::new(1u8));
    refuses("RwLock", &RwLock::new(1u8));
    assert!(refusal(&AtomicBool::new(true)).is_some());
    assert!(refusal(&AtomicU64::new(1)).is_some());
    refuses("&mut", &&mut 1u8);
    refuses("ArrayViewMut", &ArrayViewMut1::from(&mut [1.0f64, 2.0][..]));
    refuses("ArrayViewMut", &array![[1u8]].view_mut());
}

#[test]
fn they_are_found_through_whatever_serde_looks_through() {
    let cell = Cell::new(1u8);
    refuses("Cell", &&cell);
    refuses("Cell", &&&&&&cell);
    refuses("RefCell", &Rc::new(RefCell::new(1u8)));
    refuses("Mutex", &Arc::new(Mutex::new(1u8)));
    refuses("Mutex", &[Arc::new(Box::new(Mutex::new(1u8)))][..]);
    refuses("Cell", &Wrapping(Cell::new(1u8)));
    refuses("Cell", &Reverse(Box::new(Cell::new(1u8))));
    refuses("&mut", &Box::new(&mut 1u8));
    refuses("Mutex", &Arc::downgrade(&LIVE));
    refuses("Cell", &Cow::Borrowed(&(Cell::new(1u8), 2u8)));
    refuses("Cell", &Cow::<Cell<u8>>::Owned(cell.clone()));
}

static LIVE: std::sync::LazyLock<Arc<Mutex<u8>>> = std::sync::LazyLock::new(|| Arc::new(Mutex::new(1)));

#[test]
fn they_are_found_inside_other_values() {
    #[derive(Serialize)]
    struct Named<T> {
        id: u8,
        inner: Newtype<T>,
    }
    #[derive(Serialize)]
    struct Newtype<T>(Option<T>);
    #[derive(Serialize)]
    enum Choice<T> {
        One(T),
        Two(u8, T),
        Three { id: u8, inner: T },
    }
    #[derive(Serialize)]
    struct Flat<T> {
        id: u8,
        #[serde(flatten)]
        inner: Named<T>,
    }
    // No parameter of the outermost type says it.
    #[derive(Serialize)]
    struct Plain {
        count: AtomicU64,
    }
    #[derive(Serialize)]
    struct Plainer(Vec<Plain>, BTreeMap<u8, Option<Plain>>);

    let cell = || Cell::new(1u8);
    let named = || Named { id: 1, inner: Newtype(Some(cell())) };
    refuses("Cell", &named());
    refuses("Cell", &Choice::One(cell()));
    refuses("Cell", &Choice::Two(1, cell()));
    refuses("Cell", &Choice::Three { id: 1, inner: cell() });
    refuses("Cell", &Flat { id: 1, inner: named() });
    refuses("Cell", &(1u8, cell()));
    refuses("Cell", &vec![vec![cell()]]);
    refuses("Cell", &[cell(), cell()]);
    refuses("Cell", &HashMap::from([(1u8, cell())]));
    refuses("Cell", &BTreeMap::from([(1u8, Some(cell()))]));
    refuses("Mutex", &Some(Arc::new(Mutex::new(1u8))));
    assert!(refusal(&Plain { count: AtomicU64::new(1) }).is_some());
    assert!(refusal(&Plainer(vec![Plain { count: AtomicU64::new(1) }], BTreeMap::new())).is_some());
    assert!(
        refusal(&Plainer(vec![], BTreeMap::from([(1, Some(Plain { count: AtomicU64::new(1) }))]))).is_some()
    );
}

#[test]
fn what_a_wrapper_hides_from_serde_is_found_in_its_name() {
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Shared<T>(T);
    refuses("RefCell", &Shared(RefCell::new(1u8)));
    refuses("Mutex", &Shared((1u8, Arc::new(Mutex::new(1u8)))));
    refuses("&mut", &Shared(Some(&mut 1u8)));
    assert_eq!(refusal(&Shared(PhantomData::<Cell<u8>>)), None);
    assert_eq!(refusal(&Shared(PhantomData::<fn(&mut u8)>)), None);
}

#[test]
fn what_cannot_be_changed_is_not_refused() {
    #[derive(Serialize)]
    struct RefCellLike {
        mutex: String,
    }
    assert_eq!(refusal(&PhantomData::<Cell<u8>>), None);
    assert_eq!(refusal(&(PhantomData::<Mutex<u8>>, 1u8)), None);
    assert_eq!(refusal(&None::<&u8>), None);
    assert_eq!(refusal(&Rc::new(Arc::new(Box::new(&[1u8, 2][..])))), None);
    assert_eq!(refusal(&RefCellLike { mutex: "&mut core::cell::Cell<u8>".into() }), None);
    assert_eq!(refusal(&HashMap::from([(vec![1u8], HashSet::from([Some("a")]))])), None);
    assert_eq!(refusal(&array![[1.0f64]].view()), None);
    assert_eq!(refusal(&std::cmp::Ordering::Less.is_lt()), None);
}

/// An argument that is refused does not make the ones after it pass, nor the other way round.
#[test]
fn the_first_refusal_is_told() {
    let mut hasher = KeyHasher::new();
    hasher.named_value("v", &Cell::new(1u8)).named_arg("a", &1u8);
    hasher.named_arg("b", &Some(Cell::new(1u8))).named_arg("c", &Mutex::new(1u8));
    assert!(hasher.finish().unwrap_err().to_string().starts_with("argument `b`"));
}
