// What somebody meant who mistyped a name: the known one with the fewest letters added, left out, changed or swapped.
// A pure function; used only when something is refused, so it may look at all names.

/** The nearest of `names`, or null when none is near: a third of the letters may be wrong, or two of a short word's. Case does not count. */
export function nearestName(wanted: string, names: Iterable<string>): string | null {
  const word = wanted.toLowerCase()
  let best: string | null = null
  let least = Math.max(Math.min(2, Math.ceil(word.length / 2)), Math.floor(word.length / 3)) + 1
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue
    const distance = editDistance(word, name.toLowerCase())
    if (distance < least) [best, least] = [name, distance]
  }
  return best
}

/** Letters to add, drop, change or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last: number[] = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1)
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length]!
}
