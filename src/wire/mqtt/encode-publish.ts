// A run in another shape: other version, QoS, RETAIN, added Subscription Identifiers, alias resolved.
// Packet Identifiers stay blank; session/outgoing-publishes patches them into each subscriber's copy.

import { decodePublishHead } from './decode-publish.ts'
import type { Qos } from './packet.ts'
import type { PublishRun, WireVersion } from './publish-run.ts'
import { varintSize, writeVarint } from './varint.ts'

export interface PublishShape {
  readonly version: WireVersion
  readonly qos: Qos
  readonly retain: number
  /** Subscription Identifiers to add [MQTT-3.3.4-3]; null = none. */
  readonly identifiers: readonly number[] | null
  /** Topic Alias to set; 0 = none. */
  readonly alias: number
  /** Leaves the Topic Name empty: the alias is known to the client. */
  readonly omitTopic: boolean
  /** Bytes left off at the beginning of the Topic Name: a mount point. */
  readonly strip: number
}

/** Encodes the selected packets of `source` into `target`, whose bytes are replaced when too small. */
export function encodeRun(target: PublishRun, source: PublishRun, shape: PublishShape): void {
  const topicLength = shape.omitTopic ? 0 : source.topicLength - shape.strip
  const topicAt = source.topicAt + shape.strip
  const idSize = shape.qos > 0 ? 2 : 0
  const kept = shape.version === 5 && source.version === 5 ? keptProperties(source) : NONE
  const added = shape.version === 5 ? addedProperties(shape) : NONE
  const values = kept.length + added.length
  const propertiesLength = shape.version === 5 ? varintSize(values) + values : 0
  const headLength = 2 + topicLength + idSize + propertiesLength
  const most = source.end - source.start + source.count * (headLength + 4)
  if (target.bytes.length < most) target.bytes = new Uint8Array(Math.max(most, 4096))
  const out = target.bytes
  const header = 0x30 | (shape.qos << 1) | shape.retain
  const name = topicLength > 64 ? source.topicBytes.subarray(topicAt, topicAt + topicLength) : null
  let at = 0
  for (let i = source.from; i < source.to; i++) {
    const start = at
    const payload = source.bodies[i]! + source.headLength
    const payloadEnd = source.starts[i + 1]!
    out[at++] = header
    at = writeVarint(out, at, headLength + payloadEnd - payload)
    const body = at
    out[at++] = topicLength >> 8
    out[at++] = topicLength & 255
    if (name === null) for (let k = 0; k < topicLength; k++) out[at + k] = source.topicBytes[topicAt + k]!
    else out.set(name, at)
    at += topicLength
    at += idSize
    if (shape.version === 5) {
      at = writeVarint(out, at, values)
      out.set(kept, at)
      out.set(added, at + kept.length)
      at += values
    }
    const size = payloadEnd - payload
    if (size <= 48) for (let k = 0; k < size; k++) out[at + k] = source.bytes[payload + k]!
    else out.set(source.bytes.subarray(payload, payloadEnd), at)
    at += size
    if (i === source.from) target.begin(out, start, body, at)
    else target.append(body, at)
  }
  decodePublishHead(target, out, header, target.bodies[0]!, target.starts[1]!, shape.version, null)
  target.topicId = source.topicId
}

const NONE = new Uint8Array(0)

/** The properties without a Topic Alias, which is the connection's [MQTT-3.3.2-7]; the others travel unaltered, in their order [MQTT-3.3.2-17]. */
function keptProperties(run: PublishRun): Uint8Array {
  const end = run.bodies[run.from]! + run.headLength
  const length = run.propertiesLength
  const all = run.bytes.subarray(end - length + varintSizeWithin(length), end)
  if (run.topicAlias === 0) return all
  const alias = aliasAt(all)
  const rest = new Uint8Array(all.length - 3)
  rest.set(all.subarray(0, alias))
  rest.set(all.subarray(alias + 3), alias)
  return rest
}

/** Bytes of a length field, given it and what it counts together. */
function varintSizeWithin(both: number): number {
  for (let size = 1; ; size++) if (varintSize(both - size) === size) return size
}

/** Where the Topic Alias begins among properties that were judged before and have one. */
function aliasAt(properties: Uint8Array): number {
  for (let at = 0; ; ) {
    const start = at
    const id = properties[at++]
    if (id === 0x23 || id === undefined) return start
    if (id === 0x01) at += 1
    else if (id === 0x02) at += 4
    else if (id === 0x0b) while (properties[at++]! > 127);
    else for (let texts = id === 0x26 ? 2 : 1; texts > 0; texts--) at += 2 + ((properties[at]! << 8) | properties[at + 1]!)
  }
}

function addedProperties({ identifiers, alias }: PublishShape): Uint8Array {
  if (identifiers === null && alias === 0) return NONE
  const out = new Uint8Array(3 + (identifiers?.length ?? 0) * 5)
  let at = 0
  if (alias > 0) {
    out[at++] = 0x23
    out[at++] = alias >> 8
    out[at++] = alias & 255
  }
  for (const identifier of identifiers ?? []) {
    out[at++] = 0x0b
    at = writeVarint(out, at, identifier)
  }
  return out.subarray(0, at)
}
