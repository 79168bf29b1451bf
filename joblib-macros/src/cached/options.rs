//! The options of `#[cached(..)]`: what was written, each checked for itself.

use super::strict::{self, Strict};
use crate::attr::{Attr, Given, GivenValue, string_literal};
use crate::ctxt::Ctxt;
use crate::fingerprint::Code;
use crate::names::suggestion;
use crate::root::{Root, Rooted};
use crate::units;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Lit, LitInt, LitStr, Path};

/// How an option is read.
type Read = fn(&mut Options, &Ctxt, Given);

/// Every option, in the order of the documentation. Those of the policy are setters of that name.
const OPTIONS: &[(&str, Read)] = &[
    ("dir", |to, cx, given| to.dir.read(cx, given, |given| given.into_expr(cx, "dir = \"cache\""))),
    ("memory", |to, cx, given| to.memory.read(cx, given, |given| given.into_expr(cx, "memory = MEMORY"))),
    ("ignore", |to, cx, given| to.ignore.read(cx, given, |given| names(cx, given))),
    ("ignore_fields", |to, cx, given| {
        to.ignore_fields.read(cx, given, |given| strict::ignore_fields(cx, given));
    }),
    ("key", |to, cx, given| to.key.read(cx, given, |given| given.into_expr(cx, "key = (a, b.len())"))),
    ("code", |to, cx, given| to.code.read(cx, given, |given| code(cx, given))),
    ("version", |to, cx, given| {
        to.version.read(cx, given, |given| given.into_str(cx, "version = \"2\"").map(|(_, text)| text));
    }),
    ("salt", |to, cx, given| to.salt.read(cx, given, |given| given.into_expr(cx, "salt = CONFIG"))),
    ("depends", |to, cx, given| to.depends.read(cx, given, |given| paths(cx, given))),
    ("strict", |to, cx, given| to.strict.read(cx, given, |given| strict::strict(cx, given))),
    ("mmap_mode", |to, cx, given| to.set_policy(cx, given, mode)),
    ("compress", |to, cx, given| to.set_policy(cx, given, compression)),
    ("expires_after", |to, cx, given| to.set_policy(cx, given, time_span)),
    ("validate", |to, cx, given| {
        to.set_policy(cx, given, |cx, given| given.into_expr(cx, "validate = is_valid").map(Setting::value));
    }),
    ("max_bytes", |to, cx, given| to.set_policy(cx, given, size)),
    ("max_items", |to, cx, given| to.set_policy(cx, given, |cx, given| number(cx, given, 1000))),
    ("max_age", |to, cx, given| to.set_policy(cx, given, time_span)),
    ("hot", |to, cx, given| to.set_policy(cx, given, size)),
    ("verbose", |to, cx, given| to.set_policy(cx, given, |cx, given| number(cx, given, 1))),
    ("cache_err", |to, cx, given| to.cache_err.read(cx, given, |given| given.into_flag(cx))),
    ("record_args", |to, cx, given| to.set_policy(cx, given, switch)),
    ("crate", |to, cx, given| to.root.read(cx, given, |given| Root::from_option(cx, given))),
];

/// What one `#[cached(..)]` says.
#[derive(Default)]
pub(super) struct Options {
    pub(super) dir: Attr<Expr>,
    pub(super) memory: Attr<Expr>,
    pub(super) ignore: Attr<Vec<(Span, String)>>,
    pub(super) ignore_fields: Attr<Vec<String>>,
    pub(super) key: Attr<Expr>,
    pub(super) version: Attr<String>,
    pub(super) salt: Attr<Expr>,
    pub(super) depends: Attr<Vec<Path>>,
    pub(super) code: Attr<Code>,
    pub(super) strict: Attr<Strict>,
    /// Setters of the policy, by the name of their option.
    policy: Vec<(String, Attr<Setting>)>,
    pub(super) cache_err: Attr<bool>,
    pub(super) root: Attr<Root>,
}

/// The value of an option that becomes a setter of the policy.
#[derive(Clone)]
pub(super) enum Setting {
    /// As written.
    Value(Box<Expr>),
    /// As written, and which of the run time's compressions it needs.
    Compression(Box<Expr>, Ident),
    /// A mapping mode, by the name of its variant.
    Mode(&'static str),
}

impl Setting {
    fn value(expr: Expr) -> Self {
        Setting::Value(Box::new(expr))
    }

    /// The argument of the setter.
    pub(super) fn tokens(&self, private: &Rooted) -> TokenStream {
        match self {
            Setting::Value(expr) => quote!(#expr),
            // Where it is left out, the compiler names the feature.
            Setting::Compression(expr, needed) => quote!({ let _ = #private::compression::#needed; #expr }),
            Setting::Mode(variant) => {
                let variant = Ident::new(variant, Span::call_site());
                quote!(#private::MmapMode::#variant)
            }
        }
    }
}

impl Options {
    pub(super) fn parse(cx: &Ctxt, arguments: TokenStream) -> Self {
        let mut options = Self::default();
        let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
        for given in Given::parse_all(cx, arguments, &names) {
            let name = given.name.unraw();
            if let Some((_, read)) = OPTIONS.iter().find(|(known, _)| name == known) {
                read(&mut options, cx, given);
            }
        }
        if let (Some(_), Some(span)) = (options.dir.get(), options.memory.span()) {
            cx.error_at(span, "`dir` and `memory` both say where results are kept: keep one of the two");
        }
        options
    }

    /// The settings of the policy, by name; what is not given, as `defaults` has it.
    pub(super) fn policy<'a>(&'a self, defaults: Option<&'a Options>) -> Vec<(&'a str, &'a Setting)> {
        let own = |name: &str| self.policy.iter().any(|(own, _)| own == name);
        let others =
            defaults.into_iter().flat_map(|defaults| &defaults.policy).filter(|(name, _)| !own(name));
        self.policy
            .iter()
            .chain(others)
            .filter_map(|(name, attr)| Some((name.as_str(), attr.get()?)))
            .collect()
    }

    fn set_policy(&mut self, cx: &Ctxt, given: Given, read: fn(&Ctxt, Given) -> Option<Setting>) {
        let name = given.name.unraw().to_string();
        let at = self.policy.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.policy.push((name, Attr::default()));
            self.policy.len() - 1
        });
        self.policy[at].1.read(cx, given, |given| read(cx, given));
    }
}

fn mode(cx: &Ctxt, given: Given) -> Option<Setting> {
    let (span, text) = given.into_str(cx, "mmap_mode = \"r\"")?;
    match text.as_str() {
        "r" => Some(Setting::Mode("Read")),
        "r+" | "w+" => Some(Setting::Mode("ReadWrite")),
        "c" => Some(Setting::Mode("CopyOnWrite")),
        _ => {
            cx.error_at(span, format_args!("`{text}` is none of the modes \"r\", \"r+\", \"w+\", \"c\""));
            None
        }
    }
}

fn switch(cx: &Ctxt, given: Given) -> Option<Setting> {
    let on = given.into_flag(cx)?;
    Some(Setting::value(syn::parse_quote!(#on)))
}

fn number(cx: &Ctxt, given: Given, example: u32) -> Option<Setting> {
    let name = given.name.unraw();
    let expr = given.into_expr(cx, &format!("{name} = {example}"))?;
    if let Expr::Lit(ExprLit { lit, .. }) = &expr
        && !matches!(lit, Lit::Int(_))
    {
        cx.error(lit, format_args!("`{name}` takes a whole number: write `{name} = {example}`"));
    }
    Some(Setting::value(expr))
}

fn time_span(cx: &Ctxt, given: Given) -> Option<Setting> {
    let is_valid = |text: &str| units::duration(text).is_some();
    text_or_value(cx, given, "7d", is_valid, false, "a span of time such as \"7d\", \"12h\" or \"30s\"")
}

fn size(cx: &Ctxt, given: Given) -> Option<Setting> {
    let is_valid = |text: &str| units::bytes(text).is_some();
    text_or_value(cx, given, "64M", is_valid, true, "a size such as \"64M\" or \"10G\"")
}

fn compression(cx: &Ctxt, given: Given) -> Option<Setting> {
    let expr = given.into_expr(cx, "compress = \"zlib\"")?;
    check_compression(cx, &expr);
    Some(match needed_compression(&expr) {
        Some(needed) => Setting::Compression(Box::new(expr), needed),
        None => Setting::value(expr),
    })
}

/// What the run time must have built in for a literal: the method of its name, or for a switch or a level one
/// that compresses all.
fn needed_compression(expr: &Expr) -> Option<Ident> {
    let general = || "zstd_lz4_or_zlib".to_owned();
    let literal = match expr {
        Expr::Lit(literal) => literal,
        Expr::Tuple(pair) => match pair.elems.first()? {
            Expr::Lit(literal) => literal,
            _ => return None,
        },
        _ => return None,
    };
    let name = match &literal.lit {
        Lit::Str(name) => Some(name.value()).filter(|name| name != "none"),
        Lit::Bool(on) => on.value.then(general),
        Lit::Int(level) => level.base10_parse::<u8>().is_ok_and(|level| level > 0).then(general),
        _ => None,
    }?;
    let span = literal.span().resolved_at(Span::mixed_site());
    syn::parse_str::<Ident>(&name).ok().map(|name| Ident::new(&name.to_string(), span))
}

/// What is literal is checked here, all else at run time.
fn check_compression(cx: &Ctxt, expr: &Expr) {
    const NAMES: &[&str] = &["none", "zlib", "gzip", "bz2", "xz", "lzma", "lz4", "zstd", "pco"];
    let check_name = |text: &LitStr| {
        if !NAMES.contains(&text.value().as_str()) {
            let suggestion = suggestion(&text.value(), NAMES);
            cx.error(
                text,
                format_args!(
                    "`{}` is no compression, and one of your own is `Method::Registered(\"..\")`: {suggestion}",
                    text.value()
                ),
            );
        }
    };
    let check_level = |level: &LitInt, last: u8| {
        if !level.base10_parse::<u8>().is_ok_and(|level| level <= last) {
            cx.error(level, format_args!("`{level}` is no level of compression: they go from 0 to {last}"));
        }
    };
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => check_name(name),
        Expr::Lit(ExprLit { lit: Lit::Int(level), .. }) => check_level(level, 9),
        Expr::Lit(ExprLit { lit: Lit::Bool(_), .. }) => {}
        Expr::Lit(literal) => {
            cx.error(
                literal,
                "`compress` takes a switch, a level, a name, or both: write `compress = (\"zlib\", 3)`",
            );
        }
        Expr::Tuple(pair) => {
            for part in &pair.elems {
                match part {
                    Expr::Lit(ExprLit { lit: Lit::Str(name), .. }) => check_name(name),
                    // Zstandard's last.
                    Expr::Lit(ExprLit { lit: Lit::Int(level), .. }) => check_level(level, 22),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Text is checked here, anything else at run time. A number of bytes may stand alone; a number of days, or
/// of what?, may not.
fn text_or_value(
    cx: &Ctxt,
    given: Given,
    example: &str,
    is_valid: impl Fn(&str) -> bool,
    may_be_number: bool,
    wanted: &str,
) -> Option<Setting> {
    let name = given.name.unraw();
    let expr = given.into_expr(cx, &format!("{name} = \"{example}\""))?;
    match (string_literal(&expr), &expr) {
        (Some((_, text)), _) if is_valid(&text) => {}
        (Some((span, text)), _) => cx.error_at(span, format_args!("`{text}` is not {wanted}")),
        (None, Expr::Lit(ExprLit { lit: Lit::Int(_), .. })) if may_be_number => {}
        (None, Expr::Lit(_)) => cx.error(&expr, format_args!("`{name}` takes {wanted}")),
        (None, _) => {}
    }
    Some(Setting::value(expr))
}

/// `["a", "b"]`, or one name alone.
fn names(cx: &Ctxt, given: Given) -> Option<Vec<(Span, String)>> {
    let expr = given.into_expr(cx, "ignore = [\"debug\"]")?;
    let items: Vec<Expr> = match expr {
        Expr::Array(array) => array.elems.into_iter().collect(),
        other => vec![other],
    };
    let mut names = Vec::new();
    for item in &items {
        match (string_literal(item), item) {
            (Some((span, name)), _) => {
                names.push((span, name.strip_prefix("r#").unwrap_or(&name).to_owned()));
            }
            (None, Expr::Path(path)) if path.path.get_ident().is_some() => {
                cx.error(
                    item,
                    format_args!("names are written in quotes: `ignore = [\"{}\"]`", quote!(#path)),
                );
            }
            (None, _) => cx.error(item, "`ignore` takes names of parameters: write `ignore = [\"debug\"]`"),
        }
    }
    Some(names)
}

/// `[a::B, c]`, or one path alone.
fn paths(cx: &Ctxt, given: Given) -> Option<Vec<Path>> {
    if let GivenValue::List(list) = &given.value {
        cx.error(list, "`depends` takes a list: write `depends = [path::to::item]`");
        return None;
    }
    let expr = given.into_expr(cx, "depends = [path::to::item]")?;
    let items: Vec<Expr> = match expr {
        Expr::Array(array) => array.elems.into_iter().collect(),
        other => vec![other],
    };
    let mut paths = Vec::new();
    for item in items {
        match item {
            Expr::Path(path) if path.qself.is_none() => paths.push(path.path),
            other => cx.error_at(other.span(), "`depends` takes paths of `#[tracked]` items"),
        }
    }
    Some(paths)
}

fn code(cx: &Ctxt, given: Given) -> Option<Code> {
    const MODES: &[&str] = &["reachable", "body", "binary", "none"];
    let (span, text) = given.into_str(cx, "code = \"reachable\"")?;
    match text.as_str() {
        "reachable" => Some(Code::Reachable),
        "body" => Some(Code::Body),
        "binary" => Some(Code::Binary),
        "none" => Some(Code::None),
        _ => {
            cx.error_at(span, format_args!("unknown mode `{text}`: {}", suggestion(&text, MODES)));
            None
        }
    }
}
