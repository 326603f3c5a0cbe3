// JSON in and out for %j and %J. Members keep their order, and a name that stands twice stays twice, which JSON.parse would not do.
// Numbers come out as Mosquitto's clients print them, pretty text with its tabs.

import { jsonNumber } from './format-number.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject

export interface JsonObject {
  readonly members: readonly (readonly [name: string, value: Json])[]
}

/** Deeper values are refused: nobody sends them by accident. */
const DEEPEST = 1000

/** The text of a value. `pretty`: a member a line, tabs before and between. `depth`: of the value in the whole. */
export function jsonText(value: Json, pretty: boolean, depth = 0): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return jsonNumber(value)
  if (typeof value === 'string') return JSON.stringify(value)
  if (isArray(value)) return `[${value.map((element) => jsonText(element, pretty, depth + 1)).join(pretty ? ', ' : ',')}]`
  if (!pretty) return `{${value.members.map(([name, member]) => `${JSON.stringify(name)}:${jsonText(member, false)}`).join(',')}}`
  const indent = '\t'.repeat(depth + 1)
  const lines = value.members.map(([name, member]) => `${indent}${JSON.stringify(name)}:\t${jsonText(member, true, depth + 1)}`)
  return `{\n${lines.join(',\n')}${lines.length === 0 ? '' : '\n'}${'\t'.repeat(depth)}}`
}

/** Reads JSON; undefined for what is none (null is a value). Text after the value, a half character and too many brackets make it none. */
export function parseJson(text: string): Json | undefined {
  const reader = new JsonReader(text.startsWith('\ufeff') ? text.slice(1) : text)
  try {
    return reader.whole()
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

function isArray(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value)
}

class NotJson extends Error {
  override readonly name = 'NotJson'
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/gs
const ESCAPED: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }
const WORDS: readonly (readonly [string, Json])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
]

class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): Json {
    const value = this.#value(0)
    this.#skipBlanks()
    if (this.#at < this.#text.length) throw new NotJson()
    return value
  }

  #value(depth: number): Json {
    if (depth > DEEPEST) throw new NotJson()
    this.#skipBlanks()
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === '{') return { members: this.#list('}', () => this.#member(depth + 1)) }
    if (first === '[') return this.#list(']', () => this.#value(depth + 1))
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return Number(this.#match(NUMBER))
  }

  #member(depth: number): readonly [string, Json] {
    this.#skipBlanks()
    const name = this.#string()
    this.#skipBlanks()
    if (!this.#accept(':')) throw new NotJson()
    return [name, this.#value(depth)]
  }

  /** What stands between the brackets, from the opening one. */
  #list<T>(close: string, element: () => T): T[] {
    const found: T[] = []
    this.#at++
    this.#skipBlanks()
    if (this.#accept(close)) return found
    for (;;) {
      found.push(element())
      this.#skipBlanks()
      if (this.#accept(close)) return found
      if (!this.#accept(',')) throw new NotJson()
    }
  }

  #string(): string {
    const quoted = this.#quoted()
    if (!quoted.includes('\\')) return quoted
    const text = quoted.replace(ESCAPE, (_, hex: string | undefined, letter: string | undefined) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
      if (letter === undefined || !Object.hasOwn(ESCAPED, letter)) throw new NotJson()
      return ESCAPED[letter]!
    })
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)) throw new NotJson() // half a character
    return text
  }

  /** What stands between the quotes, escapes and all; control characters may stand unescaped. No regular expression: those give up on long texts. */
  #quoted(): string {
    if (!this.#accept('"')) throw new NotJson()
    const start = this.#at
    for (let end = this.#text.indexOf('"', start); end >= 0; end = this.#text.indexOf('"', end + 1)) {
      let backslash = end
      while (backslash > start && this.#text[backslash - 1] === '\\') backslash--
      if ((end - backslash) % 2 === 1) continue // the quote itself is escaped
      this.#at = end + 1
      return this.#text.slice(start, end)
    }
    throw new NotJson()
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) throw new NotJson()
    this.#at += found[0].length
    return found[0]
  }

  #accept(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #skipBlanks(): void {
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) <= 0x20) this.#at++
  }
}
