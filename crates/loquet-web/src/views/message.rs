//! A page that says one thing.

use maud::{Markup, html};

/// A heading, a sentence, and a way on: its text and path.
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) on: (&'a str, &'a str),
}

pub(crate) fn message(said: &Message<'_>) -> Markup {
    html! {
        section.card {
            header { h1 { (said.title) } p.soft { (said.text) } }
            div.row { a.button href=(said.on.1) { (said.on.0) } }
        }
    }
}
