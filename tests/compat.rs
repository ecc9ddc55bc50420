//! Other implementations read what we write.

mod delta;
