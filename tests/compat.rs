//! Other implementations read what we write.

mod delta;
mod object_store;
