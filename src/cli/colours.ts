// A few colours for people at a terminal; plain text for everybody else.
// NO_COLOR and TERM=dumb are honoured, as is output that goes to a file or a pipe.

import type { Terminal } from './terminal.ts'

export interface Colours {
  bold(text: string): string
  dim(text: string): string
  accent(text: string): string
  good(text: string): string
  caution(text: string): string
  bad(text: string): string
}

/** `isTty` says whether the output is a terminal. */
export function coloursFor(terminal: Terminal, isTty: boolean): Colours {
  const isOn = isTty && (terminal.env['NO_COLOR'] ?? '') === '' && terminal.env['TERM'] !== 'dumb'
  const wrap =
    (on: number, off: number) =>
    (text: string): string =>
      isOn ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return { bold: wrap(1, 22), dim: wrap(2, 22), accent: wrap(36, 39), good: wrap(32, 39), caution: wrap(33, 39), bad: wrap(31, 39) }
}
