//! Terminal output with half blocks: a character cell, about twice as high as wide, shows two modules.

use super::Qr;

/// The colors of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Light text on a dark background: the blocks paint the light modules.
    Dark,
    /// Dark text on a light background: the blocks paint the dark modules.
    Light,
    /// Black on white by escape sequences, independent of the terminal's colors. The safest where they are supported.
    #[default]
    Ansi,
}

/// Bright white background, black text.
const ANSI_ON: &str = "\u{1b}[107;30m";
const ANSI_OFF: &str = "\u{1b}[0m";

impl Qr {
    /// Returns the code as text for a fixed-width font, with quiet zone and lines ended by `\n`. A typical URI takes 49
    /// columns and 25 lines.
    #[must_use]
    pub fn terminal(&self, theme: Theme) -> String {
        let side = self.framed();
        let mut text = String::with_capacity(side.saturating_mul(side).saturating_mul(2));
        for row in (0..side).step_by(2) {
            if theme == Theme::Ansi {
                text.push_str(ANSI_ON);
            }
            let below = row.saturating_add(1);
            for column in 0..side {
                // Below the last line of an odd height everything is light, as in the quiet zone.
                let painted = (
                    self.is_dark_framed(column, row) != (theme == Theme::Dark),
                    self.is_dark_framed(column, below) != (theme == Theme::Dark),
                );
                text.push(match painted {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            if theme == Theme::Ansi {
                text.push_str(ANSI_OFF);
            }
            text.push('\n');
        }
        text
    }
}
