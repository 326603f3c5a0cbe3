// A capture in which a PUBACK is lost: esp32 publishes with QoS 1, its answer does not arrive, it reconnects and sends again; then one message with QoS 2.
// Three lanes, a pause, a message delivered twice: what a ladder must show.

import type { Publish, Qos } from '../../../src/wire/mqtt/packet.ts'
import { LabCapture } from '../../support/lab-capture.ts'

const TOPIC = 'building5/floor0/room5.03/temperature'

function publish(packetId: number, qos: Qos, payload: string, dup = false): Publish {
  return { type: 3, dup, qos, retain: false, topicName: TOPIC, packetId, payload: Buffer.from(payload), properties: {} }
}

const answer = (type: 4 | 5 | 6 | 7, packetId: number) => ({ type, packetId, reasonCode: 0, properties: {} }) as const

export function lostPuback(): Uint8Array {
  const lab = new LabCapture()
  const dashboard = lab.client('10.0.5.40', 51_000, 4)
  dashboard.connects('dashboard').subscribes(1, [['building5/#', 1]])
  const before = lab.client('10.0.5.23', 53_854, 4)
  before.says({
    type: 1,
    version: 4,
    bridge: false,
    cleanStart: false,
    keepAlive: 60,
    clientId: 'esp32-5.03',
    will: null,
    userName: null,
    password: null,
    properties: {},
  })
  before.hears({ type: 2, sessionPresent: false, reasonCode: 0, properties: {} })
  before.says(publish(7, 1, '{"t":21.5}'), 300)
  dashboard.hears(publish(31, 1, '{"t":21.5}'), 0.4).says(answer(4, 31), 1.5)
  before.hears(answer(4, 7), 0.3)
  before.closes(true)
  lab.wait(5000)
  const again = lab.client('10.0.5.23', 53_860, 4)
  again.says({
    type: 1,
    version: 4,
    bridge: false,
    cleanStart: false,
    keepAlive: 60,
    clientId: 'esp32-5.03',
    will: null,
    userName: null,
    password: null,
    properties: {},
  })
  again.hears({ type: 2, sessionPresent: true, reasonCode: 0, properties: {} })
  again.says(publish(7, 1, '{"t":21.5}', true))
  dashboard.hears(publish(32, 1, '{"t":21.5}'), 0.5)
  again.hears(answer(4, 7), 0.4)
  dashboard.says(answer(4, 32), 1)
  again
    .says(publish(8, 2, '{"t":22}'), 1100)
    .hears(answer(5, 8), 0.6)
    .says(answer(6, 8), 0.5)
    .hears(answer(7, 8), 0.4)
  dashboard.hears(publish(33, 1, '{"t":22}'), 0.4).says(answer(4, 33), 1)
  return new Uint8Array(lab.file)
}
