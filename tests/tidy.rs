//! The rules of the repository.

mod circles;
mod documentation;
mod families;
mod files;
mod kinds;
mod layers;
mod licences;
mod lone_clone;
mod origins;
mod readers;
mod steps;

pub(crate) use files::files;
