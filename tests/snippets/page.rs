//! A page of the documentation: its blocks, and its text between backticks, its links and headings.

use std::collections::BTreeSet;

use clio_tests::repository;

/// One Markdown file.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its path in the repository.
    pub(super) name: String,
    /// The fenced blocks, in order.
    pub(super) blocks: Vec<Block>,
    /// Text between backticks, with its line.
    pub(super) spans: Vec<(usize, String)>,
    /// The targets of links, with their line.
    pub(super) links: Vec<(usize, String)>,
    /// The headings, as anchors.
    pub(super) anchors: BTreeSet<String>,
}

/// A fenced block.
#[derive(Debug)]
pub(super) struct Block {
    /// The line after the fence.
    pub(super) line: usize,
    pub(super) language: String,
    pub(super) text: String,
    /// Its file name, if the line before it is a file's name and nothing else.
    pub(super) file: Option<String>,
}

impl Block {
    /// The commands of a shell, each with its continuation lines. If some begin with `$ `, the other lines are their
    /// output.
    pub(super) fn commands(&self) -> Vec<String> {
        let has_prompts = self.text.lines().any(|line| line.starts_with("$ "));
        let mut commands: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            let begins = line.strip_prefix("$ ");
            let text = if goes_on || !has_prompts { Some(line) } else { begins };
            let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { continue };
            let (text, more) =
                text.strip_suffix('\\').map_or((text, false), |text| (text.trim_end(), true));
            if goes_on {
                let last = commands.last_mut().expect("a line goes on from one before");
                last.push(' ');
                last.push_str(text);
            } else if !text.starts_with('#') {
                commands.push(text.to_owned());
            }
            goes_on = more && !text.starts_with('#');
        }
        commands
    }
}

/// The pages of the repository, without the changelog, which tells the past.
pub(super) fn pages() -> Vec<Page> {
    let files = crate::tidy::files().into_iter().map(|file| file.to_string_lossy().into_owned());
    let is_page = |name: &String| name.ends_with(".md") && name != "CHANGELOG.md";
    let pages: Vec<Page> = files
        .filter(is_page)
        .map(|name| {
            let text = std::fs::read_to_string(repository().join(&name)).unwrap();
            read(name, &text)
        })
        .collect();
    assert!(pages.len() > 5, "only {} pages were found", pages.len());
    pages
}

fn read(name: String, text: &str) -> Page {
    let mut page = Page { name, ..Page::default() };
    let mut open: Option<Block> = None;
    // A whole paragraph at once, since spans cross the ends of lines.
    let mut paragraph = (1, String::new());
    let mut last = String::new();
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, &mut open) {
            (Some(_), Some(_)) => page.blocks.extend(open.take()),
            (Some(language), None) => {
                let language = language.trim().to_owned();
                let file = file_name(&last);
                open = Some(Block { line: index + 2, language, text: String::new(), file });
            }
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                continue;
            }
            (None, None) if !line.trim().is_empty() && !line.starts_with(['|', '#']) => {
                if paragraph.1.is_empty() {
                    paragraph.0 = index + 1;
                }
                paragraph.1.push_str(line.trim());
                paragraph.1.push(' ');
                continue;
            }
            (None, None) => {
                if line.starts_with('#') {
                    page.anchors.insert(anchor(line.trim_start_matches('#').trim()));
                }
                read_text(&mut page, index + 1, line);
            }
        }
        let (line, text) = std::mem::take(&mut paragraph);
        read_text(&mut page, line, &text);
        if !text.is_empty() || fence.is_some() {
            last = text;
        }
    }
    read_text(&mut page, paragraph.0, &paragraph.1);
    assert!(open.is_none(), "{}: a block has no end", page.name);
    page
}

fn read_text(page: &mut Page, line: usize, text: &str) {
    let (mut plain, mut spans) = (String::new(), Vec::new());
    for (index, part) in text.split('`').enumerate() {
        if index % 2 == 1 { spans.push((line, part.to_owned())) } else { plain.push_str(part) }
    }
    page.spans.extend(spans);
    let links = plain.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    page.links.extend(links.map(|(target, _)| (line, target.to_owned())));
}

/// The name, if a paragraph is `NAME` and nothing else.
fn file_name(paragraph: &str) -> Option<String> {
    let name = paragraph.trim().strip_prefix('`')?.strip_suffix('`')?;
    (name.contains('.') && !name.contains(['`', ' ', '/'])).then(|| name.to_owned())
}

/// A heading as an anchor: its letters and digits in lower case, and hyphens for spaces.
fn anchor(heading: &str) -> String {
    let heading = heading.to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A path without `..`.
pub(super) fn normal(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/').filter(|step| *step != ".") {
        if step == ".." {
            steps.pop();
        } else {
            steps.push(step);
        }
    }
    steps.join("/")
}

#[test]
fn a_page_is_taken_apart() {
    let text = "# The `x.y` of 1\n\nSee [one](a.md#b), `clio\nquery` and\n\n```console\nclio a \\\n  b   # why\n# no\n\nclio c\n```\n\
                | `--d` |\n\n```sh\n$ clio e \\\n    f\nit says so\n```\n\n`a.csv`\n\n```csv\nx\n```\n";
    let page = read("p.md".to_owned(), text);
    assert!(page.anchors.contains("the-xy-of-1"));
    assert_eq!(page.links, [(3, "a.md#b".to_owned())]);
    let spans: Vec<_> = page.spans.iter().map(|(_, span)| span.as_str()).collect();
    assert_eq!(spans, ["x.y", "clio query", "--d", "a.csv"]);
    let commands: Vec<_> = page.blocks.iter().map(Block::commands).collect();
    assert_eq!(commands[..2], [vec!["clio a b   # why", "clio c"], vec!["clio e f"]]);
    let files: Vec<_> = page.blocks.iter().map(|block| block.file.as_deref()).collect();
    assert_eq!(files, [None, None, Some("a.csv")]);
    assert_eq!((page.blocks[0].line, page.blocks[0].language.as_str()), (7, "console"));
    assert_eq!(normal("docs/../README.md"), "README.md");
}
