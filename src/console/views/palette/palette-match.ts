// Which commands fit what was typed: its words in any order, or its letters in order; those where it stands as it is come first.
// Pure.

export interface Matchable {
  readonly text: string
}

/** The best first; all of them, in their order, when nothing is typed. */
export function matching<T extends Matchable>(items: readonly T[], typed: string): T[] {
  const wanted = typed.trim().toLowerCase()
  if (wanted === '') return [...items]
  return items
    .map((item, index) => ({ item, index, score: score(item.text.toLowerCase(), wanted) }))
    .filter(({ score: found }) => found > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ item }) => item)
}

/** 0 = does not fit; 3 = a word begins so; 2 = it, or each of its words, occurs; 1 = its letters occur in order. */
function score(text: string, wanted: string): number {
  const at = text.indexOf(wanted)
  if (at >= 0) return at === 0 || text[at - 1] === ' ' ? 3 : 2
  if (wanted.split(/\s+/).every((word) => text.includes(word))) return 2
  let found = 0
  for (const letter of text) if (letter === wanted[found]) found++
  return found === wanted.length ? 1 : 0
}
