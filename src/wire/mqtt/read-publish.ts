// PUBLISH as a packet of its own [MQTT 3.1, 3.1.1 and 5.0, section 3.3]: the plain way, and what a client makes of its server's runs.
// decode-publish.ts is the fast way of the same, for servers, which look at the head only; a law in the tests keeps the two alike.

import { Cursor, copyOf } from '../cursor.ts'
import { ProtocolError } from '../errors.ts'
import { readProperties } from './decode-properties.ts'
import type { HeadDecoder } from './framer.ts'
import type { ProtocolVersion, Publish, Qos, Sender } from './packet.ts'
import * as PacketType from './packet-type.ts'
import { NO_PROPERTIES } from './properties.ts'
import type { PublishRun } from './publish-run.ts'
import { hasWildcard } from './topics.ts'

/** The packet with this first byte, whose body is all that the cursor has. It owns its memory. Throws ProtocolError. */
export function decodePublish(header: number, cursor: Cursor, version: ProtocolVersion, sender: Sender): Publish {
  const qos = (header >> 1) & 3
  if (qos === 3) throw new ProtocolError(0x81, 'QoS 3', 'MQTT-3.3.1-4') // [MQTT-3.3.1-4]
  if (qos === 0 && (header & 8) !== 0) throw new ProtocolError(0x81, 'DUP with QoS 0', 'MQTT-3.3.1-2') // [MQTT-3.3.1-2]
  const topicAt = cursor.at
  const topicName = cursor.text('Topic Name')
  if (hasWildcard(topicName)) throw new ProtocolError(0x81, `wildcard in Topic Name ${topicName}`, 'MQTT-3.3.2-2', topicAt) // [MQTT-3.3.2-2]
  const packetIdAt = cursor.at
  const packetId = qos === 0 ? 0 : cursor.twoByte('Packet Identifier') // [MQTT-2.2.1-2]
  const properties = version === 5 ? readProperties(cursor, PacketType.Publish, sender) : NO_PROPERTIES
  if (topicName === '' && properties.topicAlias === undefined) throw new ProtocolError(0x81, 'empty Topic Name', 'MQTT-4.7.3-1', topicAt) // [MQTT-4.7.3-1]
  if (qos !== 0 && packetId === 0) throw new ProtocolError(0x82, 'PUBLISH with Packet Identifier 0', 'MQTT-2.2.1-3', packetIdAt) // [MQTT-2.2.1-3]
  return {
    type: PacketType.Publish,
    topicName,
    payload: cursor.rest(),
    qos: qos as Qos,
    retain: (header & 1) !== 0,
    dup: (header & 8) !== 0,
    packetId,
    properties,
  }
}

/** Bytes of a run that are copied at a time: what a program keeps alive by keeping one short message. */
const PIECE = 8192

/** A client's way to read runs: the first packet is decoded whole, so that the others, which repeat its head, need none of it again. */
export class PublishReader {
  /** The first packet of the latest run. */
  first: Publish | null = null
  /** Packets of the latest run up to #to, from its byte #start on. */
  #piece!: Uint8Array
  #start = 0
  #to = 0

  /** For the Framer. Fills only what a run needs to be told from the next one, and to find its payloads. */
  readonly decodeHead: HeadDecoder = (run, bytes, header, body, end, version) => {
    const packet = decodePublish(header, new Cursor(bytes, body, end, false), version, 'server')
    const topicLength = (bytes[body]! << 8) | bytes[body + 1]!
    run.header = header
    run.version = version
    run.topicLength = run.ownTopicLength = topicLength
    run.headLength = end - body - packet.payload.length
    run.propertiesLength = run.headLength - 2 - topicLength - (packet.qos > 0 ? 2 : 0)
    this.first = packet
    this.#to = 0
  }

  /** Packet i of the run, which repeats the head of `first`. Owns its memory with its neighbours: a copy of each payload by itself costs three times as much. */
  repeat(first: Publish, run: PublishRun, i: number): Publish {
    const { starts } = run
    if (i >= this.#to) {
      const start = starts[i]!
      let to = i + 1
      while (to < run.to && starts[to + 1]! - start <= PIECE) to++
      this.#piece = copyOf(run.bytes, start, starts[to]!)
      this.#start = start
      this.#to = to
    }
    const { type, topicName, qos, retain, dup, properties } = first
    const payload = this.#piece.subarray(run.bodies[i]! + run.headLength - this.#start, starts[i + 1]! - this.#start)
    return { type, topicName, payload, qos, retain, dup, packetId: qos === 0 ? 0 : run.packetId(i), properties }
  }
}
