// What stands in square brackets: pieces of bytes or of layers, `[i:length]`, `[first-last]`, `[i]`, `[:length]`, `[i:]`, joined by commas.
// And what such pieces choose from a number of things.

import { FilterError } from './filter-error.ts'
import type { Range } from './syntax.ts'

const NUMBER = '-?[0-9A-Za-z_]+'
const PIECE = new RegExp(`^\\s*(?:(${NUMBER})\\s*-\\s*(${NUMBER})|(${NUMBER})?\\s*:\\s*(${NUMBER})?|(${NUMBER}))\\s*$`)
const INTEGER = /^-?(?:0[xX][0-9A-Fa-f]+|0[0-7]*|[1-9]\d*)$/

/** From the `[` at `start` to its `]`. */
export function readRanges(text: string, start: number): { ranges: Range[]; end: number } {
  const close = text.indexOf(']', start)
  if (close < 0) throw new FilterError('the ] of a range is missing', { start, end: text.length })
  const ranges: Range[] = []
  let at = start + 1
  for (const piece of text.slice(at, close).split(',')) {
    ranges.push(readPiece(piece, { start: at, end: Math.max(at + piece.length, at + 1) }))
    at += piece.length + 1
  }
  return { ranges, end: close + 1 }
}

function readPiece(text: string, place: { start: number; end: number }): Range {
  const found = PIECE.exec(text)
  if (found === null) throw new FilterError(`"${text.trim()}" is not a valid range`, place)
  const [, first, last, from, length, only] = found
  if (only !== undefined) return { start: readOffset(only, place), length: 1 }
  if (first === undefined || last === undefined) {
    const size = length === undefined ? null : readOffset(length, place)
    if (size !== null && size <= 0) throw new FilterError(`range ${text.trim()}: length ${size} is not positive`, place)
    return { start: from === undefined ? 0 : readOffset(from, place), length: size }
  }
  const [low, high] = [readOffset(first, place), readOffset(last, place)]
  if (low < 0 !== high < 0) throw new FilterError(`range ${text.trim()}: ${low} and ${high} have different signs`, place)
  if (low >= high) throw new FilterError(`range ${text.trim()}: ${low} is not less than ${high}`, place)
  return { start: low, length: high - low + 1 }
}

function readOffset(text: string, place: { start: number; end: number }): number {
  const digits = text.replace(/^-/, '')
  const value = INTEGER.test(text) ? Number(/^0[0-7]+$/.test(digits) ? `0o${digits}` : digits) : Number.NaN
  if (Number.isNaN(value)) throw new FilterError(`"${text}" is not a valid number`, place)
  if (value > 0x7fffffff) throw new FilterError(`"${text}" is too large for a range`, place)
  return digits === text ? value : -value
}

/** The bytes that ranges choose, joined. A piece that does not lie wholly within the bytes is left out. */
export function sliceBytes(bytes: Uint8Array, ranges: readonly Range[]): Uint8Array {
  if (ranges.length === 1) return pieceOf(bytes, ranges[0]!)
  const pieces = ranges.map((range) => pieceOf(bytes, range))
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

function pieceOf(bytes: Uint8Array, { start, length }: Range): Uint8Array {
  const from = start < 0 ? bytes.length + start : start
  const to = length === null ? bytes.length : from + length
  return from < 0 || from > bytes.length || to > bytes.length ? bytes.subarray(0, 0) : bytes.subarray(from, to)
}

/** Whether ranges choose the layer with this number, from 1, of `count`. */
export function choosesLayer(ranges: readonly Range[], layer: number, count: number): boolean {
  for (const { start, length } of ranges) {
    const from = start < 0 ? count + start + 1 : start
    if (layer >= from && (length === null || layer < from + length)) return true
  }
  return false
}
