//! Who calls whom in a static library, by its relocations: the way from a function to a symbol that it must not need.

use object::read::archive::ArchiveFile;
use object::{File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationTarget, SectionIndex};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A section of one of the library's files: with `-ffunction-sections`, one function or one constant.
type Place = (usize, usize);

/// What stands before the names of files that are not in this repository.
pub(super) const ELSEWHERE: &str = "~";

/// What a section refers to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    Place(Place),
    Symbol(String),
}

/// From where each place was reached.
type Ways = BTreeMap<Place, Option<Place>>;

/// The library as a graph.
pub(super) struct Callers<'a> {
    files: Vec<File<'a>>,
    /// Where the symbols are that one file has for others.
    homes: BTreeMap<String, Place>,
}

impl<'a> Callers<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> object::Result<Self> {
        let mut files = Vec::new();
        for member in ArchiveFile::parse(bytes)?.members() {
            // Beside objects there may be metadata of the compiler.
            if let Ok(file) = File::parse(member?.data(bytes)?) {
                files.push(file);
            }
        }
        let mut homes = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            for symbol in file.symbols().filter(|symbol| symbol.is_global()) {
                if let (Ok(name), Some(section)) = (symbol.name(), symbol.section_index()) {
                    homes.insert(name.to_owned(), (number, section.0));
                }
            }
        }
        Ok(Self { files, homes })
    }

    /// The functions for C.
    pub(super) fn exported(&self) -> BTreeSet<String> {
        self.homes.keys().filter(|name| name.starts_with("bp_")).cloned().collect()
    }

    /// How `function` comes to need `symbol`: one line for each step, and the lines of source that panic there.
    pub(super) fn way(&self, function: &str, symbol: &str) -> Option<String> {
        let (last, from) = self.walk(function, |needs| *needs == Needs::Symbol(symbol.to_owned()))?;
        Some(self.describe(last?, &from))
    }

    /// All lines of source that `function` could hand to a panic.
    pub(super) fn all_sources(&self, function: &str) -> BTreeSet<String> {
        let walked = self.walk(function, |_| false);
        let places = walked.into_iter().flat_map(|(_, from)| from.into_keys());
        places.filter_map(|place| self.location(place)).collect()
    }

    /// Goes everywhere that `function` leads to, until something is `wanted`: what needs that, and from where each
    /// place was reached.
    fn walk(&self, function: &str, wanted: impl Fn(&Needs) -> bool) -> Option<(Option<Place>, Ways)> {
        let start = *self.homes.get(function)?;
        let mut from = Ways::from([(start, None)]);
        let mut open = VecDeque::from([start]);
        while let Some(place) = open.pop_front() {
            for needs in self.needs(place) {
                if wanted(&needs) {
                    return Some((Some(place), from));
                }
                let Needs::Place(next) = needs else { continue };
                from.entry(next).or_insert_with(|| {
                    open.push_back(next);
                    Some(place)
                });
            }
        }
        Some((None, from))
    }

    fn describe(&self, last: Place, from: &Ways) -> String {
        let mut way = vec![last];
        while let Some(Some(before)) = way.last().and_then(|place| from.get(place)) {
            way.push(*before);
        }
        way.reverse();
        let mut lines = String::new();
        for place in way {
            let name = self.name(place);
            lines += &format!("    {:#}", rustc_demangle::demangle(&name));
            let sources = self.sources(place);
            if !sources.is_empty() {
                lines += &format!("    can panic at {}", sources.into_iter().collect::<Vec<_>>().join(", "));
            }
            lines.push('\n');
        }
        lines
    }

    /// The symbol that a section holds.
    fn name(&self, (file, section): Place) -> String {
        let section = SectionIndex(section);
        let named = self.files[file]
            .symbols()
            .find(|symbol| symbol.section_index() == Some(section) && symbol.size() > 0)
            .and_then(|symbol| symbol.name().ok().map(str::to_owned));
        named.unwrap_or_else(|| {
            let section = self.files[file].section_by_index(section);
            section.ok().and_then(|section| section.name().ok().map(str::to_owned)).unwrap_or_default()
        })
    }

    fn needs(&self, (number, section): Place) -> BTreeSet<Needs> {
        let file = &self.files[number];
        let Ok(section) = file.section_by_index(SectionIndex(section)) else { return BTreeSet::new() };
        let targets = section.relocations().map(|(_, relocation)| relocation.target());
        let needs = targets.filter_map(|target| match target {
            RelocationTarget::Section(index) => Some(Needs::Place((number, index.0))),
            RelocationTarget::Symbol(index) => {
                let symbol = file.symbol_by_index(index).ok()?;
                if let Some(index) = symbol.section_index() {
                    return Some(Needs::Place((number, index.0)));
                }
                let name = symbol.name().ok()?;
                Some(match self.homes.get(name) {
                    Some(home) => Needs::Place(*home),
                    None => Needs::Symbol(name.to_owned()),
                })
            }
            _ => None,
        });
        needs.collect()
    }

    /// The lines of source that a function hands to a panic: constants of the form of `core::panic::Location`.
    fn sources(&self, place: Place) -> BTreeSet<String> {
        let places = self.needs(place).into_iter().filter_map(|needs| match needs {
            Needs::Place(place) => self.location(place),
            Needs::Symbol(_) => None,
        });
        places.collect()
    }

    /// A pointer to the file's name, its length, line and column.
    fn location(&self, (number, section): Place) -> Option<String> {
        let file = &self.files[number];
        let section = file.section_by_index(SectionIndex(section)).ok()?;
        let word = if file.is_64() { 8 } else { 4 };
        let data = section.data().ok().filter(|data| data.len() == 2 * word + 8)?;
        let (_, relocation) = section.relocations().find(|(offset, _)| *offset == 0)?;
        let RelocationTarget::Symbol(index) = relocation.target() else { return None };
        let symbol = file.symbol_by_index(index).ok()?;
        let text = file.section_by_index(symbol.section_index()?).ok()?.data().ok()?;
        let number_at = |at: usize| Some(u32::from_le_bytes(data.get(at..at + 4)?.try_into().ok()?));
        let length = usize::try_from(number_at(word)?).ok()?;
        let implicit = relocation.has_implicit_addend();
        let addend = if implicit { number_at(0)?.into() } else { relocation.addend().cast_unsigned() };
        let start = usize::try_from(symbol.address().wrapping_add(addend)).ok()?;
        let name = std::str::from_utf8(text.get(start..start.checked_add(length)?)?).ok()?;
        name.ends_with(".rs").then_some(())?;
        Some(format!("{}:{}:{}", short(name), number_at(2 * word)?, number_at(2 * word + 4)?))
    }
}

/// A file of the standard library or of a package without the folders before it.
fn short(name: &str) -> String {
    let library = name.rsplit_once("/library/").map(|(_, name)| format!("{ELSEWHERE}{name}"));
    let package = name.rsplit_once("/registry/src/").and_then(|(_, name)| name.split_once('/'));
    library
        .or_else(|| package.map(|(_, name)| format!("{ELSEWHERE}{name}")))
        .unwrap_or_else(|| name.to_owned())
}
