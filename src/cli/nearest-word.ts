// What somebody meant who mistyped a word: the known word with the fewest changes, if they are few.
// A pure function.

/** Null when none is near: more than two changes, or more than half of the word. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null
  let least = Math.min(3, Math.floor(word.length / 2) + 1)
  for (const candidate of known) {
    const changes = distance(word, candidate)
    if (changes < least) {
      least = changes
      best = candidate
    }
  }
  return best
}

/** Letters to insert, delete, replace or swap with their neighbour. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}
