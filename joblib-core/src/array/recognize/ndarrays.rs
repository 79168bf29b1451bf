//! The types of `ndarray` that are recognised as arrays.

use super::super::{Element, RawArray};
use super::view::{View, Views};
use crate::memmap::MappedArray;
use ndarray::{
    Array, ArrayBase, ArrayRef, CowRepr, Dimension, Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn, OwnedArcRepr,
    ViewRepr,
};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

pub(super) fn insert<T: Element>(arrays: &mut Views) {
    macro_rules! each {
        ($($dimension:ty),*) => { $( of_dimension::<T, $dimension>().into_iter().for_each(|view| arrays.insert(view)); )* };
    }
    each!(Ix0, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, IxDyn);
}

/// Kept to one function because it is compiled for every dtype and number of axes.
fn of_dimension<T: Element, D: Dimension + 'static>() -> [View; 18] {
    macro_rules! direct {
        ($ty:ty) => {
            View::of(array::<$ty, T, D>)
        };
    }
    macro_rules! pointer {
        ($pointer:ty, $ty:ty) => {
            View::behind::<$pointer, $ty>(array::<$ty, T, D>)
        };
    }
    type Of<S, D> = ArrayBase<S, D>;
    [
        direct!(Array<T, D>),
        direct!(Of<OwnedArcRepr<T>, D>),
        direct!(Of<CowRepr<'static, T>, D>),
        direct!(Of<ViewRepr<&'static T>, D>),
        direct!(Of<ViewRepr<&'static mut T>, D>),
        direct!(MappedArray<T, D>),
        View::of(shared::<Rc<Array<T, D>>, T, D>),
        View::of(shared::<Arc<Array<T, D>>, T, D>),
        pointer!(&'static Array<T, D>, Array<T, D>),
        pointer!(&'static mut Array<T, D>, Array<T, D>),
        pointer!(Box<Array<T, D>>, Array<T, D>),
        pointer!(&'static Of<OwnedArcRepr<T>, D>, Of<OwnedArcRepr<T>, D>),
        pointer!(&'static Of<CowRepr<'static, T>, D>, Of<CowRepr<'static, T>, D>),
        pointer!(&'static Of<ViewRepr<&'static T>, D>, Of<ViewRepr<&'static T>, D>),
        pointer!(&'static Of<ViewRepr<&'static mut T>, D>, Of<ViewRepr<&'static mut T>, D>),
        pointer!(&'static MappedArray<T, D>, MappedArray<T, D>),
        pointer!(&'static mut MappedArray<T, D>, MappedArray<T, D>),
        pointer!(Box<MappedArray<T, D>>, MappedArray<T, D>),
    ]
}

fn array<A, T, D>(array: &A) -> Option<RawArray<'_>>
where
    A: Deref<Target = ArrayRef<T, D>>,
    T: Element,
    D: Dimension + 'static,
{
    RawArray::from_array(array)
}

fn shared<P, T, D>(pointer: &P) -> Option<RawArray<'_>>
where
    P: Deref<Target = Array<T, D>>,
    T: Element,
    D: Dimension + 'static,
{
    RawArray::from_array(pointer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Container, DType, Order, as_array};
    use ndarray::{Array2, array};

    #[test]
    fn knows_arrays_of_every_ownership() {
        let array = array![[1.0f64, 2.0], [3.0, 4.0]];
        let shared = array.to_shared();
        let mut other = array.clone();
        let mutable = other.view_mut();
        for raw in [as_array(&array), as_array(&array.view()), as_array(&shared), as_array(&mutable)] {
            let raw = raw.expect("an array");
            assert_eq!((raw.dtype(), raw.shape()), (DType::F64, &[2, 2][..]));
            assert_eq!(raw.container(), Container::NdArray);
        }
        assert_eq!(as_array(&array.t()).unwrap().contiguous().unwrap().0, Order::Fortran);
        assert!(as_array(&array.into_dyn()).is_some());
    }

    #[test]
    fn knows_arrays_behind_pointers() {
        let array = array![[1.0f64, 2.0], [3.0, 4.0]];
        let mut copy = array.clone();
        let (boxed, rc, arc) = (Box::new(array.clone()), Rc::new(array.clone()), Arc::new(array.clone()));
        let (view, mutable) = (array.view(), &mut copy);
        let mapped = MappedArray::from(array.clone());
        for raw in [as_array(&&array), as_array(&boxed), as_array(&rc), as_array(&arc), as_array(&&view)] {
            assert_eq!(raw.expect("an array").shape(), &[2, 2]);
        }
        assert!(
            as_array(&mutable).is_some()
                && as_array(&&mapped).is_some()
                && as_array(&Box::new(mapped)).is_some()
        );
        assert_eq!(as_array(&&array).unwrap().contiguous().unwrap().1.as_ptr(), array.as_ptr().cast());
        assert_eq!(as_array(&arc).unwrap().contiguous().unwrap().1.as_ptr(), arc.as_ptr().cast());
        assert!(as_array(&&&array).is_none() && as_array(&Box::new(7u64)).is_none());
    }

    #[test]
    fn other_types_of_the_same_size_are_not_arrays() {
        assert!(as_array(&Array2::<String>::default((2, 2))).is_none());
        assert!(as_array(&[0usize; 8]).is_none());
        assert!(as_array("a string of some length, longer than an array").is_none());
    }
}
