// The client as programs use it: publish, subscribe, limits of time, and what a broken connection means for each.
// Requests, status and closing are in client-life.test.ts.

import { expect, test } from 'vitest'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES } from '../../src/wire/mqtt/properties.ts'
import { Bench, errorOf, subscribe } from './client-bench.ts'
import { ackOf, publishOf } from './scripted-server.ts'

test('publish settles at the acknowledgement, with its Reason Code', async () => {
  const bench = await new Bench().open()
  bench.reasonCode = 0x10
  const receipt = bench.client.publish('a', { t: 21.5 }, { qos: 1, retain: true })
  await bench.serve()
  expect(await receipt).toEqual({ reasonCode: 0x10, noMatchingSubscribers: true })
  expect(bench.log.at(-1)).toBe('PUBLISH q1 1 \'a\' {"t":21.5}')
  bench.reasonCode = 0
  const twice = bench.client.publish('a', 'x', { qos: 2 })
  await bench.serve()
  expect((await twice).reasonCode).toBe(0)
  expect((await bench.client.publish('a', Uint8Array.of(1))).noMatchingSubscribers).toBe(false)
})

test('a refused publish rejects with the Reason Code', async () => {
  const bench = await new Bench().open()
  bench.reasonCode = 0x87
  for (const qos of [1, 2] as const) {
    const refused = errorOf(bench.client.publish('a', 'x', { qos }))
    await bench.serve()
    expect(await refused).toMatchObject({ name: 'MqttError', code: 'REFUSED', reasonCode: 0x87, message: "publish to 'a' refused: Not authorized" })
  }
})

test('what cannot be sent rejects at once', async () => {
  const bench = new Bench()
  bench.connack = { properties: { maximumQos: 1 } }
  await bench.open()
  expect(await errorOf(bench.client.publish('a/#', 'x'))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await errorOf(bench.client.publish('a', 'x', { qos: 2 }))).toMatchObject({ code: 'NOT_SUPPORTED', reasonCode: 0x9b })
  expect(await errorOf(bench.client.publish('a', (() => {}) as object))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await errorOf(bench.client.subscribe('a#'))).toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(bench.log).toEqual(['CONNECT'])
})

test('a refused connection rejects, and so does one that takes too long or is given up', async () => {
  const refused = new Bench()
  refused.connack = { reasonCode: 0x86 }
  const opened = errorOf(refused.client.open({}))
  await refused.serve()
  expect(await opened).toMatchObject({ code: 'CONNECTION_REFUSED', reasonCode: 0x86, hint: 'check username and password' })

  const slow = new Bench()
  const waiting = errorOf(slow.client.open({ timeoutMs: 50 }))
  slow.timers.pass(50)
  expect(await waiting).toMatchObject({ code: 'TIMEOUT' })
  expect(slow.dialer.last.ended).toBe('destroy')

  const given = new Bench()
  const controller = new AbortController()
  const up = errorOf(given.client.open({ signal: controller.signal }))
  controller.abort(new Error('enough'))
  expect(await up).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
  expect(given.dialer.last.ended).toBe('destroy')
})

test('messages come to the subscriptions that match, told apart by Subscription Identifier', async () => {
  const bench = await new Bench().open()
  const wide = await subscribe(bench, 'a/#', { qos: 1 })
  const narrow = await subscribe(bench, 'a/b')
  expect([wide.grantedQos, narrow.grantedQos]).toEqual([1, 0])
  bench.say(publishOf('a/b', '{"t":1}', { qos: 1, retain: true, properties: { subscriptionIdentifiers: [1] } }))
  bench.say(publishOf('a/b', 'narrow', { properties: { subscriptionIdentifiers: [2] } }))
  bench.say(publishOf('a/b', 'both'))
  bench.say(publishOf('c', 'nobody', { qos: 1, packetId: 5 }))
  const message = (await wide.next())!
  expect([message.topic, message.json(), message.retain, message.qos]).toEqual(['a/b', { t: 1 }, true, 1])
  expect((await wide.next())!.text()).toBe('both')
  expect((await narrow.next())!.text()).toBe('narrow')
  expect((await narrow.next())!.text()).toBe('both')
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 1', 'PUBACK 5'])
})

test('a loop that is left unsubscribes; one whose client closes ends', async () => {
  const bench = await new Bench().open()
  const first = await subscribe(bench, 'a')
  const second = await subscribe(bench, 'b')
  const seen: string[] = []
  const loop = (async () => {
    for await (const message of first) {
      seen.push(message.text())
      if (seen.length === 2) break
    }
  })()
  for (const text of ['1', '2', '3']) bench.say(publishOf('a', text))
  await bench.serve()
  await loop
  expect(seen).toEqual(['1', '2'])
  expect(bench.log.at(-1)).toBe('UNSUBSCRIBE 3 a')
  const ended = (async () => {
    for await (const message of second) seen.push(message.text())
  })()
  const closed = bench.client.close()
  await bench.serve()
  await Promise.all([closed, ended])
  expect(bench.log.at(-1)).toBe('DISCONNECT')
})

test('two readers of one filter share it at the server; the last one takes it back', async () => {
  const bench = await new Bench().open()
  const first = await subscribe(bench, 'a')
  const second = await subscribe(bench, 'a')
  bench.say(publishOf('a', 'x', { properties: { subscriptionIdentifiers: [1] } }))
  expect([(await first.next())!.text(), (await second.next())!.text()]).toEqual(['x', 'x'])
  await first.unsubscribe()
  expect(bench.log.filter((line) => line.startsWith('UNSUB'))).toEqual([])
  const left = bench.client.unsubscribe('a')
  await bench.serve()
  await left
  expect(bench.log.filter((line) => line.startsWith('UNSUB'))).toEqual(['UNSUBSCRIBE 3 a'])
  expect(await second.next()).toBe(null)
})

test('a refused subscription rejects with its Reason Code', async () => {
  const bench = await new Bench().open()
  bench.reasonCode = 0x87
  const refused = errorOf(bench.client.subscribe('a'))
  await bench.serve()
  expect(await refused).toMatchObject({ code: 'REFUSED', reasonCode: 0x87 })
  bench.reasonCode = 0
  await subscribe(bench, 'a') // and may be tried again
})

test('`pause`: reading stops when the buffer is full, goes on when half of it is read, and while an answer is due', async () => {
  const bench = await new Bench().open()
  const subscription = await subscribe(bench, 'a', { qos: 1, highWaterMark: 4 })
  for (let i = 1; i <= 3; i++) bench.say(publishOf('a', String(i)))
  expect(bench.dialer.last.paused).toBe(false)
  for (let i = 4; i <= 6; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
  expect(bench.dialer.last.paused).toBe(true)
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 4']) // 5 and 6 are beyond the mark
  bench.silent.add(PacketType.Publish)
  const publishing = bench.client.publish('b', 'x', { qos: 1 })
  expect(bench.dialer.last.paused).toBe(false)
  await bench.serve()
  bench.say(ackOf('puback', 2))
  await publishing.catch(() => {})
  expect(bench.dialer.last.paused).toBe(true)
  for (let i = 1; i <= 3; i++) expect((await subscription.next())!.text()).toBe(String(i))
  expect(bench.dialer.last.paused).toBe(true)
  expect((await subscription.next())!.text()).toBe('4')
  expect(bench.dialer.last.paused).toBe(false)
  await subscription.next()
  await bench.serve()
  expect(bench.log.at(-1)).toBe('PUBACK 5')
  expect(subscription.dropped).toBe(0)
})

test('`drop-oldest` and `drop-newest` keep the other end, count, and acknowledge what they drop', async () => {
  for (const [overflow, kept] of [
    ['drop-oldest', ['3', '4']],
    ['drop-newest', ['1', '2']],
  ] as const) {
    const bench = await new Bench().open()
    const subscription = await subscribe(bench, 'a', { qos: 1, highWaterMark: 2, overflow })
    for (let i = 1; i <= 4; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
    expect([(await subscription.next())!.text(), (await subscription.next())!.text()]).toEqual(kept)
    expect([subscription.dropped, bench.dialer.last.paused]).toEqual([2, false])
    await bench.serve()
    expect(bench.log.filter((line) => line.startsWith('PUBACK')).length).toBe(4)
  }
})

test('`manualAck`: nothing is acknowledged but by `ack`', async () => {
  const bench = await new Bench().open()
  const subscription = await subscribe(bench, 'a', { qos: 1, manualAck: true })
  for (let i = 1; i <= 2; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
  const first = (await subscription.next())!
  const second = (await subscription.next())!
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual([])
  second.ack()
  first.ack()
  first.ack()
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 1', 'PUBACK 2'])
})

test('a message of two subscriptions is acknowledged when both have acknowledged it', async () => {
  const bench = await new Bench().open()
  const first = await subscribe(bench, 'a/#', { qos: 1, manualAck: true })
  const second = await subscribe(bench, 'a/b', { qos: 1, manualAck: true })
  bench.say(publishOf('a/b', 'x', { qos: 1, properties: { subscriptionIdentifiers: [1, 2] } }))
  ;(await first.next())!.ack()
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual([])
  ;(await second.next())!.ack()
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 1'])
})

test('`manualAck` with `drop-oldest`: what is dropped is acknowledged, since nobody else could', async () => {
  const bench = await new Bench().open()
  const subscription = await subscribe(bench, 'a', { qos: 1, manualAck: true, overflow: 'drop-oldest', highWaterMark: 1 })
  for (let i = 1; i <= 2; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 1'])
  expect((await subscription.next())!.text()).toBe('2')
})

test('after a break with the session kept nothing is subscribed again; without it everything is, before what waits is published', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  await subscribe(bench, 'a/#', { qos: 1 })
  bench.connack = { sessionPresent: true }
  await bench.lose()
  expect(bench.connects.at(-1)!.cleanStart).toBe(false)
  expect(bench.log.slice(-1)).toEqual(['CONNECT'])
  bench.connack = { sessionPresent: false }
  bench.dialer.last.cut()
  const publishing = bench.client.publish('a/b', 'x', { qos: 1 })
  bench.timers.pass(1000)
  await bench.serve()
  await publishing
  expect(bench.log.slice(-3)).toEqual(['CONNECT', 'SUBSCRIBE 2 a/#:1', "PUBLISH q1 3 'a/b' x"])
})

test('subscribe and unsubscribe that were not answered are said again on the next connection', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  const old = await subscribe(bench, 'old')
  bench.silent.add(PacketType.Subscribe).add(PacketType.Unsubscribe)
  const subscribing = bench.client.subscribe('new')
  const leaving = old.unsubscribe()
  await bench.serve()
  bench.silent.clear()
  bench.connack = { sessionPresent: true }
  await bench.lose()
  await leaving
  expect((await subscribing).filter).toBe('new')
  expect(bench.log.slice(-2).map((line) => line.replace(/ \d+ /, ' '))).toEqual(['UNSUBSCRIBE old', 'SUBSCRIBE new:0'])
})

test('a permanent fault ends everything that waits, with the fault', async () => {
  const bench = await new Bench().open()
  const subscription = await subscribe(bench, 'a')
  bench.silent.add(PacketType.Publish)
  const publishing = errorOf(bench.client.publish('a', 'x', { qos: 1 }))
  const reading = errorOf(subscription.next())
  bench.say(publishOf('b', 'ignored'))
  bench.say({ type: PacketType.Disconnect, reasonCode: 0x8e, properties: NO_PROPERTIES })
  await bench.serve()
  expect(await publishing).toMatchObject({ code: 'SERVER_DISCONNECTED', reasonCode: 0x8e })
  expect(await reading).toMatchObject({ code: 'SERVER_DISCONNECTED', reasonCode: 0x8e })
  expect(await errorOf(subscription.next())).toMatchObject({ reasonCode: 0x8e })
  expect(await errorOf(bench.client.publish('a', 'x'))).toMatchObject({ reasonCode: 0x8e })
  await bench.client.close()
})

test('a wait is given up by signal or time; a message not yet sent is taken back', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  const subscription = await subscribe(bench, 'a')
  bench.dialer.last.cut()
  const controller = new AbortController()
  const late = errorOf(bench.client.publish('a', 'late', { timeoutMs: 100 }))
  const aborted = errorOf(bench.client.publish('a', 'aborted', { qos: 1, signal: controller.signal }))
  const reading = errorOf(subscription.next({ timeoutMs: 100 }))
  controller.abort()
  bench.timers.pass(100)
  expect((await late).code).toBe('TIMEOUT')
  expect((await aborted).code).toBe('ABORTED')
  expect((await reading).code).toBe('TIMEOUT')
  bench.timers.pass(900)
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBLISH'))).toEqual([])
  bench.say(publishOf('a', 'for the next'))
  expect((await subscription.next())!.text()).toBe('for the next')
})

test('only so many messages wait', async () => {
  const bench = await new Bench({ maximumQueued: 2 }).open()
  bench.dialer.last.cut()
  const waiting = [bench.client.publish('a', '1'), bench.client.publish('a', '2')]
  expect(await errorOf(bench.client.publish('a', '3'))).toMatchObject({ code: 'OVERFLOW' })
  bench.timers.pass(1000)
  await bench.serve()
  await Promise.all(waiting)
})
