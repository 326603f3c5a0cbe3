// A PUBLISH of a server's run as a packet of its own: what a client hands to its program.
// decode-publish.ts has judged the run's head; here it is only read.

import { Cursor } from '../cursor.ts'
import { readUtf8 } from '../text.ts'
import { readProperties } from './decode-properties.ts'
import { PacketType, type Publish } from './packet.ts'
import { NO_PROPERTIES } from './properties.ts'
import type { PublishRun } from './publish-run.ts'

const SHORT = 64

/** Packet i of the run. It owns its memory. */
export function readPublish(run: PublishRun, i: number): Publish {
  const { bytes, qos, header } = run
  const body = run.bodies[i]!
  const head = body + run.headLength
  const properties =
    run.propertiesLength > 1 ? readProperties(new Cursor(bytes, head - run.propertiesLength, head, false), PacketType.Publish, 'server') : NO_PROPERTIES
  return {
    type: PacketType.Publish,
    topicName: readUtf8(bytes, body + 2, body + 2 + run.ownTopicLength, false),
    payload: copyOf(bytes, head, run.starts[i + 1]!),
    qos,
    retain: (header & 1) !== 0,
    dup: (header & 8) !== 0,
    packetId: qos === 0 ? 0 : run.packetId(i),
    properties,
  }
}

/** Packet i, which repeats the head of the one given. */
export function repeatPublish(first: Publish, run: PublishRun, i: number): Publish {
  const payload = copyOf(run.bytes, run.bodies[i]! + run.headLength, run.starts[i + 1]!)
  return { ...first, payload, packetId: first.qos === 0 ? 0 : run.packetId(i) }
}

/** A view for `set` costs more than copying a few bytes one by one. */
function copyOf(bytes: Uint8Array, at: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - at)
  if (copy.length > SHORT) copy.set(bytes.subarray(at, end))
  else for (let i = 0; i < copy.length; i++) copy[i] = bytes[at + i]!
  return copy
}
