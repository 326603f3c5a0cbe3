// The outermost rows: what the capture says about a frame (`frame.*`) and the comments somebody wrote to it.
// The link type then decides who reads the bytes (link.ts).

import type { Frame } from '../capture/frame.ts'
import type { DissectContext } from './context.ts'
import { addExpert, Group, Severity } from './expert.ts'
import { COMMENT, Encapsulation, FRAME } from './frame-fields.ts'
import { ROOT } from './rows.ts'

const DIRECTIONS = ['', ' (inbound)', ' (outbound)', '']

/** LINKTYPE_ numbers to Wireshark's. */
const ENCAPSULATION_OF: ReadonlyMap<number, number> = new Map([
  [0, Encapsulation.Null],
  [1, Encapsulation.Ethernet],
  [12, Encapsulation.RawIp],
  [14, Encapsulation.RawIp],
  [101, Encapsulation.RawIp],
  [108, Encapsulation.Loop],
  [113, Encapsulation.LinuxCooked],
  [228, Encapsulation.RawIp4],
  [229, Encapsulation.RawIp6],
  [276, Encapsulation.LinuxCooked2],
])

/** A pcapng Custom Block, as capture/frame.ts marks it: private bytes without an encapsulation. */
const CUSTOM_BLOCK = -2

const BILLION = 1_000_000_000n

/** Times of the frames before: frame.time_relative and the deltas count from them. Nanoseconds since 1970. */
export class FrameTimes {
  #first: bigint | null = null
  #previous: bigint | null = null
  #displayed: bigint | null = null
  #current: bigint | null = null

  /** Nanoseconds between two frames are exact. A frame without time counts as one of 1970 for the next one, a Custom Block not at all. */
  begin(frame: Frame): void {
    this.#previous = this.#current ?? this.#previous
    this.#current = frame.hasTime ? timeOf(frame) : null
    if (!frame.hasTime && frame.interface.linkType !== CUSTOM_BLOCK) this.#previous = 0n
    if (this.#first === null) this.#first = this.#current
  }

  /** The current frame is shown. */
  displayed(): void {
    if (this.#current !== null) this.#displayed = this.#current
  }

  get relative(): bigint {
    return since(this.#current, this.#first)
  }

  get delta(): bigint {
    return since(this.#current, this.#previous)
  }

  get deltaDisplayed(): bigint {
    return since(this.#current, this.#displayed)
  }
}

/** Nanoseconds since 1970. */
export function timeOf(frame: Frame): bigint {
  return BigInt(frame.seconds) * BILLION + BigInt(frame.nanoseconds)
}

function since(now: bigint | null, then: bigint | null): bigint {
  return now === null || then === null ? 0n : now - then
}

/** Writes the rows of a frame; returns the row of frame.protocols, whose value is known at the end only, or -1. */
export function addFrame(context: DissectContext, times: FrameTimes | null): number {
  const { rows, frame, demand } = context
  if (frame.comments.length > 0) addComments(context)
  const stored = frame.bytes.length
  const root = rows.add(FRAME.protocol, 0, 0, stored, ROOT)
  if (!demand.has(FRAME.protocol)) return -1
  if (demand.text(FRAME.protocol)) rows.setText(root, titleOf(frame))
  const put = (field: number, value: number | bigint | string, parent = root): number => rows.addGiven(field, 0, -1, 0, parent, value)
  if (frame.interfaceId !== null || frame.interface.linkType === CUSTOM_BLOCK) put(FRAME.sectionNumber, frame.section)
  if (frame.interfaceId !== null) {
    const { description } = frame.interface
    const row = put(FRAME.interfaceId, frame.interfaceId)
    if (demand.text(FRAME.interfaceId)) rows.setText(row, `Interface id: ${frame.interfaceId} (${interfaceName(frame)})`)
    put(FRAME.interfaceName, interfaceName(frame), row)
    if (description !== null) put(FRAME.interfaceDescription, description, row)
  }
  if (frame.flags !== null) addFlags(context, frame.flags, root)
  if (frame.interface.linkType !== CUSTOM_BLOCK) put(FRAME.encapType, ENCAPSULATION_OF.get(frame.interface.linkType) ?? Encapsulation.Unknown)
  if (times !== null && frame.hasTime) {
    const time = timeOf(frame)
    put(FRAME.time, time)
    put(FRAME.offsetShift, 0n)
    put(FRAME.timeEpoch, time)
    put(FRAME.timeDelta, times.delta)
    put(FRAME.timeDeltaDisplayed, times.deltaDisplayed)
    put(FRAME.timeRelative, times.relative)
  }
  put(FRAME.number, frame.number)
  const length = put(FRAME.len, frame.length)
  const captured = put(FRAME.capLen, stored)
  if (demand.text(FRAME.len)) rows.setText(length, `Frame Length: ${bytesAndBits(frame.length)}`)
  if (demand.text(FRAME.capLen)) rows.setText(captured, `Capture Length: ${bytesAndBits(stored)}`)
  put(FRAME.marked, 0)
  put(FRAME.ignored, 0)
  const direction = (frame.flags ?? 0) & 3
  if (direction === 1 || direction === 2) put(FRAME.p2pDir, direction === 1 ? 1 : 0)
  return put(FRAME.protocols, '')
}

function addComments(context: DissectContext): void {
  const { rows, frame } = context
  const root = rows.add(COMMENT.protocol, 0, 0, 0, ROOT)
  for (const comment of frame.comments) {
    const row = rows.addGiven(FRAME.comment, 0, -1, 0, root, comment)
    if (context.demand.text(FRAME.comment)) rows.setText(row, comment)
    addExpert(context, row, FRAME.commentExpert, Severity.Comment, Group.Comment, comment)
  }
}

const FLAG_FIELDS: readonly (readonly [field: number, mask: number])[] = [
  [FRAME.packetFlagsDirection, 0x3],
  [FRAME.packetFlagsReceptionType, 0x1c],
  [FRAME.packetFlagsFcsLength, 0x1e0],
  [FRAME.packetFlagsReserved, 0xfe00],
  [FRAME.packetFlagsCrcError, 0x01000000],
  [FRAME.packetFlagsPacketTooError, 0x02000000],
  [FRAME.packetFlagsPacketTooShortError, 0x04000000],
  [FRAME.packetFlagsWrongInterFrameGapError, 0x08000000],
  [FRAME.packetFlagsUnalignedFrameError, 0x10000000],
  [FRAME.packetFlagsStartFrameDelimiterError, 0x20000000],
  [FRAME.packetFlagsPreambleError, 0x40000000],
  [FRAME.packetFlagsSymbolError, 0x80000000],
]

function addFlags(context: DissectContext, flags: number, root: number): void {
  const row = context.rows.addGiven(FRAME.packetFlags, 0, -1, 0, root, flags >>> 0)
  for (const [field, mask] of FLAG_FIELDS) {
    const value = (flags & mask) >>> (31 - Math.clz32(mask & -mask))
    context.rows.addGiven(field, 0, -1, 0, row, value)
  }
}

function titleOf(frame: Frame): string {
  const where = frame.interfaceId === null ? '' : ` on interface ${interfaceName(frame)}, id ${frame.interfaceId}`
  const direction = DIRECTIONS[(frame.flags ?? 0) & 3]
  return `Frame ${frame.number}: ${bytesAndBits(frame.length, ' on wire')}, ${bytesAndBits(frame.bytes.length, ' captured')}${where}${direction}`
}

/** An interface without a name goes by its description. */
function interfaceName({ interface: { name, description } }: Frame): string {
  return name ?? description ?? 'unknown'
}

function bytesAndBits(bytes: number, how = ''): string {
  return `${bytes} byte${bytes === 1 ? '' : 's'}${how} (${bytes * 8} bits)`
}
