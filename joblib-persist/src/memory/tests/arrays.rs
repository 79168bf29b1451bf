//! Which values are arrays, and which types they are read as.

use super::*;

#[test]
fn every_dtype_in_every_container() {
    macro_rules! each {
        ($($ty:ty: $values:expr),* $(,)?) => {$({
            let values: Vec<$ty> = $values.to_vec();
            array_round_trip(values.clone());
            array_round_trip(values.clone().into_boxed_slice());
            array_round_trip(Array1::from(values.clone()));
            array_round_trip(Array1::from(values.clone()).to_shared());
            array_round_trip(Array1::from(values.clone()).into_dyn());
            array_round_trip(arr0(values[0]));
            array_round_trip(Array2::from_shape_fn((3, 2), |(i, _)| values[i % values.len()]));
            array_round_trip(Array2::from_shape_fn((3, 2).f(), |(i, _)| values[i % values.len()]));
            array_round_trip(VecDeque::from(values.clone()));
            array_round_trip(Box::new(Array1::from(values.clone())));
            array_round_trip([values[0]; 20]);
            let (slice, view) = (&values[..], Array1::from(values.clone()));
            assert_eq!(decode::<Vec<$ty>>(&encoded(slice)).unwrap(), values);
            assert_eq!(decode::<Array1<$ty>>(&encoded(&view.view())).unwrap(), view);
            let mapped: MappedArray<$ty, ndarray::Ix1> = decode(&encoded(&MappedArray::from(view.clone()))).unwrap();
            assert_eq!(*mapped, view);
            let cow: CowArray<'_, $ty, ndarray::Ix1> = decode(&encoded(&CowArray::from(view.view()))).unwrap();
            assert_eq!(cow, view);
        })*};
    }
    each! {
        bool: [true, false, true],
        i8: [-1, i8::MIN, i8::MAX], i16: [-1, i16::MIN, i16::MAX], i32: [-1, i32::MIN, i32::MAX],
        i64: [-1, i64::MIN, i64::MAX], i128: [-1, i128::MIN, i128::MAX],
        u8: [1, 0, u8::MAX], u16: [1, 0, u16::MAX], u32: [1, 0, u32::MAX], u64: [1, 0, u64::MAX],
        u128: [1, 0, u128::MAX],
        f16: [f16::ONE, f16::MIN, f16::EPSILON], bf16: [bf16::ONE, bf16::MIN, bf16::EPSILON],
        f32: [1.5, f32::MIN, f32::INFINITY], f64: [1.5, -0.0, f64::MAX],
        Complex<f32>: [Complex::new(1.0, -2.0), Complex::new(0.5, 3.0)], Complex<f64>: [Complex::new(1.0, -2.0)],
    }
    #[cfg(target_pointer_width = "64")]
    each! { isize: [-1, isize::MIN, isize::MAX], usize: [1, 0, usize::MAX] }
}

#[test]
fn every_layout_of_memory() {
    let base = Array3::from_shape_fn((4, 5, 6), |(i, j, k)| (i * 100 + j * 10 + k) as i32);
    let reversed = base.view().reversed_axes();
    for view in [base.slice(s![1..3, ..;2, ..;-1]), reversed, base.slice(s![.., 2..2, ..])] {
        assert_eq!(arrays_in(&view), 1);
        assert_eq!(decode::<Array3<i32>>(&encoded(&view)).unwrap(), view);
    }
    let fortran = base.to_owned().reversed_axes();
    assert!(!fortran.is_standard_layout());
    let back: Array3<i32> = decode(&encoded(&fortran)).unwrap();
    assert_eq!(back.strides(), fortran.strides());
    let cow: CowArray<'_, i32, ndarray::Ix3> = decode(&encoded(&fortran)).unwrap();
    assert_eq!(cow, fortran);
    for empty in [Array2::<f64>::zeros((0, 5)), Array2::zeros((3, 0)), Array2::zeros((0, 0).f())] {
        round_trip(empty);
    }
    round_trip(Vec::<f64>::new());
    round_trip(ArrayD::from_elem(IxDyn(&[]), 2.0));
    round_trip(Box::new(Array2::<u8>::zeros((0, 3))));
}

#[test]
fn arrays_of_numbers_are_read_as_other_types_that_hold_them() {
    let ints = encoded(&vec![1i32, 200]);
    assert_eq!(decode::<Vec<f64>>(&ints).unwrap(), [1.0, 200.0]);
    assert_eq!(decode::<Vec<u8>>(&ints).unwrap(), [1, 200]);
    assert_eq!(decode::<Array1<i32>>(&ints).unwrap(), array![1, 200]);
    assert_eq!(decode::<(u8, i64)>(&ints).unwrap(), (1, 200));
    assert_eq!(decode::<BTreeSet<u16>>(&ints).unwrap(), [1, 200].into());
    assert!(decode::<Vec<i8>>(&ints).is_err());
    assert!(decode::<Vec<String>>(&ints).is_err());
    assert!(decode::<(u8, u8, u8)>(&ints).is_err());
    assert!(decode::<(u8,)>(&ints).is_err());
    assert!(decode::<Array2<i32>>(&ints).is_err());
    let halves = encoded(&vec![f16::from_f32(0.5)]);
    assert_eq!(decode::<Vec<f32>>(&halves).unwrap(), [0.5]);
    let brains = encoded(&vec![bf16::from_f32(0.5)]);
    assert_eq!(decode::<Vec<f32>>(&brains).unwrap(), [0.5]);
    assert!(decode::<Vec<f16>>(&brains).is_err() && decode::<Vec<bf16>>(&halves).is_err());
    assert!(decode::<Vec<f64>>(&encoded(&Array2::<f64>::eye(2))).is_err());
    assert_eq!(decode::<Vec<f64>>(&encoded(&array![1.0, 2.0])).unwrap(), [1.0, 2.0]);
}

/// As they were written before they had a dtype.
#[test]
fn bfloat16s_one_by_one_are_read_as_arrays() {
    let bytes = [2, 0x92, 0xd5, 0x4f, 0x3f, 0x80, 0xd5, 0x4f, 0xc0, 0x00];
    let expected = [bf16::ONE, bf16::from_f32(-2.0)];
    assert_eq!(decode::<Vec<bf16>>(&bytes).unwrap(), expected);
    assert_eq!(decode::<Array1<bf16>>(&bytes).unwrap(), Array1::from(expected.to_vec()));
}

#[test]
fn structs_that_look_like_arrays() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename = "Array")]
    struct Alike<D, T> {
        v: u8,
        dim: D,
        data: T,
    }
    round_trip(Alike { v: 1, dim: vec![2u32, 2], data: VecDeque::from([1u64, 2, 3, 4]) });
    round_trip(Alike { v: 1, dim: vec![9u32], data: VecDeque::from([1u64, 2, 3, 4]) });
    round_trip(Alike { v: 2, dim: vec![2usize, 2], data: vec![1u64, 2, 3, 4] });
    round_trip(Alike { v: 1, dim: vec![2usize, 2], data: Some(VecDeque::from([1u64, 2, 3, 4])) });
    round_trip(Alike { v: 1, dim: "x".to_owned(), data: vec!["y".to_owned()] });
    round_trip(Alike {
        v: 1,
        dim: vec![2usize, 2],
        data: BTreeMap::from([(1u8, VecDeque::from([1u64, 2, 3, 4]))]),
    });
    round_trip(Alike { v: 1, dim: vec![u64::MAX, u64::MAX], data: VecDeque::from([1u8]) });
    // Elements one by one, as ndarray writes them; and fields that read what they wrote, not what ndarray
    // would.
    #[derive(PartialEq, Debug)]
    struct Each<T>(Vec<T>);
    impl<T: Serialize> Serialize for Each<T> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
            let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
            self.0.iter().try_for_each(|item| serde::ser::SerializeSeq::serialize_element(&mut seq, item))?;
            serde::ser::SerializeSeq::end(seq)
        }
    }
    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Each<T> {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
            Vec::deserialize(deserializer).map(Each)
        }
    }
    round_trip(Alike { v: 1, dim: vec![2usize, 2], data: Each(vec![1u64, 2, 3, 4]) });
    round_trip(Alike { v: 1, dim: Some(vec![2usize, 2]), data: Each(vec![1u64, 2, 3, 4]) });
    round_trip(Alike { v: 1, dim: (2usize, 2usize), data: Some(Each(vec![1.5f64, 2.0, 3.0, 4.0])) });
    let alike = Alike { v: 1, dim: vec![20usize], data: Each(vec![1.5f64; 20]) };
    assert_eq!(arrays_in(&alike), 2, "its fields are arrays, it is none");
    round_trip(alike);
}

/// A type whose `Serialize` writes a list, and which is read as the struct of its name.
#[test]
fn a_list_is_no_ndarray_for_a_struct_of_that_name() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Array {
        v: f64,
        dim: f64,
        data: f64,
    }
    let read = decode::<Array>(&encoded(&[1.0f64, 2.0, 3.0][..])).unwrap();
    assert_eq!(read, Array { v: 1.0, dim: 2.0, data: 3.0 });
    let read = decode::<Array1<f64>>(&encoded(&[1.0f64, 2.0, 3.0][..])).unwrap();
    assert_eq!(read, array![1.0, 2.0, 3.0]);
}

#[test]
fn ndarrays_in_wrappers_are_taken_whole() {
    mod with {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        pub(super) fn serialize<T: Serialize, S: Serializer>(
            value: &T,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            value.serialize(serializer)
        }

        pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
            from: D,
        ) -> Result<T, D::Error> {
            T::deserialize(from)
        }
    }
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(transparent)]
    struct Bare<T>(T);
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct By<T: Serialize + DeserializeOwned> {
        #[serde(with = "with")]
        value: T,
    }
    let base = Array2::from_shape_fn((6, 8), |(i, j)| (i * 8 + j) as f64);
    let array = base.slice(s![..;2, ..;-3]).as_standard_layout().into_owned();
    array_round_trip(Bare(array.clone()));
    array_round_trip(By { value: array.clone() });
    array_round_trip(Bare(Box::new(Box::new(array.clone()))));
    assert_eq!(arrays_in(&Bare(base.slice(s![..;2, ..;-3]))), 1);
    assert_eq!(arrays_in(&std::sync::Arc::new(&&array)), 1);
    assert_eq!(arrays_in(&std::borrow::Cow::Borrowed(&array)), 1);
    round_trip(Bare(Box::new(array.mapv(|number| number.to_string()))));
}
