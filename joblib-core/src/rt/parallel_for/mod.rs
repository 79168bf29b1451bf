#![doc = include_str!("README.md")]

mod accumulator;
mod adapters;
mod asked;
mod bridge;
mod checked;
mod choose;
mod collect;
mod cut;
mod exits;
mod fold;
mod from_loop;
mod indexed;
mod plan;
mod product;
mod properties;
mod reduce;
mod slots;
mod source;
mod sources;
mod start;
mod try_branch;
mod variable;
mod wide;
mod with;
mod wrapping;

pub use accumulator::{Accumulator, Again, AnyTaken, BelongsToExtreme, Receiver};
pub use checked::{Checked, CheckedProduct, CheckedSum};
pub use choose::{ArgExtreme, ArgVariables, Chosen, Extreme, First, Last, Places, Values};
pub use collect::{AnyCollector, Collector};
pub use exits::{Exit, Exits, Leaving, NoExit, Way, Ways, leaving};
pub use fold::{Fold, FoldWorker, OpenBlock};
pub use from_loop::FromLoop;
pub use plan::{Jobs, Plan, block_len};
pub use product::{collapse, evaluated, product};
pub use properties::{Commutes, Ordered, Subtracts, TotallyOrdered};
pub use reduce::{And, Before, BitAnd, BitOr, BitXor, Or, Product, Reduction, Sum, Truth};
pub use source::{BodyOfAParallelLoop, Panicked, Source};
pub use start::{AnyStart, Chain, Start};
pub use try_branch::{Branch, branch};
pub use variable::{AnyVariable, ArgBlock, Variable};
pub use with::With;
pub use wrapping::{Clamped, Saturates, SaturatingSum, WrappingProduct, WrappingSum, Wraps};

pub use crate::pool::{Schedule, Site};
pub use crate::position::Positions;
