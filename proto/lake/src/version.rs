//! The formats of commits that this program writes and reads.

/// The version of the commits' metadata, and of how their files are to be read.
pub const FORMAT_VERSION: u32 = 2;
/// The readable versions, in words.
pub const READ_VERSIONS: &str = "versions 1 and 2";
/// The version of this program, by which commits name their writer.
pub const WRITER: &str = env!("CARGO_PKG_VERSION");
