//! Programs that have something less.

use crate::generate::BYTE;
use crate::program::{Attr, Body, Fields, Program, Style, Ty};

pub(crate) fn edits(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    let mut add = |change: &dyn Fn(&mut Program)| {
        let mut edited = program.clone();
        change(&mut edited);
        all.push(edited);
    };
    for part in parts(program, &program.root) {
        add(&|edited| edited.root = part.clone());
    }
    for at in program.reachable().into_iter().rev() {
        let def = &program.defs[at];
        let groups = def.groups().len();
        for i in 0..groups {
            if matches!(def.body, Body::Enum(_)) && groups > 1 {
                add(&|edited| {
                    if let Body::Enum(variants) = &mut edited.defs[at].body {
                        variants.remove(i);
                    }
                });
            }
            for j in 0..def.groups()[i].fields.len() {
                add(&|edited| {
                    let group = &mut group(edited, at, i);
                    group.fields.remove(j);
                });
                let ty = &def.groups()[i].fields[j].ty;
                if !is_byte(ty) {
                    for part in parts(program, ty).into_iter().chain([BYTE.clone()]) {
                        add(&|edited| group(edited, at, i).fields[j].ty = part.clone());
                    }
                }
                for smaller in smaller(ty) {
                    add(&|edited| group(edited, at, i).fields[j].ty = smaller.clone());
                }
                for k in 0..def.groups()[i].fields[j].attrs.len() {
                    add(&|edited| drop(group(edited, at, i).fields[j].attrs.remove(k)));
                }
            }
        }
        for i in 0..def.attrs.len() {
            add(&|edited| drop::<Attr>(edited.defs[at].attrs.remove(i)));
        }
        if let Body::Enum(variants) = &def.body {
            for (i, variant) in variants.iter().enumerate() {
                for j in 0..variant.attrs.len() {
                    add(&|edited| {
                        if let Body::Enum(variants) = &mut edited.defs[at].body {
                            variants[i].attrs.remove(j);
                        }
                    });
                }
            }
        }
    }
    for smaller in smaller(&program.root) {
        add(&|edited| edited.root = smaller.clone());
    }
    // Others have other values: the wanted one is more often among more.
    all.iter_mut().for_each(|edited| edited.values = 40);
    all
}

fn group(program: &mut Program, at: usize, i: usize) -> &mut Fields {
    match &mut program.defs[at].body {
        Body::Struct(fields) => fields,
        Body::Enum(variants) => &mut variants[i].fields,
    }
}

fn is_byte(ty: &Ty) -> bool {
    matches!(ty, Ty::Leaf(leaf) if leaf.text == "u8")
}

/// What a type is made of.
fn parts(program: &Program, ty: &Ty) -> Vec<Ty> {
    match ty {
        Ty::Leaf(_) => Vec::new(),
        Ty::Of(_, args) => args.clone(),
        Ty::Def(at) => {
            let groups = program.defs[*at].groups();
            groups
                .into_iter()
                .filter(|group| group.style != Style::Unit)
                .flat_map(|group| &group.fields)
                .map(|field| field.ty.clone())
                .collect()
        }
    }
}

/// The same container of less.
fn smaller(ty: &Ty) -> Vec<Ty> {
    let Ty::Of(container, args) = ty else { return Vec::new() };
    let others = (0..args.len()).filter(|i| !is_byte(&args[*i])).flat_map(|i| {
        let inner = match &args[i] {
            Ty::Of(_, inner) => inner.clone(),
            _ => Vec::new(),
        };
        inner.into_iter().chain([BYTE.clone()]).chain(smaller(&args[i])).map(move |arg| (i, arg))
    });
    others
        .map(|(i, arg)| {
            let mut args = args.clone();
            args[i] = arg;
            Ty::Of(container, args)
        })
        .collect()
}
