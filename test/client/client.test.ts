// The client as programs use it: promises, iterators, limits of time, and what a broken connection means for each.
// A server in memory that answers the usual way, unless a test tells it otherwise.

import { expect, test } from 'vitest'
import { Client } from '../../src/client/client.ts'
import type { MqttError } from '../../src/client/errors.ts'
import { connectPacket, type ConnectOptions, parseUrl } from '../../src/client/options.ts'
import type { Subscription } from '../../src/client/subscription.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import { type Connack, type Connect, type Packet, PacketType, type ProtocolVersion, type Publish } from '../../src/wire/mqtt/packet.ts'
import { NO_PROPERTIES, type Properties } from '../../src/wire/mqtt/properties.ts'
import { ackOf, connackOf, ManualTimers, MemoryDialer, publishOf, settle, show } from './scripted-server.ts'

class Bench {
  readonly timers = new ManualTimers()
  readonly dialer = new MemoryDialer()
  readonly client: Client
  readonly version: ProtocolVersion
  /** What the client wrote. */
  readonly log: string[] = []
  readonly publishes: Publish[] = []
  readonly connects: Connect[] = []
  connack: Partial<Connack> = {}
  /** Answers to leave out, by packet type. */
  readonly silent = new Set<number>()
  reasonCode = 0
  #random = 0

  constructor(options: ConnectOptions = {}, url = 'mqtt://localhost') {
    this.version = options.version ?? 5
    this.client = new Client({ dial: this.dialer.dial, timers: this.timers, random: () => (this.#random += 0.01) % 1 }, connectPacket(parseUrl(url), options), options)
  }

  async open(): Promise<this> {
    const opened = this.client.open({})
    await this.serve()
    await opened
    return this
  }

  say(packet: Packet): void {
    this.dialer.last.give(encodePacket(packet, this.version))
  }

  /** Answers until the client says no more. */
  async serve(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await settle()
      for (const packet of this.dialer.last.sent(this.version)) {
        quiet = -1
        this.log.push(show(packet))
        if (packet.type === PacketType.Publish) this.publishes.push(packet)
        if (packet.type === PacketType.Connect) this.connects.push(packet)
        if (!this.silent.has(packet.type)) this.#answer(packet)
      }
      if (this.dialer.last.ended === 'end' && !this.dialer.last.output.closed) this.dialer.last.cut()
    }
    await settle()
  }

  async lose(ms = 1000): Promise<void> {
    this.dialer.last.cut()
    this.timers.pass(ms)
    await this.serve()
  }

  #answer(packet: Packet): void {
    const properties = NO_PROPERTIES, code = this.reasonCode
    switch (packet.type) {
      case PacketType.Connect:
        this.say(connackOf(this.connack))
        return
      case PacketType.Publish:
        if (packet.qos === 1) this.say(ackOf('puback', packet.packetId, code))
        if (packet.qos === 2) this.say(ackOf('pubrec', packet.packetId, code))
        return
      case PacketType.Pubrel:
        this.say(ackOf('pubcomp', packet.packetId))
        return
      case PacketType.Subscribe:
        this.say({ type: PacketType.Suback, packetId: packet.packetId, reasonCodes: packet.subscriptions.map(({ qos }) => code || qos), properties })
        return
      case PacketType.Unsubscribe:
        this.say({ type: PacketType.Unsuback, packetId: packet.packetId, reasonCodes: this.version === 5 ? packet.topicFilters.map(() => 0) : [], properties })
        return
      default:
    }
  }
}

/** The error of a promise that is to reject. */
async function errorOf(promise: Promise<unknown>): Promise<MqttError> {
  try {
    await promise
  } catch (error) {
    return error as MqttError
  }
  throw new Error('it did not reject')
}

async function subscribe(bench: Bench, filter: string, options: Parameters<Client['subscribe']>[1] = {}): Promise<Subscription> {
  const promise = bench.client.subscribe(filter, options)
  await bench.serve()
  return promise
}

test('publish settles at the acknowledgement, with its Reason Code', async () => {
  const bench = await new Bench().open()
  bench.reasonCode = 0x10
  const receipt = bench.client.publish('a', { t: 21.5 }, { qos: 1, retain: true })
  await bench.serve()
  expect(await receipt).toEqual({ reasonCode: 0x10, noMatchingSubscribers: true })
  expect(bench.log.at(-1)).toBe("PUBLISH q1 1 'a' {\"t\":21.5}")
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
    expect(await refused).toMatchObject({ name: 'MqttError', code: 'REFUSED', reasonCode: 0x87, message: "publish to 'a' refused: not authorised" })
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

  const slow = new Bench(), waiting = errorOf(slow.client.open({ timeoutMs: 50 }))
  slow.timers.pass(50)
  expect(await waiting).toMatchObject({ code: 'TIMEOUT' })
  expect(slow.dialer.last.ended).toBe('destroy')

  const given = new Bench(), controller = new AbortController(), up = errorOf(given.client.open({ signal: controller.signal }))
  controller.abort(new Error('enough'))
  expect(await up).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
  expect(given.dialer.last.ended).toBe('destroy')
})

test('messages come to the subscriptions that match, told apart by Subscription Identifier', async () => {
  const bench = await new Bench().open()
  const wide = await subscribe(bench, 'a/#', { qos: 1 }), narrow = await subscribe(bench, 'a/b')
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
  const bench = await new Bench().open(), first = await subscribe(bench, 'a'), second = await subscribe(bench, 'b')
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
  const ended = (async () => { for await (const message of second) seen.push(message.text()) })()
  const closed = bench.client.close()
  await bench.serve()
  await Promise.all([closed, ended])
  expect(bench.log.at(-1)).toBe('DISCONNECT')
})

test('two readers of one filter share it at the server; the last one takes it back', async () => {
  const bench = await new Bench().open(), first = await subscribe(bench, 'a'), second = await subscribe(bench, 'a')
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
  const bench = await new Bench().open(), subscription = await subscribe(bench, 'a', { qos: 1, highWaterMark: 4 })
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
  for (const [overflow, kept] of [['drop-oldest', ['3', '4']], ['drop-newest', ['1', '2']]] as const) {
    const bench = await new Bench().open(), subscription = await subscribe(bench, 'a', { qos: 1, highWaterMark: 2, overflow })
    for (let i = 1; i <= 4; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
    expect([(await subscription.next())!.text(), (await subscription.next())!.text()]).toEqual(kept)
    expect([subscription.dropped, bench.dialer.last.paused]).toEqual([2, false])
    await bench.serve()
    expect(bench.log.filter((line) => line.startsWith('PUBACK')).length).toBe(4)
  }
})

test('`manualAck`: nothing is acknowledged but by `ack`', async () => {
  const bench = await new Bench().open(), subscription = await subscribe(bench, 'a', { qos: 1, manualAck: true })
  for (let i = 1; i <= 2; i++) bench.say(publishOf('a', String(i), { qos: 1, packetId: i }))
  const first = (await subscription.next())!, second = (await subscription.next())!
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual([])
  second.ack()
  first.ack()
  first.ack()
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('PUBACK'))).toEqual(['PUBACK 1', 'PUBACK 2'])
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
  const bench = await new Bench({ clientId: 'c' }).open(), old = await subscribe(bench, 'old')
  bench.silent.add(PacketType.Subscribe).add(PacketType.Unsubscribe)
  const subscribing = bench.client.subscribe('new'), leaving = old.unsubscribe()
  await bench.serve()
  bench.silent.clear()
  bench.connack = { sessionPresent: true }
  await bench.lose()
  await leaving
  expect((await subscribing).filter).toBe('new')
  expect(bench.log.slice(-2).map((line) => line.replace(/ \d+ /, ' '))).toEqual(['UNSUBSCRIBE old', 'SUBSCRIBE new:0'])
})

test('a permanent fault ends everything that waits, with the fault', async () => {
  const bench = await new Bench().open(), subscription = await subscribe(bench, 'a')
  bench.silent.add(PacketType.Publish)
  const publishing = errorOf(bench.client.publish('a', 'x', { qos: 1 })), reading = errorOf(subscription.next())
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
  const bench = await new Bench({ clientId: 'c' }).open(), subscription = await subscribe(bench, 'a')
  bench.dialer.last.cut()
  const controller = new AbortController()
  const late = errorOf(bench.client.publish('a', 'late', { timeoutMs: 100 })), aborted = errorOf(bench.client.publish('a', 'aborted', { qos: 1, signal: controller.signal }))
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

test('request and response: topic, Correlation Data, answers out of order, strangers ignored', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  const first = bench.client.request('svc', '1'), second = bench.client.request('svc', '2')
  await bench.serve()
  expect(bench.log.filter((line) => line.startsWith('SUBSCRIBE')).length).toBe(1)
  const [one, two] = bench.publishes.map(({ properties }) => properties) as [Properties, Properties]
  expect(one.responseTopic).toMatch(/^reply\/c\/[0-9a-f]{12}$/)
  const answer = (text: string, correlationData: Uint8Array): void => bench.say(publishOf(one.responseTopic!, text, { properties: { correlationData } }))
  answer('stranger', Uint8Array.of(9))
  answer('two', two.correlationData!)
  answer('one', one.correlationData!)
  expect([(await first).text(), (await second).text()]).toEqual(['one', 'two'])
})

test('a request ends when nobody answers, is subscribed, or when it cannot be', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  const slow = errorOf(bench.client.request('svc', '', { timeoutMs: 2000 }))
  await bench.serve()
  bench.timers.pass(2000)
  expect((await slow).code).toBe('TIMEOUT')
  bench.reasonCode = 0x10
  const nobody = errorOf(bench.client.request('svc', '', { qos: 1 }))
  await bench.serve()
  expect(await nobody).toMatchObject({ code: 'REFUSED', reasonCode: 0x10 })
  const old = await new Bench({ version: 4 }).open()
  expect((await errorOf(old.client.request('svc', ''))).code).toBe('NOT_SUPPORTED')
  const closing = errorOf(bench.client.request('svc', ''))
  await bench.serve()
  const closed = bench.client.close()
  await bench.serve()
  await closed
  expect((await closing).code).toBe('CLOSED')
})

test('status tells the life of the connection until it is closed', async () => {
  const bench = await new Bench({ clientId: 'c' }).open(), states: string[] = []
  const reading = (async () => { for await (const { state, attempt, cause } of bench.client.status()) states.push(`${state} ${attempt} ${cause?.code ?? '-'}`) })()
  await settle()
  bench.dialer.last.cut()
  bench.dialer.failures.push(new Error('not yet'))
  bench.timers.pass(1000)
  await settle()
  bench.timers.pass(2000)
  await bench.serve()
  const closed = bench.client.close()
  await bench.serve()
  await Promise.all([closed, reading])
  expect(states).toEqual(['connected 0 -', 'offline 0 CONNECTION_LOST', 'reconnecting 1 CONNECTION_LOST', 'reconnecting 2 CONNECTION_FAILED', 'connected 0 -', 'offline 0 -', 'closed 0 -'])
})

test('end waits for what is on its way, close does not', async () => {
  const bench = await new Bench().open()
  bench.silent.add(PacketType.Publish)
  const publishing = bench.client.publish('a', 'x', { qos: 1 })
  const ending = bench.client.end()
  await bench.serve()
  expect(bench.log.at(-1)).toBe("PUBLISH q1 1 'a' x")
  bench.say(ackOf('puback', 1))
  await bench.serve()
  await Promise.all([publishing, ending])
  expect(bench.log.at(-1)).toBe('DISCONNECT')

  const hasty = await new Bench().open()
  hasty.silent.add(PacketType.Publish)
  const lost = errorOf(hasty.client.publish('a', 'x', { qos: 1 })), closed = hasty.client.close()
  await hasty.serve()
  await closed
  expect((await lost).code).toBe('CLOSED')
  await hasty.client[Symbol.asyncDispose]()
})

test('the session ends with the client unless it was asked for', async () => {
  const sent = async (options: ConnectOptions): Promise<unknown> => {
    const bench = await new Bench(options).open(), closed = bench.client.close()
    const packets = bench.dialer.last.sent(5)
    bench.dialer.last.cut()
    await closed
    return (packets[0] as { properties: Properties }).properties.sessionExpiryInterval
  }
  expect(await sent({})).toBe(0)
  expect(await sent({ sessionExpiry: 3600 })).toBe(undefined)
  expect(await sent({ clientId: 'c', cleanStart: false })).toBe(undefined)
})

test('3.1 and 3.1.1: subscribed again after each break of a clean session, matched by filter', async () => {
  for (const version of [3, 4] as const) {
    const bench = await new Bench({ version, clientId: 'c' }).open(), subscription = await subscribe(bench, 'a/+', { qos: 2 })
    await bench.lose()
    expect(bench.connects.at(-1)!.cleanStart).toBe(true)
    expect(bench.log.at(-1)!.replace(/ \d+ /, ' ')).toBe('SUBSCRIBE a/+:2')
    bench.say(publishOf('a/b', 'x', { qos: 2, packetId: 3 }))
    bench.say(ackOf('pubrel', 3))
    expect((await subscription.next())!.text()).toBe('x')
  }
})
