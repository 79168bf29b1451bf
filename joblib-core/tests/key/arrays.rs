//! Arrays: the numbers, their type and the shape count, nothing else does.

use half::{bf16, f16};
use joblib_core::{Key, MappedArray, hash, share};
use ndarray::{Array, Array2, Array3, ArrayD, ArrayView2, CowArray, Ix2, s};
use num_complex::Complex;
use proptest::prelude::*;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

fn key<T: Serialize + ?Sized>(value: &T) -> Key {
    hash(value).unwrap()
}

/// Every way to hold one array, with the key of each.
fn all_ways<T>(array: &Array2<T>) -> Vec<(&'static str, Key)>
where
    T: Serialize + Clone + joblib_core::array::Element,
{
    let (rows, columns) = array.dim();
    let fortran = array.t().as_standard_layout().into_owned().reversed_axes();
    let mut spread =
        Array::from_elem((rows * 2 + 1, columns * 3 + 1), array.first().copied().unwrap_or_else(zero));
    let mut slots = spread.slice_mut(s![..rows * 2;2, ..columns * 3;3]);
    slots.assign(array);
    let strided = spread.slice(s![..rows * 2;2, ..columns * 3;3]);
    let backwards = array.slice(s![..;-1, ..]);
    let backwards = backwards.as_standard_layout();
    let forwards = backwards.slice(s![..;-1, ..]);
    let shared = array.to_shared();
    let cow = CowArray::from(array.view());
    let mut copy = array.clone();
    vec![
        ("owned", key(array)),
        ("view", key(&array.view())),
        ("mutable view", key(&copy.view_mut())),
        ("reference", key(&array)),
        ("reference to a view", key(&&array.view())),
        ("Box", key(&Box::new(array.clone()))),
        ("Arc", key(&Arc::new(array.clone()))),
        ("Rc of a view", key(&Rc::new(array.view()))),
        ("Cow", key(&Cow::Borrowed(array))),
        ("ArcArray", key(&shared)),
        ("CowArray", key(&cow)),
        ("dynamic", key(&array.clone().into_dyn())),
        ("reference to dynamic", key(&&array.clone().into_dyn())),
        ("Fortran", key(&fortran)),
        ("Arc of Fortran", key(&Arc::new(fortran))),
        ("strided", key(&strided)),
        ("reference to strided", key(&&strided)),
        ("backwards", key(&forwards)),
        ("reference to backwards", key(&&forwards)),
        ("in shared memory", key(&share(array).unwrap())),
        ("reference to shared memory", key(&&share(array).unwrap())),
    ]
}

fn zero<T: joblib_core::array::Element>() -> T {
    // Every element type has a first element where this is used, or no elements at all.
    unreachable!("no array of {} is spread without elements", T::DTYPE)
}

#[track_caller]
fn assert_one_key<T: Serialize + Clone + joblib_core::array::Element>(array: &Array2<T>) {
    let ways = all_ways(array);
    for (name, key) in &ways {
        assert_eq!(*key, ways[0].1, "{name} of {} {:?}", T::DTYPE, array.dim());
    }
}

#[test]
fn however_an_array_is_held_it_has_one_key() {
    let base = Array2::from_shape_fn((7, 5), |(i, j)| (i * 5 + j) as u8);
    assert_one_key(&base);
    assert_one_key(&base.mapv(|x| x % 2 == 0));
    assert_one_key(&base.mapv(|x| x as i8 - 9));
    assert_one_key(&base.mapv(u16::from));
    assert_one_key(&base.mapv(i16::from));
    assert_one_key(&base.mapv(u32::from));
    assert_one_key(&base.mapv(i32::from));
    assert_one_key(&base.mapv(u64::from));
    assert_one_key(&base.mapv(i64::from));
    #[cfg(target_pointer_width = "64")]
    {
        assert_one_key(&base.mapv(usize::from));
        assert_one_key(&base.mapv(|x| isize::from(x) - 9));
    }
    assert_one_key(&base.mapv(u128::from));
    assert_one_key(&base.mapv(i128::from));
    assert_one_key(&base.mapv(f16::from));
    assert_one_key(&base.mapv(bf16::from));
    assert_one_key(&base.mapv(f32::from));
    assert_one_key(&base.mapv(f64::from));
    assert_one_key(&base.mapv(|x| Complex::new(f32::from(x), 0.5)));
    assert_one_key(&base.mapv(|x| Complex::new(f64::from(x), 0.5)));
}

#[test]
fn arrays_of_several_leaves_have_one_key_too() {
    assert_one_key(&Array2::from_shape_fn((300, 250), |(i, j)| Complex::new((i * 31 + j) as f64, 1.0)));
    assert_one_key(&Array2::from_shape_fn((1 << 16, 1), |(i, _)| i as u128));
    assert_one_key(&Array2::from_shape_fn((2, (1 << 15) + 1), |(i, j)| (i ^ j) as u128));
}

#[test]
fn a_file_mapped_array_hashes_like_the_array() {
    let array = Array2::from_shape_fn((300, 20), |(i, j)| i as f64 / (j + 1) as f64);
    let mapped: MappedArray<f64, Ix2> = share(&array).unwrap();
    assert_eq!(key(&mapped), key(&array));
    assert_eq!(key(&(1u8, mapped)), key(&(1u8, array)));
}

#[test]
fn arrays_inside_other_values_are_arrays_too() {
    #[derive(Serialize)]
    struct Model<M> {
        name: &'static str,
        weights: Option<Vec<M>>,
    }
    let array = Array2::from_shape_fn((20, 30), |(i, j)| i as f64 - j as f64);
    let fortran = array.t().as_standard_layout().into_owned().reversed_axes();
    let model = |matrix: Array2<f64>| Model { name: "m", weights: Some(vec![matrix]) };
    let shared = Model { name: "m", weights: Some(vec![Arc::new(array.clone())]) };
    assert_eq!(key(&model(array.clone())), key(&model(fortran)));
    assert_eq!(key(&model(array.clone())), key(&shared));
    assert_ne!(key(&model(array.clone())), key(&model(array + 1.0)));
}

#[test]
fn slices_vectors_and_boxes_of_numbers_have_one_key() {
    let vector: Vec<f64> = (0..1000).map(f64::from).collect();
    let boxed = vector.clone().into_boxed_slice();
    let shared: Arc<[f64]> = vector.clone().into();
    let keys =
        [key(&vector), key(&vector[..]), key(&boxed), key(&shared), key(&&vector), key(&Array::from(vector))];
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[test]
fn more_axes_than_the_fast_path_knows() {
    let nine = ArrayD::from_shape_fn(&[1, 2, 1, 2, 1, 2, 1, 2, 1][..], |index| index[1] as f32);
    assert_eq!(key(&nine), key(&Arc::new(nine.clone())));
    assert_ne!(key(&nine), key(&(nine + 1.0)));
}

#[test]
fn a_struct_that_looks_like_an_array_is_told_from_others() {
    #[derive(Serialize)]
    #[serde(rename = "Array")]
    struct Impostor<V, D, E> {
        v: V,
        dim: D,
        data: E,
    }
    let keys = [
        key(&Impostor { v: 1u8, dim: (2u64, 2u64), data: vec!["a", "b", "c", "d"] }),
        key(&Impostor { v: 1u8, dim: (2u64, 2u64), data: vec!["a", "b", "c"] }),
        key(&Impostor { v: 1u8, dim: (2u64, 2u64), data: vec![1.0, 2.0] }),
        key(&Impostor { v: 1u8, dim: (2u64,), data: "ab" }),
        key(&Impostor { v: 1u8, dim: "2", data: vec![1.0, 2.0] }),
        key(&Impostor { v: 2u8, dim: (2u64,), data: vec![1.0, 2.0] }),
        key(&Impostor { v: "1", dim: (2u64,), data: vec![1.0, 2.0] }),
        key(&Impostor { v: (), dim: (), data: () }),
        key(&Impostor { v: 1u8, dim: (), data: () }),
        key(&Impostor { v: 1u8, dim: (u64::MAX, 2u64), data: vec![1u8, 2] }),
        key(&Impostor { v: 1u8, dim: [0u64; 3], data: vec![(); 0] }),
    ];
    for (i, one) in keys.iter().enumerate() {
        assert!(!keys[i + 1..].contains(one), "{i}");
    }
}

/// Its fields have the names and values that ndarray writes, not its types.
#[test]
fn a_struct_with_the_fields_of_an_array_is_no_array() {
    /// Elements one by one, as ndarray hands them over.
    struct Data<T>(Vec<T>);
    impl<T: Serialize> Serialize for Data<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
            self.0.iter().try_for_each(|item| seq.serialize_element(item))?;
            seq.end()
        }
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Number {
        Short(u16),
        Long(u64),
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Extents {
        Pair(u64, u64),
        List(Vec<u64>),
        Sizes(Data<u64>),
        Of(Ix2),
    }
    #[derive(Serialize)]
    struct Array<E> {
        v: u8,
        dim: Extents,
        data: E,
    }
    let numbers = || Data(vec![1.0, 2.0, 3.0, 4.0]);
    let of = |dim| Array { v: 1, dim, data: numbers() };
    let keys = [
        key(&of(Extents::Pair(2, 2))),
        key(&of(Extents::List(vec![2, 2]))),
        key(&of(Extents::Sizes(Data(vec![2, 2])))),
        key(&Array2::from_shape_vec((2, 2), numbers().0).unwrap()),
        key(&Array { v: 1, dim: Extents::Of(Ix2(2, 2)), data: numbers().0 }),
        key(&Array { v: 1, dim: Extents::Pair(1, 1), data: Data(vec![Number::Short(7)]) }),
        key(&Array { v: 1, dim: Extents::Pair(1, 1), data: Data(vec![Number::Long(7)]) }),
        key(&Array { v: 1, dim: Extents::Pair(0, 0), data: Data(vec![0u8; 0]) }),
        key(&Array { v: 1, dim: Extents::Pair(0, 0), data: vec![0.5f64; 0] }),
    ];
    for (i, one) in keys.iter().enumerate() {
        assert!(!keys[i + 1..].contains(one), "{i}");
    }
    #[derive(Serialize)]
    #[serde(rename = "Array")]
    struct Renamed {
        v: u8,
        dim: Extents,
        data: Data<f64>,
    }
    let renamed = Renamed { v: 1, dim: Extents::Pair(2, 2), data: numbers() };
    assert_eq!(key(&renamed), keys[0]);
}

/// Where serde does not show the array's own type.
#[test]
fn arrays_in_wrappers_are_arrays_all_the_same() {
    mod with {
        use serde::{Serialize, Serializer};

        pub(super) fn serialize<T: Serialize, S: Serializer>(
            value: &T,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            value.serialize(serializer)
        }
    }
    #[derive(Serialize)]
    #[serde(transparent)]
    struct Bare<T>(T);
    #[derive(Serialize)]
    #[serde(rename = "Field")]
    struct By<T: Serialize> {
        #[serde(with = "with")]
        value: T,
    }
    #[derive(Serialize)]
    #[serde(rename = "Field")]
    struct Field<T> {
        value: T,
    }
    let base = Array2::from_shape_fn((6, 8), |(i, j)| (i * 8 + j) as f64);
    let strided = base.slice(s![..;2, ..;-3]);
    let array = strided.as_standard_layout().into_owned();
    for wrapped in [
        key(&Bare(&array)),
        key(&Bare(strided)),
        key(&Bare(Box::new(Arc::new(array.clone())))),
        key(&Bare(Cow::Borrowed(&array))),
        key(&Box::new(Rc::new(strided))),
        key(&Arc::new(array.to_shared())),
    ] {
        assert_eq!(wrapped, key(&array));
    }
    assert_eq!(key(&By { value: strided }), key(&Field { value: array.clone() }));
    assert_eq!(key(&By { value: Some(Bare(&array)) }), key(&Field { value: Some(array.clone()) }));
    let texts = array.mapv(|number| number.to_string());
    assert_eq!(key(&Arc::new(texts.clone())), key(&texts));
    assert_ne!(key(&texts), key(&texts.t()));
}

proptest! {
    #[test]
    fn any_shape_and_stride(
        extents in prop::array::uniform3(0usize..6),
        steps in prop::array::uniform3(prop_oneof![-3isize..0, 1isize..4]),
        axes in Just([0usize, 1, 2]).prop_shuffle(),
        seed in any::<u32>(),
    ) {
        let size = |axis: usize| extents[axis] * steps[axis].unsigned_abs();
        let base = Array3::from_shape_fn((size(0), size(1), size(2)), |(i, j, k)| {
            seed.wrapping_mul((i * 10_007 + j * 101 + k) as u32) as i32
        });
        let view = base.slice(s![..;steps[0], ..;steps[1], ..;steps[2]]).permuted_axes(axes);
        let standard = view.as_standard_layout().into_owned();
        prop_assert_eq!(key(&view), key(&standard));
        prop_assert_eq!(key(&Arc::new(view)), key(&standard));
        prop_assert_eq!(key(&&standard), key(&standard));
    }

    #[test]
    fn one_changed_number_changes_the_key(
        rows in 1usize..40,
        columns in 1usize..40,
        at in any::<prop::sample::Index>(),
        bit in 0u32..64,
    ) {
        let array = Array2::from_shape_fn((rows, columns), |(i, j)| i as f64 + j as f64 / 7.0);
        let mut other = array.clone();
        let slot = &mut other.as_slice_mut().unwrap()[at.index(rows * columns)];
        *slot = f64::from_bits(slot.to_bits() ^ (1 << bit));
        prop_assert_ne!(key(&array), key(&other));
        prop_assert_ne!(key(&array.view()), key(&array.to_shape((rows * columns, 1, 1)).unwrap()));
        let view: ArrayView2<'_, f64> = array.t();
        prop_assert_eq!(key(&view) == key(&array), view == array);
    }
}
