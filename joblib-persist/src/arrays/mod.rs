//! Arrays outside the main stream: put into files while a value is written, found there while it is read.

mod member_names;
mod members;
mod region;
mod seen;
mod side_files;
mod sink;
mod source;

pub(crate) use members::{Archive, ArchiveShelf};
pub(crate) use side_files::{EXTENSIONS, SideFiles, SideShelf};
pub(crate) use sink::ArraySink;
pub(crate) use source::{ArraySource, Limits};
