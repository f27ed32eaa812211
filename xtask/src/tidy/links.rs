//! Links from one document to another: the file is there, and so is the heading.

use crate::command::{Done, ask, root};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// What one document has and wants.
#[derive(Default)]
struct Document {
    /// As a web page of the repository names them.
    headings: BTreeSet<String>,
    links: Vec<String>,
}

/// Every link of every document. What lies outside of the repository is not looked at.
pub(super) fn check() -> Done {
    let names = ask("git", &["ls-files", "*.md"]).ok_or("git ls-files: failed")?;
    let mut documents = BTreeMap::new();
    for name in names.lines() {
        let text = std::fs::read_to_string(root().join(name)).map_err(|error| format!("{name}: {error}"))?;
        documents.insert(PathBuf::from(name), read(&text));
    }
    let mut wrong = Vec::new();
    let mut count = 0;
    for (name, document) in &documents {
        for link in document.links.iter().filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            count += 1;
            if let Some(reason) = refuse(name, link, &documents) {
                wrong.push(format!("{}: {link}: {reason}", name.display()));
            }
        }
    }
    println!("{} documents, {count} links inside the repository", documents.len());
    if count == 0 {
        return Err("no link was found: the check does not work".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn refuse(from: &Path, link: &str, documents: &BTreeMap<PathBuf, Document>) -> Option<&'static str> {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { from.to_path_buf() } else { join(from.parent()?, path) };
    if !root().join(&target).exists() {
        return Some("there is no such file");
    }
    let document = documents.get(&target).filter(|_| !anchor.is_empty())?;
    (!document.headings.contains(anchor)).then_some("there is no such heading")
}

/// `folder/path` without its `.` and `..`.
fn join(folder: &Path, path: &str) -> PathBuf {
    let mut joined = PathBuf::new();
    for part in folder.join(path).components() {
        match part {
            Component::ParentDir => drop(joined.pop()),
            Component::Normal(name) => joined.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    joined
}

fn read(text: &str) -> Document {
    let mut document = Document::default();
    let mut heading: Option<String> = None;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                document.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                document.headings.extend(heading.take().map(|text| anchor(&text)));
            }
            Event::Text(part) | Event::Code(part) => {
                if let Some(text) = &mut heading {
                    text.push_str(&part);
                }
            }
            _ => {}
        }
    }
    document
}

/// A heading's name in a link: small letters, spaces as hyphens, no other marks.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_and_a_missing_heading_are_found() {
        let mut documents = BTreeMap::new();
        documents.insert(PathBuf::from("README.md"), read("# The `big` picture, drawn\n[a](#nowhere)"));
        let refuse = |link| refuse(Path::new("README.md"), link, &documents);
        assert_eq!(refuse("#the-big-picture-drawn"), None);
        assert_eq!(refuse("docs/../README.md#the-big-picture-drawn"), None);
        assert_eq!(refuse("#nowhere"), Some("there is no such heading"));
        assert_eq!(refuse("nowhere.md"), Some("there is no such file"));
    }
}
