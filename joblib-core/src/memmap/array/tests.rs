use super::*;
use crate::memmap::{ShareOptions, handover, locate, share};
use ndarray::{Array1, Array2, Ix1, Ix2, Ix3, array, s};
use std::fs;

/// A file with the numbers 0, 1, .. as f64, little-endian, after 64 bytes of header.
fn numbers(count: usize) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut bytes = vec![0u8; 64];
    bytes.extend((0..count).flat_map(|i| (i as f64).to_ne_bytes()));
    fs::write(&file, bytes).unwrap();
    file
}

fn open<D: Dimension>(
    file: &tempfile::NamedTempFile,
    shape: &[usize],
    mode: MmapMode,
) -> MappedArray<f64, D> {
    MappedArray::open(file, 64, shape, Order::C, mode).unwrap()
}

fn numbers_in(file: &tempfile::NamedTempFile) -> Vec<f64> {
    fs::read(file).unwrap()[64..].chunks(8).map(|b| f64::from_ne_bytes(b.try_into().unwrap())).collect()
}

#[test]
fn both_orders_and_arithmetic() {
    let file = numbers(6);
    let c: MappedArray<f64, Ix2> = open(&file, &[2, 3], MmapMode::Read);
    assert_eq!(*c, array![[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    let f = MappedArray::<f64, Ix2>::open(&file, 64, &[2, 3], Order::Fortran, MmapMode::Read).unwrap();
    assert_eq!(*f, array![[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]);
    let sum: Array2<f64> = &*c + &*f;
    assert_eq!(sum[[1, 2]], 10.0);
    assert_eq!(c.dot(&f.t()).dim(), (2, 2));
}

#[test]
fn writes_by_mode() {
    let file = numbers(3);
    let mut read: MappedArray<f64, Ix1> = open(&file, &[3], MmapMode::Read);
    assert!(read.view_mut().unwrap_err().is_read_only());
    let mut private: MappedArray<f64, Ix1> = open(&file, &[3], MmapMode::CopyOnWrite);
    private.view_mut().unwrap()[0] = 7.0;
    assert_eq!((private[0], read[0], numbers_in(&file)[0]), (7.0, 0.0, 0.0));
    assert!(private.is_detached() && !read.is_detached());
    drop((read, private));
    let mut through: MappedArray<f64, Ix1> = open(&file, &[3], MmapMode::ReadWrite);
    through.view_mut().unwrap()[0] = 8.0;
    through.flush().unwrap();
    assert_eq!(numbers_in(&file), [8.0, 1.0, 2.0]);
}

#[test]
fn a_clone_is_a_reference_and_sees_no_private_write() {
    let file = numbers(3);
    let mut a: MappedArray<f64, Ix1> = open(&file, &[3], MmapMode::CopyOnWrite);
    let clone = a.clone();
    assert_eq!(clone.as_ptr(), a.as_ptr());
    a.view_mut().unwrap()[1] = 9.0;
    assert_eq!((a[1], clone[1]), (9.0, 1.0));
    let mut owned = MappedArray::from(array![1.0, 2.0]);
    let second = owned.clone();
    assert_eq!(second.as_ptr(), owned.as_ptr());
    owned.view_mut().unwrap()[0] = 3.0;
    assert_eq!((owned[0], second[0]), (3.0, 1.0));
}

#[test]
fn a_writer_is_alone_in_its_process() {
    let file = numbers(6);
    let mut a: MappedArray<f64, Ix1> = open(&file, &[6], MmapMode::ReadWrite);
    let clone = a.clone();
    assert!(a.view_mut().unwrap_err().is_refused());
    drop(clone);
    let other: MappedArray<f64, Ix1> = open(&file, &[6], MmapMode::Read);
    assert!(a.view_mut().unwrap_err().is_refused());
    drop(other);
    a.view_mut().unwrap()[5] = 1.0;
    let refused = MappedArray::<f64, Ix1>::open(&file, 64, &[6], Order::C, MmapMode::Read);
    assert!(refused.unwrap_err().is_refused());
    drop(a);
    let again: MappedArray<f64, Ix1> = open(&file, &[6], MmapMode::Read);
    assert_eq!(again[5], 1.0);
}

#[test]
fn arrays_beside_each_other_in_one_file_are_written_independently() {
    let file = numbers(6);
    let map = MappedFile::open(&file, MmapMode::ReadWrite).unwrap();
    let at = |offset| ArrayPlace::new(map.clone(), offset, crate::array::DType::F64, &[3], Order::C);
    let mut first = MappedArray::<f64, Ix1>::from_place(&at(64)).unwrap();
    let mut second = MappedArray::<f64, Ix1>::from_place(&at(64 + 24)).unwrap();
    first.view_mut().unwrap().fill(1.0);
    second.view_mut().unwrap().fill(2.0);
    assert_eq!(numbers_in(&file), [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
}

#[test]
fn slices_keep_the_map_and_their_strides() {
    let file = numbers(24);
    let a: MappedArray<f64, Ix3> = open(&file, &[2, 3, 4], MmapMode::Read);
    let expected = a.to_owned();
    let part = a.slice_of(s![1, ..;-1, 1..;2]);
    drop(a);
    assert_eq!(*part, expected.slice(s![1, ..;-1, 1..;2]));
    assert!(part.is_mapped());
}

#[test]
fn writes_through_reversed_axes_reach_the_right_elements() {
    let file = numbers(6);
    let a: MappedArray<f64, Ix2> = open(&file, &[2, 3], MmapMode::ReadWrite);
    let mut reversed = a.slice_of(s![..;-1, ..;-1]);
    drop(a);
    reversed.view_mut().unwrap()[[0, 0]] = 50.0;
    assert_eq!(numbers_in(&file)[5], 50.0);
}

#[test]
fn strided_places_come_back_as_they_were() {
    let file = numbers(12);
    let a: MappedArray<f64, Ix2> = open(&file, &[3, 4], MmapMode::Read);
    let view = a.slice(s![..;-1, ..;3]);
    let offset = (view.as_ptr() as usize - a.as_ptr() as usize) as u64 + 64;
    let map = a.file().unwrap().clone();
    let place = ArrayPlace::strided(map, offset, crate::array::DType::F64, view.shape(), view.strides());
    assert_eq!(*MappedArray::<f64, Ix2>::from_place(&place).unwrap(), view);
}

#[test]
fn hostile_places_are_errors() {
    use crate::array::DType;
    let file = numbers(4);
    let map = MappedFile::open(&file, MmapMode::Read).unwrap();
    let place = |offset, shape: &[usize]| ArrayPlace::new(map.clone(), offset, DType::F64, shape, Order::C);
    for (offset, shape) in [
        (64, &[5usize][..]),
        (u64::MAX, &[1]),
        (64, &[usize::MAX]),
        (64, &[usize::MAX, usize::MAX, usize::MAX, usize::MAX]),
        (96, &[1, 1]),
    ] {
        let result = MappedArray::<f64, IxDyn>::from_place(&place(offset, shape));
        assert!(result.unwrap_err().is_corrupt(), "{offset} {shape:?}");
    }
    assert!(MappedArray::<f64, Ix1>::from_place(&place(61, &[1])).unwrap_err().is_unsupported());
    assert!(MappedArray::<f32, Ix1>::from_place(&place(64, &[1])).unwrap_err().is_invalid());
    assert!(MappedArray::<f64, Ix2>::from_place(&place(64, &[1])).unwrap_err().is_invalid());
    let broadcast = ArrayPlace::strided(map.clone(), 64, DType::F64, &[usize::MAX], &[0]);
    assert!(MappedArray::<f64, Ix1>::from_place(&broadcast).is_err());
    let back = ArrayPlace::strided(map.clone(), 64, DType::F64, &[10], &[-1]);
    assert!(MappedArray::<f64, Ix1>::from_place(&back).is_err());
    assert_eq!(MappedArray::<f64, Ix2>::from_place(&place(64, &[0, 7])).unwrap().dim(), (0, 7));
}

#[test]
fn bools_are_checked() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, [0u8, 1, 1, 2]).unwrap();
    let open = |len| MappedArray::<bool, Ix1>::open(&file, 0, &[len], Order::C, MmapMode::Read);
    assert_eq!(*open(3).unwrap(), array![false, true, true]);
    assert!(open(4).unwrap_err().is_corrupt());
}

#[test]
fn broadcast_arrays_are_not_written_through() {
    let file = numbers(4);
    let map = MappedFile::open(&file, MmapMode::ReadWrite).unwrap();
    let place = ArrayPlace::strided(map, 64, crate::array::DType::F64, &[3], &[0]);
    let mut a = MappedArray::<f64, Ix1>::from_place(&place).unwrap();
    assert!(a.view_mut().unwrap_err().is_refused());
}

#[test]
fn shared_arrays_have_no_name_and_keep_order() {
    let f = Array2::from_shape_fn((3, 5), |(i, j)| (i * 10 + j) as f32).reversed_axes();
    let folder = tempfile::tempdir().unwrap();
    let shared = ShareOptions::new().temp_folder(folder.path()).share(&f).unwrap();
    assert_eq!(*shared, f);
    assert_eq!(shared.strides(), f.strides());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let gaps = share(&f.slice(s![..;2, 1..])).unwrap();
    assert_eq!(*gaps, f.slice(s![..;2, 1..]));
    assert!(ShareOptions::new().temp_folder(folder.path().join("absent")).share(&f).is_err());
    let unknown = ShareOptions::new().temp_folder("~nobody-of-this-name/maps").share(&f).unwrap_err();
    assert!(unknown.is_invalid() && unknown.to_string().contains("~nobody-of-this-name"), "{unknown}");
}

#[test]
fn any_view_into_a_map_is_located() {
    let a = share(&Array1::from_iter(0..100u32)).unwrap();
    let bytes_of = |part: &[u32]| {
        let raw = crate::array::as_slice(&part).unwrap();
        locate(raw.contiguous().unwrap().1).map(|(file, offset)| (file.id(), offset))
    };
    let part = a.slice(s![10..20]);
    assert_eq!(bytes_of(part.as_slice().unwrap()), Some((a.file().unwrap().id(), 40)));
    assert_eq!(bytes_of(&[1, 2, 3]), None);
}

#[test]
fn keys_and_dumps_see_its_memory() {
    let array = array![[1i64, 2], [3, 4]];
    for mapped in [share(&array).unwrap(), MappedArray::from(array.clone())] {
        let raw = crate::array::as_array(&mapped).expect("recognised");
        assert_eq!((raw.shape(), raw.nbytes()), (&[2usize, 2][..], 32));
    }
    let zero = share(&ndarray::arr0(1.5f64)).unwrap();
    assert!(crate::array::as_array(&zero).is_some());
    assert!(crate::array::as_array(&array.into_dyn().to_shared()).is_some());
    assert!(crate::array::as_array(&share(&Array2::<bool>::default((2, 2))).unwrap().into_dyn()).is_some());
}

#[test]
fn serialises_as_the_array_it_shows_in_any_format() {
    let array = array![[1.0, 2.0], [3.0, 4.0]];
    let mapped = share(&array).unwrap();
    let json = serde_json::to_string(&mapped).unwrap();
    assert_eq!(json, serde_json::to_string(&array).unwrap());
    let back: MappedArray<f64, Ix2> = serde_json::from_str(&json).unwrap();
    assert_eq!(*back, array);
    assert!(!back.is_mapped());
}

#[test]
fn an_offered_place_is_mapped_once() {
    let file = numbers(4);
    let map = MappedFile::open(&file, MmapMode::Read).unwrap();
    let place = ArrayPlace::new(map, 64, crate::array::DType::F64, &[4], Order::C);
    let json = serde_json::to_string(&array![5.0]).unwrap();
    type Two = (MappedArray<f64, Ix1>, MappedArray<f64, Ix1>);
    // serde_json passes newtypes through, so the first reads nothing and the second meets the first one's
    // value.
    let read = || serde_json::from_str::<MappedArray<f64, Ix1>>(&json).map_err(|error| error.to_string());
    let (result, taken) = handover::offer(Some(place.clone()), || read().err());
    assert!(taken && result.unwrap().contains("trailing"));
    assert!(!read().unwrap().is_mapped());
    let mut misaligned = place;
    misaligned = ArrayPlace::new(misaligned.file().clone(), 65, crate::array::DType::F64, &[3], Order::C);
    let (owned, taken) = handover::offer(Some(misaligned), read);
    assert!(!taken && !owned.unwrap().is_mapped());
    assert!(serde_json::from_str::<Two>("[1]").is_err());
}

/// The three numbers from each of these bytes on, as places in one private mapping of a file with six.
fn private_places<const N: usize>(offsets: [u64; N]) -> (tempfile::NamedTempFile, [ArrayPlace; N]) {
    let file = numbers(6);
    let map = MappedFile::open(&file, MmapMode::CopyOnWrite).unwrap();
    let place = |offset| ArrayPlace::new(map.clone(), offset, crate::array::DType::F64, &[3], Order::C);
    (file, offsets.map(place))
}

fn at(place: &ArrayPlace) -> MappedArray<f64, Ix1> {
    MappedArray::from_place(place).unwrap()
}

#[test]
fn private_writes_stay_with_one_of_two_arrays_on_one_map() {
    for offset in [64, 64 + 16] {
        let (_file, [first, second]) = private_places([64, offset]);
        let (mut a, b) = (at(&first), at(&second));
        let seen = b.view();
        let mut writer = a.view_mut().unwrap();
        writer.fill(5.0);
        assert_eq!(seen, at(&second).view());
        assert_eq!((a.sum(), b[0]), (15.0, (offset - 64) as f64 / 8.0));
        assert!(!a.is_mapped() && b.is_mapped());
        // Now the other one is alone.
        let mut b = b;
        b.view_mut().unwrap().fill(6.0);
        assert!(b.is_mapped() && b.is_detached());
        assert_eq!((a.sum(), b.sum()), (15.0, 18.0));
    }
}

#[test]
fn an_array_made_after_private_writes_has_a_map_of_its_own() {
    let (file, [place, shifted]) = private_places([64, 64 + 16]);
    let mut a = at(&place);
    a.view_mut().unwrap().fill(5.0);
    assert!(a.is_mapped());
    for later in [&place, &shifted] {
        let mut b = at(later);
        assert_eq!(b[0], numbers_in(&file)[(later.offset() - 64) as usize / 8]);
        assert_ne!(b.file().unwrap().identity(), place.file().identity());
        b.view_mut().unwrap().fill(6.0);
        assert_eq!(a[2], 5.0);
    }
    // Written again in place, and still not the file's when the writer is gone.
    a.view_mut().unwrap()[0] = 7.0;
    assert!(a.is_mapped());
    drop(a);
    assert_eq!(*at(&place), array![0.0, 1.0, 2.0]);
    assert_eq!(numbers_in(&file), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn private_arrays_beside_each_other_stay_mapped() {
    let (_file, [first, second]) = private_places([64, 64 + 24]);
    let (mut a, mut b) = (at(&first), at(&second));
    a.view_mut().unwrap().fill(1.0);
    b.view_mut().unwrap().fill(2.0);
    assert!(a.is_mapped() && b.is_mapped());
    assert_eq!((a.sum(), b.sum()), (3.0, 6.0));
    drop(a);
    assert_eq!((at(&first)[1], at(&second)[0], b[0]), (1.0, 3.0, 2.0));
}

#[test]
fn written_private_maps_without_a_path_are_mapped_again_and_replaced_files_refused() {
    let (file, [place]) = private_places([64]);
    let shared = ShareOptions::new().mmap_mode(MmapMode::CopyOnWrite);
    let raw = array![1.0, 2.0, 3.0];
    let nameless = shared.share_raw(&crate::array::as_array(&raw).unwrap()).unwrap();
    for place in [&place, &nameless] {
        at(place).view_mut().unwrap().fill(9.0);
    }
    assert_eq!(*at(&nameless), raw);
    let replacement = numbers(6);
    fs::rename(replacement.path(), file.path()).unwrap();
    let refused = MappedArray::<f64, Ix1>::from_place(&place).unwrap_err();
    assert!(refused.is_refused() && refused.to_string().contains("replaced"), "{refused}");
}

#[test]
fn of_threads_that_write_privately_at_once_none_sees_another() {
    let (_file, [place]) = private_places([64]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let place = &place;
            scope.spawn(move || {
                for round in 0..300 {
                    let mine = f64::from(thread * 1000 + round + 10);
                    let mut a = at(place);
                    assert_eq!(*a, array![0.0, 1.0, 2.0]);
                    a.view_mut().unwrap().fill(mine);
                    assert_eq!(*a, array![mine, mine, mine]);
                }
            });
        }
    });
}
