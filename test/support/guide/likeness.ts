// Whether a line that was printed is the line that a page shows, when only times, made-up names and ports may differ.
// What differs is bound: a value of the page stands for one printed value, everywhere on the page, and no other stands for it.

/** Stands for any number of lines when it is alone in a line, for any text within one. */
export const ELLIPSIS = '…'

/** Kinds of values that no two runs share. `isPossible` judges a printed one by itself. */
interface Kind {
  readonly name: string
  readonly pattern: RegExp
  readonly isPossible: (value: string, run: Run) => boolean
  /** Times go on, so the same text may stand for several. */
  readonly isBound: boolean
}

interface Run {
  /** Of the begin, in seconds since 1970. */
  readonly begin: number
  readonly version: string
}

const now = (): number => Date.now() / 1000
const within = (time: number, run: Run, before: number, after: number): boolean => time >= run.begin - before && time <= now() + after
const DAY = 86_400

const KINDS: readonly Kind[] = [
  // stamps of the log
  { name: 'seconds', pattern: /(?<![\w.])1[789]\d{8}(?![\w])/, isPossible: (value, run) => within(Number(value), run, 1, 1), isBound: false },
  // 2026-11-22T15:04:05Z and the like; certificates begin a day before they are made and end after years
  {
    name: 'date and time',
    pattern: /\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC|[+-]\d{4})?/,
    isPossible: (value, run) =>
      within(
        Date.parse(
          value
            .replace(' UTC', 'Z')
            .replace(' ', 'T')
            .replace(/([+-]\d\d)(\d\d)$/, '$1:$2'),
        ) / 1000,
        run,
        2 * DAY,
        4000 * DAY,
      ),
    isBound: false,
  },
  { name: 'date', pattern: /\b20\d\d-\d\d-\d\d\b/, isPossible: (value, run) => within(Date.parse(value) / 1000, run, 2 * DAY, 4000 * DAY), isBound: false },
  { name: 'generated identifier', pattern: /\bauto-[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\b/, isPossible: () => true, isBound: true },
  { name: 'fingerprint', pattern: /\b(?:[0-9A-F]{2}:){31}[0-9A-F]{2}\b/, isPossible: () => true, isBound: true },
  { name: 'port of a client', pattern: /(?<=(?:127\.0\.0\.1|::1\]?|localhost):)(?:3[2-9]|4\d|5\d|6[0-5])\d{3}\b/, isPossible: () => true, isBound: true },
  { name: 'uptime', pattern: /\b\d+(?= seconds$)/, isPossible: (value, run) => Number(value) <= now() - run.begin + 1, isBound: false },
  { name: 'process number', pattern: /(?<=\b(?:pid|process) )\d+\b/, isPossible: () => true, isBound: true },
  { name: 'version', pattern: /(?<=\bzanzara (?:pub |sub |rr )?version )\d+\.\d+\.\d+\b/, isPossible: (value, run) => value === run.version, isBound: false },
]

const ANY = new RegExp(KINDS.map(({ pattern }) => `(${pattern.source})`).join('|'), 'g')

/** What one page's run has bound so far. */
export class Likeness {
  readonly #run: Run
  readonly #printedFor = new Map<string, string>()
  readonly #shownFor = new Map<string, string>()

  constructor(version: string) {
    this.#run = { begin: now(), version }
  }

  /** True when they are the same line; binds what differs. */
  isSame(shown: string, printed: string): boolean {
    return shown.includes(ELLIPSIS) ? hasParts(shown.split(ELLIPSIS), printed) : this.#isSameWhole(shown, printed)
  }

  #isSameWhole(shown: string, printed: string): boolean {
    const left = split(shown)
    const right = split(printed)
    if (left.length !== right.length) return false
    const bound: [string, string][] = []
    for (const [at, piece] of left.entries()) {
      const other = right[at]!
      if (piece.kind !== other.kind) return false
      if (piece.kind === null) {
        if (piece.text !== other.text) return false
        continue
      }
      if (!piece.kind.isPossible(other.text, this.#run)) return false
      if (!piece.kind.isBound) continue
      if ((this.#printedFor.get(piece.text) ?? other.text) !== other.text || (this.#shownFor.get(other.text) ?? piece.text) !== piece.text) return false
      bound.push([piece.text, other.text])
    }
    for (const [piece, other] of bound) {
      this.#printedFor.set(piece, other)
      this.#shownFor.set(other, piece)
    }
    return true
  }
}

/** A line of a page with an ellipsis in it: its parts stand in the printed line, in order, the first at the begin, the last at the end. */
function hasParts(parts: readonly string[], printed: string): boolean {
  const pattern = parts.map((part) =>
    split(part)
      .map(({ text, kind }) => (kind === null ? text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&') : kind.pattern.source))
      .join(''),
  )
  return new RegExp(`^${pattern.join('.*')}$`).test(printed)
}

interface Piece {
  readonly text: string
  readonly kind: Kind | null
}

function split(line: string): Piece[] {
  const pieces: Piece[] = []
  let end = 0
  for (const match of line.matchAll(ANY)) {
    pieces.push({ text: line.slice(end, match.index), kind: null })
    pieces.push({ text: match[0], kind: KINDS[match.slice(1).findIndex((group) => group !== undefined)]! })
    end = match.index + match[0].length
  }
  return [...pieces, { text: line.slice(end), kind: null }]
}

/**
 * How far the printed lines are what is shown: `matched` lines of `printed` used up, or null when no way leads there.
 * `wants` more lines when what is printed is right so far but not all of it.
 */
export function compareLines(
  shown: readonly string[],
  printed: readonly string[],
  likeness: Likeness,
): { readonly matched: number } | 'wants more' | 'differs' {
  let at = 0
  for (let index = 0; index < shown.length; index++) {
    if (shown[index] !== ELLIPSIS) {
      if (at === printed.length) return 'wants more'
      if (!likeness.isSame(shown[index]!, printed[at]!)) return 'differs'
      at++
      continue
    }
    const next = shown[index + 1]
    if (next === undefined) return { matched: at }
    while (at < printed.length && !likeness.isSame(next, printed[at]!)) at++
    if (at === printed.length) return 'wants more'
  }
  return { matched: at }
}
