//! Writes a program as Rust.

use std::fmt::Write;

use crate::program::{Attr, Body, Def, Fields, Program, Style, Ty};

/// The contents of its module.
pub(crate) fn module(program: &Program) -> String {
    let other = program.with_other_number();
    let other = other.map(|other| format!("pub mod other {{\n{}}}\n", types(&other))).unwrap_or_default();
    types(program) + &other
}

fn types(program: &Program) -> String {
    let mut out = "use ::harness::types::*;\n".to_owned();
    for at in program.reachable() {
        let def = &program.defs[at];
        out += &definition(program, def);
        out += &sample(def);
        out += &shadow(program, def);
    }
    let _ = writeln!(out, "pub type Root = {};", text(program, &program.root));
    // What cannot be told is told of here, not where all types are listed.
    out + "const _: fn() = ::harness::can_be_told::<Root>;\n"
}

/// The types alone, to read.
pub(crate) fn shown(program: &Program) -> String {
    let defs = program.reachable().into_iter().map(|at| {
        let def = &program.defs[at];
        definition(program, def) + &shadow(program, def)
    });
    let other = program.other_number.filter(|_| program.with_other_number().is_some());
    let other = other.map(|(at, leaf)| format!("\nOne number (at {at}) is {} in the other type.", leaf.text));
    let root = text(program, &program.root);
    format!("{}type Root = {root};{}", defs.collect::<String>(), other.unwrap_or_default())
}

fn text(program: &Program, ty: &Ty) -> String {
    match ty {
        Ty::Leaf(leaf) => leaf.text.to_owned(),
        Ty::Def(at) => program.defs[*at].name.clone(),
        Ty::Of(container, args) => {
            let mut parts = container.text.split("{}");
            let mut out = parts.next().unwrap_or_default().to_owned();
            for (arg, part) in args.iter().zip(parts) {
                out += &text(program, arg);
                out += part;
            }
            out
        }
    }
}

fn definition(program: &Program, def: &Def) -> String {
    let keys = if def.is_key() { ", PartialEq, Eq, PartialOrd, Ord, Hash" } else { "" };
    let mut out =
        format!("#[derive(Debug, Serialize, Deserialize{keys})]\n#[serde(crate = \"::harness::serde\")]\n");
    out += &attributes(&def.attrs, &def.name, "");
    match &def.body {
        Body::Struct(fields) => {
            let end = if fields.style == Style::Named { "" } else { ";" };
            let _ = writeln!(out, "pub struct {}{}{end}", def.name, listed(program, fields, "pub "));
        }
        Body::Enum(variants) => {
            let _ = writeln!(out, "pub enum {} {{", def.name);
            for variant in variants {
                out += &attributes(&variant.attrs, "", "    ");
                let _ = writeln!(out, "    {}{},", variant.name, listed(program, &variant.fields, ""));
            }
            out += "}\n";
        }
    }
    out
}

fn attributes(attrs: &[Attr], name: &str, indent: &str) -> String {
    let attrs = attrs.iter().filter(|attr| !attr.text.is_empty());
    attrs.map(|attr| format!("{indent}#[serde({})]\n", attr.text.replace('@', name))).collect()
}

fn listed(program: &Program, fields: &Fields, visible: &str) -> String {
    let (open, close) = match fields.style {
        Style::Unit => return String::new(),
        Style::Tuple => ("(", ")"),
        Style::Named => (" {", "}"),
    };
    let mut out = format!("{open}\n");
    for field in &fields.fields {
        out += &attributes(&field.attrs, "", "        ");
        let name = if fields.style == Style::Named { format!("{}: ", field.name) } else { String::new() };
        let _ = writeln!(out, "        {visible}{name}{},", text(program, &field.ty));
    }
    out + "    " + close
}

/// How the type is made and compared.
fn sample(def: &Def) -> String {
    match &def.body {
        Body::Struct(fields) => format!("::harness::sample!(struct {} {{ {} }});\n", def.name, bound(fields)),
        Body::Enum(variants) => {
            let variants: Vec<String> = variants
                .iter()
                .map(|variant| format!("{} {{ {} }}", variant.name, bound(&variant.fields)))
                .collect();
            let which = if def.has("untagged") { "hidden" } else { "told" };
            format!("::harness::sample!(enum {} {which} {{ {} }});\n", def.name, variants.join(", "))
        }
    }
}

/// Each field with names for two values of it.
fn bound(fields: &Fields) -> String {
    let one = |(i, field): (usize, &crate::program::Field)| {
        let name = if fields.style == Style::Named { field.name.clone() } else { i.to_string() };
        format!("{name} x{i} y{i} {}", if field.is_hidden() { "hidden" } else { "told" })
    };
    fields.fields.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
}

/// What serde sees instead of a type with `into`.
fn shadow(program: &Program, def: &Def) -> String {
    let (true, Body::Struct(fields)) = (def.has("into"), &def.body) else { return String::new() };
    let types: String = fields.fields.iter().map(|field| text(program, &field.ty) + ", ").collect();
    let names =
        |i: usize, name: &str| if fields.style == Style::Named { name.to_owned() } else { i.to_string() };
    let into: String =
        fields.fields.iter().enumerate().map(|(i, f)| format!("all.{}, ", names(i, &f.name))).collect();
    let from: String =
        fields.fields.iter().enumerate().map(|(i, f)| format!("{}: all.{i}, ", names(i, &f.name))).collect();
    let name = &def.name;
    let back = if def.attrs.iter().any(|attr| attr.text.contains("try_from")) {
        format!(
            "impl TryFrom<{name}Shadow> for {name} {{ type Error = String; fn try_from(all: {name}Shadow) -> Result<Self, String> {{ Ok({name} {{ {from} }}) }} }}"
        )
    } else {
        format!(
            "impl From<{name}Shadow> for {name} {{ fn from(all: {name}Shadow) -> Self {{ {name} {{ {from} }} }} }}"
        )
    };
    format!(
        "pub type {name}Shadow = ({types});\nimpl From<{name}> for {name}Shadow {{ fn from(all: {name}) -> Self {{ ({into}) }} }}\n{back}\n"
    )
}
