//! The statements of a body.

use super::accumulators::{self, Kind};
use super::scope::{Scope, random_one};
use crate::program::{Accumulator, Feature, Stmt};
use crate::random::Random;

type Updated = (Accumulator, &'static Kind);

/// Statements of one line. `yN` is a new variable of type `i64`; `JUMP` is a `break` or `continue`, `LEAVE` a
/// `return`, `ASK` an expression with a `?`, `NAME` a variable; `INT` and the like are [`Scope::fill`]'s.
/// Those with `cx` stay in this process.
#[rustfmt::skip]
const LINES: &[(Feature, usize, &str)] = &[
    ("", 50, "let yN = INT;"),
    ("", 30, "cx.at(N, INT);"),
    ("break", 16, "if COND { break; }"),
    ("continue", 16, "if COND { continue; }"),
    ("return", 16, "if COND { LEAVE; }"),
    ("question", 20, "let yN = ASK;"),
    ("panic", 3, "if COND { panic!(\"at {}\", INT); }"),
    ("panic", 2, "assert!(!COND, \"no {}\", INT);"),
    ("panic", 2, "let _ = [1, 2, 3][(INT & 63).max(0) as usize % 4];"),
    ("let_else", 8, "let Some(yN) = some(INT) else { JUMP };"),
    ("never", 4, "let yN = if COND { JUMP } else { INT };"),
    ("never", 3, "let yN = match INT % 5 { 4 => JUMP, 3 => 1, _ => INT };"),
    ("never", 2, "let yN = match some(INT) { Some(found) => found, None => LEAVE };"),
    ("values", 3, "let yN = loop { break INT; };"),
    ("values", 3, "let yN = 'block: { if COND { break 'block 1; } INT };"),
    ("cfg_off", 2, "#[cfg(any())] JUMP;"),
    ("cfg_off", 2, "#[cfg(any())] LEAVE;"),
    ("cfg_off", 2, "#[cfg(any())] ASK;"),
    ("cfg_off", 1, "#[cfg(any())] let yN: Nothing = nowhere(INT)?;"),
    ("cfg_on", 3, "#[cfg(all())] if COND { JUMP; }"),
    ("cfg_on", 3, "#[cfg(all())] if COND { LEAVE; }"),
    ("cfg_on", 2, "if COND { #[cfg(all())] JUMP; }"),
    ("allow", 2, "#[allow(unused_variables)] let unused = INT;"),
    ("allow", 2, "#[allow(unused_must_use)] check(INT);"),
    ("allow", 2, "#[allow(unused_mut)] let mut kept = INT; let _ = kept;"),
    ("allow", 2, "if COND { #[allow(unused)] JUMP; }"),
    ("macros", 2, "assert!(ASK < 3000);"),
    ("macros", 2, "let yN = i64::from(matches!(ASK, 1..=3 | 5..=9));"),
    ("macros", 2, "let yN = vec![ASK, 1].len() as i64;"),
    ("macros", 2, "let yN = vec![if COND { JUMP } else { INT }, 2].len() as i64;"),
    ("macros", 2, "let yN = ask!(NAME ?).unwrap_or(5);"),
    ("macros", 2, "let yN = format!(\"{}\", ASK).len() as i64;"),
    ("macros", 2, "debug_assert_eq!(1, 1, \"{}\", INT);"),
    ("closures", 6, "let yN = (|d: i64| -> i64 { if d > 3 { return 1; } for e in 0..4 { if e > d { break; } } d })(INT);"),
    ("closures", 4, "let yN = (|| -> Option<i64> { Some(some(INT)? + 1) })().unwrap_or(3);"),
    ("closures", 3, "fn inner(d: i64) -> i64 { for e in 0..4 { if e > d { return e; } } d } let yN = inner(INT);"),
    ("names", 3, "let source = INT; let feed = source; let _ = feed;"),
    ("names", 3, "let range = INT; let plan = range + 1; let _ = plan;"),
    ("names", 3, "let exit = INT; let rt = exit; let position = rt; let _ = position;"),
    ("warnings", 2, "let unused = INT;"),
    ("warnings", 2, "let mut kept = INT; let _ = kept;"),
    ("warnings", 2, "check(INT);"),
    ("warnings", 2, "{ let fresh = { INT }; let _ = fresh; }"),
    ("local_drops", 8, "let itemN = cx.item(INT); let _ = itemN.id;"),
    ("deep_stack", 1, "let yN = deep(INT);"),
];

/// Those of another shape.
const KINDS: &[(Feature, usize, &str)] = &[
    ("", 300, "line"),
    ("", 30, "place"),
    ("", 30, "if"),
    ("", 16, "if_else"),
    ("", 8, "if_let"),
    ("labels", 12, "label"),
    ("inner_loop", 16, "inner_loop"),
    ("update_in_closure", 6, "update_in_closure"),
    ("shadowing", 10, "shadowing"),
    ("nested", 10, "nested"),
];

/// Up to `many` statements, with updates of the accumulators among them. Sums of floats that are rounded have
/// one update for each iteration, at its end.
pub(super) fn statements(
    random: &mut Random<'_>,
    scope: &mut Scope,
    accumulators: &[Updated],
    many: usize,
) -> Vec<Stmt> {
    let updatable: Vec<_> = accumulators.iter().filter(|(acc, _)| acc.feature != "add_float_bits").collect();
    let mut all = Vec::new();
    for _ in 0..many {
        scope.next += 1;
        if !updatable.is_empty() && random.percent(25) {
            let (accumulator, kind) = random.one(&updatable);
            let text = accumulators::update(random, scope, accumulator, kind);
            all.push(Stmt::Update("", accumulator.name.clone(), text));
            continue;
        }
        all.extend(match random.weighted(KINDS) {
            Some((_, "line")) => one_line(random, scope),
            Some((feature, kind)) => shaped(random, scope, accumulators, feature, kind),
            None => vec![],
        });
    }
    all
}

fn one_line(random: &mut Random<'_>, scope: &mut Scope) -> Vec<Stmt> {
    let Some((feature, form)) = random.weighted(LINES) else { return vec![] };
    let refused = form.contains("break;") && !scope.breaks || form.contains("cx.") && !scope.here;
    let asking = if form.contains("ASK") { scope.asking(random) } else { None };
    let names = scope.names();
    if refused || form.contains("ASK") && asking.is_none() || form.contains("NAME") && names.is_empty() {
        return vec![];
    }
    let number = scope.next;
    let y = format!("y{number}");
    let jump = if random.percent(50) && scope.breaks { "break" } else { "continue" };
    let mut text = form.replace("yN", &y).replace("JUMP", jump).replace("itemN", &format!("item{number}"));
    if text.contains("LEAVE") {
        text = text.replace("LEAVE", &scope.leaving(random));
    }
    if text.contains("NAME") {
        text = text.replace("NAME", &random.one(&names));
    }
    let text = scope.fill(random, &text.replace("at(N", &format!("at({number}")));
    if form.contains("yN") && feature != "cfg_off" {
        scope.ints.push(y);
    }
    vec![Stmt::Line(feature, text.replace("ASK", &asking.unwrap_or_default()))]
}

fn shaped(
    random: &mut Random<'_>,
    scope: &mut Scope,
    accumulators: &[Updated],
    feature: Feature,
    kind: &str,
) -> Vec<Stmt> {
    let number = scope.next;
    let block = |head: String, body: Vec<Stmt>| vec![Stmt::Block(feature, head, body)];
    match kind {
        "place" if !scope.places.is_empty() => {
            let place = random.one(&scope.places);
            vec![Stmt::Line(feature, scope.fill(random, &format!("{place} = (INT + {place}) % 50;")))]
        }
        "if" => block(format!("if {}", scope.condition(random)), inside(random, scope, accumulators, 0)),
        "if_else" => {
            let mut all =
                block(format!("if {}", scope.condition(random)), inside(random, scope, accumulators, 0));
            all.extend(block("else".to_owned(), inside(random, scope, accumulators, 0)));
            all
        }
        "if_let" => {
            let mut inner = scope.clone();
            inner.ints.push("found".to_owned());
            let head = scope.fill(random, "if let Some(found) = some(INT)");
            block(head, inside(random, &inner, accumulators, 0))
        }
        "label" => {
            let labels: Vec<_> =
                [(scope.own, "'own"), (scope.outer, "'outer")].into_iter().filter(|label| label.0).collect();
            if labels.is_empty() {
                return vec![];
            }
            let (jump, label) = (random_one(random, &["break", "continue"]), random.one(&labels).1);
            vec![Stmt::Line(feature, format!("if {} {{ {jump} {label}; }}", scope.condition(random)))]
        }
        "inner_loop" => inner_loop(random, scope, accumulators, feature),
        "update_in_closure" => {
            let Some((sum, _)) = accumulators.iter().find(|(_, kind)| kind.feature == "add") else {
                return vec![];
            };
            let form = format!("{{ let mut add = |d: i64| {{ {} += d; }}; add(INT); add(2); }}", sum.name);
            vec![Stmt::Update(feature, sum.name.clone(), scope.fill(random, &form))]
        }
        "shadowing" => {
            let names: Vec<_> =
                scope.names().into_iter().filter(|name| !scope.places.contains(name)).collect();
            let form = match accumulators.first() {
                Some((acc, _)) if random.percent(50) => {
                    format!("{{ let {0} = INT; let _ = {0} + 1; }}", acc.names[0])
                }
                _ if names.is_empty() => return vec![],
                _ => format!("let {} = INT;", random.one(&names)),
            };
            vec![Stmt::Line(feature, scope.fill(random, &form))]
        }
        "nested" if scope.depth == 0 && scope.here => {
            let (t, i) = (format!("t{number}"), format!("i{number}"));
            let mut inner = scope.clone();
            inner.ints.push(i.clone());
            let mut body = vec![Stmt::Line(feature, inner.fill(random, &format!("{t} += INT;")))];
            if random.has("nested_exits", 40) {
                let jump = match random.below(4) {
                    0 => "break".to_owned(),
                    1 if scope.own => "continue 'own".to_owned(),
                    2 if scope.outer => "break 'outer".to_owned(),
                    _ => inner.leaving(random),
                };
                let text = format!("if {} {{ {jump}; }}", inner.condition(random));
                body.insert(0, Stmt::Line("nested_exits", text));
            }
            scope.ints.push(format!("({t} % 100)"));
            vec![
                Stmt::Line(feature, format!("let mut {t} = 0_i64;")),
                Stmt::Block(feature, format!("@[reduce(+ = {t})]@ for {i} in 0..4_i64"), body),
                Stmt::Line(feature, format!("cx.at({number}, {t});")),
            ]
        }
        _ => vec![],
    }
}

/// A plain loop, or a block with a label.
fn inner_loop(
    random: &mut Random<'_>,
    scope: &Scope,
    accumulators: &[Updated],
    feature: Feature,
) -> Vec<Stmt> {
    let (j, label) = (format!("j{}", scope.next), format!("'in_{}", scope.next));
    let mut inner = Scope { breaks: true, ..scope.clone() };
    inner.ints.push(j.clone());
    let form = random_one(
        random,
        &[
            "for j in 0..3_i64",
            "for j in [1_i64, 2]",
            "for j in 0..INT % 3",
            "label: for j in 0..2_i64",
            "while j < 3",
            "loop",
            "label:",
        ],
    );
    let mut body = match form {
        "label:" => vec![],
        _ => inside(random, &inner, accumulators, 1),
    };
    match form {
        "while j < 3" => body.insert(0, Stmt::Fixed(feature, format!("{j} += 1;"))),
        "loop" => body.insert(0, Stmt::Fixed(feature, format!("{j} += 1; if {j} > 3 {{ break; }}"))),
        _ => {}
    }
    if form.starts_with("label") {
        body.push(Stmt::Line(feature, format!("if {} {{ break {label}; }}", inner.condition(random))));
        body.push(Stmt::Line(feature, format!("let _ = {j};")));
    }
    let head = scope.fill(random, &form.replace("label", &label).replace("j ", &format!("{j} ")));
    let mut all = vec![Stmt::Block(feature, head, body)];
    if !form.contains("for") {
        let mutable = if form == "label:" { "" } else { "mut " };
        all.insert(0, Stmt::Fixed(feature, format!("let {mutable}{j} = 0_i64;")));
    }
    all
}

/// The statements of a block, `deeper` loops further in.
fn inside(random: &mut Random<'_>, scope: &Scope, accumulators: &[Updated], deeper: usize) -> Vec<Stmt> {
    let depth = scope.depth + deeper;
    if depth > 2 {
        return vec![];
    }
    let mut inner = Scope { depth, next: scope.next + 20 * (1 + depth), ..scope.clone() };
    let many = 1 + random.below(2);
    statements(random, &mut inner, accumulators, many)
}
