//! Whether a parallel run did what the plain one did.

use std::collections::BTreeMap;

use super::{DROPPED, Record};

/// What holds for a pair by construction.
#[derive(Clone, Copy)]
pub struct Known {
    /// The plain loop may end early, and later iterations may have run then.
    pub leaves: bool,
    /// The first events of iterations differ from one another.
    pub unique: bool,
}

/// How a parallel run differs from the plain one: a kind, and the two values.
pub fn difference(plain: &Record, other: &Record, jobs: i32, known: Known) -> Option<(&'static str, String)> {
    // First how the run ended: what was not shown after a panic says less.
    let ends = |name: &str| name == "result" || name == "left";
    let (first, later) = plain.shown.iter().partition::<Vec<_>, _>(|shown| ends(&shown.0));
    for (name, value) in first.into_iter().chain(later) {
        let of = |record: &Record| -> Vec<String> {
            record.shown.iter().filter(|shown| shown.0 == *name).map(|shown| shown.1.clone()).collect()
        };
        let found = of(other);
        let overflows = |text: &String| text.contains("attempt to ") && text.contains(" with overflow");
        if ends(name) && jobs != 1 && overflows(value) && found.iter().all(overflows) {
            // Which of a block's operations it was is not known then, nor what the accumulators had before
            // it.
            return None;
        }
        if of(plain) != found {
            let kind = if ends(name) { "result" } else { "accumulator" };
            return Some((kind, format!("{name}: {value} in the plain form, {} here", found.join(", "))));
        }
    }
    if plain.shown.len() != other.shown.len() {
        return Some(("result", format!("{:?} in the plain form, {:?} here", plain.shown, other.shown)));
    }
    let exact = jobs == 1 || !known.leaves;
    data(plain, other, exact)
        .or_else(|| drops(plain).map(|(_, text)| ("drops of the plain form", text)))
        .or_else(|| drops(other))
        .or_else(|| rest(plain, other, jobs))
        .or_else(|| if jobs == 1 { order(plain, other) } else { iterations(plain, other, known) })
}

fn data(plain: &Record, other: &Record, exact: bool) -> Option<(&'static str, String)> {
    let free = |i: usize| !exact && plain.given.get(i) == plain.left.get(i);
    let wrong = plain.left.len() != other.left.len()
        || (0..plain.left.len()).any(|i| plain.left[i] != other.left[i] && !free(i));
    wrong.then(|| ("data", format!("{:?} in the plain form, {:?} here", plain.left, other.left)))
}

fn drops(record: &Record) -> Option<(&'static str, String)> {
    let mut times = vec![0; record.made as usize + 1];
    for (_, number) in record.events.iter().filter(|event| event.0 == DROPPED) {
        times[*number as usize] += 1;
    }
    let wrong: Vec<_> = times.iter().enumerate().skip(1).filter(|(_, times)| **times != 1).collect();
    (!wrong.is_empty()).then(|| ("drops", format!("(item, times it was dropped): {wrong:?}")))
}

fn rest(plain: &Record, other: &Record, jobs: i32) -> Option<(&'static str, String)> {
    let right = match (&plain.rest, &other.rest) {
        (Some(plain), Some(other)) if jobs == 1 => plain == other,
        (Some(plain), Some(other)) => plain.ends_with(other),
        (plain, other) => plain == other,
    };
    (!right).then(|| ("rest", format!("{:?} in the plain form, {:?} here", plain.rest, other.rest)))
}

/// The same things happened in the same order; first without destructors.
fn order(plain: &Record, other: &Record) -> Option<(&'static str, String)> {
    let of = |record: &Record, drops: bool| -> Vec<(u32, i64)> {
        record.events.iter().copied().filter(|event| drops || event.0 != DROPPED).collect()
    };
    order_of("order", &of(plain, false), &of(other, false))
        .or_else(|| order_of("order of drops", &of(plain, true), &of(other, true)))
}

fn order_of(
    kind: &'static str,
    plain: &[(u32, i64)],
    other: &[(u32, i64)],
) -> Option<(&'static str, String)> {
    let at = (0..plain.len().max(other.len())).find(|i| plain.get(*i) != other.get(*i))?;
    let shown = |events: &[(u32, i64)]| {
        let from = at.saturating_sub(1).min(events.len());
        format!("{:?}", &events[from..(at + 3).min(events.len()).max(from)])
    };
    Some((
        kind,
        format!("(site, value) from {at}: {} in the plain form, {} here", shown(plain), shown(other)),
    ))
}

/// Where sources say that they are asked.
const PULLED: u32 = 50;

/// Every iteration that the plain loop ran ran here, and once.
fn iterations(plain: &Record, other: &Record, known: Known) -> Option<(&'static str, String)> {
    let count = |record: &Record| {
        let mut counts = BTreeMap::new();
        for event in record.events.iter().filter(|event| event.0 != DROPPED) {
            *counts.entry(*event).or_insert(0) += 1;
        }
        counts
    };
    let (plain, other) = (count(plain), count(other));
    let missing = plain.iter().find(|(event, times)| other.get(event).is_none_or(|found| found < *times));
    if let Some((event, times)) = missing {
        return Some((
            "iterations",
            format!("(site, value) {event:?}: {times} times, {:?} here", other.get(event)),
        ));
    }
    let more = other.iter().find(|(event, times)| match known {
        // A source that has ended may be asked again.
        Known { leaves: false, .. } => event.0 != PULLED && plain.get(event) != Some(times),
        Known { unique: true, .. } => event.0 == 0 && **times > 1,
        _ => false,
    });
    more.map(|(event, times)| {
        ("iterations", format!("(site, value) {event:?}: {:?} times, {times} here", plain.get(event)))
    })
}
