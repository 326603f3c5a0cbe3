// Sessions that outlive the program: messages kept in a file or a browser's storage, sent on by the next program, each QoS as it promises.
// "The program ends" is a broker that breaks the connection and a client that is thrown away.

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MqttError } from '../../src/client/errors.ts'
import { connect, fileStore, type TextStorage, webStore } from '../../src/client/node.ts'
import type { ClientStore } from '../../src/client/options.ts'
import type { JournaledDelivery } from '../../src/session/client-journal.ts'
import { testBroker } from '../../src/testing/test-broker.ts'
import { errorOf } from './client-bench.ts'
import { publishOf } from './scripted-server.ts'

const LIMIT = { timeoutMs: 3000 }
const ONCE = { clientId: 'lamp', reconnect: false, ...LIMIT } as const

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zanzara-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const fileName = (): string => join(folder, 'lamp.store')

class MapStorage implements TextStorage {
  readonly map = new Map<string, string>()
  most = Number.POSITIVE_INFINITY

  get length(): number {
    return this.map.size
  }

  key(index: number): string | null {
    return [...this.map.keys()][index] ?? null
  }

  getItem(name: string): string | null {
    return this.map.get(name) ?? null
  }

  setItem(name: string, text: string): void {
    if (this.map.size >= this.most) throw new Error('QuotaExceededError')
    this.map.set(name, text)
  }

  removeItem(name: string): void {
    this.map.delete(name)
  }
}

const storage = new MapStorage()
const KINDS: readonly (readonly [string, () => ClientStore])[] = [
  ['file', () => fileStore(fileName())],
  ['storage', () => webStore(storage, 'lamp')],
]

for (const [kind, store] of KINDS) {
  for (const version of [4, 5] as const) {
    test(`${kind}, ${version}: what the program left unfinished is finished by the next one: QoS 1 at least once, QoS 2 exactly once`, async () => {
      storage.map.clear()
      await using broker = await testBroker()
      for (const types of ['3', '4', '5', '6', '7']) {
        for (const qos of [1, 2] as const) {
          broker.reset()
          const first = await connect(broker.url, { ...ONCE, version, store: store() })
          using cut = broker.faults.cut(`mqtt.msgtype == ${types}`, { times: 1, client: 'lamp' })
          const failed = first.publish(`a/${types}/${qos}`, 'x', { qos, ...LIMIT }).then(
            () => 'delivered',
            (error: MqttError) => error.code,
          )
          if ((await failed) === 'delivered') {
            expect(cut.hits).toBe(0) // a packet of the other QoS
            await first.close()
            continue
          }
          cut.remove()
          const second = await connect(broker.url, { ...ONCE, version, store: store() })
          expect([second.sessionPresent, second.undelivered]).toEqual([true, 1])
          await second.publish(`a/${types}/${qos}`, 'behind', { qos, ...LIMIT })
          await second.end(LIMIT)
          const texts = broker.messages.matching('a/#').map((message) => message.text())
          expect(texts).toEqual(qos === 1 && types === '4' ? ['x', 'x', 'behind'] : ['x', 'behind'])
          const third = store()
          expect(await third.open()).toEqual({ outgoing: [], incoming: [] })
          third.close()
        }
      }
    })
  }

  test(`${kind}: messages published while there is no connection wait for the next program, in their order, with all their properties`, async () => {
    storage.map.clear()
    await using broker = await testBroker()
    const first = await connect(broker.url, { clientId: 'lamp', store: store(), reconnect: { minMs: 60_000, jitter: false }, ...LIMIT })
    broker.faults.cutClient('lamp')
    for await (const { state } of first.status(LIMIT)) if (state === 'reconnecting') break
    const codes = [1, 2, 1].map((qos, i) =>
      errorOf(first.publish(`a/${i}`, `ü${i}`, { qos: qos as 1 | 2, retain: i === 1, properties: { userProperties: [['n', `${i}`]], topicAlias: 1 } })),
    )
    await first.close()
    expect((await Promise.all(codes)).map((error) => error.code)).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
    const second = await connect(broker.url, { clientId: 'lamp', store: store(), ...LIMIT })
    await second.end(LIMIT)
    const sent = broker.packets.filter('mqtt.msgtype == 3')
    expect(sent.map((packet) => `${packet.topic} ${packet.field('mqtt.qos')} ${packet.field('mqtt.prop_value')}`)).toEqual(['a/0 1 0', 'a/1 2 1', 'a/2 1 2'])
    expect(broker.messages.length).toBe(3)
    expect(broker.retained.get('a/1')!.text()).toBe('ü1')
  })

  test(`${kind}: a QoS 2 message received before the end of the program is handed over by the next one, once`, async () => {
    storage.map.clear()
    await using broker = await testBroker()
    const first = await connect(broker.url, { ...ONCE, store: store() })
    const readings = await first.subscribe('a', { qos: 2, ...LIMIT })
    broker.faults.cut('mqtt.msgtype == 6', { from: 'broker', times: 1 })
    await broker.publish('a', 'x', { qos: 2 })
    expect((await errorOf(readings.next(LIMIT))).code).toBe('CONNECTION_LOST')
    const second = await connect(broker.url, { ...ONCE, store: store() })
    const again = await second.subscribe('a', { qos: 2, ...LIMIT })
    expect((await again.next(LIMIT))!.text()).toBe('x')
    await broker.publish('a', 'y', { qos: 2 })
    expect((await again.next(LIMIT))!.text()).toBe('y')
    expect(broker.packets.filter('mqtt.msgtype == 3 && mqtt.msg == "x" && tcp.srcport == 1883').length).toBe(1)
    await second.close()
  })

  test(`${kind}: a server that has lost the session: QoS 1 goes as new, QoS 2 on its way is given up`, async () => {
    storage.map.clear()
    {
      await using broker = await testBroker()
      const first = await connect(broker.url, { ...ONCE, store: store() })
      broker.faults.cut('mqtt.msgtype == 3', { from: 'client', nth: 2 })
      const all = Promise.allSettled([first.publish('a', 'one', { qos: 1 }), first.publish('b', 'two', { qos: 2 })])
      expect((await all).map(({ status }) => status)).toContain('rejected')
    }
    await using broker = await testBroker()
    const second = await connect(broker.url, { ...ONCE, store: store() })
    expect(second.sessionPresent).toBe(false)
    await second.end(LIMIT)
    expect([broker.messages.matching('a').length <= 1, broker.messages.matching('b').length]).toEqual([true, 0])
    expect(await store().open()).toEqual({ outgoing: [], incoming: [] })
  })
}

test('messages of a resumed session that come before the program has subscribed wait for it', async () => {
  await using broker = await testBroker()
  const lasting = { clientId: 'reader', cleanStart: false, sessionExpiry: 100, ...LIMIT }
  const first = await connect(broker.url, lasting)
  await first.subscribe('a/#', { qos: 1, ...LIMIT })
  await first.subscribe('old', { qos: 1, ...LIMIT })
  await first.close()
  for (let i = 0; i < 5; i++) await broker.publish(i === 2 ? 'old' : `a/${i}`, `${i}`, { qos: 1 })
  const second = await connect(broker.url, { ...lasting, unclaimedMs: 300 })
  await broker.waitForPacket('mqtt.msgtype == 3 && mqtt.msg == "4"')
  await second.publish('other', 'x', { qos: 1, ...LIMIT }) // behind them on the wire
  expect(second.unclaimed).toBe(0)
  const b = await second.subscribe('b', { qos: 1, ...LIMIT }) // takes the identifier that `a/#` had
  const a = await second.subscribe('a/#', { qos: 1, ...LIMIT })
  const got: string[] = []
  for (let i = 0; i < 4; i++) got.push((await a.next(LIMIT))!.text())
  expect([got, b.buffered]).toEqual([['0', '1', '3', '4'], 0])
  await broker.waitForPacket((packet) => packet.from === 'client' && packet.type === 4 && packet.topic === 'old', LIMIT) // after a while it is acknowledged
  expect(second.unclaimed).toBe(1)
  await second.close()
})

test('a store needs a name, is for one client, and says what is wrong with its file', async () => {
  await using broker = await testBroker()
  expect(await errorOf(connect(broker.url, { store: fileStore(fileName()) }))).toMatchObject({ code: 'INVALID_ARGUMENT', hint: 'set clientId' })
  const store = fileStore(fileName(), { sync: true })
  const first = await connect(broker.url, { ...ONCE, store })
  expect(await errorOf(connect(broker.url, { ...ONCE, store }))).toMatchObject({ code: 'STORE_FAILED' })
  const unused = fileStore(join(folder, 'unused.store'))
  expect(await errorOf(connect(broker.url, { ...ONCE, store: unused, signal: AbortSignal.abort() }))).toMatchObject({ code: 'ABORTED' })
  await unused.open() // was closed
  unused.close()
  await first.publish('a', 'x', { qos: 2, ...LIMIT })
  await first.close()
  await first.close()
  writeFileSync(fileName(), 'something else entirely')
  expect(await errorOf(connect(broker.url, { ...ONCE, store: fileStore(fileName()) }))).toMatchObject({ code: 'STORE_FAILED', hint: 'name another file' })
  const missing = fileStore(join(folder, 'no', 'such', 'folder'))
  expect((await errorOf(connect(broker.url, { ...ONCE, store: missing }))).message).toContain('cannot be used: ENOENT')
})

test('a full storage refuses the publish, and nothing is sent that is not kept', async () => {
  storage.map.clear()
  storage.most = 2
  await using broker = await testBroker()
  const mqtt = await connect(broker.url, { ...ONCE, store: webStore(storage, 'lamp') })
  const all = await Promise.allSettled([1, 2, 3].map((i) => mqtt.publish('a', `${i}`, { qos: 1, ...LIMIT })))
  storage.most = Number.POSITIVE_INFINITY
  expect(all.map((one) => (one.status === 'fulfilled' ? 'sent' : (one.reason as MqttError).code))).toEqual(['sent', 'sent', 'STORE_FAILED'])
  expect([broker.messages.length, mqtt.undelivered, storage.length]).toEqual([2, 0, 0])
  await mqtt.close()
})

const message = (key: number, size: number, qos: 1 | 2 = 1): JournaledDelivery => ({
  key,
  message: { topicName: `t/${key}`, payload: new Uint8Array(size).fill(key), qos, retain: false, properties: {} },
  packetId: 0,
  isReleased: false,
})

test('the file stays small, whatever has passed it', async () => {
  const store = fileStore(fileName())
  await store.open()
  store.outgoing(message(1, 1000))
  for (let key = 2; key < 3000; key++) {
    store.outgoing(message(key, 1000))
    store.outgoing({ ...message(key, 1000), packetId: 7 })
    store.outgoingDone(key)
  }
  expect(statSync(fileName()).size).toBeLessThan(1_100_000)
  store.outgoingDone(1)
  store.incoming(publishOf('in', 'x', { qos: 2, packetId: 9 }))
  store.close()
  const again = fileStore(fileName())
  const { outgoing, incoming } = await again.open()
  expect([outgoing.length, incoming.map(({ topicName, packetId }) => `${topicName} ${packetId}`)]).toEqual([0, ['in 9']])
  expect(statSync(fileName()).size).toBeLessThan(100)
  expect(existsSync(`${fileName()}.new`)).toBe(false)
  again.close()
})

test('a file cut at any byte gives what was whole, and can be gone on with', async () => {
  const store = fileStore(fileName())
  await store.open()
  for (let key = 1; key <= 3; key++) store.outgoing(message(key, 20))
  store.outgoing({ ...message(2, 20), packetId: 300 })
  store.outgoingDone(1)
  store.close()
  const whole = readFileSync(fileName())
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: whole.length }), fc.boolean(), async (length, isZeroed) => {
      writeFileSync(fileName(), whole)
      truncateSync(fileName(), length)
      if (isZeroed && length >= 23) appendFileSync(fileName(), new Uint8Array(whole.length - length))
      if (length > 0 && length < 23) return // not even the first line: no store of ours
      const cut = fileStore(fileName())
      const { outgoing } = await cut.open()
      for (const { key, message: kept } of outgoing) expect(kept.payload).toEqual(new Uint8Array(20).fill(key))
      const keys = outgoing.map(({ key }) => key)
      expect([[], [1], [1, 2], [1, 2, 3], [2, 3]]).toContainEqual(keys)
      cut.outgoing(message(9, 5))
      cut.close()
      const next = fileStore(fileName())
      expect((await next.open()).outgoing.map(({ key }) => key)).toEqual([...keys, 9])
      next.close()
    }),
    { numRuns: 200 },
  )
})
