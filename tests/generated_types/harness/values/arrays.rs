//! Arrays of `ndarray`, and mapped ones: of every number of axes, in several layouts in memory.

use joblib::MappedArray;
use joblib_core::array::Element;
use ndarray::{ArcArray, Array, ArrayRef, Axis, Dimension, IxDyn, ShapeBuilder};

use crate::{Random, Sample, Walk};

/// A shape of as many axes as the type has.
fn shape<T, D: Dimension>(random: &mut Random) -> D {
    let axes = D::NDIM.unwrap_or_else(|| random.one(&[0, 1, 2, 3, 8, 9]));
    let mut shape = IxDyn(&vec![1; axes]);
    if axes == 0 {
        return D::from_dimension(&shape).unwrap();
    }
    let mut length = random.length::<T>();
    for axis in 1..axes {
        let extent = random.one(&[1, 1, 2, 3]);
        if length >= extent {
            shape[axis] = extent;
            length /= extent;
        }
    }
    shape[0] = length;
    D::from_dimension(&shape).unwrap()
}

fn array<T: Sample, D: Dimension>(random: &mut Random) -> Array<T, D> {
    let shape: D = shape::<T, D>(random);
    let fortran = random.percent(30);
    let mut made = Array::from_shape_simple_fn(shape.set_f(fortran), || T::make(random));
    if made.ndim() > 0 && random.percent(15) {
        made.invert_axis(Axis(0));
    }
    made
}

fn plain<T: Sample, D: Dimension>() -> Array<T, D> {
    let axes = D::NDIM.unwrap_or(1);
    let shape = D::from_dimension(&IxDyn(&vec![0; axes])).unwrap();
    Array::from_shape_simple_fn(shape, T::plain)
}

/// In the other layout.
fn again<T: Sample, D: Dimension>(array: &ArrayRef<T, D>) -> Array<T, D> {
    let mut elements = array.iter().map(T::again);
    let mut copy = Array::from_shape_simple_fn(array.raw_dim().set_f(false), || elements.next().unwrap());
    let reversed = copy.t().map(T::again);
    // In C order as the axes were, and in Fortran order when they are turned back.
    copy = reversed.reversed_axes();
    copy
}

fn same<T: Sample, D: Dimension>(one: &ArrayRef<T, D>, other: &ArrayRef<T, D>) -> bool {
    one.shape() == other.shape() && one.iter().zip(other).all(|(one, other)| one.same(other))
}

fn walk<T: Sample, D: Dimension>(array: &mut Array<T, D>, walk: &mut Walk) {
    // The same elements in another shape.
    walk.leaf(array, |array, _| {
        let mut elements: Vec<T> = array.iter().map(T::again).collect();
        let mut shape = array.raw_dim();
        if shape.ndim() > 1 && shape[0] != shape[1] {
            shape.slice_mut().swap(0, 1);
        } else if let Some(first) = shape.slice_mut().first_mut() {
            *first = if *first == 0 { 1 } else { *first / 2 };
        }
        elements.truncate(shape.size());
        let mut elements = elements.into_iter();
        *array = Array::from_shape_simple_fn(shape, || elements.next().unwrap_or_else(T::plain));
    });
    walk.elements(array.iter_mut().collect::<Vec<_>>().into_iter());
}

impl<T: Sample, D: Dimension + 'static> Sample for Array<T, D> {
    fn make(random: &mut Random) -> Self {
        array(random)
    }
    fn plain() -> Self {
        plain()
    }
    fn again(&self) -> Self {
        again(self)
    }
    fn same(&self, other: &Self) -> bool {
        same(self, other)
    }
    fn walk(&mut self, to: &mut Walk) {
        walk(self, to);
    }
}

impl<T: Sample + Clone, D: Dimension + 'static> Sample for ArcArray<T, D> {
    fn make(random: &mut Random) -> Self {
        array(random).into_shared()
    }
    fn plain() -> Self {
        plain().into_shared()
    }
    fn again(&self) -> Self {
        again(self).into_shared()
    }
    fn same(&self, other: &Self) -> bool {
        same(self, other)
    }
    fn walk(&mut self, to: &mut Walk) {
        let mut owned = self.to_owned();
        walk(&mut owned, to);
        *self = owned.into_shared();
    }
}

impl<T: Sample + Clone + Element, D: Dimension + 'static> Sample for MappedArray<T, D> {
    fn make(random: &mut Random) -> Self {
        let owned: Array<T, D> = array(random);
        // Of more axes none can be shared.
        if owned.ndim() <= 8 && random.percent(50) { joblib::share(&owned).unwrap() } else { owned.into() }
    }
    fn plain() -> Self {
        plain().into()
    }
    fn again(&self) -> Self {
        again(self).into()
    }
    fn same(&self, other: &Self) -> bool {
        same(self, other)
    }
    fn walk(&mut self, to: &mut Walk) {
        let mut owned = self.clone().into_owned();
        walk(&mut owned, to);
        *self = owned.into();
    }
}
