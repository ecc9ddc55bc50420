//! Which formats of commits this program writes and reads.

/// The version of what commits say, and of how their files are to be read.
pub const FORMAT_VERSION: u32 = 2;
/// The versions that are read, in words.
pub const READ_VERSIONS: &str = "versions 1 and 2";
/// The version of this program, as commits name their writer.
pub const WRITER: &str = env!("CARGO_PKG_VERSION");
