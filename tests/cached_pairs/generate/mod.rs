//! Random programs from a seed, well typed by construction.

mod bodies;
mod numbers;
mod options;
mod params;
mod returns;

use crate::program::{Call, Feature, Kind, Param, Program, Stmt};
use crate::random::{Random, Switched};
use bodies::Scope;

const KINDS: &[(usize, Kind)] = &[
    (10, Kind::Free),
    (3, Kind::Inside),
    (5, Kind::Twins),
    (2, Kind::Deep),
    (2, Kind::LocalTypes),
    (5, Kind::Method),
    (3, Kind::GenericMethod),
    (2, Kind::TraitMethod),
    (3, Kind::TraitBlock),
    (2, Kind::TraitDefault),
    (2, Kind::Block),
    (2, Kind::Macro),
    (2, Kind::MacroBody),
];

/// Names of functions that mean something else elsewhere.
const NAMES: &[&str] = &[
    "u32",
    "i64",
    "str",
    "usize",
    "bool",
    "entry",
    "memo",
    "key",
    "function",
    "args",
    "policy",
    "memory",
    "r#match",
    "core",
    "answer",
    "get_or_compute",
    "target_",
    "Upper",
    "cached",
    "joblib",
];

pub(crate) fn program(seed: u64, switched: &Switched) -> Program {
    let random = &mut Random::new(seed, switched);
    let kinds: Vec<_> = KINDS.iter().map(|(weight, kind)| (kind.feature(), *weight, *kind)).collect();
    let kind = random.weighted(&kinds).map_or(Kind::Free, |(_, kind)| kind);
    let asynchronous = random.has("async", 15);
    let receiver = if kind.in_impl() { params::receiver(random, kind) } else { None };
    let mut params = params::params(random, kind, &mut Vec::new());
    // The arguments of a macro are seen only by what is passed along.
    if kind == Kind::MacroBody {
        params.retain(|param| param.generics.is_empty());
    }
    if kind == Kind::LocalTypes {
        params.push(params::of_local_type(random));
    }
    let returns = returns::returns(random, kind, receiver.is_none(), &params);
    // The parameters of a macro's argument have no names for what stands in the macro.
    let by_key = kind != Kind::MacroBody && params.len() + receiver.iter().len() > 0 && random.has("key", 15);
    if by_key {
        // A key uses its parameters, so that they are not unused.
        let left_out = |param: &&mut Param| {
            param.key.is_empty() && !param.ty.is_empty() || param.feature.ends_with("unused")
        };
        params.iter_mut().filter(left_out).for_each(|param| param.ignored = true);
    }
    let name = match random.has("odd_names", 6) {
        true => ("odd_names", random.one(NAMES).to_owned()),
        false => ("", "target".to_owned()),
    };
    let mut attributes = options::attributes(random, kind);
    let of_types = |param: &Param| param.generics.iter().any(|name| !name.starts_with('\''));
    if kind == Kind::GenericMethod
        || params.iter().any(|param| of_types(param) || param.ty.starts_with("impl"))
    {
        // Several functions would have one symbol.
        attributes.retain(|attribute| attribute.0 != "attr_no_mangle");
    }
    if asynchronous {
        // What a call borrows would not outlive the `unsafe` block around it.
        attributes.retain(|attribute| attribute.0 != "attr_target_feature");
    }
    let mut options = options::options(random, kind, &returns);
    if kind != Kind::MacroBody && random.has("memory_param", 6) {
        params.push(params::memory(random));
        options[0].text = "memory = _memory".to_owned();
    }
    let mut program = Program {
        seed,
        kind,
        asynchronous,
        name,
        receiver,
        params,
        first: options::first(random, kind),
        body: vec![],
        by_key,
        options,
        conditional: random.has("mark_cfg_attr", 3),
        attributes,
        beside: options::beside(random),
        lints: options::lints(random),
        number: numbers::number(random, kind),
        calls: vec![],
        returns,
    };
    program.body = body(random, &program);
    if program.has("odd_param_names") {
        without(&mut program.body, &|feature, _| feature == "names");
    }
    // These are declared as variables.
    if program.has("odd_param_names") || program.has("names") {
        program.beside.clear();
    }
    if program.has("forbid") {
        without_levels(&mut program);
    }
    program.calls = calls(random, &program);
    program
}

/// Removes lines, by their feature and text.
fn without(stmts: &mut Vec<Stmt>, unwanted: &dyn Fn(Feature, &str) -> bool) {
    stmts.retain(|stmt| !matches!(stmt, Stmt::Line(feature, line) if unwanted(feature, line)));
    for stmt in stmts {
        if let Stmt::Block(_, _, body, _) = stmt {
            without(body, unwanted);
        }
    }
}

/// What is forbidden cannot be allowed inside.
fn without_levels(program: &mut Program) {
    let sets = |text: &str| ["allow(", "expect(", "warn(", "deny("].iter().any(|level| text.contains(level));
    program.attributes.retain(|attribute| !sets(&attribute.1) && attribute.0 != "attr_target_feature");
    program.beside.retain(|item| !sets(item.1));
    program.first.retain(|line| !sets(line.1));
    without(&mut program.body, &|_, line| sets(line));
    for param in &mut program.params {
        if sets(param.attributes.1) {
            param.attributes = ("", "");
        }
    }
}

/// Most parameters count in the result, some do not.
fn body(random: &mut Random<'_>, program: &Program) -> Vec<Stmt> {
    let mut body = Vec::new();
    let used = |param: &&Param| !param.ignored && (program.by_key || !param.feature.ends_with("unused"));
    let worths: Vec<String> = program.all_params().filter(used).map(worth).collect();
    for worth in &worths {
        if program.by_key || !random.has("unused_param", 7) {
            body.push(Stmt::Line("", format!("s = step(s, {worth});")));
        }
    }
    // What is ignored is used without bearing on the result.
    for param in program.all_params().filter(|param| param.ignored && param.name.is_some()) {
        if param.feature.starts_with("drops") && random.percent(40) {
            let name = &param.pattern.trim_start_matches("ref ").trim_start_matches("mut ").to_owned();
            let by_value = !param.ty.starts_with('&') && !param.pattern.starts_with("ref");
            let line = if by_value { format!("drop({name});") } else { format!("let _ = {name};") };
            body.push(Stmt::Line("moves_ignored", line));
        }
    }
    body.extend(recursion(random, program));
    let mut ints = worths;
    ints.push("3".to_owned());
    let returned = returns::early(&program.returns);
    let mut scope = Scope {
        ints: &ints,
        returned: &returned,
        fails: program.returns.fails,
        asynchronous: program.asynchronous,
        next: 0,
    };
    let count = random.below(6);
    let mut statements = bodies::statements(random, &mut scope, count, 0);
    if random.has("moves_drops", 20) {
        statements.extend(moved(random, program));
    }
    body.extend(statements);
    body
}

/// A call of the function itself, of the value below.
fn recursion(random: &mut Random<'_>, program: &Program) -> Option<Stmt> {
    let [param] = &program.params[..] else { return None };
    let plain = !program.asynchronous && !program.kind.in_impl() && program.kind != Kind::Macro;
    if !plain || param.feature != "i64" || program.returns.ty != "i64" || !random.has("recursion", 60) {
        return None;
    }
    let (name, x) = (&program.name.1, &param.pattern);
    let call = format!("if (1..7).contains(&{x}) {{ s = step(s, {name}({x} - 1)); }}");
    Some(Stmt::Line("recursion", call))
}

/// A parameter is moved away before the end.
fn moved(random: &mut Random<'_>, program: &Program) -> Option<Stmt> {
    let whole = |param: &&Param| {
        !param.ignored && param.ty == "D" && param.name.is_some() && !param.pattern.starts_with("ref")
    };
    let param = program.params.iter().find(whole)?;
    let name = param.pattern.trim_start_matches("mut ");
    let text =
        random.one(&[format!("drop({name}); at(80, s);"), format!("let moved = {name}; at(81, moved.id);")]);
    Some(Stmt::Line("moves_drops", text))
}

fn worth(param: &Param) -> String {
    match param.worth.contains(' ') {
        true => format!("({})", param.worth),
        false => param.worth.clone(),
    }
}

/// One call, the same again, such as differ in one argument, and earlier ones again.
fn calls(random: &mut Random<'_>, program: &Program) -> Vec<Call> {
    let counts: Vec<usize> = program.all_params().map(|param| param.values.len()).collect();
    let first: Vec<usize> = counts.iter().map(|count| random.below(*count)).collect();
    let mut all = vec![first.clone(), first.clone()];
    for _ in 0..random.below(6) + 2 {
        let mut values = random.one(&all);
        if !values.is_empty() && random.percent(85) {
            let i = random.below(values.len());
            values[i] = random.below(counts[i]);
        }
        all.push(values);
    }
    let dropped = program.asynchronous && random.has("dropped_future", 30);
    let call = |(i, values): (usize, Vec<usize>)| Call {
        values,
        second: program.kind.twins() && i % 2 == 1,
        dropped: dropped && i == 2,
    };
    let mut calls: Vec<Call> = all.into_iter().enumerate().map(call).collect();
    if program.kind.twins() {
        // Both with the same arguments.
        calls[1].values = calls[0].values.clone();
        calls.truncate(6);
    }
    calls
}
