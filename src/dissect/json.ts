// JSON payloads: members, values and their paths as Wireshark shows them. [RFC 8259]
// What is not JSON is shown as lines of text.

import type { DissectContext } from './context.ts'
import { JSON_FIELDS, TEXT_LINES } from './data-fields.ts'
import { TEXT_ROW } from './field.ts'
import type { Dissect, Protocol } from './registry.ts'
import { ROOT } from './rows.ts'

const DEEPEST = 100
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true })
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const LITERALS: ReadonlyMap<string, number> = new Map([
  ['true', JSON_FIELDS.valueTrue],
  ['false', JSON_FIELDS.valueFalse],
  ['null', JSON_FIELDS.valueNull],
])
const LITERAL_TEXTS: ReadonlyMap<number, string> = new Map([
  [JSON_FIELDS.valueTrue, 'True value'],
  [JSON_FIELDS.valueFalse, 'False value'],
  [JSON_FIELDS.valueNull, 'Null value'],
])

/** Walks a text once and writes rows as it goes; -1 from any step = not JSON. */
class JsonWalk {
  readonly #context: DissectContext
  readonly #source: number
  readonly #bytes: Uint8Array
  readonly #end: number

  constructor(context: DissectContext, source: number, end: number) {
    this.#context = context
    this.#source = source
    this.#bytes = context.rows.sources[source]!
    this.#end = end
  }

  /** First byte from `at` that is no white space. */
  skip(at: number): number {
    let place = at
    while (place < this.#end && (this.#bytes[place] === 32 || (this.#bytes[place]! >= 9 && this.#bytes[place]! <= 13 && this.#bytes[place] !== 11))) place++
    return place
  }

  /** An object or array; returns where it ends. */
  container(at: number, parent: number, path: string, depth: number): number {
    if (depth > DEEPEST) return -1
    if (this.#bytes[at] === 0x7b) return this.#object(at, parent, path, depth)
    return this.#bytes[at] === 0x5b ? this.#array(at, parent, path, depth) : -1
  }

  #object(start: number, parent: number, path: string, depth: number): number {
    const { rows } = this.#context
    const row = rows.add(JSON_FIELDS.object, this.#source, start, 0, parent)
    let at = this.skip(start + 1)
    for (let isFirst = true; this.#byte(at) !== 0x7d; isFirst = false) {
      if (!isFirst) {
        if (this.#byte(at) !== 0x2c) return -1
        at = this.skip(at + 1)
      }
      at = this.#member(at, row, path, depth)
      if (at < 0) return -1
      at = this.skip(at)
    }
    rows.length[row] = at + 1 - start
    return at + 1
  }

  #member(start: number, parent: number, path: string, depth: number): number {
    const { rows } = this.#context
    const keyEnd = this.#stringEnd(start)
    if (keyEnd < 0) return -1
    const key = this.#string(start, keyEnd)
    const colon = this.skip(keyEnd)
    if (key === null || this.#byte(colon) !== 0x3a) return -1
    const row = rows.addGiven(JSON_FIELDS.member, this.#source, start, 0, parent, key)
    const own = `${path}/${key}`
    const at = this.#value(this.skip(colon + 1), row, own, key, depth)
    if (at < 0) return -1
    rows.length[row] = at - start
    rows.addGiven(JSON_FIELDS.key, this.#source, start, keyEnd - start, row, key)
    rows.addGiven(JSON_FIELDS.path, this.#source, start, at - start, row, own)
    return at
  }

  #array(start: number, parent: number, path: string, depth: number): number {
    const { rows } = this.#context
    const row = rows.add(JSON_FIELDS.array, this.#source, start, 0, parent)
    let at = this.skip(start + 1)
    for (let isFirst = true; this.#byte(at) !== 0x5d; isFirst = false) {
      if (!isFirst) {
        if (this.#byte(at) !== 0x2c) return -1
        at = this.skip(at + 1)
      }
      at = this.#value(at, row, `${path}/[]`, '[]', depth)
      if (at < 0) return -1
      at = this.skip(at)
    }
    rows.length[row] = at + 1 - start
    return at + 1
  }

  #value(start: number, parent: number, path: string, key: string, depth: number): number {
    const first = this.#byte(start)
    if (first === 0x7b || first === 0x5b) return this.container(start, parent, path, depth + 1)
    if (first === 0x22) {
      const end = this.#stringEnd(start)
      const text = end < 0 ? null : this.#string(start, end)
      if (text === null) return -1
      this.#leaf(JSON_FIELDS.valueString, start, end, parent, path, key, text)
      return end
    }
    let end = start
    while (end < this.#end && /[-+.0-9A-Za-z]/.test(String.fromCharCode(this.#bytes[end]!))) end++
    const text = TEXT.decode(this.#bytes.subarray(start, end))
    const field = LITERALS.get(text) ?? (NUMBER.test(text) ? JSON_FIELDS.valueNumber : -1)
    if (field < 0) return -1
    this.#leaf(field, start, end, parent, path, key, text)
    return end
  }

  #leaf(field: number, start: number, end: number, parent: number, path: string, key: string, text: string): void {
    const { rows, demand } = this.#context
    rows.addGiven(JSON_FIELDS.pathWithValue, this.#source, start, end - start, parent, `${path}:${text}`)
    rows.addGiven(JSON_FIELDS.memberWithValue, this.#source, start, end - start, parent, `${key}:${text}`)
    const literal = LITERAL_TEXTS.get(field)
    if (literal === undefined) {
      rows.addGiven(field, this.#source, start, end - start, parent, text)
      return
    }
    const row = rows.add(field, this.#source, start, end - start, parent)
    if (demand.text(field)) rows.setText(row, literal)
  }

  #byte(at: number): number {
    return at < this.#end ? this.#bytes[at]! : -1
  }

  /** Behind the closing quote; -1 = none. */
  #stringEnd(start: number): number {
    if (this.#byte(start) !== 0x22) return -1
    for (let at = start + 1; at < this.#end; at++) {
      if (this.#bytes[at] === 0x5c) at++
      else if (this.#bytes[at] === 0x22) return at + 1
    }
    return -1
  }

  #string(start: number, end: number): string | null {
    try {
      return JSON.parse(TEXT.decode(this.#bytes.subarray(start, end))) as string
    } catch {
      return null
    }
  }
}

const dissect: Dissect = (context, source, start, length) => {
  const { rows, demand } = context
  const end = Math.min(start + length, rows.sources[source]!.length)
  const walk = new JsonWalk(context, source, end)
  const root = rows.add(JSON_FIELDS.protocol, source, start, Math.max(0, end - start), ROOT)
  const mark = rows.count
  const last = walk.container(walk.skip(start), root, '', 0)
  if (last >= 0 && walk.skip(last) === end) return length
  rows.count = mark
  rows.length[root] = 0
  context.layers.push('data-text-lines')
  const lines = rows.add(TEXT_LINES.protocol, source, start, Math.max(0, end - start), ROOT)
  if (demand.text(TEXT_LINES.protocol)) {
    const texts = TEXT.decode(rows.sources[source]!.subarray(start, end)).split('\n')
    rows.setText(lines, `Line-based text data (${texts.length} lines)`)
    for (const text of texts) rows.setText(rows.add(TEXT_ROW, source, start, 0, lines), text)
  }
  return length
}

export const JSON_PROTOCOL: Protocol = { name: 'json', dissect }
