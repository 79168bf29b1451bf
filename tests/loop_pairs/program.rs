//! A loop and what stands around it: all that its plain and its parallel form share.

pub(crate) use crate::pairs::Feature;

#[derive(Clone)]
pub(crate) struct Program {
    /// What it was made from; its inputs are, too.
    pub(crate) seed: u64,
    pub(crate) form: Form,
    pub(crate) marked: Marked,
    pub(crate) returns: Returns,
    /// The loop stands in a closure whose panics are caught, so that accumulators can be looked at
    /// afterwards.
    pub(crate) caught: bool,
    /// A plain loop, labelled `'outer`, stands around.
    pub(crate) outer: bool,
    /// In front of the loop, where neither form is parallel.
    pub(crate) before: Vec<Stmt>,
    pub(crate) accumulators: Vec<Accumulator>,
    pub(crate) options: Vec<(Feature, String)>,
    pub(crate) the_loop: Loop,
    pub(crate) after: Vec<Stmt>,
    /// The type of the elements of `v`.
    pub(crate) data: &'static str,
    /// Constants beside the function, whose names a macro might choose for its variables.
    pub(crate) constants: Vec<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Function,
    Method,
    Generic,
}

/// How the parallel form is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marked {
    AtLoop,
    /// The options stand at the function, nothing at the loop.
    AtFunction,
    /// `parallel! { .. }`
    Macro,
}

/// The type that the function, or the closure inside, returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returns {
    Unit,
    Int,
    Text,
    Fault,
    Boxed,
    Option,
    Slice,
}

#[derive(Clone)]
pub(crate) struct Accumulator {
    pub(crate) feature: Feature,
    /// What `reduce(..)` names: `+`, `with(..)`, `argmax(m0)`.
    pub(crate) operator: String,
    pub(crate) name: String,
    /// Its declaration, and that of others which belong to it.
    pub(crate) declared: String,
    /// All that is shown of it in the end.
    pub(crate) names: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Loop {
    pub(crate) label: bool,
    pub(crate) pattern: (Feature, String),
    pub(crate) source: Source,
    /// The loop inside, of two that are collapsed: pattern and source.
    pub(crate) collapsed: Option<(String, String)>,
    pub(crate) body: Vec<Stmt>,
    pub(crate) collects: Option<Collects>,
}

#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) feature: Feature,
    pub(crate) base: String,
    pub(crate) adapters: Vec<(Feature, String)>,
    /// No two iterations have the same first event.
    pub(crate) unique: bool,
}

/// The collection a loop's values become, and the value of each iteration.
#[derive(Clone)]
pub(crate) struct Collects {
    pub(crate) feature: Feature,
    pub(crate) into: &'static str,
    pub(crate) value: String,
    /// How the plain form adds `VALUE` to `all`.
    pub(crate) plain: &'static str,
    /// How it ends: `all`, `Ok(all)`.
    pub(crate) finish: &'static str,
}

#[derive(Clone)]
pub(crate) enum Stmt {
    /// What the shrinker has to leave alone, since the loop would not end without it.
    Fixed(Feature, String),
    Line(Feature, String),
    /// A line that updates an accumulator, by its name.
    Update(Feature, String, String),
    /// `HEAD { .. }`; a head that begins with `@[reduce(..)]` is a marked loop in the parallel form.
    Block(Feature, String, Vec<Stmt>),
}

impl Stmt {
    pub(crate) fn feature(&self) -> Feature {
        match self {
            Stmt::Fixed(feature, _)
            | Stmt::Line(feature, _)
            | Stmt::Update(feature, ..)
            | Stmt::Block(feature, ..) => feature,
        }
    }
}

impl Returns {
    pub(crate) fn ty(self) -> &'static str {
        match self {
            Returns::Unit => "()",
            Returns::Int => "i64",
            Returns::Text => "Result<i64, String>",
            Returns::Fault => "Result<i64, Fault>",
            Returns::Boxed => "Result<i64, Box<dyn std::error::Error + Send + Sync>>",
            Returns::Option => "Option<i64>",
            Returns::Slice => "Option<&'static [i64]>",
        }
    }

    /// What stands at the end.
    pub(crate) fn last(self) -> &'static str {
        match self {
            Returns::Unit => "",
            Returns::Int => "n - 1",
            Returns::Text | Returns::Fault | Returns::Boxed => "Ok(n - 1)",
            Returns::Option => "Some(n - 1)",
            Returns::Slice => "None",
        }
    }
}

impl Program {
    /// Everything it holds that has a name.
    pub(crate) fn features(&self) -> Vec<Feature> {
        fn inside(stmts: &[Stmt], all: &mut Vec<Feature>) {
            for stmt in stmts {
                all.push(stmt.feature());
                if let Stmt::Block(_, _, body) = stmt {
                    inside(body, all);
                }
            }
        }
        let mut all = vec![self.the_loop.source.feature, self.the_loop.pattern.0];
        all.extend(self.the_loop.source.adapters.iter().map(|adapter| adapter.0));
        all.extend(self.accumulators.iter().map(|accumulator| accumulator.feature));
        all.extend(self.options.iter().map(|option| option.0));
        all.extend(self.the_loop.collects.iter().map(|collects| collects.feature));
        inside(&self.before, &mut all);
        inside(&self.the_loop.body, &mut all);
        all.extend((!self.constants.is_empty()).then_some("const_names"));
        all.extend(self.caught.then_some("caught"));
        all.extend(self.outer.then_some("outer"));
        all.extend(self.the_loop.collapsed.is_some().then_some("collapse"));
        all.extend((self.form == Form::Method).then_some("method"));
        all.extend((self.form == Form::Generic).then_some("generic"));
        all.extend((self.marked == Marked::AtFunction).then_some("at_function"));
        all.extend((self.marked == Marked::Macro).then_some("parallel!"));
        all.retain(|feature| !feature.is_empty());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether the plain loop may end before its source does.
    pub(crate) fn leaves(&self) -> bool {
        const LEAVING: &[&str] = &[
            "break",
            "labels",
            "return",
            "question",
            "panic",
            "let_else",
            "never",
            "cfg_on",
            "nested_exits",
            "macros",
            "allow",
            "overflow",
            "endless",
            "collect_result",
            "collect_option",
        ];
        self.features().iter().any(|feature| LEAVING.contains(feature))
    }

    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features().contains(&feature)
    }
}
