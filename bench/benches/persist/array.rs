//! One large array in a struct: how close to the bare disk cache, and to those who store nothing but arrays.

use crate::{large, noise, python, touch};
use joblib_bench::Comparison;
use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Dump, Loader, dump, load};
use ndarray::{Array2, Ix2};
use ndarray_npy::{read_npy, write_npy};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct Field {
    name: String,
    values: Array2<f64>,
}

#[derive(Serialize, Deserialize)]
struct MappedField {
    name: String,
    values: MappedArray<f64, Ix2>,
}

pub fn run() {
    let side = ((large() / 8) as f64).sqrt() as usize;
    let mut next = noise();
    let values = Array2::from_shape_simple_fn((side, side), &mut next);
    let field = Field { name: "field".into(), values };
    let folder = tempfile::tempdir().expect("a temporary directory");
    dumps(&field, folder.path());
    loads(&field, folder.path());
    empty(folder.path());
    python::arrays(folder.path(), side);
}

fn bytes_of(values: &Array2<f64>) -> &[u8] {
    bytemuck::cast_slice(values.as_slice().expect("standard layout"))
}

/// Removes every file of the folder: a fresh file each time, and no dirty pages of the one before to be
/// written back.
fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).expect("the folder") {
        fs::remove_file(entry.expect("an entry").path()).expect("remove");
    }
}

fn dumps(field: &Field, folder: &Path) {
    let bytes = bytes_of(&field.values);
    let path = |name: &str| folder.join(name);
    let (raw, npy, tensors, side, single) =
        (path("raw"), path("a.npy"), path("a.safetensors"), path("side.jl"), path("single.jl"));
    Comparison::new("dump: one array in a struct, fresh file")
        .yardstick("raw write, preallocated")
        .rounds(5)
        .round_time(Duration::ZERO)
        .bytes(bytes.len() as u64)
        .between_turns(|| {
            // Page cache that is present, as `touch` makes memory.
            fs::write(&raw, bytes).expect("write");
            empty(folder);
        })
        .time("raw write, preallocated", || {
            let mut file = File::create(&raw).expect("create");
            let flags = rustix::fs::FallocateFlags::empty();
            let _ = rustix::fs::fallocate(&file, flags, 0, bytes.len() as u64);
            file.write_all(bytes).expect("write");
        })
        .time("joblib, side file", || dump(field, &side).expect("dump"))
        .time("joblib, one file", || Dump::new().single_file(true).write(field, &single).expect("dump"))
        .time("ndarray-npy", || write_npy(&npy, &field.values).expect("write_npy"))
        .time("safetensors", || {
            let shape = field.values.shape().to_vec();
            let view = TensorView::new(Dtype::F64, shape, bytes).expect("view");
            serialize_to_file([("values", view)], None, &tensors).expect("serialize");
        })
        .time("npyz", || {
            use npyz::WriterBuilder;
            let mut writer = npyz::WriteOptions::new()
                .default_dtype()
                .shape(&field.values.shape().iter().map(|&n| n as u64).collect::<Vec<_>>())
                .writer(BufWriter::new(File::create(&npy).expect("create")))
                .begin_nd()
                .expect("begin");
            writer.extend(field.values.iter().copied()).expect("write");
            writer.finish().expect("finish");
        })
        .run();
}

fn loads(field: &Field, folder: &Path) {
    let bytes = bytes_of(&field.values).len() as u64;
    let path = |name: &str| folder.join(name);
    let (npy, tensors, side, single) =
        (path("a.npy"), path("a.safetensors"), path("side.jl"), path("single.jl"));
    write_npy(&npy, &field.values).expect("write_npy");
    let view = TensorView::new(Dtype::F64, field.values.shape().to_vec(), bytes_of(&field.values));
    serialize_to_file([("values", view.expect("view"))], None, &tensors).expect("serialize");
    dump(field, &side).expect("dump");
    Dump::new().single_file(true).write(field, &single).expect("dump");
    Comparison::new("load: one array in a struct, file in the page cache")
        .yardstick("joblib, side file")
        .rounds(5)
        .round_time(Duration::ZERO)
        .bytes(bytes)
        .between_turns(|| touch(bytes as usize))
        .time("joblib, side file", || load::<Field>(&side).expect("load").values[[1, 1]])
        .time("joblib, one file", || load::<Field>(&single).expect("load").values[[1, 1]])
        .time("joblib, not verified", || {
            Loader::new().verify(false).read::<Field>(&side).expect("load").values[[1, 1]]
        })
        .time("std::fs::read", || fs::read(&npy).expect("read"))
        .time("ndarray-npy", || read_npy::<_, Array2<f64>>(&npy).expect("read_npy"))
        .time("safetensors, read and copied", || {
            let file = fs::read(&tensors).expect("read");
            let tensors = SafeTensors::deserialize(&file).expect("deserialize");
            let tensor = tensors.tensor("values").expect("tensor");
            let values = bytemuck::pod_collect_to_vec::<u8, f64>(tensor.data());
            Array2::from_shape_vec((tensor.shape()[0], tensor.shape()[1]), values).expect("shape")
        })
        .time("npyz", || {
            let reader = BufReader::new(File::open(&npy).expect("open"));
            npyz::NpyFile::new(reader).expect("header").into_vec::<f64>().expect("data")
        })
        .run();

    let mapped = |path: &Path| {
        let loader = Loader::new().mmap_mode(MmapMode::Read);
        let field: MappedField = loader.read(path).expect("load");
        assert!(field.values.is_mapped());
        field.values[[1, 1]]
    };
    Comparison::new("load mapped")
        .time("joblib, side file", || mapped(&side))
        .time("joblib, one file", || mapped(&single))
        .run();
}
