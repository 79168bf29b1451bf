//! A real job through every part of the library: recognising handwritten digits.
//!
//! `cargo run --release --example digits` reads the images, computes random Fourier features (cached),
//! searches the best classifier by cross-validation (cached, its folds in parallel), dumps the winner
//! compressed and its features plain, loads both back, the features memory-mapped, and predicts the digits
//! held out. Run it again: everything expensive comes from the cache. `-- --fresh` starts over.

mod data;
mod model;

use joblib::{Dump, MappedArray};
use model::{CACHE, FourierMap, Model};
use ndarray::{Array2, Ix2};
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

const COMPONENTS: usize = 800;
const FOLDS: usize = 5;
const GAMMAS: [f64; 4] = [0.02, 0.05, 0.1, 0.2];
const RIDGES: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];

fn main() -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    if std::env::args().any(|argument| argument == "--fresh") {
        model::features::memo().clear()?;
        model::cross_validate::memo().clear()?;
        model::train::memo().clear()?;
        println!("cleared the cache in {CACHE}");
    }
    let verbose = std::env::args().any(|argument| argument == "--verbose");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/digits.csv.gz");
    let digits = data::read(&file)?;
    let (training, held_out) = data::split(&digits);
    println!("{} digits to learn from, {} held out", training.labels.len(), held_out.labels.len());

    let maps = GAMMAS.map(|gamma| FourierMap::new(COMPONENTS, gamma, 42));
    let mut stage = Stage::new("features");
    let features = maps.each_ref().map(|map| {
        let entry = model::features::entry(&training.images, map);
        stage.count(entry.is_cached());
        entry.get_or_compute()
    });
    stage.report();

    let (best_gamma, best_ridge) = grid_search(&features, &training.labels, verbose);
    let (map, best) = (&maps[best_gamma], &features[best_gamma]);

    let mut stage = Stage::new("training");
    let entry = model::train::entry(map, best, &training.labels, RIDGES[best_ridge]);
    stage.count(entry.is_cached());
    let model = entry.get_or_compute();
    stage.report();

    let (model, mapped) = dump_and_load(&model, best)?;
    println!(
        "training accuracy from the mapped features: {:.2} %",
        100.0 * training_accuracy(&model, &mapped, &training.labels)
    );
    let predicted = model.predict(&held_out.images);
    print_confusion(&predicted, &held_out.labels);
    println!("held-out accuracy: {:.2} %", 100.0 * data::accuracy(&predicted, &held_out.labels));
    println!("total {:.3} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Prints the score of every setting; gives the indices of the best one.
fn grid_search(features: &[Array2<f64>], labels: &[u8], verbose: bool) -> (usize, usize) {
    let mut stage = Stage::new("grid search");
    let mut best = (0, 0, f64::MIN);
    println!(
        "\ncross-validated accuracy\n  gamma   ridge {}",
        RIDGES.map(|ridge| format!("{ridge:>8.0e}")).join(" ")
    );
    for (g, features) in features.iter().enumerate() {
        let mut row = Vec::new();
        for (r, &ridge) in RIDGES.iter().enumerate() {
            let entry = model::cross_validate::entry(features, labels, ridge, FOLDS, verbose);
            stage.count(entry.is_cached());
            let score = entry.get_or_compute();
            row.push(format!("{score:>8.4}"));
            if score > best.2 {
                best = (g, r, score);
            }
        }
        println!("  {:<13} {}", GAMMAS[g], row.join(" "));
    }
    stage.report();
    (best.0, best.1)
}

/// The model compressed, its features plain; both read back, the features memory-mapped.
fn dump_and_load(
    model: &Model,
    features: &Array2<f64>,
) -> Result<(Model, MappedArray<f64, Ix2>), Box<dyn Error>> {
    let started = Instant::now();
    let model_path = Path::new(CACHE).join("model.jl");
    let features_path = Path::new(CACHE).join("features.jl");
    Dump::new().compress(true).write(model, &model_path)?;
    let files = joblib::dump(features, &features_path)?;
    let size = |path: &Path| std::fs::metadata(path).map(|meta| meta.len());
    println!("dumped {} ({} bytes, compressed)", model_path.display(), size(&model_path)?);
    for file in files {
        println!("dumped {} ({} bytes)", file.display(), size(&file)?);
    }
    let loaded: Model = joblib::load(&model_path)?;
    assert_eq!(&loaded, model, "a dump comes back as it was");
    let mapped: MappedArray<f64, Ix2> =
        joblib::Loader::new().mmap_mode(joblib::MmapMode::Read).read(&features_path)?;
    println!(
        "loaded both, the features {} in {:?}",
        if mapped.is_mapped() { "mapped" } else { "copied" },
        started.elapsed()
    );
    Ok((loaded, mapped))
}

fn training_accuracy(model: &Model, features: &MappedArray<f64, Ix2>, labels: &[u8]) -> f64 {
    data::accuracy(&model.classify(features), labels)
}

fn print_confusion(predicted: &[u8], actual: &[u8]) {
    println!(
        "\nheld-out digits: actual (rows) by predicted (columns)\n      {}",
        (0..10).map(|d| format!("{d:>4}")).collect::<String>()
    );
    for (digit, row) in data::confusion(predicted, actual).outer_iter().enumerate() {
        let cells: String =
            row.iter().map(|&n| if n == 0 { "   .".into() } else { format!("{n:>4}") }).collect();
        println!("    {digit} {cells}");
    }
}

/// Time and cache hits of one stage of the job.
struct Stage {
    name: &'static str,
    started: Instant,
    calls: usize,
    cached: usize,
}

impl Stage {
    fn new(name: &'static str) -> Self {
        Stage { name, started: Instant::now(), calls: 0, cached: 0 }
    }

    fn count(&mut self, cached: bool) {
        self.calls += 1;
        self.cached += usize::from(cached);
    }

    fn report(&self) {
        let elapsed: Duration = self.started.elapsed();
        let how = if self.cached == self.calls {
            "all from the cache".into()
        } else {
            format!("{} computed", self.calls - self.cached)
        };
        println!("{:<12} {:>2} results, {how:<20} {:>9.3} s", self.name, self.calls, elapsed.as_secs_f64());
    }
}
