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
