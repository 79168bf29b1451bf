//! What serde hides of a function's arguments and results: a key does not tell it, a stored result lacks it.

use super::model::Model;
use crate::ctxt::Ctxt;
use crate::fingerprint::{Hidden, How, Use, hidden_fields, warning};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

/// Errors, where the function is strict.
pub(super) fn check(cx: &Ctxt, model: &Model<'_>) {
    if model.strict.hidden {
        for (span, text) in messages(model) {
            cx.error_at(span, text);
        }
    }
}

/// Warnings, where it is not.
pub(super) fn warnings(model: &Model<'_>) -> TokenStream {
    if model.strict.hidden {
        return TokenStream::new();
    }
    messages(model).into_iter().map(|(span, text)| warning(&text, span)).collect()
}

/// Whether serde hides nothing of what is stored; else programs built for debugging look whether it comes
/// back.
pub(super) fn comes_back_surely(model: &Model<'_>) -> bool {
    hidden_fields(stored(&model.answer, model.cache_err).to_token_stream(), Use::Result).is_empty()
}

fn messages(model: &Model<'_>) -> Vec<(Span, String)> {
    let mut messages = Vec::new();
    let mut tell = |span: Span, of: TokenStream, used_as: Use| {
        for hidden in hidden_fields(of, used_as).into_iter().filter(|hidden| !is_ignored(model, hidden)) {
            messages.push((span, message(&hidden, used_as)));
        }
    };
    for param in model.params.iter().filter(|param| !param.ignored && model.key.is_none()) {
        let of = param.ty().map_or_else(|| model.self_type(), ToTokens::to_token_stream);
        tell(param.span(), of, Use::Argument);
    }
    tell(model.answer_span, stored(&model.answer, model.cache_err).to_token_stream(), Use::Result);
    messages
}

fn is_ignored(model: &Model<'_>, Hidden { name, .. }: &Hidden) -> bool {
    let of_type = name.split(['.', ':']).next();
    model.ignore_fields.iter().any(|ignored| ignored == name || Some(*ignored) == of_type)
}

fn message(Hidden { name, by, how }: &Hidden, used_as: Use) -> String {
    let fault = match (how, used_as) {
        (How::Surely, Use::Argument) => {
            "is not part of the key: calls that differ in it alone share a result"
        }
        (How::Surely, Use::Result) => "is not stored: a result that is loaded comes back without it",
        (How::Perhaps, Use::Argument) => {
            "may hide something from the key: calls that differ in it share a result"
        }
        (How::Perhaps, Use::Result) => "may not come back as it was stored",
    };
    format!(
        "`{name}` {fault} (`#[serde({by})]`); if that does not matter, say `ignore_fields = [\"{name}\"]`"
    )
}

/// What is stored of an answer: of a `Result` its `Ok`, unless errors are kept.
fn stored(answer: &Type, cache_err: bool) -> &Type {
    if let Type::Path(path) = answer
        && let Some(last) = path.path.segments.last()
        && last.ident == "Result"
        && let PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(GenericArgument::Type(ok)) = arguments.args.first()
        && !cache_err
    {
        return ok;
    }
    answer
}
