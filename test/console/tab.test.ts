// A tab of the console in the Worker's own code, under Node, against a real broker over WebSocket: what it records, counts, shows and sends.
// The browser adds the Worker and the page; see test/interop/console-screens.test.ts.

import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import type { WebSocketMaker } from '../../src/client/browser.ts'
import type { Client } from '../../src/client/client.ts'
import { connect } from '../../src/client/node.ts'
import type { CallName, Calls, ConnectionPhase, EventName, Events, Profile } from '../../src/console/worker/protocol.ts'
import { WorkerCalls } from '../../src/console/worker/worker-calls.ts'
import { type RunningBroker, type StartBrokerOptions, startBroker } from '../../src/server/start-broker.ts'

const TIMEOUT_MS = 5000

class Page {
  readonly calls: WorkerCalls
  readonly events = new Map<EventName, unknown>()
  readonly phases: ConnectionPhase[] = []
  readonly notices: unknown[] = []
  readonly #timer: NodeJS.Timeout
  #check = (): void => {}

  constructor() {
    this.calls = new WorkerCalls({ socket: WebSocket as unknown as WebSocketMaker, wallMs: () => Date.now(), random: Math.random }, (event, value) => {
      this.events.set(event, value)
      if (event === 'connection/phase') this.phases.push((value as Events['connection/phase']).phase)
      if (event === 'notice') this.notices.push((value as Events['notice']).what)
      this.#check()
    })
    this.#timer = setInterval(() => this.calls.tick(Date.now(), () => false), 10)
    onTestFinished(() => clearInterval(this.#timer))
  }

  ask<N extends CallName>(name: N, ask: Calls[N]['ask']): Promise<Calls[N]['answer']> {
    return Promise.resolve(this.calls.call(name, ask)) as Promise<Calls[N]['answer']>
  }

  /** Resolves with the newest value of an event that fits. */
  async until<N extends EventName>(event: N, fits: (value: Events[N]) => boolean): Promise<Events[N]> {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no such ${event}: ${JSON.stringify(this.events.get(event))?.slice(0, 2000)}`)), TIMEOUT_MS)
      this.#check = () => {
        const value = this.events.get(event) as Events[N] | undefined
        if (value === undefined || !fits(value)) return
        clearTimeout(timer)
        this.#check = () => {}
        resolve(value)
      }
      this.#check()
    })
  }
}

interface Lab {
  readonly page: Page
  readonly broker: RunningBroker
  readonly other: Client
  readonly profile: Profile
  /** Number of the tab. */
  readonly connection: number
}

const SUBSCRIPTION = { filter: '#', qos: 2, noLocal: false, retainAsPublished: true, retainHandling: 0 } as const

async function lab(change: Partial<Profile> = {}, options: StartBrokerOptions = {}): Promise<Lab> {
  const broker = await startBroker({
    ...options,
    listeners: [
      { port: 0, host: '127.0.0.1' },
      { port: 0, host: '127.0.0.1', transport: 'ws' },
    ],
  })
  onTestFinished(() => broker.close())
  const other = await connect(`mqtt://127.0.0.1:${broker.ports[0]}`)
  onTestFinished(() => other.close())
  const page = new Page()
  const profile: Profile = {
    name: 'lab',
    url: `ws://127.0.0.1:${broker.ports[1]}/mqtt`,
    clientId: '',
    userName: '',
    password: '',
    version: 5,
    cleanStart: true,
    keepAlive: 30,
    subscriptions: [SUBSCRIPTION],
    muted: [],
    stream: null,
    ...change,
  }
  const connection = await page.ask('connection/open', { profile })
  onTestFinished(() => void page.calls.call('connection/close', { connection }))
  await page.until('subscriptions/state', ({ subscriptions }) => subscriptions.length > 0 && subscriptions.every(({ state }) => state === 'granted'))
  return { page, broker, other, profile, connection }
}

const ALL = { first: 0, count: 100 } as const

test('connecting goes through its stages; what is published stands in tree, list and detail', async () => {
  const { page, other, connection } = await lab()
  expect(page.phases.map((phase) => (phase.phase === 'connecting' ? phase.stage : phase.phase))).toEqual(['socket', 'connect', 'live'])
  await other.publish('room/temperature', '21.5 °C', { qos: 1, retain: true, properties: { contentType: 'text/plain' } })
  await other.publish('room/temperature', '22 °C', { qos: 2, retain: true })
  await page.ask('topics/watch', { connection, ...ALL, sort: 'name', find: '' })
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  await page.ask('topic/watch', { connection, topic: 'room/temperature', message: null, field: null })
  const tree = await page.until('topics/rows', ({ rows }) => rows.some(({ count }) => count === 2))
  expect(tree.rows.find(({ name }) => name === 'temperature')).toMatchObject({ value: { text: '22', unit: '°C' }, retained: true, count: 2 })
  const list = await page.until('messages/rows', ({ total }) => total === 2)
  expect(list.rows.map(({ topic, qos, retain, preview, series }) => [topic, qos, retain, preview, series])).toEqual([
    ['room/temperature', 2, true, '22 °C', 0],
    ['room/temperature', 1, true, '21.5 °C', 0],
  ])
  const detail = await page.until('topic/detail', ({ message }) => message?.qos === 2)
  expect(detail).toMatchObject({ count: 2, kept: 2, retained: true, fields: [''] })
  expect([...detail.values]).toEqual([21.5, 22])
  expect(detail.previous!.properties).toMatchObject({ contentType: 'text/plain' })
  expect(await page.ask('topics/retained', { connection, path: 'room' })).toEqual(['room/temperature'])
  await page.ask('topics/delete-retained', { connection, topics: ['room/temperature'] })
  await page.until('topics/rows', ({ rows }) => rows.some(({ name, retained }) => name === 'temperature' && !retained))
})

test('what the page publishes is acknowledged, recorded as sent, and told', async () => {
  const { page, other, connection } = await lab({ subscriptions: [{ ...SUBSCRIPTION, filter: 'in/#' }] })
  const heard: string[] = []
  const done = new Promise<void>((resolve) => {
    other.subscribe('out/#', { qos: 2 }).then((subscription) => {
      void (async () => {
        for await (const message of subscription) if (heard.push(`${message.topic} ${message.text()} ${message.qos}`) === 3) return resolve()
      })()
    })
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  const draft = {
    topic: 'out/{{n}}',
    payload: new TextEncoder().encode('n={{n}}'),
    isTemplate: true,
    qos: 2,
    retain: false,
    properties: {},
    times: 3,
    everyMs: 5,
  } as const
  const job = await page.ask('publish/send', { connection, draft })
  const progress = await page.until('publish/progress', (value) => value.job === job && value.isOver)
  expect(progress).toMatchObject({ sent: 3, done: 3, failed: 0, reasonCode: 0, error: null })
  expect(progress.lastMs).toBeGreaterThan(0)
  await done
  expect(heard).toEqual(['out/1 n=1 2', 'out/2 n=2 2', 'out/3 n=3 2'])
  await page.ask('messages/watch', { connection, ...ALL, find: 'is:sent', follow: true })
  const list = await page.until('messages/rows', ({ total }) => total === 3)
  expect(list.rows[0]).toMatchObject({ isOut: true, topic: 'out/3', series: -1 })
  const exported = await page.ask('messages/export', { connection, seqs: null, form: 'json' })
  expect(exported.count).toBe(3)
  await page.ask('messages/replay', { connection, seqs: list.rows.map(({ seq }) => seq), keepTimes: false })
  await page.until('messages/rows', ({ total }) => total === 6)
})

test('pausing stops the screens, never the recording', async () => {
  const { page, other, connection } = await lab()
  await other.publish('a', '1', { qos: 1 })
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  await page.until('messages/rows', ({ total }) => total === 1)
  await page.ask('connection/pause', { connection, paused: true })
  for (let n = 0; n < 5; n++) await other.publish('a', '2', { qos: 1 })
  const paused = await page.until('messages/rows', ({ newer }) => newer === 5)
  expect(paused.total).toBe(1)
  await page.ask('connection/pause', { connection, paused: false })
  await page.until('messages/rows', ({ total }) => total === 6)
})

test('a refused connection says why and is not tried again', async () => {
  const broker = await startBroker({
    authenticator: { authenticate: () => ({ reasonCode: 135 }) } as never,
    listeners: [{ port: 0, host: '127.0.0.1', transport: 'ws' }],
  })
  onTestFinished(() => broker.close())
  const page = new Page()
  const profile = {
    name: '',
    url: `ws://127.0.0.1:${broker.port}/mqtt`,
    clientId: '',
    userName: 'x',
    password: 'y',
    version: 5,
    cleanStart: true,
    keepAlive: 30,
    subscriptions: [],
    muted: [],
    stream: null,
  } as const
  await page.ask('connection/open', { profile })
  const { phase } = await page.until('connection/phase', (value) => value.phase.phase !== 'connecting')
  expect(phase).toMatchObject({ phase: 'refused', cause: { code: 'CONNECTION_REFUSED' } })
})

test('a broker that goes away: the countdown begins, the data stays', async () => {
  const { page, other, broker, connection } = await lab()
  await other.publish('a', '1', { qos: 1 })
  await page.until('connection/numbers', ({ kept }) => kept > 0)
  await broker.close()
  const { phase } = await page.until('connection/phase', (value) => value.phase.phase === 'reconnecting')
  expect(phase).toMatchObject({ attempt: 1 })
  expect((phase as { at: number }).at).toBeGreaterThan(Date.now() - 1000)
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  await page.until('messages/rows', ({ total }) => total === 1)
  await page.ask('connection/disconnect', { connection })
  await page.until('connection/phase', (value) => value.phase.phase === 'offline')
})

test('subscriptions: added, muted, removed; a filter that the broker refuses says so', async () => {
  const { page, other, connection } = await lab({ subscriptions: [{ ...SUBSCRIPTION, filter: 'a/#' }] })
  await page.ask('subscription/add', { connection, subscription: { ...SUBSCRIPTION, filter: 'b/#' } })
  const { subscriptions } = await page.until(
    'subscriptions/state',
    (value) => value.subscriptions.length === 2 && value.subscriptions.every(({ state }) => state === 'granted'),
  )
  expect(subscriptions.map(({ filter, series }) => [filter, series])).toEqual([
    ['a/#', 0],
    ['b/#', 1],
  ])
  await other.publish('a/1', 'x', { qos: 1 })
  await other.publish('b/1', 'x', { qos: 1 })
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  await page.until('messages/rows', ({ total }) => total === 2)
  await page.ask('subscription/mute', { connection, filter: 'a/#', muted: true })
  expect((await page.until('messages/rows', ({ total }) => total === 1)).rows[0]!.topic).toBe('b/1')
  await page.ask('subscription/remove', { connection, filter: 'b/#' })
  await page.until('subscriptions/state', (value) => value.subscriptions.length === 1)
  await other.publish('b/1', 'y', { qos: 1 })
  await page.ask('subscription/mute', { connection, filter: 'a/#', muted: false })
  expect((await page.until('messages/rows', ({ total }) => total === 2)).total).toBe(2)
})

test('packets of our own client can be read by the analyser', async () => {
  const { page, other, connection } = await lab()
  await other.publish('a/b', 'hello', { qos: 1 })
  await page.until('connection/numbers', ({ kept }) => kept > 0)
  await page.ask('packets/watch', { connection, ...ALL, time: 'relative' })
  const rows = await page.until('packets/rows', (value) => value.rows.some(({ info }) => info.includes('a/b')))
  const infos = rows.rows.map(({ info }) => info)
  expect(infos.some((info) => info === 'Connect Command')).toBe(true)
  expect(infos).toContain('Publish Message (id=1) [a/b]')
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  const list = await page.until('messages/rows', ({ total }) => total > 0)
  const detail = await page.ask('message/get', { connection, seq: list.rows.at(-1)!.seq, whole: false })
  expect(rows.rows.find(({ number }) => number === detail!.frame)?.info).toContain('[a/b]')
})

test('the demo sensors talk until they are stopped', async () => {
  const { page, connection } = await lab()
  await page.ask('demo/run', { connection, running: true })
  await page.until('connection/numbers', ({ ordinaryTopics }) => ordinaryTopics >= 4)
  await page.ask('demo/run', { connection, running: false })
  expect(page.notices).toEqual([])
})

test('a call for a tab that is gone says which', () => {
  const page = new Page()
  expect(() => page.calls.call('connection/clear', { connection: 7 })).toThrow('there is no connection 7')
})

test('a muted branch is counted and hidden, in the tree and in the list, and comes back whole', async () => {
  const { page, other, connection } = await lab({ muted: ['loud'] })
  await page.ask('topics/watch', { connection, ...ALL, sort: 'rate', find: '' })
  await page.ask('messages/watch', { connection, ...ALL, find: '', follow: true })
  for (let n = 0; n < 5; n++) await other.publish('loud/drum', `${n}`, { qos: 1 })
  await other.publish('louder', '1', { qos: 1 })
  const list = await page.until('messages/rows', ({ kept }) => kept === 6)
  expect([list.total, list.hidden, list.rows.map(({ topic }) => topic)]).toEqual([1, 5, ['louder']])
  expect(list.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(1)
  const tree = await page.until('topics/rows', ({ rows }) => rows.length === 3)
  expect(tree.muted).toBe(1)
  expect(tree.rows.map(({ path, mutedBy, rate, value, count }) => [path, mutedBy, rate > 0, value?.text ?? null, count])).toEqual([
    ['louder', null, true, '1', 1],
    ['loud', 'loud', false, null, 5],
    ['loud/drum', 'loud', false, null, 5],
  ])
  await page.ask('topics/mute', { connection, paths: [] })
  const again = await page.until('messages/rows', ({ total }) => total === 6)
  expect(again.hidden).toBe(0)
  const shown = await page.until('topics/rows', ({ muted }) => muted === 0)
  expect(shown.rows.find(({ path }) => path === 'loud/drum')!.value!.text).toBe('4')
})

test('masked: rows, history and charts have dots, on all tabs from now on; what is exported, got or sent again is whole', async () => {
  const { page, other, connection } = await lab()
  await page.ask('messages/watch', { connection, ...ALL, find: '4711', follow: true })
  await page.ask('topic/watch', { connection, topic: 'secret/pin', message: null, field: null })
  await page.ask('mask/set', { filters: ['secret/#'] })
  await other.publish('secret/pin', '4711', { qos: 1 })
  await other.publish('secret/pin', '{"pin":4711}', { qos: 1 })
  await other.publish('open', '4711', { qos: 1 })
  const list = await page.until('messages/rows', ({ total }) => total === 3)
  expect(list.rows.map(({ preview }) => preview)).toEqual(['4711', '•'.repeat(12), '••••'])
  const detail = await page.until('topic/detail', ({ history }) => history.length === 2)
  expect([detail.history.map(({ glance }) => glance.text), detail.fields, detail.values.length]).toEqual([['••••', '••••'], [], 0])
  const { bytes } = await page.ask('messages/export', { connection, seqs: null, form: 'json' })
  expect(new TextDecoder().decode(bytes).match(/4711/g)).toHaveLength(3)
  await page.ask('mask/set', { filters: null })
  await page.until('messages/rows', ({ rows }) => rows.every(({ preview }) => preview.includes('4711')))
  await page.until('topic/detail', ({ values }) => values.length > 0)
})
