// How the library's client sends: QoS 0 at once where nothing waits, topics by the aliases used last.
// Seen by a test broker, or by a port that stands for the connection.

import { expect, test } from 'vitest'
import { connect } from '../../src/client/node.ts'
import type { OutgoingMessage } from '../../src/session/client-effects.ts'
import { type DeliveryPort, OutgoingDeliveries } from '../../src/session/client-outgoing.ts'
import { ClientPacketIds } from '../../src/session/client-packet-ids.ts'
import { testBroker } from '../../src/testing/test-broker.ts'
import { UsageError } from '../../src/wire/errors.ts'
import type { Publish } from '../../src/wire/mqtt/packet.ts'

const messageOf = (text: string, qos: 0 | 1 = 0, topicName = 'a'): OutgoingMessage => ({
  topicName,
  payload: new TextEncoder().encode(text),
  qos,
  retain: false,
  properties: {},
})

test('a QoS 0 message is sent at once, but never before one that waits, and not into a full socket', () => {
  const sent: string[] = []
  const port = {
    writable: true as boolean,
    refusal: null as Error | null,
    sendPublish({ message }: { readonly message: OutgoingMessage }) {
      if (this.refusal === null) sent.push(new TextDecoder().decode(message.payload))
      return this.refusal
    },
    sendPubrel: () => {},
    delivered: () => {},
    undelivered: () => {},
    drained: () => {},
  } satisfies DeliveryPort & { refusal: Error | null }
  const outgoing = new OutgoingDeliveries(new ClientPacketIds(), null)
  outgoing.resume(10, port)
  expect([outgoing.sendNow(messageOf('1'), port), outgoing.sendNow(messageOf('QoS 1', 1), port), sent]).toEqual([true, false, ['1']])
  port.writable = false
  expect([outgoing.sendNow(messageOf('2'), port), sent]).toEqual([false, ['1']])
  outgoing.add(messageOf('2'))
  outgoing.pump(port)
  port.writable = true
  expect([outgoing.sendNow(messageOf('3'), port), sent]).toEqual([false, ['1']])
  outgoing.add(messageOf('3'))
  outgoing.pump(port)
  expect([outgoing.sendNow(messageOf('4'), port), sent]).toEqual([true, ['1', '2', '3', '4']])
  expect(() => outgoing.sendNow(messageOf('5', 0, 'a/#'), port)).toThrow(UsageError)
  port.refusal = new Error('not to this server')
  expect(() => outgoing.sendNow(messageOf('5'), port)).toThrow('not to this server')
})

test('the topics published to last have the aliases; the one unused for longest gives its own up [MQTT-3.3.2-7]', async () => {
  await using broker = await testBroker({ limits: { topicAliasMaximum: 2 } })
  await using client = await connect(broker.url, { timeoutMs: 3000 })
  for (const topic of ['A', 'A', 'B', 'A', 'C', 'A', 'B', 'A', 'A']) await client.publish(topic, '', { qos: 1, timeoutMs: 3000 })
  const publishes = broker.packets.filter('mqtt.msgtype == 3')
  expect(publishes.map((packet) => packet.topic).join('')).toBe('AABACABAA')
  expect(publishes.map((packet) => (packet.packet as Publish).topicName || '-').join('')).toBe('A-B-C-B--')
  await using none = await connect(broker.url, { timeoutMs: 3000, topicAliases: 0 })
  broker.packets.clear()
  for (let i = 0; i < 2; i++) await none.publish('A', '', { qos: 1, timeoutMs: 3000 })
  expect(broker.packets.filter('mqtt.msgtype == 3').map((packet) => (packet.packet as Publish).topicName)).toEqual(['A', 'A'])
})
