// CBOR as text: the diagnostic notation of RFC 8949 §8, on one line.
// Everything is bounds-checked, depth is bounded; what is not one whole CBOR item is null.

import { bytesText } from '../dissect/address-text.ts'

const DEEPEST = 64
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const SIMPLE: Readonly<Record<number, string>> = { 20: 'false', 21: 'true', 22: 'null', 23: 'undefined' }
const INDEFINITE = -1

/** Null: not CBOR, or not all of it. */
export function cborText(bytes: Uint8Array): string | null {
  const reader = new CborReader(bytes)
  try {
    const text = reader.item(0)
    return reader.at === bytes.length ? text : null
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return null // beyond the bytes, or no UTF-8
    throw error
  }
}

class CborReader {
  at = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  item(depth: number): string {
    if (depth > DEEPEST) throw new RangeError('too deep')
    const head = this.#view.getUint8(this.at++)
    const [major, detail] = [head >> 5, head & 31]
    if (major === 7) return this.#simple(detail)
    const argument = this.#argument(detail)
    if (argument === INDEFINITE && (major < 2 || major === 6)) throw new RangeError('no length')
    switch (major) {
      case 0:
        return `${argument}`
      case 1:
        return `${-1n - BigInt(argument)}`
      case 2:
        return argument === INDEFINITE ? this.#chunks(2, depth) : `h'${bytesText(this.#take(argument), '')}'`
      case 3:
        return argument === INDEFINITE ? this.#chunks(3, depth) : JSON.stringify(TEXT.decode(this.#take(argument)))
      case 4:
        return this.#list(argument, depth)
      case 5:
        return this.#map(argument, depth)
      default:
        return `${argument}(${this.item(depth + 1)})`
    }
  }

  #argument(detail: number): number | bigint {
    const view = this.#view
    const at = this.at
    if (detail < 24) return detail
    switch (detail) {
      case 24:
        this.at += 1
        return view.getUint8(at)
      case 25:
        this.at += 2
        return view.getUint16(at)
      case 26:
        this.at += 4
        return view.getUint32(at)
      case 27:
        this.at += 8
        return view.getBigUint64(at)
      case 31:
        return INDEFINITE
      default:
        throw new RangeError('reserved')
    }
  }

  #take(length: number | bigint): Uint8Array {
    const end = this.at + Number(length)
    if (end > this.#bytes.length) throw new RangeError('beyond the bytes')
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  #isBreak(): boolean {
    if (this.#view.getUint8(this.at) !== 0xff) return false
    this.at++
    return true
  }

  #chunks(major: number, depth: number): string {
    const parts: string[] = []
    while (!this.#isBreak()) {
      if (this.#view.getUint8(this.at) >> 5 !== major) throw new RangeError('a chunk of another type')
      parts.push(this.item(depth + 1))
    }
    return `(_ ${parts.join(', ')})`
  }

  #list(length: number | bigint, depth: number): string {
    const parts: string[] = []
    if (length === INDEFINITE) while (!this.#isBreak()) parts.push(this.item(depth + 1))
    else for (let i = 0; i < length; i++) parts.push(this.item(depth + 1))
    return length === INDEFINITE ? `[_ ${parts.join(', ')}]` : `[${parts.join(', ')}]`
  }

  #map(length: number | bigint, depth: number): string {
    const parts: string[] = []
    const pair = (): void => {
      const key = this.item(depth + 1)
      parts.push(`${key}: ${this.item(depth + 1)}`)
    }
    if (length === INDEFINITE) while (!this.#isBreak()) pair()
    else for (let i = 0; i < length; i++) pair()
    return length === INDEFINITE ? `{_ ${parts.join(', ')}}` : `{${parts.join(', ')}}`
  }

  #simple(detail: number): string {
    const view = this.#view
    const at = this.at
    switch (detail) {
      case 25:
        this.at += 2
        return numberText(half(view.getUint16(at)))
      case 26:
        this.at += 4
        return numberText(view.getFloat32(at))
      case 27:
        this.at += 8
        return numberText(view.getFloat64(at))
      default: {
        const value = this.#argument(detail)
        if (value === INDEFINITE) throw new RangeError('a break without a beginning')
        return SIMPLE[Number(value)] ?? `simple(${value})`
      }
    }
  }
}

/** A float shows that it is one: `1.0`. */
function numberText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${Object.is(value, -0) ? '-0' : value}.0` : `${value}`
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  const size =
    exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? (fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN) : (fraction + 1024) * 2 ** (exponent - 25)
  return (bits & 0x8000) === 0 ? size : -size
}
