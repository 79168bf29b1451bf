//! Writes a program as Rust: the plain form and the cached one line by line the same, apart in nothing but
//! the lines that carry the attribute.

use std::fmt::Write;

use crate::pairs::compile::Written;
use crate::program::{Call, Kind, Param, Place, Program, Side, Stmt};

/// Of two builds of one program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    First,
    /// Its numbers are others; what can stand in another order does.
    Other,
}

/// The contents of the module of a form, of this pair.
pub(crate) fn form(program: &Program, written: Written, build: Build, pair: usize) -> String {
    let text = Text { out: String::new(), depth: 0, program, written, build, pair };
    text.module()
}

struct Text<'a> {
    out: String,
    depth: usize,
    program: &'a Program,
    written: Written,
    build: Build,
    pair: usize,
}

impl Text<'_> {
    fn module(mut self) -> String {
        let program = self.program;
        let lints = program.lints.as_ref().map_or(String::new(), |lints| format!("#![{}]", lints.1));
        self.line(&lints);
        self.line("use ::harness::*;");
        self.line("use ::std::{borrow::Cow, collections::*, rc::Rc, sync::Arc};");
        for (_, item) in &program.beside {
            self.line(item);
        }
        if self.build == Build::Other {
            self.helpers();
        }
        self.host();
        if !program.kind.within() {
            self.number(Place::Module, false);
            self.number(Place::Around, false);
            self.item();
        } else {
            self.number(Place::Module, false);
        }
        self.line("/// Makes a call.");
        self.line("pub fn call(i: usize) {");
        self.inside(Self::calls);
        self.line("}");
        if self.build == Build::First {
            self.helpers();
        }
        let form = if self.written == Written::Plain { "plain" } else { "cache" };
        self.out.replace("@FORM", form).replace("@P", &self.pair.to_string())
    }

    /// What nobody calls: the other build has it elsewhere.
    fn helpers(&mut self) {
        self.line("/// Is here.");
        self.line("pub fn nobody_calls_this() -> i64 { 1 }");
    }

    fn host(&mut self) {
        let kind = self.program.kind;
        if !kind.in_impl() {
            return;
        }
        let (parameter, ty) = if kind == Kind::GenericMethod { ("<T>", "T") } else { ("", "i64") };
        self.line("/// Has the method.");
        self.line("#[derive(Clone, PartialEq, Debug, ::serde::Serialize, ::serde::Deserialize)]");
        self.line(&format!(
            "pub struct Host{parameter} {{ /// Its number.\npub weight: {ty}, /// Seen when dropped.\npub guard: D }}"
        ));
        self.line(&format!(
            "impl{parameter} Host{parameter} {{ /// A new one.\npub fn made(weight: {ty}, id: i64) -> Self {{ \
             Host {{ weight, guard: d(\"a_host\", id) }} }} }}"
        ));
    }

    /// The function where it is an item of the module.
    fn item(&mut self) {
        match self.program.kind {
            Kind::Method => self.wrapped("", "impl Host {"),
            Kind::Block => self.wrapped("@BLOCK", "impl Host {"),
            Kind::GenericMethod => self.wrapped("", "impl<T: Amount + ::serde::Serialize> Host<T> {"),
            Kind::TraitMethod | Kind::TraitBlock => {
                self.line("/// Has the method.");
                self.line("pub trait Act {");
                let head = self.head(self.program.name.1.as_str(), true);
                self.line(&format!("    /// Acts.\n    {head};"));
                self.line("}");
                let mark = if self.program.kind == Kind::TraitBlock { "@BLOCK" } else { "" };
                self.wrapped(mark, "impl Act for Host {");
            }
            Kind::TraitDefault => {
                self.line("/// Has the method.");
                self.wrapped(
                    "",
                    "pub trait Act: ::serde::Serialize { /// Its number.\nfn number(&self) -> i64;",
                );
                self.line("impl Act for Host { fn number(&self) -> i64 { self.weight } }");
            }
            Kind::Macro => {
                self.line("macro_rules! make { ($name:ident) => {");
                self.inside(|text| text.function("$name"));
                self.line("} }");
                self.line(&format!("make!({});", self.program.name.1));
            }
            Kind::MacroBody => {
                let head = self.head("$name", false);
                self.line("macro_rules! make { ($name:ident ($($params:tt)*) $body:block) => {");
                let open = head.find('(').unwrap_or(0);
                let end = if self.program.returns.ty.is_empty() { ")" } else { ") ->" };
                let close = head.rfind(end).unwrap_or(0);
                self.inside(|text| {
                    text.attributes(Side::Above);
                    text.mark();
                    text.attributes(Side::Below);
                    let end = head[close + 1..].trim_start();
                    text.line(&format!("{}($($params)*) {end} $body", &head[..open]));
                });
                self.line("} }");
                self.line(&format!("make!({} {} {{", self.program.name.1, &head[open..=close]));
                self.inside(Self::body);
                self.line("});");
            }
            Kind::Free | Kind::Inside | Kind::Twins | Kind::Deep | Kind::LocalTypes => {
                self.function(&self.program.name.1.clone())
            }
        }
    }

    fn wrapped(&mut self, mark: &str, head: &str) {
        if mark.is_empty() {
            self.line("");
        } else {
            self.marked(&format!("cached({})", self.option_texts(true).join(", ")));
        }
        self.line(head);
        self.inside(|text| text.function(&text.program.name.1.clone()));
        self.line("}");
    }

    fn calls(&mut self) {
        self.line("base(line!());");
        match self.program.kind {
            Kind::Inside => {
                self.number(Place::Around, false);
                self.item();
                self.arms(|_| true);
            }
            Kind::Twins => {
                let second: Vec<bool> = self.program.calls.iter().map(|call| call.second).collect();
                self.line(&format!("if !{second:?}[i] {{"));
                self.inside(|text| {
                    text.number(Place::Around, false);
                    text.item();
                    text.arms(|call| !call.second);
                });
                self.line("} else {");
                self.inside(|text| {
                    text.number(Place::Around, true);
                    text.item();
                    text.arms(|call| call.second);
                });
                self.line("}");
            }
            Kind::LocalTypes => {
                let second: Vec<bool> = self.program.calls.iter().map(|call| call.second).collect();
                let local = |unit: u8| {
                    format!(
                        "#[derive(::serde::Serialize)] struct Local(i64); impl Amount for Local {{ \
                         const UNIT: i64 = {unit}; fn amount(&self) -> i64 {{ self.0 }} }}"
                    )
                };
                self.line(&format!("if !{second:?}[i] {{"));
                self.line(&local(8));
                self.arms(|call| !call.second);
                self.line("} else {");
                self.line(&local(9));
                self.arms(|call| call.second);
                self.line("}");
            }
            Kind::Deep => {
                self.line("struct Deep;");
                self.line("impl Deep { fn go(&self, i: usize) { let inner = |i: usize| {");
                self.inside(|text| {
                    text.number(Place::Around, false);
                    text.item();
                    text.arms(|_| true);
                });
                self.line("}; inner(i) } }");
                self.line("Deep.go(i)");
            }
            _ => self.arms(|_| true),
        }
    }

    fn arms(&mut self, here: impl Fn(&Call) -> bool) {
        self.line("match i {");
        for (i, call) in self.program.calls.iter().enumerate().filter(|(_, call)| here(call)) {
            let made = match self.program.has("attr_target_feature") {
                true => format!("unsafe {{ {} }}", self.call(call)),
                false => self.call(call),
            };
            let shown = self.program.returns.shown;
            let line = if call.dropped {
                format!("    {i} => seen(&mut || {{ drop({made}); returned(&()); }}),")
            } else if self.program.asynchronous {
                format!("    {i} => seen(&mut || {{ let r = block_on({made}); returned(&{shown}); }}),")
            } else {
                format!("    {i} => seen(&mut || {{ let r = {made}; returned(&{shown}); }}),")
            };
            self.line(&line);
        }
        self.line("    _ => {}");
        self.line("}");
    }

    fn call(&self, call: &Call) -> String {
        let program = self.program;
        let name = &program.name.1;
        let target = match program.kind {
            Kind::Method | Kind::GenericMethod | Kind::Block => format!("Host::{name}"),
            Kind::TraitMethod | Kind::TraitBlock | Kind::TraitDefault => format!("<Host as Act>::{name}"),
            _ => name.clone(),
        };
        let mut types: Vec<(bool, &str)> = program
            .values(call)
            .flat_map(|(param, value)| param.generics.iter().map(move |generic| (*generic, value.turbofish)))
            .filter(|(generic, _)| !generic.starts_with('\''))
            .map(|(generic, ty)| (generic.starts_with("const "), if ty.is_empty() { "_" } else { ty }))
            .collect();
        types.sort_by_key(|ty| ty.0);
        let named = types.iter().any(|ty| ty.1 != "_");
        let types: Vec<&str> = types.into_iter().map(|ty| ty.1).collect();
        let turbofish = if named { format!("::<{}>", types.join(", ")) } else { String::new() };
        let values: Vec<String> = program
            .values(call)
            .enumerate()
            .filter(|(_, (_, value))| !value.text.is_empty())
            .map(|(i, (_, value))| value.text.replace("@A", &format!("a{i}")))
            .collect();
        format!("{target}{turbofish}({})", values.join(", "))
    }

    fn function(&mut self, name: &str) {
        self.attributes(Side::Above);
        self.mark();
        self.attributes(Side::Below);
        let head = self.head(name, false);
        self.line(&format!("{head} {{"));
        self.inside(Self::body);
        self.line("}");
    }

    fn mark(&mut self) {
        match self.program.kind {
            Kind::TraitBlock | Kind::Block => {
                self.marked(&format!("cached({})", self.option_texts(false).join(", ")));
            }
            _ => {
                let all = [self.option_texts(true), self.option_texts(false)].concat();
                self.marked(&format!("cached({})", all.join(", ")));
            }
        }
    }

    fn marked(&mut self, attribute: &str) {
        match self.written {
            Written::Plain => self.line("// Plain."),
            Written::Marked if self.program.conditional => {
                self.line(&format!("#[cfg_attr(not(any()), ::joblib::{attribute})]"));
            }
            Written::Marked => self.line(&format!("#[::joblib::{attribute}]")),
        }
    }

    fn attributes(&mut self, side: Side) {
        let program = self.program;
        for (_, text, _) in program.attributes.iter().filter(|attribute| attribute.2 == side) {
            self.line(text);
        }
    }

    /// The options: those that can stand at a block, or the others.
    fn option_texts(&self, of_place: bool) -> Vec<String> {
        let program = self.program;
        let (place, others): (Vec<_>, Vec<_>) = program
            .options
            .iter()
            .map(|option| option.text.clone())
            .partition(|text| text.starts_with("memory") || text.starts_with("dir"));
        if of_place {
            return place;
        }
        let mut texts = others;
        let counted: Vec<&Param> = program.all_params().filter(|param| !param.ignored).collect();
        if program.by_key {
            let keys: Vec<&str> =
                counted.iter().map(|param| param.key.as_str()).filter(|key| !key.is_empty()).collect();
            texts.push(match &keys[..] {
                [key] => format!("key = {key}"),
                [] => "key = 1_u8".to_owned(),
                keys => format!("key = ({})", keys.join(", ")),
            });
        } else {
            let names = program.all_params().filter(|param| param.ignored);
            let names: Vec<String> =
                names.filter_map(|param| Some(format!("{:?}", param.name.as_ref()?))).collect();
            texts.extend((!names.is_empty()).then(|| format!("ignore = [{}]", names.join(", "))));
        }
        texts
    }

    fn head(&self, name: &str, in_trait: bool) -> String {
        let program = self.program;
        let mut generics: Vec<&str> = Vec::new();
        for start in ["'", "", "const "] {
            let of = program.all_params().flat_map(|param| param.generics).copied();
            generics.extend(of.filter(|text| match start {
                "" => !text.starts_with('\'') && !text.starts_with("const "),
                start => text.starts_with(start),
            }));
        }
        let generics = if generics.is_empty() { String::new() } else { format!("<{}>", generics.join(", ")) };
        let param = |(i, param): (usize, &Param)| {
            if param.ty.is_empty() {
                return String::new();
            }
            let pattern = if in_trait { format!("_{i}") } else { param.pattern.clone() };
            let attribute = match in_trait && !param.attributes.1.contains("cfg") {
                true => "",
                false => param.attributes.1,
            };
            format!("{attribute}{pattern}: {}", param.ty)
        };
        let receiver = program.receiver.as_ref().map(|receiver| match in_trait {
            true => receiver.pattern.replace("mut self", "self"),
            false => receiver.pattern.clone(),
        });
        let params: Vec<String> = receiver
            .into_iter()
            .chain(program.params.iter().enumerate().map(param))
            .filter(|text| !text.is_empty())
            .collect();
        let of_trait = matches!(program.kind, Kind::TraitMethod | Kind::TraitBlock | Kind::TraitDefault);
        let vis = if of_trait { "" } else { "pub " };
        let qualifier = if program.asynchronous { "async " } else { "" };
        let returns = match program.returns.ty {
            "" => String::new(),
            ty => format!(" -> {ty}"),
        };
        format!("{vis}{qualifier}fn {name}{generics}({}){returns}", params.join(", "))
    }

    fn body(&mut self) {
        let program = self.program;
        for (_, line) in &program.first {
            self.line(line);
        }
        self.line("run();");
        self.number(Place::Body, false);
        self.line("let mut s: i64 = 7;");
        if let Some(number) = &program.number {
            self.line(&format!("s = step(s, {});", number.used));
        }
        self.all(&program.body);
        self.line(&program.returns.last);
    }

    /// What declares the number of this place, or of the second twin.
    fn number(&mut self, place: Place, second: bool) {
        let Some(number) = self.program.number.as_ref().filter(|number| number.place == place) else {
            return;
        };
        let twins = self.program.kind == Kind::Twins && place == Place::Around;
        let value = match (twins, self.build == Build::Other) {
            (false, other) => [3, number.other][usize::from(other)],
            // The blocks change places.
            (true, other) => [3, 4][usize::from(other != second)],
        };
        let mark = match self.written {
            Written::Plain => "",
            Written::Marked => "#[::joblib::cached(memory = ::harness::mem(@P))]",
        };
        self.line(&number.declared.replace("@K", &value.to_string()).replace("@MARK", mark));
    }

    fn all(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Line(_, line) => self.line(line),
                Stmt::Block(_, head, body, tail) => {
                    self.line(&format!("{head} {{"));
                    self.inside(|text| text.all(body));
                    self.line(&format!("}}{tail}"));
                }
            }
        }
    }

    fn line(&mut self, line: &str) {
        let _ = writeln!(self.out, "{:1$}{line}", "", 4 * self.depth);
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }
}
