//! Edits of a failing program.

use crate::program::{Kind, Param, Program, Side, Stmt};

/// Programs that have something less, the much smaller ones first.
pub(crate) fn edits(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    let mut edit = |change: &dyn Fn(&mut Program)| {
        let mut changed = program.clone();
        change(&mut changed);
        all.push(changed);
    };
    if program.body.len() > 1 {
        edit(&|p| p.body.clear());
    }
    if program.options.len() > 2 {
        edit(&|p| p.options.truncate(1));
    }
    if program.attributes.len() > 1 {
        edit(&|p| p.attributes.clear());
    }
    if program.params.len() > 1 {
        edit(&|p| {
            let receiver = p.receiver.iter().len();
            p.params.clear();
            p.calls.iter_mut().for_each(|call| call.values.truncate(receiver));
        });
    }
    if program.body.len() > 2 {
        let middle = program.body.len() / 2;
        edit(&|p| p.body.truncate(middle));
        edit(&|p| drop(p.body.drain(..middle)));
    }
    if program.calls.len() > 2 {
        let middle = program.calls.len() / 2;
        edit(&|p| p.calls.truncate(middle));
        edit(&|p| drop(p.calls.drain(..middle)));
    }
    for path in paths(&program.body) {
        edit(&|p| remove(&mut p.body, &path, false));
        edit(&|p| remove(&mut p.body, &path, true));
    }
    if program.calls.len() > 1 {
        for i in 0..program.calls.len() {
            edit(&|p| drop(p.calls.remove(i)));
        }
    }
    let receiver = program.receiver.iter().len();
    for (i, param) in program.params.iter().enumerate() {
        edit(&|p| {
            p.params.remove(i);
            without_value(p, receiver + i);
        });
        if !param.attributes.1.is_empty() {
            edit(&|p| p.params[i].attributes = ("", ""));
        }
        if param.ignored && !param.must_be_ignored {
            edit(&|p| p.params[i].ignored = false);
        }
    }
    // The first of option texts says where results are kept.
    for i in 1..program.options.len() {
        edit(&|p| drop(p.options.remove(i)));
    }
    for i in 0..program.attributes.len() {
        edit(&|p| drop(p.attributes.remove(i)));
        if program.attributes[i].2 == Side::Below {
            edit(&|p| p.attributes[i].2 = Side::Above);
        }
    }
    if program.by_key {
        edit(&|p| {
            p.by_key = false;
            let named = |param: &&mut Param| !param.must_be_ignored;
            p.params.iter_mut().filter(named).for_each(|param| param.ignored = false);
        });
    }
    if program.number.is_some() {
        edit(&|p| p.number = None);
    }
    if program.lints.is_some() {
        edit(&|p| p.lints = None);
        if program.lints.as_ref().is_some_and(|lints| lints.1.contains(", ")) {
            edit(&|p| halve_lints(p, true));
            edit(&|p| halve_lints(p, false));
        }
    }
    if !program.beside.is_empty() {
        edit(&|p| p.beside.clear());
    }
    if !program.first.is_empty() {
        edit(&|p| p.first.clear());
    }
    if program.asynchronous {
        edit(&|p| {
            p.asynchronous = false;
            p.calls.iter_mut().for_each(|call| call.dropped = false);
        });
    }
    if program.calls.iter().any(|call| call.dropped) {
        edit(&|p| p.calls.iter_mut().for_each(|call| call.dropped = false));
    }
    if !program.name.0.is_empty() {
        edit(&|p| p.name = ("", "target".to_owned()));
    }
    if !program.returns.feature.is_empty() {
        edit(&|p| {
            p.returns.feature = "";
            p.returns.ty = "i64";
            p.returns.last = "s".to_owned();
            p.returns.shown = "r";
            p.returns.fails = crate::program::Fails::No;
        });
    }
    if program.conditional {
        edit(&|p| p.conditional = false);
    }
    if program.kind != Kind::Free {
        edit(&|p| {
            p.kind = Kind::Free;
            if p.receiver.take().is_some() {
                without_value(p, 0);
            }
        });
    }
    all
}

fn without_value(program: &mut Program, at: usize) {
    for call in &mut program.calls {
        call.values.remove(at);
    }
}

/// One half of the lints.
fn halve_lints(program: &mut Program, first: bool) {
    let Some((_, text)) = &mut program.lints else { return };
    let (level, names) = text.trim_end_matches(')').split_once('(').unwrap_or_default();
    let names: Vec<&str> = names.split(", ").collect();
    let (a, b) = names.split_at(names.len().div_ceil(2));
    let half = if first { a } else { b };
    match half.is_empty() {
        true => program.lints = None,
        false => *text = format!("{level}({})", half.join(", ")),
    }
}

/// Where statements stand: positions in blocks, from the outside.
fn paths(stmts: &[Stmt]) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for (i, stmt) in stmts.iter().enumerate() {
        all.push(vec![i]);
        if let Stmt::Block(_, _, body, _) = stmt {
            all.extend(paths(body).into_iter().map(|path| [vec![i], path].concat()));
        }
    }
    all
}

/// Removes a statement, or of a block the head alone.
fn remove(stmts: &mut Vec<Stmt>, path: &[usize], keep_body: bool) {
    match (path, path.first().and_then(|i| stmts.get_mut(*i))) {
        ([i], Some(Stmt::Block(_, _, body, _))) if keep_body => {
            let body = std::mem::take(body);
            stmts.splice(*i..=*i, body);
        }
        ([i], Some(_)) => drop(stmts.remove(*i)),
        ([_, rest @ ..], Some(Stmt::Block(_, _, body, _))) => remove(body, rest, keep_body),
        _ => {}
    }
}
