//! The part of XML that every parser reads alike, as a tree walked once from the front.
//!
//! quick-xml finds where markup begins and ends and matches the names of tags; all else that makes a
//! document well-formed is looked at here. What is legal but rare (other encodings than these, document
//! types, processing instructions, CDATA) is declined like what is illegal.

use std::borrow::Cow;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::{Error, Result};

/// Longest piece of markup or of text in bytes: other parsers have limits of some 10 MB.
const LONGEST: usize = 1 << 20;
/// Most elements within each other: other parsers have a limit of 256.
const DEEPEST: usize = 100;
/// Most attributes of an element, and most prefixes in use.
const MOST: usize = 64;

const ILL_FORMED: Error = Error::Declined("the XML is not well-formed, or in an unusual way");

/// What a document says in the namespace that it is read for.
pub(super) struct Xml<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    namespace: &'static str,
    depth: usize,
    /// Prefixes of other namespaces, with the depth of the element that declares them.
    prefixes: Vec<(usize, &'a str)>,
    /// Bytes of text since the last markup.
    run: usize,
    /// Where the element opened last begins.
    opened: usize,
}

/// The start of an element.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    /// Its name; empty if it is of another namespace.
    pub name: &'a str,
    attributes: &'a str,
}

enum Node<'a> {
    Start(Tag<'a>),
    End,
    Text(&'a str),
    /// Text by way of a reference.
    Reference,
    Comment,
    Nothing,
}

/// Decodes a document: UTF-8, ASCII or Latin-1, as it declares itself.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>> {
    let (marked, bytes) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let head = &bytes[..bytes.len().min(256)];
    let name = match head.strip_prefix(b"<?xml") {
        Some(rest) => declared(rest)?.unwrap_or("utf-8").to_ascii_lowercase(),
        None => "utf-8".to_owned(),
    };
    let text = match (name.as_str(), marked) {
        ("utf-8" | "utf8", _) => Cow::Borrowed(str::from_utf8(bytes).map_err(|_| ILL_FORMED)?),
        ("us-ascii", false) if bytes.is_ascii() => {
            Cow::Borrowed(str::from_utf8(bytes).map_err(|_| ILL_FORMED)?)
        }
        ("iso-8859-1", false) => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
        _ => return Err(Error::Declined("the XML is encoded in an unusual way")),
    };
    if is_legal(&text) { Ok(text) } else { Err(ILL_FORMED) }
}

/// Whether there are only characters that XML allows, and no end of CDATA where none begins.
fn is_legal(text: &str) -> bool {
    let control = |b: u8| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r');
    let any = |part: &[u8]| part.iter().fold(false, |any, &b| any | control(b));
    !text.as_bytes().chunks(4096).any(any)
        && !["\u{fffe}", "\u{ffff}", "]]>"].iter().any(|piece| text.contains(piece))
}

/// The encoding named in a declaration, given from behind `<?xml`.
fn declared(head: &[u8]) -> Result<Option<&str>> {
    let end = head.windows(2).position(|pair| pair == b"?>").ok_or(ILL_FORMED)?;
    let text = str::from_utf8(&head[..end]).map_err(|_| ILL_FORMED)?;
    let mut encoding = None;
    for (i, item) in Attributes(text).enumerate() {
        match (i, item?) {
            (0, ("version", "1.0")) | (1 | 2, ("standalone", "yes" | "no")) => {}
            (1, ("encoding", name)) => encoding = Some(name),
            _ => return Err(ILL_FORMED),
        }
    }
    if Attributes(text).next().is_some() { Ok(encoding) } else { Err(ILL_FORMED) }
}

/// A decoded document without its declaration.
pub(super) fn body(text: &str) -> Result<&str> {
    match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").map(|(_, body)| body).ok_or(ILL_FORMED),
        None => Ok(text),
    }
}

impl<'a> Xml<'a> {
    /// Opens a decoded document and its root, which has to have this name and the namespace without a
    /// prefix.
    pub fn open(text: &'a str, root: &str, namespace: &'static str) -> Result<(Self, Tag<'a>)> {
        let text = body(text)?;
        if text.starts_with('\u{feff}') {
            return Err(ILL_FORMED); // a second mark of the byte order, which the reader would pass over
        }
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut xml =
            Self { text, reader, namespace, depth: 0, prefixes: Vec::new(), run: 0, opened: 0 };
        loop {
            match xml.next()? {
                Node::Start(tag) if tag.name == root && tag.get("xmlns")? == Some(namespace) => {
                    return Ok((xml, tag));
                }
                Node::Text(_) | Node::Comment => {}
                _ => return Err(Error::Declined("another root element than that of the format")),
            }
        }
    }

    /// The next element in the open one, foreign ones passed over; `None` closes the open one.
    pub fn child(&mut self) -> Result<Option<Tag<'a>>> {
        loop {
            match self.next()? {
                Node::Start(tag) if tag.name.is_empty() => self.skip()?,
                Node::Start(tag) => return Ok(Some(tag)),
                Node::End => return Ok(None),
                Node::Nothing => return Err(ILL_FORMED),
                Node::Text(_) | Node::Reference | Node::Comment => {}
            }
        }
    }

    /// Closes the open element, which holds nothing but text.
    pub fn text(&mut self) -> Result<&'a str> {
        let mut text = "";
        loop {
            match self.next()? {
                Node::End if !text.bytes().any(|b| b == b'\r') => return Ok(text),
                Node::Text(found) => text = found,
                _ => return Err(Error::Declined("a value is not plain text")),
            }
        }
    }

    /// Closes the open element and tells whether it begins with text.
    pub fn has_text(&mut self) -> Result<bool> {
        match self.next()? {
            Node::Text(_) | Node::Reference => self.skip().map(|()| true),
            Node::End => Ok(false),
            _ => Err(Error::Declined("a value is not plain text")),
        }
    }

    /// Closes the open element, whatever it holds.
    pub fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if let Node::Nothing = self.next()? {
                return Err(ILL_FORMED);
            }
        }
        Ok(())
    }

    /// Reads what follows the root, which has been closed.
    pub fn finish(mut self) -> Result<()> {
        loop {
            match self.next()? {
                Node::Nothing => return Ok(()),
                Node::Text(_) | Node::Comment => {}
                _ => return Err(ILL_FORMED),
            }
        }
    }

    fn next(&mut self) -> Result<Node<'a>> {
        let from = self.position();
        let event = self.reader.read_event().map_err(|_| ILL_FORMED)?;
        let span = self.text.get(from..self.position()).ok_or(ILL_FORMED)?;
        let is_text = matches!(event, Event::Text(_) | Event::GeneralRef(_));
        self.run = if is_text { self.run + span.len() } else { span.len() };
        if self.run > LONGEST {
            return Err(Error::Declined("a text or tag of a megabyte"));
        }
        match event {
            Event::Start(_) => {
                self.opened = from;
                self.start(span).map(Node::Start)
            }
            Event::End(_) => {
                self.depth = self.depth.checked_sub(1).ok_or(ILL_FORMED)?;
                while self.prefixes.last().is_some_and(|&(depth, _)| depth > self.depth) {
                    self.prefixes.pop();
                }
                Ok(Node::End)
            }
            Event::Text(_) if self.depth == 0 => {
                trim(span).is_empty().then_some(Node::Text(span)).ok_or(ILL_FORMED)
            }
            Event::Text(_) => Ok(Node::Text(span)),
            Event::GeneralRef(_) if self.depth > 0 => {
                check_references(span).map(|()| Node::Reference)
            }
            Event::Comment(_) => {
                let inner = span.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                match inner {
                    Some(inner) if !inner.contains("--") && !inner.ends_with('-') => {
                        Ok(Node::Comment)
                    }
                    _ => Err(ILL_FORMED),
                }
            }
            Event::Eof if self.depth == 0 => Ok(Node::Nothing),
            Event::CData(_) | Event::PI(_) | Event::DocType(_) => {
                Err(Error::Declined("XML with CDATA, instructions or a document type"))
            }
            _ => Err(ILL_FORMED),
        }
    }

    /// Where the element opened last begins, in bytes of [`body`].
    pub fn opened(&self) -> usize {
        self.opened
    }

    /// How far the document has been read, in bytes of [`body`].
    pub fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    /// Opens the element that starts with this markup.
    fn start(&mut self, span: &'a str) -> Result<Tag<'a>> {
        let inner = span.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let inner = inner.ok_or(ILL_FORMED)?;
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let end = inner.bytes().position(is_space).unwrap_or(inner.len());
        let (name, attributes) = inner.split_at(end);
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Error::Declined("elements within elements, a hundred times"));
        }
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for item in Attributes(attributes) {
            let (name, value) = item?;
            let (prefix, local) = split(name)?;
            check_references(value)?;
            let foreign = |prefix: &str| !prefix.is_empty() && prefix != "xmlns";
            let again = |&(p, l): &(&str, &str)| {
                l == local && (p == prefix || foreign(p) && foreign(prefix))
            };
            if seen.len() >= MOST || seen.iter().any(again) {
                return Err(ILL_FORMED);
            }
            seen.push((prefix, local));
            if prefix == "xmlns" {
                self.declare(local, value)?;
            } else if name == "xmlns" && (value != self.namespace || self.depth > 1) {
                return Err(Error::Declined("XML with another default namespace"));
            }
        }
        for (prefix, _) in seen {
            if prefix != "xmlns" {
                self.check_prefix(prefix)?;
            }
        }
        let (prefix, name) = split(name)?;
        self.check_prefix(prefix)?;
        Ok(Tag { name: if prefix.is_empty() { name } else { "" }, attributes })
    }

    /// Takes in a prefix for a foreign namespace, of which only unmistakable names are taken.
    fn declare(&mut self, prefix: &'a str, name: &str) -> Result<()> {
        let rest = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://"));
        let plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
        let known = rest.is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_alphanumeric()) && rest.chars().all(plain)
        });
        let reserved = prefix.to_ascii_lowercase().starts_with("xml")
            || name == self.namespace
            || name.starts_with("http://www.w3.org/XML/")
            || name.starts_with("http://www.w3.org/2000/xmlns");
        if !known || reserved || self.prefixes.len() >= MOST {
            return Err(Error::Declined("XML with an unusual namespace"));
        }
        self.prefixes.push((self.depth, prefix));
        Ok(())
    }

    fn check_prefix(&self, prefix: &str) -> Result<()> {
        let known = prefix.is_empty() || self.prefixes.iter().any(|&(_, p)| p == prefix);
        if known { Ok(()) } else { Err(ILL_FORMED) }
    }
}

impl<'a> Tag<'a> {
    /// Names and values of all attributes, values as they are written.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Attributes(self.attributes).flatten()
    }

    /// The value of an attribute without a prefix.
    pub fn get(&self, name: &str) -> Result<Option<&'a str>> {
        match self.attributes().find(|&(found, _)| found == name) {
            Some((_, value)) if value.bytes().any(|b| b"&\t\n\r".contains(&b)) => {
                Err(Error::Declined("an attribute is not plain text"))
            }
            found => Ok(found.map(|(_, value)| value)),
        }
    }
}

/// Names and values, from the markup behind the name of an element.
struct Attributes<'a>(&'a str);

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<(&'a str, &'a str)>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = trim(self.0);
        if rest.is_empty() {
            return None;
        }
        let item = if rest.len() < self.0.len() { attribute(rest) } else { None };
        self.0 = item.map_or("", |(_, rest)| rest);
        Some(item.map(|(item, _)| item).ok_or(ILL_FORMED))
    }
}

/// One attribute, and what follows it.
fn attribute(text: &str) -> Option<((&str, &str), &str)> {
    let (name, rest) = text.split_at(text.bytes().position(|b| b == b'=' || is_space(b))?);
    let rest = trim(trim(rest).strip_prefix('=')?);
    let quote = rest.bytes().next().filter(|b| b"'\"".contains(b))?;
    let rest = &rest[1..];
    let end = rest.bytes().position(|b| b == quote || b == b'<')?;
    let (value, rest) = (&rest[..end], rest[end..].strip_prefix(char::from(quote))?);
    Some(((name, value), rest))
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trim(text: &str) -> &str {
    &text[text.bytes().take_while(|&b| is_space(b)).count()..]
}

/// Splits a name into its prefix, which may be empty, and what follows.
fn split(name: &str) -> Result<(&str, &str)> {
    let is_name = |part: &str| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    };
    let colon = name.bytes().position(|b| b == b':');
    let (prefix, local) = colon.map_or(("", name), |at| (&name[..at], &name[at + 1..]));
    let known = is_name(local) && (colon.is_none() || is_name(prefix));
    if known { Ok((prefix, local)) } else { Err(ILL_FORMED) }
}

/// Whether each `&` begins one of the five names that need no declaration, or the number of a character.
fn check_references(text: &str) -> Result<()> {
    if !text.bytes().any(|b| b == b'&') {
        return Ok(());
    }
    for part in text.split('&').skip(1) {
        let name = part.split_once(';').ok_or(ILL_FORMED)?.0;
        let number = match name.strip_prefix('#') {
            _ if name.len() > 8 => None,
            Some(hex) if hex.starts_with('x') => u32::from_str_radix(&hex[1..], 16).ok(),
            Some(decimal) => decimal.parse().ok(),
            None if matches!(name, "amp" | "lt" | "gt" | "apos" | "quot") => Some(0x20),
            None => None,
        };
        let legal = |c: &char| *c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}');
        let signed = name.contains(['+', '-']);
        number.filter(|_| !signed).and_then(char::from_u32).filter(legal).ok_or(ILL_FORMED)?;
    }
    Ok(())
}
