//! Arrays loaded together in mode `"c"` share a mapping, but no writes.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Dump, Loader, load};
use ndarray::{Array2, Ix2};
use tempfile::tempdir;

#[test]
fn an_array_dumped_twice_is_written_to_once() {
    type Two = (MappedArray<f64, Ix2>, MappedArray<f64, Ix2>);
    for single in [false, true] {
        let dir = tempdir().unwrap();
        let path = dir.path().join("two.jl");
        let ones = Array2::<f64>::ones((100, 100));
        Dump::new().single_file(single).write(&(&ones, &ones), &path).unwrap();
        let (mut a, mut b): Two = Loader::new().mmap_mode(MmapMode::CopyOnWrite).read(&path).unwrap();
        assert!(a.is_mapped() && b.is_mapped());
        assert_eq!(a.as_ptr(), b.as_ptr(), "one copy in the file");
        let seen = b.view();
        a.view_mut().unwrap().fill(2.0);
        assert_eq!(seen, ones);
        b.view_mut().unwrap().fill(3.0);
        assert!(b.is_mapped());
        assert_eq!((a.sum(), b.sum()), (20_000.0, 30_000.0));
        let (c, d): Two = Loader::new().mmap_mode(MmapMode::CopyOnWrite).read(&path).unwrap();
        assert_eq!((c.sum(), d.sum()), (10_000.0, 10_000.0));
        assert_eq!(load::<(Array2<f64>, Array2<f64>)>(&path).unwrap(), (ones.clone(), ones));
    }
}
