//! Writes a program as Rust: the plain form and the parallel one from the same parts, apart in nothing but
//! what asks for parallelism and how values are collected.

use std::fmt::Write;

use crate::pairs::compile::Written;
use crate::program::{Form, Loop, Marked, Program, Stmt};

/// The function, or method with its `impl`, as it stands in the module of its form.
pub(crate) fn function(program: &Program, written: Written) -> String {
    let mut text = Text { out: String::new(), depth: 0, program, written };
    for name in &program.constants {
        text.line(&format!("#[allow(dead_code, non_upper_case_globals)] const {name}: u64 = 3;"));
    }
    match program.form {
        Form::Method => {
            text.line("impl Host {");
            text.inside(|text| text.function());
            text.line("}");
        }
        Form::Function | Form::Generic => text.function(),
    }
    text.out
}

/// Calls both with the same input and shows what became of it.
pub(crate) fn caller(program: &Program) -> String {
    let call = |name: &str, module: &str| match program.form {
        Form::Method => format!("Host {{ step: 2 }}.{name}(cx, &mut v)"),
        Form::Function => format!("{module}::{name}(cx, &mut v)"),
        Form::Generic => format!("{module}::{name}(cx, &mut v, twice)"),
    };
    format!(
        "pub fn run(cx: &Cx, parallel: bool) {{\n    let mut v: Vec<{}> = cx.data();\n    cx.given(&v);\n    \
         cx.outcome(|| if parallel {{ {} }} else {{ {} }});\n    cx.left(&v);\n}}\n",
        program.data,
        call("parallel_form", "parallel"),
        call("plain_form", "plain"),
    )
}

struct Text<'a> {
    out: String,
    depth: usize,
    program: &'a Program,
    written: Written,
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            let _ = writeln!(self.out, "{:1$}{line}", "", 4 * self.depth);
        }
    }

    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    fn parallel(&self) -> bool {
        self.written == Written::Marked
    }

    fn function(&mut self) {
        let program = self.program;
        match program.marked {
            Marked::AtFunction if self.parallel() => {
                let options = self.options();
                self.line(&format!("#[parallel_for({options})]"));
            }
            Marked::AtLoop if self.parallel() => self.line("#[parallel_for]"),
            _ => {}
        }
        let name = if self.parallel() { "parallel_form" } else { "plain_form" };
        let (generics, this, more) = match program.form {
            Form::Function => ("", "", ""),
            Form::Method => ("", "&self, ", ""),
            Form::Generic => ("<F: Fn(i64) -> i64 + Sync>", "", ", twice: F"),
        };
        let returns = if program.caught { "()" } else { program.returns.ty() };
        let data = program.data;
        self.line(&format!(
            "pub fn {name}{generics}({this}cx: &Cx, v: &mut Vec<{data}>{more}) -> {returns} {{"
        ));
        self.inside(|text| text.statements());
        self.line("}");
    }

    fn statements(&mut self) {
        let program = self.program;
        self.line("let (n, k) = (cx.n, cx.k);");
        program.accumulators.iter().for_each(|accumulator| self.line(&accumulator.declared));
        self.all(&program.before);
        if program.caught {
            self.line(&format!("let left = caught(|| -> {} {{", program.returns.ty()));
            self.inside(|text| {
                text.outer();
                text.line(program.returns.last());
            });
            self.line("});");
            self.line("cx.show(\"left\", &left);");
        } else {
            self.outer();
        }
        for name in program.accumulators.iter().flat_map(|accumulator| &accumulator.names) {
            self.line(&format!("cx.show(\"{name}\", &{name});"));
        }
        self.all(&program.after);
        if !program.caught {
            self.line(program.returns.last());
        }
    }

    fn outer(&mut self) {
        if !self.program.outer {
            return self.the_loop();
        }
        self.line("'outer: for round in 0..3_i64 {");
        self.inside(|text| {
            text.line("cx.at(90, round);");
            text.the_loop();
            text.line("cx.at(91, round);");
        });
        self.line("}");
    }

    fn the_loop(&mut self) {
        let the_loop = &self.program.the_loop;
        let plain = !self.parallel();
        let Some(collects) = &the_loop.collects else {
            self.mark("", |text| text.head(the_loop));
            self.body(the_loop, None);
            return self.end("");
        };
        let into = collects.into;
        if plain {
            let label = if collects.plain.contains("'all") { "'all: " } else { "" };
            self.line(&format!("let all: {into} = {label}{{"));
            let ty = if collects.finish == "all" { format!(": {into}") } else { String::new() };
            self.inside(|text| {
                text.line(&format!("let mut all{ty} = {};", empty(into)));
                text.head(the_loop);
                let add = collects.plain.replace("VALUE", &collects.value);
                text.body(the_loop, Some(&add));
                text.line("}");
                text.line(collects.finish);
            });
            self.line("};");
        } else {
            self.mark(&format!("let all: {into} ="), |text| text.head(the_loop));
            self.body(the_loop, Some(&collects.value));
            self.end(";");
        }
        let all = if into.starts_with("HashMap") { "sorted(all)" } else { "all" };
        self.line(&format!("cx.show(\"all\", &{all});"));
    }

    /// What asks for parallelism, around the head of the loop.
    fn mark(&mut self, prefix: &str, head: impl FnOnce(&mut Self)) {
        let options = self.options();
        if !prefix.is_empty() || self.parallel() && self.program.marked != Marked::AtFunction {
            match self.program.marked {
                Marked::AtFunction => self.line(prefix),
                Marked::AtLoop => self.line(format!("{prefix} #[parallel_for({options})]").trim_start()),
                Marked::Macro => {
                    self.line(format!("{prefix} parallel! {{").trim_start());
                    self.line(&format!("    #[{options}]"));
                }
            }
        }
        head(self);
    }

    fn end(&mut self, semicolon: &str) {
        self.line(&format!("}}{}", if self.in_macro() { "" } else { semicolon }));
        if self.in_macro() {
            self.line(&format!("}}{semicolon}"));
        }
    }

    fn in_macro(&self) -> bool {
        self.parallel() && self.program.marked == Marked::Macro
    }

    fn options(&self) -> String {
        let program = self.program;
        let mut options = vec!["n_jobs = cx.jobs".to_owned()];
        options.extend(
            program.options.iter().filter(|option| option.0 != "init").map(|option| option.1.clone()),
        );
        options.extend(program.the_loop.collapsed.iter().map(|_| "collapse = 2".to_owned()));
        if !program.accumulators.is_empty() {
            let entries: Vec<_> =
                program.accumulators.iter().map(|acc| format!("{} = {}", acc.operator, acc.name)).collect();
            options.push(format!("reduce({})", entries.join(", ")));
        }
        if program.has("init") {
            options.push("init(scratch = Vec::new())".to_owned());
        }
        if program.has("processes") {
            let inside = self.body_text();
            let used: Vec<_> =
                ["n", "k", "round"].into_iter().filter(|name| mentions(&inside, name)).collect();
            options.extend((!used.is_empty()).then(|| format!("share({})", used.join(", "))));
        }
        options.join(", ")
    }

    fn body_text(&self) -> String {
        let mut text = Text { out: String::new(), depth: 0, program: self.program, written: Written::Plain };
        let value = self.program.the_loop.collects.as_ref().map(|collects| collects.value.as_str());
        text.body(&self.program.the_loop, value);
        text.out
    }

    fn head(&mut self, the_loop: &Loop) {
        if !self.parallel() && self.program.has("init") {
            self.line("let mut scratch = Vec::new();");
        }
        let label = if the_loop.label { "'own: " } else { "" };
        let mut source = the_loop.source.base.clone();
        for (_, adapter) in &the_loop.source.adapters {
            if source.contains("..") && !source.starts_with('(') && !source.contains('(') {
                source = format!("({source})");
            }
            source = format!("{source}.{adapter}");
        }
        self.line(&format!("{label}for {} in {source} {{", the_loop.pattern.1));
    }

    fn body(&mut self, the_loop: &Loop, value: Option<&str>) {
        let statements = |text: &mut Self| {
            text.inside(|text| {
                text.all(&the_loop.body);
                value.iter().for_each(|value| text.line(value));
            });
        };
        match &the_loop.collapsed {
            Some((pattern, source)) => self.inside(|text| {
                text.line(&format!("for {pattern} in {source} {{"));
                statements(text);
                text.line("}");
            }),
            None => statements(self),
        }
    }

    fn all(&mut self, statements: &[Stmt]) {
        for statement in statements {
            match statement {
                Stmt::Fixed(_, line) | Stmt::Line(_, line) | Stmt::Update(_, _, line) => self.line(line),
                Stmt::Block(_, head, body) => {
                    let head = match head.strip_prefix("@[").and_then(|rest| rest.split_once("]@ ")) {
                        Some((options, head)) if self.parallel() => {
                            self.line(&format!("#[parallel_for({options})]"));
                            head
                        }
                        Some((_, head)) => head,
                        None => head,
                    };
                    self.line(format!("{head} {{").trim_start());
                    self.inside(|text| text.all(body));
                    self.line("}");
                }
            }
        }
    }
}

/// Whether `name` stands in `text` as a word of its own.
fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
}

fn empty(into: &str) -> &'static str {
    match into {
        "(Vec<i64>, Vec<i64>)" => "(Vec::new(), Vec::new())",
        into if into.contains("String>") || into.contains("Vec<") => "Vec::new()",
        into if into.contains("HashMap") => "HashMap::new()",
        into if into.contains("BTreeMap") => "BTreeMap::new()",
        into if into.contains("BTreeSet") => "BTreeSet::new()",
        _ => "String::new()",
    }
}
