//! The elements of an XML document, by their local names.

use roxmltree::{Error, Node};

/// The child element of this name, if there is one. Two are refused: readers differ in which one they take.
pub(super) fn only<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &str,
) -> Result<Option<Node<'a, 'input>>, String> {
    let mut found = elements(parent).filter(|child| child.tag_name().name() == name);
    let first = found.next();
    match found.next() {
        None => Ok(first),
        Some(_) => Err(format!("{name}: it occurs twice")),
    }
}

pub(super) fn required<'a, 'input>(
    parent: Node<'a, 'input>,
    name: &str,
) -> Result<Node<'a, 'input>, String> {
    only(parent, name)?.ok_or_else(|| format!("{name}: it is missing"))
}

pub(super) fn elements<'a, 'input>(
    parent: Node<'a, 'input>,
) -> impl Iterator<Item = Node<'a, 'input>> {
    parent.children().filter(Node::is_element)
}

/// The text of an element that holds nothing else, without the white space around it.
pub(super) fn text<'a>(element: Node<'a, '_>) -> Result<&'a str, String> {
    let mut children = element.children();
    match (children.next(), children.next()) {
        (None, _) => Ok(""),
        // A comment would split the text in two.
        (Some(child), None) if child.is_text() => Ok(child.text().unwrap_or_default().trim()),
        _ => Err(format!(
            "{}: expected text alone",
            element.tag_name().name()
        )),
    }
}

pub(super) fn number(element: Node<'_, '_>) -> Result<u64, String> {
    let name = element.tag_name().name();
    let number = text(element)?.parse();
    number.map_err(|_| format!("{name}: expected a whole number"))
}

/// Part of the document for a message: short, and without control characters.
pub(super) fn shown(text: &str) -> String {
    text.chars()
        .take(80)
        .collect::<String>()
        .escape_debug()
        .to_string()
}

/// Why a text is no document. The library's own message would quote what stands there, which may be a key.
pub(super) fn malformed(why: &Error) -> String {
    match why {
        Error::DtdDetected => {
            "a document type declaration, which is not read: remove it".to_owned()
        }
        Error::NoRootNode => "no XML document: it has no element".to_owned(),
        other => {
            let at = other.pos();
            format!("line {}, column {}: not well-formed XML", at.row, at.col)
        }
    }
}
