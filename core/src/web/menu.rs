//! The main menu.

use crate::locale::Message;

/// An entry of the main menu.
#[derive(Debug, Clone, Copy)]
pub struct MenuEntry {
    /// Its place: entries with lower numbers come first.
    pub position: u8,
    /// Its text.
    pub text: fn() -> Message,
    /// The path that it links to.
    pub path: &'static str,
    /// Other sections whose pages belong to it.
    pub sections: &'static [&'static str],
    /// Its icon.
    pub icon: Icon,
    /// Whether small screens show it on the page `/more` instead of in the menu.
    pub is_secondary: bool,
    /// Whether only administrators see it.
    pub is_for_administrators: bool,
}

/// An icon of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A house.
    Home,
    /// A car.
    Car,
    /// A wrench.
    Wrench,
    /// A fuel pump.
    Pump,
    /// A trash can.
    Trash,
    /// Sliders.
    Settings,
    /// People.
    People,
    /// A plus sign.
    Plus,
}

impl MenuEntry {
    /// Creates an entry for all users.
    #[must_use]
    pub const fn new(position: u8, text: fn() -> Message, path: &'static str, icon: Icon) -> Self {
        Self {
            position,
            text,
            path,
            sections: &[],
            icon,
            is_secondary: false,
            is_for_administrators: false,
        }
    }

    /// An entry that small screens show on the page `/more`.
    #[must_use]
    pub const fn secondary(self) -> Self {
        Self { is_secondary: true, ..self }
    }

    /// Its text in the current language.
    #[must_use]
    pub fn text(&self) -> Message {
        (self.text)()
    }
}
