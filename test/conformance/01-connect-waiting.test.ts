// Between the connection's beginning and CONNACK: how long that may take, and what a client may send ahead [section 3.1.4].
// An authenticator that answers later holds the client back; the tests give its answer when they say so.

import { expect, test } from 'vitest'
import type { Authenticator } from '../../src/broker/ports.ts'
import type { Verdict } from '../../src/session/effects.ts'
import { connectFrame, settled, welcome } from '../support/raw-packets.ts'
import { TestBroker } from '../support/test-broker.ts'
import { VERSIONS } from './versions.ts'

/** Judges each CONNECT when told, in the order they came. */
class SlowAuthenticator implements Authenticator {
  readonly #waiting: { resolve: (verdict: Verdict) => void; reject: (error: Error) => void }[] = []

  authenticate(): Promise<Verdict> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  begin(): null {
    return null
  }

  get asked(): number {
    return this.#waiting.length
  }

  async answer(reasonCode: number): Promise<void> {
    this.#waiting.shift()!.resolve({ reasonCode, userName: null })
    await settled()
  }

  async fail(): Promise<void> {
    this.#waiting.shift()!.reject(new Error('the directory is down'))
    await settled()
  }
}

function slowBroker(): { broker: TestBroker; judge: SlowAuthenticator } {
  const judge = new SlowAuthenticator()
  return { broker: new TestBroker({ authenticator: judge }), judge }
}

test('a client that says nothing is closed after 10 s', () => {
  const broker = new TestBroker()
  const link = broker.link()
  broker.advance(9_950)
  expect(link.isClosed).toBe(false)
  broker.advance(100)
  expect([link.isClosed, link.lines()]).toEqual([true, []])
})

test.each(VERSIONS)('%s: CONNECT is to be complete after 10 s, also when its bytes trickle in', (_name, version) => {
  const broker = new TestBroker()
  const link = broker.link(version)
  const connect = connectFrame(version)
  for (let second = 0; second < 10; second++) {
    expect(link.isClosed).toBe(false)
    link.sendBytes([connect[second]!])
    broker.advance(1_000)
  }
  expect(link.isClosed).toBe(true)
  link.sendBytes(connect.slice(10))
  expect([link.lines(), broker.broker.sessionCount]).toEqual([[], 0])
})

test.each(VERSIONS)('%s: CONNECT after 9.9 s is in time, and the 10 s are over then', (_name, version) => {
  const broker = new TestBroker()
  const link = broker.link(version)
  broker.advance(9_900)
  link.connect('c', { keepAlive: 0 })
  expect(link.lines()).toEqual([welcome(version)])
  broker.advance(3_600_000)
  expect(link.isClosed).toBe(false)
})

test.each(VERSIONS)('%s: what follows CONNECT in the same read is handled after CONNACK, in order [MQTT-3.2.0-1, MQTT-3.1.4-5]', (_name, version) => {
  const link = new TestBroker().link(version)
  link.sendBytes(connectFrame(version), version === 5 ? [0x82, 7, 0, 9, 0, 0, 1, 0x61, 1] : [0x82, 6, 0, 9, 0, 1, 0x61, 1], [0xc0, 0])
  expect(link.lines()).toEqual([welcome(version), 'SUBACK m9 [1]', 'PINGRESP'])
})

test.each(VERSIONS)(
  '%s: while CONNECT is being judged nothing is answered and nothing read; then everything comes in order [MQTT-3.2.0-1]',
  async (_name, version) => {
    const { broker, judge } = slowBroker()
    const client = broker.dial('c', { version })
    client.subscribe('a', 1, { packetId: 7 })
    client.publish('a', 'sent ahead', { qos: 1, packetId: 8 })
    await settled()
    expect([client.lines(), client.isPaused, broker.broker.sessionCount, judge.asked]).toEqual([[], true, 0, 1])
    await judge.answer(0)
    expect(client.lines()).toEqual([welcome(version), 'SUBACK m7 [1]', 'PUBLISH q1 r0 d0 m1 a sent ahead', 'PUBACK m8'])
    expect(client.isPaused).toBe(false)
  },
)

test.each(VERSIONS)('%s: what was sent ahead of a refusal is never handled [MQTT-3.1.4-6]', async (_name, version) => {
  const { broker, judge } = slowBroker()
  const watcher = broker.dial('watcher')
  await judge.answer(0)
  watcher.subscribe('a')
  watcher.lines()
  const client = broker.dial('c', { version })
  client.publish('a', 'sent ahead')
  await judge.answer(0x87)
  client.publish('a', 'sent after')
  expect([client.lines(), client.isClosed]).toEqual([[`CONNACK 0 ${version === 5 ? 0x87 : 5}`], true])
  expect(watcher.lines()).toEqual([])
})

test.each(VERSIONS)('%s: what was sent ahead in one read of a refused CONNECT is never handled [MQTT-3.1.4-6]', (_name, version) => {
  const authenticator = { authenticate: () => ({ reasonCode: 0x86, userName: null }), begin: () => null }
  const broker = new TestBroker({ authenticator })
  const link = broker.link(version)
  link.sendBytes(connectFrame(version), [0xc0, 0])
  expect([link.lines(), link.isClosed, broker.broker.sessionCount]).toEqual([[`CONNACK 0 ${version === 5 ? 0x86 : 4}`], true, 0])
})

test.each(VERSIONS)('%s: an authenticator that fails refuses with Server unavailable', async (_name, version) => {
  const { broker, judge } = slowBroker()
  const client = broker.dial('c', { version })
  await judge.fail()
  expect([client.lines(), client.isClosed, broker.broker.sessionCount]).toEqual([[`CONNACK 0 ${version === 5 ? 0x88 : 3}`], true, 0])
})

test('a client that leaves while it is being judged leaves no session, whatever the answer', async () => {
  for (const code of [0, 0x87]) {
    const { broker, judge } = slowBroker()
    const client = broker.dial('c')
    client.cut()
    await judge.answer(code)
    expect([client.lines(), broker.broker.sessionCount, broker.broker.connectedCount]).toEqual([[], 0, 0])
  }
})

test('an answer that takes longer than 10 s comes too late', async () => {
  const { broker, judge } = slowBroker()
  const client = broker.dial('c')
  broker.advance(10_050)
  expect(client.isClosed).toBe(true)
  await judge.answer(0)
  expect([client.lines(), broker.broker.sessionCount]).toEqual([[], 0])
})

test('of two clients with one Client Identifier the one accepted last stays [MQTT-3.1.4-3]', async () => {
  const { broker, judge } = slowBroker()
  const first = broker.dial('c', { version: 5 })
  const second = broker.dial('c', { version: 5 })
  await judge.answer(0)
  expect([first.lines(), second.lines()]).toEqual([[welcome(5)], []])
  await judge.answer(0)
  expect([first.lines(), first.isClosed, second.lines()]).toEqual([['DISCONNECT 0x8e'], true, [welcome(5)]])
})

test('a client that sends more than 1 MiB ahead is closed without an answer', async () => {
  const { broker, judge } = slowBroker()
  const client = broker.dial('c')
  for (let i = 0; i < 17; i++) client.publish('a', 'x'.repeat(65_000))
  expect(client.isClosed).toBe(true)
  await judge.answer(0)
  expect([client.lines(), broker.broker.sessionCount]).toEqual([[], 0])
})

test('a packet cut in two before the answer and after it is one packet', async () => {
  const { broker, judge } = slowBroker()
  const client = broker.dial('c')
  client.sendBytes([0x32, 6, 0, 1])
  await judge.answer(0)
  client.sendBytes([0x61, 0, 5, 0x78])
  expect(client.lines()).toEqual([welcome(4), 'PUBACK m5'])
})

test.each(VERSIONS)('%s: DISCONNECT sent ahead is handled after acceptance: no will is published [MQTT-3.14.4-3]', async (_name, version) => {
  const { broker, judge } = slowBroker()
  const watcher = broker.dial('watcher')
  await judge.answer(0)
  watcher.subscribe('w')
  const client = broker.dial('c', { version, will: { topicName: 'w', payload: new Uint8Array(1), qos: 0, retain: false, properties: {} } })
  client.disconnect()
  await judge.answer(0)
  expect([client.lines(), client.isClosed, watcher.payloads()]).toEqual([[welcome(version)], true, []])
})
