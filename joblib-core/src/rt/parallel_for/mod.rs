#![doc = include_str!("README.md")]

mod adapters;
mod bridge;
mod collect;
mod cut;
mod exits;
mod fold;
mod from_loop;
mod indexed;
mod plan;
mod product;
mod progress;
mod reduce;
mod slots;
mod source;
mod sources;
mod start;
mod try_branch;

pub use collect::Collector;
pub use exits::{Exit, Exits, NoExit, leaving};
pub use fold::{Accumulator, AccumulatorWorker, fold};
pub use from_loop::FromLoop;
pub use plan::{Jobs, Plan};
pub use product::{collapse, evaluated};
pub use progress::Progress;
pub use reduce::{And, BitAnd, BitOr, BitXor, Max, Min, Or, Product, Reduction, Sum, With};
pub use source::{Feed, Finished, Panicked, Source};
pub use start::{AnyStart, Chain, Start};
pub use try_branch::{Branch, branch};

pub use crate::pool::{Schedule, Site};
pub use crate::position::Positions;
