//! Edits of a failing program.

use crate::program::{Form, Marked, Program, Returns, Stmt};

/// Programs that have something less, the much smaller ones first.
pub(crate) fn edits(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    let mut edit = |change: &dyn Fn(&mut Program)| {
        let mut changed = program.clone();
        change(&mut changed);
        all.push(changed);
    };
    let loose = |stmts: &[Stmt]| stmts.iter().filter(|stmt| !matches!(stmt, Stmt::Fixed(..))).count();
    let count = loose(&program.the_loop.body);
    if count > 3 {
        edit(&|p| halve(&mut p.the_loop.body, true));
        edit(&|p| halve(&mut p.the_loop.body, false));
    }
    for i in 0..program.accumulators.len() {
        edit(&|p| {
            let name = p.accumulators.remove(i).name;
            without_updates(&mut p.the_loop.body, &name);
        });
    }
    for path in paths(&program.the_loop.body) {
        edit(&|p| remove(&mut p.the_loop.body, &path, false));
        edit(&|p| remove(&mut p.the_loop.body, &path, true));
    }
    let constants = program.constants.len();
    if constants > 0 {
        edit(&|p| p.constants.truncate(constants / 2));
        edit(&|p| drop(p.constants.drain(..constants.div_ceil(2))));
    }
    for i in 0..program.options.len() {
        edit(&|p| drop(p.options.remove(i)));
    }
    for i in 0..program.the_loop.source.adapters.len() {
        edit(&|p| drop(p.the_loop.source.adapters.remove(i)));
    }
    for i in 0..program.after.len() {
        edit(&|p| drop(p.after.remove(i)));
    }
    for i in 0..program.before.len() {
        edit(&|p| drop(p.before.remove(i)));
    }
    let the_loop = &program.the_loop;
    if the_loop.source.base != "0..n" && program.the_loop.source.feature != "endless" {
        edit(&|p| {
            p.the_loop.source.base = "0..n".to_owned();
            p.the_loop.source.feature = "";
            p.the_loop.source.adapters.clear();
            p.the_loop.pattern = ("", "x".to_owned());
            p.before.retain(|stmt| stmt.feature() != the_loop.source.feature);
            p.after.clear();
            p.data = "i64";
        });
    }
    if the_loop.collects.is_some() {
        edit(&|p| p.the_loop.collects = None);
    }
    if the_loop.label {
        edit(&|p| p.the_loop.label = false);
    }
    if program.caught {
        edit(&|p| p.caught = false);
    }
    if program.outer {
        edit(&|p| p.outer = false);
    }
    if program.form != Form::Function {
        edit(&|p| p.form = Form::Function);
    }
    if program.marked != Marked::AtLoop {
        edit(&|p| p.marked = Marked::AtLoop);
    }
    if program.returns != Returns::Unit {
        edit(&|p| p.returns = Returns::Unit);
    }
    all
}

/// One half of the statements.
fn halve(stmts: &mut Vec<Stmt>, first: bool) {
    let middle = stmts.len() / 2;
    let mut i = 0;
    stmts.retain(|stmt| {
        i += 1;
        matches!(stmt, Stmt::Fixed(..)) || (i <= middle) == first
    });
}

fn without_updates(stmts: &mut Vec<Stmt>, name: &str) {
    stmts.retain(|stmt| !matches!(stmt, Stmt::Update(_, updated, _) if updated == name));
    for stmt in stmts {
        if let Stmt::Block(_, _, body) = stmt {
            without_updates(body, name);
        }
    }
}

/// Where statements stand: positions in blocks, from the outside.
fn paths(stmts: &[Stmt]) -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for (i, stmt) in stmts.iter().enumerate() {
        if matches!(stmt, Stmt::Fixed(..)) {
            continue;
        }
        all.push(vec![i]);
        if let Stmt::Block(_, _, body) = stmt {
            all.extend(paths(body).into_iter().map(|path| [vec![i], path].concat()));
        }
    }
    all
}

/// Removes a statement, or of a block the head alone.
fn remove(stmts: &mut Vec<Stmt>, path: &[usize], keep_body: bool) {
    match (path, path.first().and_then(|i| stmts.get_mut(*i))) {
        ([i], Some(Stmt::Block(_, _, body))) if keep_body => {
            let body = std::mem::take(body);
            stmts.splice(*i..=*i, body);
        }
        ([i], Some(_)) => drop(stmts.remove(*i)),
        ([_, rest @ ..], Some(Stmt::Block(_, _, body))) => remove(body, rest, keep_body),
        _ => {}
    }
}
