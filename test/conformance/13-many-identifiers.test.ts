// More different Subscription Identifiers on one topic than encodings are remembered at a time: each client still gets exactly its own.
// And one of them takes small packets only, with and without Topic Aliases.

import { expect, test } from 'vitest'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { TestBroker } from '../support/test-broker.ts'

const CLIENTS = 80
const encoder = new TextEncoder()

test.each([0, 10])('small packets pass a client that takes no large ones, beside many others, aliases %i [MQTT-3.1.2-25]', (topicAliasMaximum) => {
  const b = new TestBroker()
  const clients = Array.from({ length: CLIENTS }, (_, i) => {
    const client = b.client(`c${i}`, { version: 5, properties: { topicAliasMaximum, ...(i === CLIENTS - 1 ? { maximumPacketSize: 40 } : {}) } })
    client.subscribe('some/topic', 0, { identifier: 1000 + i })
    client.received()
    return client
  })
  const p = b.client('p', { version: 5 })
  const payloads = ['one', 'x'.repeat(100), 'two', 'y'.repeat(100), 'three', 'four', 'five', 'six']
  const message = { type: PacketType.Publish, topicName: 'some/topic', qos: 0, retain: false, dup: false, packetId: 0, properties: {} } as const
  p.sendBytes(...payloads.map((payload) => encodePacket({ ...message, payload: encoder.encode(payload) }, 5)))
  expect(p.isClosed).toBe(false)
  for (const [i, client] of clients.entries()) {
    const got = client.received().flatMap((packet) => (packet.type === PacketType.Publish ? [packet] : []))
    const expected = i === CLIENTS - 1 ? payloads.filter((payload) => payload.length < 10) : payloads
    expect(got.map(({ payload }) => new TextDecoder().decode(payload))).toEqual(expected)
    for (const { properties } of got) expect(properties.subscriptionIdentifiers).toEqual([1000 + i])
  }
  expect(b.broker.slabs.outstanding).toBe(0)
})
