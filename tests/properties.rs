//! What must hold of every lake.

mod attribution;
mod bytes;
