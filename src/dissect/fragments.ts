// Puts the fragments of IPv4 and IPv6 datagrams together. One pass: the frame that completes a datagram shows it.
// Bounded: so many unfinished datagrams, so many bytes; the oldest goes first.

import type { DissectContext } from './context.ts'

const MOST_DATAGRAMS = 256
const LONGEST = 65_535
const MOST_FRAGMENTS = 8192

export interface Fragment {
  readonly frame: number
  readonly offset: number
  readonly bytes: Uint8Array
}

export interface Reassembled {
  readonly bytes: Uint8Array
  /** By offset. */
  readonly fragments: readonly Fragment[]
  readonly overlaps: boolean
  readonly conflicts: boolean
}

interface Unfinished {
  readonly fragments: Fragment[]
  /** Length of the datagram once the last fragment was seen. */
  length: number
  multipleTails: boolean
}

export class FragmentTable {
  readonly #unfinished = new Map<string, Unfinished>()

  /** Adds a copy of a fragment; the whole datagram when this was the last one missing. */
  add(key: string, frame: number, offset: number, bytes: Uint8Array, isLast: boolean): Reassembled | null {
    if (offset + bytes.length > LONGEST) return null
    let entry = this.#unfinished.get(key)
    if (entry === undefined) {
      if (this.#unfinished.size >= MOST_DATAGRAMS)
        for (const oldest of this.#unfinished.keys()) {
          this.#unfinished.delete(oldest)
          break
        }
      entry = { fragments: [], length: -1, multipleTails: false }
      this.#unfinished.set(key, entry)
    }
    if (entry.fragments.length >= MOST_FRAGMENTS) return null
    entry.fragments.push({ frame, offset, bytes: new Uint8Array(bytes) })
    if (isLast) {
      if (entry.length >= 0 && entry.length !== offset + bytes.length) entry.multipleTails = true
      else entry.length = offset + bytes.length
    }
    if (entry.length < 0) return null
    const done = assemble(entry)
    if (done !== null) this.#unfinished.delete(key)
    return done
  }
}

function assemble(entry: Unfinished): Reassembled | null {
  const fragments = entry.fragments.toSorted((a, b) => a.offset - b.offset)
  let reach = 0
  for (const { offset, bytes } of fragments) {
    if (offset > reach) return null
    reach = Math.max(reach, offset + bytes.length)
  }
  if (reach < entry.length) return null
  const whole = new Uint8Array(entry.length)
  let [filled, overlaps, conflicts] = [0, false, false]
  for (const { offset, bytes } of fragments) {
    const common = Math.min(filled, offset + bytes.length) - offset
    if (common > 0) {
      overlaps = true
      for (let i = 0; i < common && !conflicts; i++) conflicts = whole[offset + i] !== bytes[i]
    }
    const fresh = Math.max(0, filled - offset)
    if (fresh < bytes.length) whole.set(bytes.subarray(fresh, Math.min(bytes.length, entry.length - offset)), offset + fresh)
    filled = Math.max(filled, offset + bytes.length)
  }
  return { bytes: whole, fragments, overlaps, conflicts }
}

/** The fields of a fragment list; both versions have the same. */
export interface FragmentFields {
  readonly list: number
  readonly fragment: number
  readonly overlap: number
  readonly conflict: number
  readonly count: number
  readonly length: number
  readonly data: number
  /** `IPv4`. */
  readonly label: string
}

/** Shows where a datagram came from, below its protocol's row; returns its new source. */
export function addReassembled(
  context: DissectContext,
  root: number,
  protocol: { readonly protocol: number },
  fields: FragmentFields,
  datagram: Reassembled,
): number {
  const { rows, demand } = context
  const source = rows.addSource(datagram.bytes, `Reassembled ${fields.label}`)
  if (!demand.has(protocol.protocol)) return source
  const { fragments } = datagram
  const list = rows.add(fields.list, source, 0, datagram.bytes.length, root)
  if (demand.text(fields.list)) {
    const parts = fragments.map(({ frame, bytes }) => `#${frame}(${bytes.length})`).join(', ')
    rows.setText(list, `${fragments.length} ${fields.label} Fragments (${datagram.bytes.length} bytes): ${parts}`)
  }
  for (const { frame, offset, bytes } of fragments) {
    const row = rows.addGiven(fields.fragment, source, offset, bytes.length, list, frame)
    if (demand.text(fields.fragment)) rows.setText(row, `Frame: ${frame}, payload: ${offset}-${offset + bytes.length - 1} (${bytes.length} bytes)`)
    if (datagram.overlaps) rows.addGiven(fields.overlap, source, -1, 0, row, 1)
    if (datagram.conflicts) rows.addGiven(fields.conflict, source, -1, 0, row, 1)
  }
  rows.addGiven(fields.count, source, -1, 0, list, fragments.length)
  rows.addGiven(fields.length, source, -1, 0, list, datagram.bytes.length)
  rows.add(fields.data, source, 0, datagram.bytes.length, list)
  return source
}
