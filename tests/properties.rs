//! What must hold of every lake.

mod bytes;
