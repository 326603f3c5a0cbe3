// A server whose limits leave little room: leaving, closing and coming back go on all the same.
// What is refused to the program because of limits is in delivery.test.ts.

import { expect, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { Bench, subscribe } from './client-bench.ts'
import { publishOf } from './scripted-server.ts'

test('close says DISCONNECT without its properties when they would be too large [MQTT-3.2.2-15]', async () => {
  const bench = new Bench()
  bench.connack = { properties: { maximumPacketSize: 8 } }
  await bench.open()
  const closed = bench.client.close()
  await bench.serve()
  await closed
  expect([bench.log.at(-1), bench.client.connected]).toEqual(['DISCONNECT', false])
})

test('an UNSUBSCRIBE too large for the server that came back harms nothing but itself [MQTT-3.2.2-15]', async () => {
  const bench = await new Bench({ sessionExpiry: 1000, cleanStart: false, clientId: 'c' }).open()
  const subscription = await subscribe(bench, 'a/long/filter')
  bench.silent.add(PacketType.Unsubscribe)
  const left = subscription.unsubscribe().catch(() => {}) // done or refused, but settled
  await bench.serve()
  bench.connack = { sessionPresent: true, properties: { maximumPacketSize: 12 } }
  await bench.lose()
  await left
  expect(bench.client.connected).toBe(true)
  bench.connack = {}
  await bench.client.publish('b', 'x')
})

test('a publish given up while the client closes leaves no timer', async () => {
  const bench = await new Bench({ keepAlive: 10 }).open()
  await subscribe(bench, 'a', { highWaterMark: 1 })
  bench.say(publishOf('a', '1'))
  expect(bench.dialer.last.paused).toBe(true)
  bench.silent.add(PacketType.Publish)
  const controller = new AbortController()
  const given = bench.client.publish('b', 'x', { qos: 1, signal: controller.signal }).catch(() => {})
  await bench.serve()
  const closed = bench.client.close()
  controller.abort()
  await given
  bench.dialer.last.cut()
  await closed
  expect(bench.timers.waits).toEqual([])
})
