//! What system tests share: a sandbox in which the real binary runs, and oracles that count exactly without any of our
//! code.
//!
//! The tests drive `clio` like its users, as processes over files and networks; they link none of the parts that they
//! test except the contracts in `clio-proto` and the sketch's hash and union.

mod answers;
mod lake;
mod link;
mod load;
mod oracle;
mod pair;
mod sandbox;
pub mod settings;
mod worlds;

pub use answers::{Truth, TruthRow, truths};
pub use lake::{CellRow, cell_files, read_cells};
pub use link::{Flow, Link};
pub use load::{Ended, Load, p99};
pub use oracle::{Bandit, BanditCounts, BanditEvent};
pub use pair::{Fault, Pair};
pub use sandbox::{Finished, OPERATORS, Sandbox, Server, open_bandit_folder, repository, until};
pub use worlds::{Coverage, PLACES, Part, Tally, World, Worlds, coverage};
