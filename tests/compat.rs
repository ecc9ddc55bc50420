//! Other implementations can read what we write.

mod delta;
mod object_store;
