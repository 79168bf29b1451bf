//! Writes the seed corpus: `RUSTFLAGS="--cfg fuzzing" cargo run --example seeds` in `fuzz/`.

#[path = "../values.rs"]
mod values;

use joblib_persist::{Compression, Dump, Method, Shuffle};
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let value = values::example();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let folder = std::env::temp_dir().join("joblib-fuzz-seeds");
    fs::create_dir_all(&folder)?;
    for target in ["archive", "segments", "compressed", "frame", "npy", "stream", "blocks"] {
        fs::create_dir_all(corpus.join(target))?;
    }
    for method in ["none", "zlib", "gzip", "bz2", "xz", "lzma", "lz4", "zstd", "pco"] {
        let method: Method = method.parse()?;
        let name = method.name();
        let dump = Dump::new().compress(Compression::new(method).shuffle(Shuffle::On)).side_file_bytes(1024);
        dump.clone().single_file(true).write(&value, corpus.join("archive").join(name))?;
        let mut stream = Vec::new();
        dump.write_to(&value, &mut stream)?;
        fs::write(corpus.join("segments").join(name), &stream)?;
    }
    for extension in ["z", "gz", "bz2", "xz", "lzma", "lz4", "zst"] {
        let path = folder.join(format!("value.{extension}"));
        Dump::new().write(&value, &path)?;
        fs::copy(&path, corpus.join("compressed").join(extension))?;
    }
    let multi = Dump::new().side_file_bytes(1024).write(&value, folder.join("value.jl"))?;
    fs::copy(&multi[0], corpus.join("frame/value"))?;
    fs::copy(&multi[0], corpus.join("archive/multi"))?;
    fs::copy(&multi[1], corpus.join("npy/float64"))?;
    // A reader may be given any of them.
    fs::copy(corpus.join("archive/none"), corpus.join("segments/archive"))?;
    fs::copy(&Dump::new().write(&value, folder.join("small.jl"))?[0], corpus.join("segments/main"))?;
    let mut main = vec![3];
    main.extend_from_slice(&joblib_persist::fuzz::encode(&value));
    fs::write(corpus.join("stream/everything"), main)?;
    for (index, seed) in joblib_persist::fuzz::example_blocks().into_iter().enumerate() {
        fs::write(corpus.join("blocks").join(format!("block{index}")), seed)?;
    }
    Ok(())
}
