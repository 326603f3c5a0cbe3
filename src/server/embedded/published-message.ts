// A run of one PUBLISH as a message for programs, and what a plugin made of it as a run again.
// Slow beside the router, which is why it is done only for those who ask.

import { Message, payloadBytes } from '../../client/message.ts'
import { UsageError } from '../../wire/errors.ts'
import { decodePacket } from '../../wire/mqtt/decode.ts'
import { encodePacket } from '../../wire/mqtt/encode.ts'
import { readRun } from '../../wire/mqtt/framer.ts'
import { PacketType, type Publish } from '../../wire/mqtt/packet.ts'
import { PublishRun } from '../../wire/mqtt/publish-run.ts'
import { isTopicName } from '../../wire/mqtt/topics.ts'
import type { PublishChange } from './plugin.ts'

const NOTHING_TO_ACKNOWLEDGE = (): void => {}

/** The first packet of the run, which has its Topic Name and no alias; copied. */
export function messageOf(run: PublishRun): Message {
  const { header, bytes, bodies, starts, from, version } = run
  const publish = decodePacket(header, bytes, bodies[from]!, starts[from + 1]!, version, 'server') as Publish
  return new Message({ ...publish, payload: new Uint8Array(publish.payload) }, NOTHING_TO_ACKNOWLEDGE)
}

/** @throws UsageError, MqttError for what cannot be published */
export function changedMessage(message: Message, change: PublishChange, maximumLevels: number): Message {
  if (typeof change !== 'object' || change === null) throw new UsageError(`the answer was ${String(change)}: answer a message, false or nothing`)
  const { topic = message.topic, payload, retain = message.retain, properties = message.properties } = change
  if (typeof topic !== 'string' || !isTopicName(topic)) throw new UsageError(`Topic Name '${String(topic)}' is not a valid one`)
  const levels = topic.split('/').length
  if (levels > maximumLevels) throw new UsageError(`Topic Name of ${levels} levels, ${maximumLevels} at most`)
  const publish: Publish = {
    type: PacketType.Publish,
    dup: false,
    qos: message.qos,
    retain,
    topicName: topic,
    packetId: message.qos === 0 ? 0 : 1,
    properties,
    payload: payload === undefined ? message.payload : payloadBytes(payload),
  }
  encodePacket(publish, 5) // says what is wrong with it
  return new Message(publish, NOTHING_TO_ACKNOWLEDGE)
}

export function encodedRun({ topic, payload, qos, retain, properties }: Message): PublishRun {
  const packetId = qos === 0 ? 0 : 1
  const bytes = encodePacket({ type: PacketType.Publish, dup: false, qos, retain, topicName: topic, packetId, properties, payload }, 5)
  const run = new PublishRun()
  readRun(run, bytes, 0, bytes.length, 5)
  return run
}
