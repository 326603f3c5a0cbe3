// A ladder as text for terminals: ends as columns, arrows between them, what is said above the line.
// Lines keep to a width; texts that do not fit are cut.

import type { Ladder } from '../analyse/ladder.ts'

const LEFT = 20
const NARROWEST = 12

/** Lines without line ends. `width` in characters. */
export function ladderText({ ends, rungs, omitted }: Ladder, width: number): string[] {
  if (rungs.length === 0) return ['no MQTT packets']
  const step = Math.max(NARROWEST, Math.floor((width - LEFT) / Math.max(1, ends.length)))
  const column = (end: number): number => LEFT + Math.floor(step / 2) + end * step
  const lines: string[] = []
  for (const [i, end] of ends.entries())
    lines.push(placed([[column(i), '┬'], ...ends.slice(0, i).map((_, j): [number, string] => [column(j), '│'])], ` ${end}`, column(i)))
  const bars = ends.map((_, i): [number, string] => [column(i), '│'])
  for (const { frame, time, from, to, text, mark } of rungs) {
    const [left, right] = [Math.min(column(from), column(to)), Math.max(column(from), column(to))]
    const label = `${String(frame).padStart(6)} ${time.toFixed(6).padStart(11)}`
    const marked = mark === 'error' ? `✗ ${text}` : mark === 'repeat' ? `↻ ${text}` : text
    lines.push(written(label, bars, left + 2, cut(marked, Math.max(right - left - 3, width - left - 3))))
    const arrow = to > from ? `${'─'.repeat(right - left - 2)}▶` : `◀${'─'.repeat(right - left - 2)}`
    lines.push(written('', bars, left + 1, arrow))
  }
  if (omitted > 0) lines.push(`${omitted} more packets are not drawn: give a filter, or --most N`)
  return lines
}

/** Marks at columns, then a text behind one of them. */
function placed(marks: readonly (readonly [number, string])[], text: string, at: number): string {
  const cells: string[] = []
  for (const [column, mark] of marks) cells[column] = mark
  for (const [i, character] of [...text].entries()) cells[at + 1 + i] = character
  return Array.from(cells, (cell) => cell ?? ' ').join('')
}

/** A label at the left, bars, and a text over them from a column on. */
function written(label: string, bars: readonly (readonly [number, string])[], at: number, text: string): string {
  const cells: string[] = [...label]
  for (const [column, mark] of bars) cells[column] = mark
  for (const [i, character] of [...text].entries()) cells[at + i] = character
  return Array.from(cells, (cell) => cell ?? ' ')
    .join('')
    .trimEnd()
}

function cut(text: string, most: number): string {
  const characters = [...text.replace(/[\p{Cc}\u2028\u2029]/gu, '·')]
  return characters.length <= most ? characters.join('') : `${characters.slice(0, Math.max(1, most - 1)).join('')}…`
}
