//! What a cached call does, told from what the plain one did.

use std::collections::HashSet;

use super::trace::Event;

/// How the options and the result of a function bear on what is kept.
#[derive(Clone, Copy, Debug)]
pub struct Meaning {
    /// The result is a `Result`, whose errors are not kept.
    pub fallible: bool,
    /// `None`: may be found again or not, as with `max_items`.
    pub found: Option<bool>,
    /// The body's panics come from where it is called, as `#[track_caller]` wants, which a closure cannot
    /// know.
    pub tracks_caller: bool,
    /// Results are kept in memory, too: as clones.
    pub in_memory: bool,
    /// Some of what the body does happens in calls that are cached themselves.
    pub recursive: bool,
}

/// What another build of the program has in common with the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Since {
    /// The code that the function reaches differs.
    Edited,
    /// It may differ, or may seem to: names are followed, not resolved.
    Unsure,
}

/// One call of a sequence.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Equal for calls that are one call to the cache.
    pub class: &'static str,
    /// The arguments cannot be hashed.
    pub unkeyed: bool,
}

/// Whether a call is to be computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    Hit,
    Miss,
    Either,
}

/// What is kept at a point of a sequence.
#[derive(Clone)]
pub struct Kept {
    meaning: Meaning,
    classes: HashSet<&'static str>,
    unsure: bool,
}

impl Kept {
    pub fn nothing(meaning: Meaning) -> Self {
        Kept { meaning, classes: HashSet::new(), unsure: false }
    }

    /// After all these calls.
    pub fn after(meaning: Meaning, calls: &[Call], plain: &[Vec<Event>]) -> Self {
        let mut kept = Self::nothing(meaning);
        calls.iter().zip(plain).for_each(|(call, plain)| kept.add(*call, plain));
        kept
    }

    /// The same, without a promise that it is found.
    pub fn unsure(self) -> Self {
        Kept { unsure: true, ..self }
    }

    pub fn expected(&self, call: Call, plain: &[Event]) -> Expected {
        // A future that is dropped is no call.
        if !plain.contains(&Event::Run) {
            return Expected::Miss;
        }
        let known = self.classes.contains(call.class) && self.keeps(call, plain) && !says(plain, "unread");
        match (self.unsure, self.meaning.found) {
            (false, Some(true)) if known => Expected::Hit,
            (false, Some(_)) => Expected::Miss,
            _ => Expected::Either,
        }
    }

    pub fn add(&mut self, call: Call, plain: &[Event]) {
        if self.keeps(call, plain) {
            self.classes.insert(call.class);
        }
    }

    /// Whether racing callers of this call compute it once.
    pub fn shared(&self, call: Call, plain: &[Event]) -> bool {
        self.meaning.found == Some(true) && self.keeps(call, plain) && !says(plain, "unread")
    }

    fn keeps(&self, call: Call, plain: &[Event]) -> bool {
        let kept = plain.iter().any(|event| match event {
            Event::Value(text) => !(self.meaning.fallible && text.starts_with("Err(")),
            _ => false,
        });
        kept && plain.contains(&Event::Run) && !call.unkeyed && !says(plain, "unkept")
    }
}

/// Whether the value says so of itself.
fn says(events: &[Event], word: &str) -> bool {
    matches!(outcome(events), Some(Event::Value(text)) if text.contains(word))
}

/// The value or the panic.
pub fn outcome(events: &[Event]) -> Option<&Event> {
    events.iter().find(|event| matches!(event, Event::Value(_) | Event::Panic(_)))
}

/// What is wrong with a cached call: a kind and a text.
pub fn difference(
    plain: &[Event],
    cached: &[Event],
    expected: Expected,
    meaning: Meaning,
) -> Option<(&'static str, String)> {
    let cached = &if meaning.in_memory { without_clones(cached) } else { cached.to_vec() }[..];
    let ran = cached.contains(&Event::Run);
    let wrong = |kind| Some((kind, format!("{expected:?}: plain {plain:?}, cached {cached:?}")));
    match (outcome(plain), outcome(cached)) {
        (a, b) if same(a, b, meaning) => {}
        (Some(Event::Panic(_)), Some(Event::Panic(_))) => return wrong("panic"),
        (_, Some(Event::Panic(_))) => return wrong("panics"),
        _ if ran => return wrong("result"),
        _ => return wrong("stale"),
    }
    match expected {
        Expected::Hit if ran => return wrong("recomputed"),
        Expected::Miss if !ran && plain.contains(&Event::Run) => return wrong("not computed"),
        _ => {}
    }
    if meaning.recursive {
        return None;
    }
    if ran || !plain.contains(&Event::Run) {
        let clones =
            |events: &[Event]| events.iter().filter(|event| matches!(event, Event::Clone(_))).count();
        let all = plain.len() == cached.len()
            && plain.iter().zip(cached).all(|(a, b)| same(Some(a), Some(b), meaning));
        return match all {
            true => None,
            false if clones(plain) != clones(cached) => wrong("clones"),
            false => wrong("events"),
        };
    }
    hit(plain, cached).and_then(wrong)
}

/// Without the clones that are made of a result before it is returned, and their end.
fn without_clones(events: &[Event]) -> Vec<Event> {
    let middle = events.iter().position(|event| matches!(event, Event::Value(_))).unwrap_or(0);
    let of_result = |event: &Event| matches!(event, Event::Clone(name) | Event::Drop(name) if name.starts_with("result") || name == "error");
    let all = events.iter().enumerate();
    all.filter(|(i, event)| *i >= middle || !of_result(event)).map(|(_, event)| event.clone()).collect()
}

/// Whether two events are the same one.
pub fn same(a: Option<&Event>, b: Option<&Event>, meaning: Meaning) -> bool {
    match (a, b) {
        (Some(Event::Panic(a)), Some(Event::Panic(b))) if meaning.tracks_caller => {
            let payload = |text: &str| text.rsplit_once(" at ").map(|(payload, _)| payload.to_owned());
            payload(a) == payload(b)
        }
        (a, b) => a == b,
    }
}

/// On a hit arguments are dropped, and then the result.
fn hit(plain: &[Event], cached: &[Event]) -> Option<&'static str> {
    fn halves(events: &[Event]) -> (&[Event], &[Event]) {
        let middle = events.iter().position(|event| matches!(event, Event::Value(_)));
        events.split_at(middle.unwrap_or(events.len()))
    }
    // Some are cloned by the caller.
    let argument =
        |event: &&Event| matches!(event, Event::Drop(name) | Event::Clone(name) if name.starts_with('a'));
    let (before, after) = (halves(plain), halves(cached));
    let mut wanted: Vec<String> = plain.iter().filter(argument).map(|event| format!("{event:?}")).collect();
    let mut found: Vec<String> = after.0.iter().map(|event| format!("{event:?}")).collect();
    wanted.sort();
    found.sort();
    if wanted != found {
        return Some("drops of a hit");
    }
    (before.1 != after.1).then_some("drops of a result")
}
