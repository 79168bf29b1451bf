//! Runs the program of a batch and reads its report, which `report.rs` writes.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::Failure;

/// A program that ends neither by itself nor by its watchdog.
const PATIENCE: Duration = Duration::from_secs(600);

/// Runs these pairs; after one that crashes or hangs, those behind it.
///
/// `command` makes the program with its first arguments; the report's path and the numbers of the pairs
/// follow.
pub(crate) fn run(
    command: impl Fn() -> Command,
    report: &Path,
    mut numbers: Vec<usize>,
    failures: &mut [Option<Failure>],
) {
    while !numbers.is_empty() {
        let list: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let child = command()
            .arg(report)
            .arg(list.join(","))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let status = wait(child);
        let text = std::fs::read_to_string(report).unwrap_or_default();
        let (mut last, mut at, mut hangs) = (None, "", false);
        for line in text.lines() {
            if let Some(number) = line.strip_prefix("start ") {
                last = number.parse::<usize>().ok();
            } else if let Some((number, rest)) =
                line.strip_prefix("fail ").and_then(|rest| rest.split_once('\t'))
            {
                let (kind, detail) = rest.split_once('\t').unwrap_or((rest, ""));
                if let Ok(number) = number.parse::<usize>() {
                    failures[number] = Some(Failure { kind: kind.to_owned(), detail: detail.to_owned() });
                }
            } else if line.starts_with("at ") {
                at = line;
            }
            hangs |= line == "hang";
        }
        if text.ends_with("end\n") {
            return;
        }
        let last = last.unwrap_or(numbers[0]);
        let (kind, detail) = match status {
            _ if hangs => ("hang", at.to_owned()),
            None => ("hang", format!("{at}, and the watchdog as well")),
            Some(status) => ("crash", format!("{at}: {status}")),
        };
        failures[last] = Some(Failure { kind: kind.to_owned(), detail });
        numbers.retain(|number| *number > last);
    }
}

/// `None` after it had to be killed.
fn wait(mut child: Child) -> Option<ExitStatus> {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        if since.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
