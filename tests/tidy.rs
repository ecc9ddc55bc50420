//! The rules of the repository.

mod circles;
mod documentation;
mod families;
mod files;
mod layers;
mod licences;
mod lone_clone;
mod readers;
mod steps;

pub(crate) use files::files;
