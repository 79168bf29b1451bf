//! A function, what stands around it and the calls that are made: all that its plain and its cached form
//! share.

pub(crate) use crate::pairs::Feature;

#[derive(Clone)]
pub(crate) struct Program {
    /// What it was made from.
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) asynchronous: bool,
    pub(crate) name: (Feature, String),
    pub(crate) receiver: Option<Param>,
    pub(crate) params: Vec<Param>,
    pub(crate) returns: Returns,
    /// Inner attributes and documentation, in front of everything else in the body.
    pub(crate) first: Vec<(Feature, &'static str)>,
    pub(crate) body: Vec<Stmt>,
    /// `key = (..)` of the parameters that are not ignored, in place of `ignore = [..]` of those that are.
    pub(crate) by_key: bool,
    pub(crate) options: Vec<Choice>,
    /// Beside the mark: above it, or below.
    pub(crate) attributes: Vec<(Feature, String, Side)>,
    pub(crate) beside: Vec<(Feature, &'static str)>,
    /// The attribute is given by a `cfg_attr`.
    pub(crate) conditional: bool,
    /// Lints for the module of each form, as inner attributes.
    pub(crate) lints: Option<(Feature, String)>,
    /// Where the number comes from that another build has otherwise.
    pub(crate) number: Option<Number>,
    pub(crate) calls: Vec<Call>,
}

/// What the function is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Free,
    /// Inside another function.
    Inside,
    /// The same function in two blocks of a function, with another number beside.
    Twins,
    /// In a closure, in a block of a method.
    Deep,
    /// Called with types of one name from two blocks of a function.
    LocalTypes,
    Method,
    /// Of a generic type.
    GenericMethod,
    /// Of a trait's impl, marked itself, or with its block.
    TraitMethod,
    TraitBlock,
    /// Given by a trait.
    TraitDefault,
    /// Of an impl block that is marked.
    Block,
    /// Made by a `macro_rules`: all of it, or from the body that it is given.
    Macro,
    MacroBody,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Above,
    Below,
}

/// A parameter and the values it is called with.
#[derive(Clone)]
pub(crate) struct Param {
    pub(crate) feature: Feature,
    /// Its pattern; of a receiver all of it.
    pub(crate) pattern: String,
    /// The name that `ignore` knows.
    pub(crate) name: Option<String>,
    pub(crate) ty: String,
    /// Attributes in front.
    pub(crate) attributes: (Feature, &'static str),
    /// What it adds to the generic parameters.
    pub(crate) generics: &'static [&'static str],
    /// Expressions, and a class each: values of one class are one key.
    pub(crate) values: &'static [Value],
    /// What it is worth to the body, an `i64`.
    pub(crate) worth: String,
    /// What stands for it in a key.
    pub(crate) key: String,
    pub(crate) ignored: bool,
    /// Cannot be hashed.
    pub(crate) must_be_ignored: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct Value {
    pub(crate) text: &'static str,
    pub(crate) class: u8,
    /// Cannot be hashed.
    pub(crate) unkeyed: bool,
    /// Type arguments that the call has to name.
    pub(crate) turbofish: &'static str,
}

#[derive(Clone)]
pub(crate) struct Returns {
    pub(crate) feature: Feature,
    pub(crate) ty: &'static str,
    /// What stands at the end, of the number `s`.
    pub(crate) last: String,
    /// What is shown of the result `r`.
    pub(crate) shown: &'static str,
    pub(crate) fails: Fails,
    /// Can be kept in memory.
    pub(crate) clone: bool,
}

/// What `?` may do in the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fails {
    No,
    /// `Result` with these errors. Its own type is one.
    Text,
    Fault,
    Boxed,
    Int,
    /// `Result` with an error that nothing becomes by itself.
    Other,
    Option,
}

#[derive(Clone)]
pub(crate) enum Stmt {
    Line(Feature, String),
    /// `HEAD { .. } TAIL`
    Block(Feature, String, Vec<Stmt>, &'static str),
}

impl Stmt {
    pub(crate) fn feature(&self) -> Feature {
        match self {
            Stmt::Line(feature, _) | Stmt::Block(feature, ..) => feature,
        }
    }
}

/// An option, and what it does to what is found.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) feature: Feature,
    pub(crate) text: String,
    pub(crate) found: Found,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    Always,
    Never,
    Maybe,
    /// What is found is decided by something else than the code that the function reaches.
    OtherCode,
}

/// A number that comes from somewhere: two statements about it.
#[derive(Clone)]
pub(crate) struct Number {
    pub(crate) feature: Feature,
    pub(crate) place: Place,
    /// What declares it; `@K` is the number, `@MARK` the attribute where it is cached itself.
    pub(crate) declared: &'static str,
    /// An expression that has it.
    pub(crate) used: &'static str,
    /// What it is in the other build.
    pub(crate) other: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// In the module of the function.
    Module,
    /// In the function, or block, around.
    Around,
    /// In the body.
    Body,
}

#[derive(Clone)]
pub(crate) struct Call {
    /// A value of each parameter, the receiver first.
    pub(crate) values: Vec<usize>,
    /// Of two twins the second.
    pub(crate) second: bool,
    /// A future that is dropped before it is polled.
    pub(crate) dropped: bool,
}

impl Program {
    /// Everything it holds that has a name.
    pub(crate) fn features(&self) -> Vec<Feature> {
        fn inside(stmts: &[Stmt], all: &mut Vec<Feature>) {
            for stmt in stmts {
                all.push(stmt.feature());
                if let Stmt::Block(_, _, body, _) = stmt {
                    inside(body, all);
                }
            }
        }
        let mut all = vec![self.kind.feature(), self.name.0, self.returns.feature];
        for param in self.all_params() {
            all.extend([param.feature, param.attributes.0]);
            all.extend((param.ignored && !self.by_key).then_some("ignore"));
        }
        all.extend(self.first.iter().map(|line| line.0));
        inside(&self.body, &mut all);
        all.extend(self.options.iter().map(|option| option.feature));
        all.extend(self.attributes.iter().map(|attribute| attribute.0));
        all.extend(self.beside.iter().map(|item| item.0));
        all.extend(self.lints.iter().map(|lints| lints.0));
        all.extend(self.number.iter().map(|number| number.feature));
        all.extend(self.number.iter().map(|number| match number.place {
            Place::Module => "number_in_module",
            Place::Around => "number_around",
            Place::Body => "number_in_body",
        }));
        all.extend(self.by_key.then_some("key"));
        all.extend(self.conditional.then_some("mark_cfg_attr"));
        all.extend(self.asynchronous.then_some("async"));
        all.extend(self.calls.iter().any(|call| call.dropped).then_some("dropped_future"));
        all.retain(|feature| !feature.is_empty());
        all.sort_unstable();
        all.dedup();
        all
    }

    pub(crate) fn has(&self, feature: &str) -> bool {
        self.features().contains(&feature)
    }

    /// The receiver first.
    pub(crate) fn all_params(&self) -> impl Iterator<Item = &Param> {
        self.receiver.iter().chain(&self.params)
    }

    /// The values of a call.
    pub(crate) fn values<'a>(&'a self, call: &'a Call) -> impl Iterator<Item = (&'a Param, &'a Value)> {
        self.all_params().zip(&call.values).map(|(param, at)| (param, &param.values[*at]))
    }

    /// Equal for calls that are one call to the cache.
    pub(crate) fn class(&self, call: &Call) -> String {
        let counted = self.values(call).filter(|(param, _)| !param.ignored);
        let classes: Vec<String> = counted.map(|(_, value)| value.class.to_string()).collect();
        format!("{}{}", if call.second { "second " } else { "" }, classes.join(" "))
    }

    pub(crate) fn unkeyed(&self, call: &Call) -> bool {
        self.values(call).any(|(param, value)| value.unkeyed && !param.ignored)
    }
}

impl Kind {
    pub(crate) fn feature(self) -> Feature {
        match self {
            Kind::Free => "",
            Kind::Inside => "inside",
            Kind::Twins => "twins",
            Kind::Deep => "deep",
            Kind::LocalTypes => "local_types",
            Kind::Method => "method",
            Kind::GenericMethod => "generic_method",
            Kind::TraitMethod => "trait_method",
            Kind::TraitBlock => "trait_block",
            Kind::TraitDefault => "trait_default",
            Kind::Block => "block",
            Kind::Macro => "macro",
            Kind::MacroBody => "macro_body",
        }
    }

    /// The function stands in an impl block.
    pub(crate) fn in_impl(self) -> bool {
        matches!(
            self,
            Kind::Method
                | Kind::GenericMethod
                | Kind::TraitMethod
                | Kind::TraitBlock
                | Kind::TraitDefault
                | Kind::Block
        )
    }

    /// Every second call is one of another function.
    pub(crate) fn twins(self) -> bool {
        matches!(self, Kind::Twins | Kind::LocalTypes)
    }

    /// The function stands in another.
    pub(crate) fn within(self) -> bool {
        matches!(self, Kind::Inside | Kind::Twins | Kind::Deep)
    }
}
