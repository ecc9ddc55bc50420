//! A surface: names and their definitions, and which changes break those who build on it.

use std::collections::BTreeMap;

/// The number of minor releases in which a name must have been deprecated before it may be removed.
const N_DEPRECATED_RELEASES: usize = 2;
const DEPRECATED: &str = " (deprecated)";

/// The definition of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// As a text that the surface's rules understand.
    pub(super) what: String,
    pub(super) is_deprecated: bool,
}

/// All names of a surface.
#[derive(Debug, Default)]
pub(super) struct Surface(BTreeMap<String, Entry>);

/// The changes that a surface allows. Without rules of its own nothing may change, and anything may be added.
pub(super) trait Rules {
    /// Whether whoever builds on `before` still works with `now`.
    fn may_become(&self, _before: &Entry, _now: &Entry) -> bool {
        false
    }

    /// Why a new name breaks existing uses; `None` if it does not.
    fn is_in_the_way(&self, _name: &str, _new: &Entry, _before: &Surface) -> Option<String> {
        None
    }

    /// What is missing when a name was removed in good time; `None` if nothing is.
    fn is_left_behind(&self, _name: &str, _gone: &Entry, _now: &Surface) -> Option<String> {
        None
    }

    /// Whether everything may change, because the version inside it changed.
    fn is_another(&self, _before: &Surface, _now: &Surface) -> bool {
        false
    }
}

impl Surface {
    pub(super) fn add(&mut self, name: impl Into<String>, what: impl Into<String>) {
        self.add_entry(name, what, false);
    }

    pub(super) fn add_entry(
        &mut self,
        name: impl Into<String>,
        what: impl Into<String>,
        is_deprecated: bool,
    ) {
        let (name, what) = (name.into(), what.into());
        assert!(!name.contains(": ") && !what.contains('\n'), "`{name}: {what}` is no line");
        self.0.insert(name, Entry { what, is_deprecated });
    }

    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.0.get(name)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn read(text: &str) -> Self {
        let entry = |line: &str| {
            let (name, what) = line.split_once(": ").expect("a line is `name: what`");
            let (what, is_deprecated) =
                what.strip_suffix(DEPRECATED).map_or((what, false), |what| (what, true));
            (name.to_owned(), Entry { what: what.to_owned(), is_deprecated })
        };
        Self(text.lines().map(entry).collect())
    }

    pub(super) fn to_text(&self) -> String {
        let line = |(name, entry): (&String, &Entry)| {
            let mark = if entry.is_deprecated { DEPRECATED } else { "" };
            format!("{name}: {}{mark}\n", entry.what)
        };
        self.0.iter().map(line).collect()
    }
}

/// The breaking changes, a sentence each. `releases` are in order; the comparison is with the last one.
pub(super) fn breaks(
    releases: &[(String, Surface)],
    now: &Surface,
    rules: &dyn Rules,
) -> Vec<String> {
    let Some((release, before)) = releases.last() else {
        return Vec::new();
    };
    if rules.is_another(before, now) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (name, entry) in &before.0 {
        let Entry { what, .. } = entry;
        match now.get(name) {
            Some(own) if own.what == *what || rules.may_become(entry, own) => {}
            Some(own) => found.push(format!(
                "`{name}` was `{what}` in {release} and is `{}`: add another name beside it, and deprecate this one",
                own.what
            )),
            None => {
                let n = n_deprecated(releases, name);
                if n < N_DEPRECATED_RELEASES {
                    found.push(format!(
                        "`{name}` was `{what}` in {release} and is gone, after {n} minor releases in which it was \
                         deprecated: a name stays for {N_DEPRECATED_RELEASES} of them and for six months"
                    ));
                } else if let Some(left) = rules.is_left_behind(name, entry, now) {
                    found.push(format!("`{name}` is gone: {left}"));
                }
            }
        }
    }
    for (name, entry) in now.0.iter().filter(|(name, _)| before.get(name).is_none()) {
        if let Some(why) = rules.is_in_the_way(name, entry, before) {
            found.push(format!("`{name}` is new, and {why}"));
        }
    }
    found
}

/// In how many minor releases a name was deprecated.
fn n_deprecated(releases: &[(String, Surface)], name: &str) -> usize {
    let minor = |release: &str| release.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    let mut minors: Vec<_> = releases
        .iter()
        .filter(|(_, surface)| surface.get(name).is_some_and(|entry| entry.is_deprecated))
        .map(|(release, _)| minor(release))
        .collect();
    minors.dedup();
    minors.len()
}

struct Strict;

impl Rules for Strict {}

fn all(releases: &[(&str, &str)], now: &str) -> Vec<String> {
    let releases: Vec<_> = releases
        .iter()
        .map(|(release, text)| ((*release).to_owned(), Surface::read(text)))
        .collect();
    breaks(&releases, &Surface::read(now), &Strict)
}

#[test]
fn what_is_gone_or_changed_is_told_with_what_it_was() {
    let releases = [("0.1.0", "a: 1\nb: 2\n")];
    assert_eq!(all(&releases, "a: 1\nb: 2\nc: 3\n"), [""; 0]);
    let said = all(&releases, "b: 3\n");
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("`a` was `1` in 0.1.0 and is gone, after 0 "), "{said:?}");
    assert!(said[1].starts_with("`b` was `2` in 0.1.0 and is `3`: "), "{said:?}");
}

#[test]
fn a_name_goes_after_two_minor_releases_in_which_it_was_deprecated() {
    let (fresh, old) = ("a: 1\nb: 2\n", "a: 1 (deprecated)\nb: 2\n");
    let releases = [("0.1.0", fresh), ("0.2.0", old), ("0.2.1", old), ("0.3.0", old)];
    assert_eq!(all(&releases[..3], "b: 2\n").len(), 1, "a patch is no minor release");
    assert_eq!(all(&releases, "b: 2\n"), [""; 0]);
}

#[test]
fn a_surface_is_what_its_text_says() {
    let text = "a: 1 (deprecated)\nb: x: y\n";
    assert_eq!(Surface::read(text).to_text(), text);
}
