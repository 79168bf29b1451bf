//! A terminal to run programs in: what they send it, and what is then to be seen.

#![allow(unsafe_code)]

use std::fs::File;
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// Columns.
const WIDTH: usize = 80;

/// What a command sends to the terminal that is its standard output and standard error.
pub(crate) fn output(command: &mut Command) -> String {
    let (mut ours, mut theirs) = (-1, -1);
    let (name, modes) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut size = libc::winsize { ws_row: 24, ws_col: WIDTH as u16, ws_xpixel: 0, ws_ypixel: 0 };
    // Changeable or not, as the system has it.
    let size = std::ptr::from_mut(&mut size);
    // SAFETY: fills in the two descriptors; name and modes may be left out.
    assert_eq!(unsafe { libc::openpty(&mut ours, &mut theirs, name, modes, size) }, 0);
    // SAFETY: both were just made, and belong to nobody else.
    let (mut ours, theirs) = unsafe { (File::from_raw_fd(ours), OwnedFd::from_raw_fd(theirs)) };
    let mut child =
        command.stdout(Stdio::from(theirs.try_clone().unwrap())).stderr(Stdio::from(theirs)).spawn().unwrap();
    // The command has copies of the other end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    // The end is an error: nobody has the other side any more.
    while let Ok(read @ 1..) = ours.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
    }
    let status = child.wait().unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(status.success(), "{status}: {text}");
    text
}

/// What is to be seen on a terminal that scrolls without end.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    pub(crate) fn of(output: &str) -> Self {
        let mut screen = Self::default();
        let mut rest = output.chars();
        while let Some(next) = rest.next() {
            match next {
                '\n' => screen.row += 1,
                '\r' => screen.column = 0,
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['), "{output:?}");
                    let mut number = String::new();
                    let last = rest.by_ref().find(|c| {
                        number.push(*c);
                        c.is_ascii_alphabetic()
                    });
                    number.pop();
                    screen.obey(last.unwrap(), &number);
                }
                seen => screen.put(seen),
            }
        }
        screen
    }

    fn obey(&mut self, code: char, number: &str) {
        let count = number.parse::<usize>().ok();
        match code {
            'A' => self.row -= count.unwrap_or(1).min(self.row),
            'B' => self.row += count.unwrap_or(1),
            'K' => {
                let kept = if count == Some(2) { 0 } else { self.column };
                self.line().truncate(kept);
            }
            // Of the window's end, colours and cursors.
            'J' => {
                let (row, column) = (self.row, self.column);
                self.line().truncate(column);
                self.lines.truncate(row + 1);
            }
            'm' | 'h' | 'l' => {}
            _ => panic!("escape code {number}{code}"),
        }
    }

    fn put(&mut self, seen: char) {
        if self.column == WIDTH {
            (self.row, self.column) = (self.row + 1, 0);
        }
        let column = self.column;
        let line = self.line();
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = seen;
        self.column += 1;
    }

    fn line(&mut self) -> &mut Vec<char> {
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Vec::new());
        }
        &mut self.lines[self.row]
    }

    /// The lines that are not blank.
    pub(crate) fn into_lines(self) -> Vec<String> {
        let lines =
            self.lines.into_iter().map(|line| line.into_iter().collect::<String>().trim_end().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    }
}
