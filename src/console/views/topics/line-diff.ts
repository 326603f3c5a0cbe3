// What changed between two texts, line by line: the longest common subsequence, found after cutting equal beginnings and ends.
// Pure. Texts that are too long to compare give null.

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed'
  readonly text: string
}

/** Cells of the table that is filled at most: two texts of two thousand changed lines. */
const MOST_CELLS = 4_000_000

export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] | null {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const middle = changed(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  if (middle === null) return null
  const same = (text: string): DiffLine => ({ kind: 'same', text })
  return [...after.slice(0, head).map(same), ...middle, ...after.slice(after.length - tail).map(same)]
}

function changed(before: readonly string[], after: readonly string[]): DiffLine[] | null {
  const width = after.length + 1
  if (before.length * width > MOST_CELLS) return null
  // lengths[i * width + j]: longest common subsequence of before[i…] and after[j…]
  const lengths = new Uint16Array((before.length + 1) * width)
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const isSame = before[i] === after[j]
      lengths[i * width + j] = isSame ? lengths[(i + 1) * width + j + 1]! + 1 : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!)
    }
  const lines: DiffLine[] = []
  let i = 0
  let j = 0
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ kind: 'same', text: after[j]! })
      i++
      j++
    } else if (j >= after.length || (i < before.length && lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!))
      lines.push({ kind: 'removed', text: before[i++]! })
    else lines.push({ kind: 'added', text: after[j++]! })
  }
  return lines
}

/** A line of one side. */
export interface DiffCell {
  /** From 1. */
  readonly number: number
  readonly text: string
  /** What differs from the line beside it: from here to before there; none where the whole line does. */
  readonly from: number
  readonly to: number
}

/** What stands beside each other; null = nothing does. */
export interface DiffRow {
  readonly kind: 'same' | 'changed'
  readonly before: DiffCell | null
  readonly after: DiffCell | null
}

/** Both texts side by side: what went beside what came in its place. */
export function diffRows(lines: readonly DiffLine[]): DiffRow[] {
  const rows: DiffRow[] = []
  const numbers = { before: 0, after: 0 }
  for (let at = 0; at < lines.length; ) {
    const { kind, text } = lines[at]!
    if (kind === 'same') {
      rows.push({ kind, before: whole(++numbers.before, text), after: whole(++numbers.after, text) })
      at++
      continue
    }
    let end = at
    while (end < lines.length && lines[end]!.kind !== 'same') end++
    const run = lines.slice(at, end)
    const removed = run.filter((line) => line.kind === 'removed')
    const added = run.filter((line) => line.kind === 'added')
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      const [old, now] = [removed[i]?.text ?? null, added[i]?.text ?? null]
      rows.push({ kind: 'changed', before: cell(numbers, 'before', old, now), after: cell(numbers, 'after', now, old) })
    }
    at = end
  }
  return rows
}

function whole(number: number, text: string): DiffCell {
  return { number, text, from: 0, to: 0 }
}

function cell(numbers: { before: number; after: number }, side: 'before' | 'after', text: string | null, other: string | null): DiffCell | null {
  if (text === null) return null
  const number = ++numbers[side]
  return other === null ? whole(number, text) : { number, text, ...changedPart(text, other) }
}

/** Between the beginning and the end that both have, whole words and numbers; empty when they share nothing but blanks. */
function changedPart(text: string, other: string): { readonly from: number; readonly to: number } {
  const most = Math.min(text.length, other.length)
  let from = 0
  while (from < most && text[from] === other[from]) from++
  let tail = 0
  while (tail < most - from && text[text.length - 1 - tail] === other[other.length - 1 - tail]) tail++
  const isWordAt = (at: number): boolean => WORD.test(text[at] ?? '') || WORD.test(other[at] ?? '')
  const isWordBefore = (end: number): boolean => WORD.test(text.at(-end - 1) ?? '') || WORD.test(other.at(-end - 1) ?? '')
  if (isWordAt(from)) while (from > 0 && WORD.test(text[from - 1]!)) from--
  if (isWordBefore(tail)) while (tail > 0 && WORD.test(text.at(-tail)!)) tail--
  const to = text.length - tail
  return `${text.slice(0, from)}${text.slice(to)}`.trim() === '' ? { from: 0, to: 0 } : { from, to }
}

/** Of words and numbers; halves of a character too, which is never cut in two. */
const WORD = /[\p{L}\p{N}_.+\ud800-\udfff-]/u
