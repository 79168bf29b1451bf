//! Files with wrong bytes, too few and too many: an error, or the same value where they do not matter.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::files::{Dumped, dumped};
use super::{Case, Outcome, Question, failed, short};
use crate::{Random, Sample};

pub fn damage<T: Sample + Serialize + DeserializeOwned>(case: &Case<'_>) -> Outcome {
    let value: T = case.make();
    let Some(Dumped { way, path, files, _folder }) = dumped(case, &value) else { return Ok(()) };
    let mut random = case.random();
    if !joblib::load::<T>(&path).is_ok_and(|found| found.same(&value)) {
        return Ok(());
    }
    for _ in 0..8 {
        case.goes_on();
        let file: &PathBuf = &files[random.below(files.len())];
        let whole = std::fs::read(file).unwrap();
        let (how, bytes) = damaged(whole.clone(), &mut random);
        std::fs::write(file, bytes).unwrap();
        let found: Result<T, _> = joblib::load(&path);
        std::fs::write(file, whole).unwrap();
        if let Ok(found) = found
            && !found.same(&value)
        {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let detail = format!("{}: {how} of {name}: {} for {}", way, short(&found), short(&value));
            return failed("damage not seen", Question::None, detail);
        }
    }
    let mut bytes = Vec::new();
    if joblib::dump_to(&value, &mut bytes).is_err() {
        return Ok(());
    }
    let (how, bytes) = damaged(bytes, &mut random);
    match joblib::load_from::<T>(bytes.as_slice()) {
        Ok(found) if !found.same(&value) => {
            let detail = format!("a stream: {how}: {} for {}", short(&found), short(&value));
            failed("damage not seen", Question::None, detail)
        }
        _ => Ok(()),
    }
}

fn damaged(mut bytes: Vec<u8>, random: &mut Random) -> (String, Vec<u8>) {
    let at = random.below(bytes.len());
    // Heads and tails are where it is interesting.
    let at = if random.percent(40) { at % 160 } else { at };
    let how = match random.below(5) {
        0 => {
            bytes.truncate(at);
            "cut at"
        }
        1 => {
            let end = (at + 16).min(bytes.len());
            bytes[at..end].fill(0);
            "zeros from"
        }
        2 => {
            bytes.extend([0; 24]);
            "more at the end, not"
        }
        3 => {
            bytes[at] = random.bits() as u8;
            "another byte"
        }
        _ => {
            bytes[at] ^= 1 << random.below(8);
            "another bit of byte"
        }
    };
    (format!("{how} {at}"), bytes)
}
