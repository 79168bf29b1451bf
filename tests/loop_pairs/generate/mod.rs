//! Random programs from a seed, well typed by construction.

mod accumulators;
mod bodies;
mod scope;
mod sources;

use crate::program::{Collects, Feature, Form, Loop, Marked, Program, Returns, Source, Stmt};
use crate::random::{Random, Switched};
use scope::Scope;
use sources::{Allowed, Bound, Made};

pub(crate) fn program(seed: u64, switched: &Switched) -> Program {
    let random = &mut Random::new(seed, switched);
    let processes = random.has("processes", 4);
    let outer = random.has("outer", 20);
    let form = match random.below(10) {
        0 | 1 if !processes && random.has("method", 100) => Form::Method,
        2 if !processes && random.has("generic", 100) => Form::Generic,
        _ => Form::Function,
    };
    let returns = returns(random, processes);
    let collapse = random.has("collapse", 8);
    let allowed = Allowed { changing: !outer, here: !processes };

    let Taken { mut made, collapsed, bound, pattern } =
        if collapse { two(random, processes) } else { one(random, allowed) };
    let endless = made.source.feature == "endless";
    let fed = matches!(made.source.feature, "fed" | "channels");
    // What depends on the order of iterations, which is not settled where they feed their source.
    let collects = if collapse || fed { None } else { collects(random, processes) };
    let mut accumulators = Vec::new();
    let most = if fed {
        0
    } else if collects.is_some() {
        1
    } else {
        3
    };
    for number in 0..random.below(most + 1) {
        accumulators.extend(accumulators::accumulator(random, number, !processes));
    }
    // Of a range without an end even short loops are summed up in blocks.
    accumulators.retain(|(accumulator, _)| !endless || accumulator.feature != "add_float_bits");
    let init = !processes && random.has("init", 8);
    let mut scope = Scope {
        ints: bound.ints.clone(),
        places: bound.places,
        returns,
        own: !collapse && random.has("labels", 20),
        outer,
        here: !processes,
        depth: 0,
        breaks: !collapse,
        next: 1,
    };
    if scope.ints.is_empty() {
        scope.ints.push("3".to_owned());
    }
    if form == Form::Method {
        scope.ints.push("self.step".to_owned());
    }
    let mut body = Vec::new();
    if !processes {
        body.push(Stmt::Line("", format!("cx.at(0, {});", scope.ints[0])));
    }
    if endless {
        body.insert(0, Stmt::Fixed("endless", format!("if {} >= n {{ break; }}", scope.ints[0])));
    }
    body.append(&mut made.first);
    if init {
        let use_it =
            scope.fill(random, "scratch.clear(); scratch.push(INT); let kept = scratch.len() as i64;");
        body.push(Stmt::Line("init", use_it));
        scope.ints.push("kept".to_owned());
    }
    if !fed && !processes && random.has("same_names", 3) {
        let other = "{ let mut seen = vec![n]; seen.push(k); cx.at(95, seen.len() as i64); }";
        made.before.push(Stmt::Line("same_names", other.to_owned()));
        made.before.push(Stmt::Line("same_names", "let seen = Bag::default();".to_owned()));
        body.push(Stmt::Line("same_names", scope.fill(random, "seen.push(INT);")));
    }
    let label = scope.own;
    // What feeds its source has to see all of it.
    let quiet = Switched { only: ["add".to_owned()].into(), ..Switched::default() };
    let mut calm = Random::new(seed, &quiet);
    let many = 1 + random.below(5);
    body.extend(match fed {
        true => bodies::statements(&mut calm, &mut scope, &[], many),
        false => bodies::statements(random, &mut scope, &accumulators, many),
    });
    for (accumulator, kind) in &accumulators {
        let updated = |stmt: &Stmt| matches!(stmt, Stmt::Update(_, name, _) if *name == accumulator.name);
        if !body.iter().any(updated) {
            let text = accumulators::update(random, &scope, accumulator, kind);
            body.push(Stmt::Update("", accumulator.name.clone(), text));
        }
    }
    let collects =
        collects.map(|collects| Collects { value: scope.fill(random, &collects.value), ..collects });

    let mut options = options(random, processes);
    if init {
        options.push(("init", String::new()));
    }
    let simple = accumulators.is_empty() && !collapse && !init && !outer && !label && !processes;
    let marked = match random.below(10) {
        0 | 1 if random.has("parallel!", 100) => Marked::Macro,
        2..=4 if simple && collects.is_none() && random.has("at_function", 100) => Marked::AtFunction,
        _ => Marked::AtLoop,
    };
    let mut program = Program {
        seed,
        form,
        marked,
        returns,
        caught: random.has("caught", 30),
        outer,
        before: made.before,
        accumulators: accumulators.into_iter().map(|(accumulator, _)| accumulator).collect(),
        options,
        the_loop: Loop { label, pattern, source: made.source, collapsed, body, collects },
        after: made.after,
        data: made.data,
        constants: if random.has("const_names", 4) { CONSTANTS.to_vec() } else { vec![] },
    };
    program.the_loop.source.unique &= !outer && !collapse;
    // These are declared as variables.
    if program.has("names") {
        program.constants.clear();
    }
    // A mark inside would make the function's loop a plain one.
    if program.marked == Marked::AtFunction && program.has("nested") {
        program.marked = Marked::AtLoop;
    }
    program
}

const CONSTANTS: &[&str] = &[
    "source",
    "feed",
    "range",
    "plan",
    "exit",
    "value",
    "item",
    "position",
    "bound",
    "body",
    "fold",
    "worker",
    "left_at",
    "index",
    "part",
    "slots",
    "error",
    "result",
    "participant",
    "progress",
    "iter",
    "next",
    "state",
];

/// What a loop goes through, and what it has of each item.
struct Taken {
    made: Made,
    /// Pattern and source of the loop inside.
    collapsed: Option<(String, String)>,
    pattern: (Feature, String),
    bound: Bound,
}

/// A loop of one source.
fn one(random: &mut Random<'_>, allowed: Allowed) -> Taken {
    let mut made = sources::source(random, allowed);
    let mut bound = Bound::default();
    let mut names = ["x", "y", "z", "w", "u", "t"].iter();
    if made.shape_is_simple() && random.has("wildcard", 3) {
        made.source.unique = false;
        return Taken { made, collapsed: None, pattern: ("wildcard", "_".to_owned()), bound };
    }
    if matches!(made.source.feature, "fed" | "channels") {
        let bound = Bound { ints: vec!["x".to_owned()], places: vec![] };
        return Taken { made, collapsed: None, pattern: ("", "x".to_owned()), bound };
    }
    let pattern = sources::pattern(random, &made.shape, &mut names, &mut bound);
    Taken { made, collapsed: None, pattern, bound }
}

/// Two that are collapsed.
fn two(random: &mut Random<'_>, processes: bool) -> Taken {
    let outer = random.one(&["0..n % 20", "1..=n % 20", "(0..n % 20).rev()"]);
    let (pattern, inner, int) = random.one(&[
        ("y", "0..7_i64", "y"),
        ("y", "0..n % 9", "y"),
        ("y", "v.iter().take(9)", "*y"),
        ("&y", "&[4_i64, 5, 6]", "y"),
        ("y", "(0..30_i64).step_by(7)", "y"),
    ]);
    type Row<'a> = (&'a str, &'a str, &'a str, &'a str);
    #[rustfmt::skip]
    let rows: Vec<(Feature, usize, Row<'_>)> = vec![
        ("", 80, ("", pattern, inner, int)),
        // The plain loop does not look at the inner source where the outer one has no items.
        ("collapse_effects", 8, ("let few = vec![4_i64; n.min(1) as usize];", "y", "0..few[0]", "y")),
        ("collapse_names", 6, ("", "x", "0..5_i64", "x")),
        ("collapse_names", 6, ("let dims = Dims { x: 4 };", "y", "0..dims.x", "y")),
    ];
    let (feature, (before, pattern, inner, int)) =
        random.weighted(&rows).unwrap_or(("", ("", "y", "0..7_i64", "y")));
    // What stands in this process alone.
    let (feature, before, pattern, inner, int) = match processes {
        true => ("", "", "y", "0..7_i64", "y"),
        false => (feature, before, pattern, inner, int),
    };
    let source = Source { feature, base: outer.to_owned(), adapters: vec![], unique: false };
    let before = (!before.is_empty()).then(|| Stmt::Line(feature, before.to_owned()));
    let made = Made {
        source,
        shape: sources::Shape::Int("i64"),
        data: "i64",
        before: before.into_iter().collect(),
        first: vec![],
        after: vec![],
    };
    let bound = Bound {
        ints: if int == "x" { vec![int.to_owned()] } else { vec!["x".to_owned(), int.to_owned()] },
        places: vec![],
    };
    Taken {
        made,
        collapsed: Some((pattern.to_owned(), inner.to_owned())),
        pattern: ("", "x".to_owned()),
        bound,
    }
}

impl Made {
    fn shape_is_simple(&self) -> bool {
        matches!(self.shape, sources::Shape::Int(_) | sources::Shape::Item)
            && !matches!(self.source.feature, "endless" | "fed" | "channels")
    }
}

fn returns(random: &mut Random<'_>, processes: bool) -> Returns {
    match random.below(if processes { 6 } else { 12 }) {
        0..=2 => Returns::Unit,
        3 => Returns::Int,
        4 => Returns::Text,
        5 | 6 => Returns::Option,
        7 | 8 => Returns::Fault,
        9 if random.has("boxed_errors", 100) => Returns::Boxed,
        10 if random.has("expected_types", 100) => Returns::Slice,
        _ => Returns::Fault,
    }
}

fn collects(random: &mut Random<'_>, processes: bool) -> Option<Collects> {
    type Row = (&'static str, &'static str, &'static str, &'static str);
    const EACH: &str = "match VALUE { Ok(one) => all.push(one), Err(bad) => break 'all Err(bad) }";
    const SOME: &str = "match VALUE { Some(one) => all.push(one), None => break 'all None }";
    #[rustfmt::skip]
    let rows: Vec<(Feature, usize, Row)> = vec![
        ("", 88, ("", "", "", "")),
        ("collect", 4, ("Vec<i64>", "INT", "all.push(VALUE);", "all")),
        ("collect", 3, ("BTreeMap<i64, i64>", "(INT, INT)", "{ let (a, b) = VALUE; all.insert(a, b); }", "all")),
        ("collect", 2, ("BTreeSet<i64>", "INT % 9", "all.insert(VALUE);", "all")),
        ("collect", 2, ("String", "((INT & 15) as u8 + b'a') as char", "all.push(VALUE);", "all")),
        ("collect", 2, ("HashMap<i64, i64>", "(INT % 9, INT)", "{ let (a, b) = VALUE; all.insert(a, b); }", "all")),
        ("collect", 2, ("(Vec<i64>, Vec<i64>)", "(INT, INT)", "{ let (a, b) = VALUE; all.0.push(a); all.1.push(b); }", "all")),
        ("collect", 1, ("Vec<String>", "format!(\"{}\", INT)", "all.push(VALUE);", "all")),
        ("collect_result", 4, ("Result<Vec<i64>, String>", "check_text(INT)", EACH, "Ok(all)")),
        ("collect_option", 3, ("Option<Vec<i64>>", "some(INT)", SOME, "Some(all)")),
        ("collect_dyn", 3, ("Vec<Box<dyn Shape>>", "Box::new(INT)", "all.push(VALUE);", "all")),
    ];
    let (feature, (into, value, plain, finish)) = random.weighted(&rows)?;
    let usable = !(into.is_empty() || processes && into.contains("dyn"));
    usable.then(|| Collects { feature, into, value: value.to_owned(), plain, finish })
}

fn options(random: &mut Random<'_>, processes: bool) -> Vec<(Feature, String)> {
    let mut options = Vec::new();
    if processes {
        options.push(("processes", "backend = \"processes\"".to_owned()));
    } else {
        #[rustfmt::skip]
        let schedules: Vec<(Feature, usize, &str)> = vec![
            ("", 40, ""),
            ("static", 10, "schedule = \"static\""),
            ("dynamic", 10, "schedule = \"dynamic\""),
            ("dynamic", 10, "schedule = \"dynamic\", chunk = 3"),
            ("guided", 10, "schedule = \"guided\""),
            ("guided", 5, "schedule = \"guided\", chunk = 2"),
        ];
        let (feature, schedule) = random.weighted(&schedules).unwrap_or_default();
        if !schedule.is_empty() {
            options.push((feature, schedule.to_owned()));
        }
    }
    if random.has("if", 6) {
        options.push(("if", random.one(&["if = cx.n > 20", "if = cx.k % 2 == 0"]).to_owned()));
    }
    if random.has("progress", 3) {
        options.push(("progress", "progress".to_owned()));
    }
    options
}
