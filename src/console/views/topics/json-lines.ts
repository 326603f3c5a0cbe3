// JSON set out in lines, each literal as it was written: no digit of a long number is lost, as it would be by reading it into one.
// Each line knows the path of its value, so that two messages can be compared in place.

export type TokenKind = 'key' | 'number' | 'string' | 'literal' | 'mark'

export interface Token {
  readonly kind: TokenKind
  readonly text: string
}

export interface JsonLine {
  readonly indent: number
  readonly tokens: readonly Token[]
  /** Of the value that begins here: `a.b[0]`; null for closing brackets. */
  readonly path: string | null
  /** The literal; null for objects and arrays. */
  readonly value: string | null
}

/** Strings, numbers and words, and the marks between them; blanks are skipped. */
const PIECE = /\s*(?:("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|(true|false|null)|([{}[\],:]))/y

/** Levels that are set out; what is deeper was not made for people. */
const DEEPEST = 200

/** Null: it is no JSON, or too deep. */
export function jsonLines(text: string): JsonLine[] | null {
  try {
    JSON.parse(text)
  } catch {
    return null
  }
  const layout = new Layout(text)
  return layout.value('', [], '') ? layout.lines : null
}

class Layout {
  readonly lines: JsonLine[] = []
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Writes the value that comes next behind what already stands on its line; false = it is too deep. */
  value(path: string, before: readonly Token[], after: string): boolean {
    if (this.#depth > DEEPEST) return false
    const piece = this.#next()
    if (piece !== '{' && piece !== '[') {
      this.#line([...before, { kind: kindOf(piece), text: piece }, ...mark(after || this.#comma())], path, piece)
      return true
    }
    const close = piece === '{' ? '}' : ']'
    if (this.#peek() === close) {
      this.#next()
      this.#line([...before, ...mark(`${piece}${close}${this.#comma()}`)], path, `${piece}${close}`)
      return true
    }
    this.#line([...before, ...mark(piece)], path, null)
    this.#depth++
    for (let index = 0; this.#peek() !== close; index++) {
      if (piece === '{') {
        const key = this.#next()
        this.#next() // the colon
        const name = JSON.parse(key) as string
        if (!this.value(path === '' ? name : `${path}.${name}`, [{ kind: 'key', text: key }, ...mark(': ')], '')) return false
      } else if (!this.value(`${path}[${index}]`, [], '')) return false
    }
    this.#next()
    this.#depth--
    this.#line(mark(`${close}${this.#comma()}`), null, null)
    return true
  }

  #line(tokens: readonly Token[], path: string | null, value: string | null): void {
    this.lines.push({ indent: this.#depth, tokens, path, value })
  }

  /** A comma belongs to the line before it. */
  #comma(): string {
    if (this.#peek() !== ',') return ''
    this.#next()
    return ','
  }

  #peek(): string {
    const at = this.#at
    const piece = this.#next()
    this.#at = at
    return piece
  }

  /** '' at the end. */
  #next(): string {
    PIECE.lastIndex = this.#at
    const found = PIECE.exec(this.#text)
    if (found === null) return ''
    this.#at = PIECE.lastIndex
    return found[0].trimStart()
  }
}

function mark(text: string): Token[] {
  return text === '' ? [] : [{ kind: 'mark', text }]
}

function kindOf(piece: string): TokenKind {
  if (piece.startsWith('"')) return 'string'
  return piece === 'true' || piece === 'false' || piece === 'null' ? 'literal' : 'number'
}

/** Literals by their path, to look up what they were. */
export function literals(lines: readonly JsonLine[]): ReadonlyMap<string, string> {
  return new Map(lines.flatMap(({ path, value }) => (path === null || value === null ? [] : [[path, value] as const])))
}

/** A line as text, for comparing and copying. */
export function lineText({ indent, tokens }: JsonLine): string {
  return `${'  '.repeat(indent)}${tokens.map(({ text }) => text).join('')}`
}
