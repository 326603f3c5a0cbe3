// Bodies in blocks [RFC 7959] put together as Wireshark does: by the two addresses alone, whatever the tokens, each block as it came.
// Wrong orders, doubles and contradictions are kept and noted. Bounded: beyond the cap the body under way is given up.

const MOST_BYTES = 16 << 20
const MOST_BODIES = 256

export interface Block {
  readonly frame: number
  readonly number: number
  readonly bytes: Uint8Array
  overlap: boolean
  conflict: boolean
  multipleTails: boolean
  tooLong: boolean
  /** Where the block lies in the body; known when the body is complete. */
  start: number
}

export interface Body {
  /** By number, doubles in the order in which they came. */
  readonly blocks: readonly Block[]
  readonly bytes: Uint8Array
  /** Blocks contradict each other. */
  readonly isIllegal: boolean
}

class BodyUnderWay {
  readonly blocks: Block[] = []
  size = 0
  /** Number of the last block; -1 = not seen. */
  last = -1
}

/** One per capture. */
export class CoapBlocks {
  readonly #bodies = new Map<string, BodyUnderWay>()

  /** Takes a block, copies it; returns the body when it is complete. */
  add(key: string, frame: number, number: number, more: boolean, bytes: Uint8Array): Body | null {
    const body = this.#bodies.get(key) ?? this.#begin(key)
    const block: Block = { frame, number, bytes: bytes.slice(), overlap: false, conflict: false, multipleTails: false, tooLong: false, start: 0 }
    if (!more) {
      if (body.last < 0) body.last = number
      else if (body.last !== number) block.multipleTails = true
    }
    const before = body.blocks.findLast((other) => other.number === number)
    if (before !== undefined) {
      block.overlap = true
      block.conflict = !sameBytes(before.bytes, block.bytes)
    }
    const after = body.blocks.findIndex((other) => other.number > number)
    body.blocks.splice(after < 0 ? body.blocks.length : after, 0, block)
    body.size += bytes.length
    if (body.size > MOST_BYTES) {
      this.#bodies.delete(key)
      return null
    }
    const count = unbroken(body.blocks)
    if (body.last < 0 || count <= body.last) return null
    block.tooLong = count > body.last + 1
    this.#bodies.delete(key)
    return joined(body.blocks)
  }

  #begin(key: string): BodyUnderWay {
    if (this.#bodies.size >= MOST_BODIES) this.#bodies.delete(this.#bodies.keys().next().value!)
    const body = new BodyUnderWay()
    this.#bodies.set(key, body)
    return body
  }
}

/** How many numbers from 0 on are there without a gap. */
function unbroken(blocks: readonly Block[]): number {
  let next = 0
  for (const { number } of blocks) if (number === next) next++
  return next
}

function joined(blocks: readonly Block[]): Body {
  let size = 0
  for (const block of blocks) if (!block.overlap) size += block.bytes.length
  const bytes = new Uint8Array(size)
  let at = 0
  let start = 0
  for (const block of blocks) {
    if (!block.overlap) {
      start = at
      bytes.set(block.bytes, at)
      at += block.bytes.length
    }
    block.start = start
  }
  const isIllegal = blocks.some(({ conflict, multipleTails, tooLong }) => conflict || multipleTails || tooLong)
  return { blocks, bytes, isIllegal }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
