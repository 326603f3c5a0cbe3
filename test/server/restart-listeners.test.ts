// After a restart everybody is judged by the rules of the listener that he used: sessions that are away, wills, publishers of retained messages.
// The rest of what a restart finds is restart.test.ts.

import { expect, test } from 'vitest'
import type { ListenerRules } from '../../src/broker/listener-rules.ts'
import { type Authorizer, PERMIT_ALL, type Permission } from '../../src/broker/ports.ts'
import type { Will } from '../../src/wire/mqtt/packet.ts'
import { RestartingBroker } from '../support/restarting-broker.ts'
import type { ClientOptions, TestClient } from '../support/test-broker.ts'

/** Forbids topics that begin with a word; which one may change. */
class Forbidding implements Authorizer {
  generation = 0
  word: string

  constructor(word: string) {
    this.word = word
  }

  mayPublish(_client: string, _user: string | null, topicName: string): Permission {
    return topicName.startsWith(this.word) ? 'deny' : 'allow'
  }

  mayReceive(client: string, user: string | null, topicName: string): Permission {
    return this.mayPublish(client, user, topicName)
  }

  maySubscribe(): Permission {
    return 'allow'
  }
}

/** Two listeners beside the broker's own rules: `inside` and `outside`. */
async function start(general: Authorizer, inside: Authorizer, outside: Authorizer): Promise<RestartingBroker> {
  return await RestartingBroker.start({ authorizer: general }, (b) => [
    b.rules({ name: 'inside', authorizer: inside }),
    b.rules({ name: 'outside', authorizer: outside }),
  ])
}

function by(it: RestartingBroker, name: string, more: ClientOptions = {}): ClientOptions {
  const rules = it.listeners.find((listener: ListenerRules) => listener.name === name)
  return { cleanStart: false, ...(rules === undefined ? {} : { rules }), ...more }
}

/** Connects by a listener, and waits for the store and CONNACK, which is taken. */
async function come(it: RestartingBroker, clientId: string, listener: string, more: ClientOptions = {}): Promise<TestClient> {
  const client = it.b.dial(clientId, by(it, listener, more))
  await it.settle()
  expect(client.lines()[0]).toMatch(/^CONNACK [01] 0/)
  return client
}

const NOTHING = 'nothing at all'
const OVER = ['crash', 'restart'] as const

test.each(OVER)('%s: what comes for a session that is away is judged by its listener’s rules', async (how) => {
  const outside = new Forbidding(NOTHING)
  await using it = await start(PERMIT_ALL, PERMIT_ALL, outside)
  for (const name of ['inside', 'outside', 'own']) {
    const client = await come(it, name, name)
    client.subscribe('#', 1)
    await it.settle()
    client.cut()
  }
  outside.word = 'secret'
  await it[how]()
  const p = it.b.client('p')
  p.publish('secret/plan', 'x', { qos: 1 })
  p.publish('news', 'y', { qos: 1 })
  await it.settle()
  const waiting = Object.fromEntries(['inside', 'outside', 'own'].map((name) => [name, it.b.broker.sessions.get(name)!.queue.messages]))
  expect(waiting).toEqual({ inside: 2, outside: 1, own: 2 })
})

test('a session whose listener is not there any more keeps everything until it is back; then it is asked what it may read', async () => {
  const outside = new Forbidding(NOTHING)
  const listeners = ['outside', 'other', 'outside']
  await using it = await RestartingBroker.start({ authorizer: new Forbidding('') }, (b) => [b.rules({ name: listeners.shift()!, authorizer: outside })])
  const s = await come(it, 's', 'outside')
  s.subscribe('#', 1)
  await it.settle() // connected at the crash: the start stores when that ended
  await it.crash() // without its listener
  outside.word = 'secret'
  const publisher = (): void => {
    const p = it.b.client('p', { rules: it.b.rules({ name: 'free', authorizer: PERMIT_ALL }) })
    p.publish('secret/plan', 'x', { qos: 1 })
    p.publish('news', 'y', { qos: 1 })
  }
  publisher()
  await it.settle()
  expect(it.b.broker.sessions.get('s')!.queue.messages).toBe(2)
  await it.crash() // with it: its name has not been forgotten
  publisher()
  await it.settle()
  expect(it.b.broker.sessions.get('s')!.queue.messages).toBe(3)
  const back = it.b.dial('s', by(it, 'outside'))
  await it.settle()
  expect(back.payloads()).toEqual(['y', 'y'])
})

test.each(OVER)('%s: a will is published if the rules of its client’s listener allow it by then', async (how) => {
  const outside = new Forbidding(NOTHING)
  await using it = await start(PERMIT_ALL, PERMIT_ALL, outside)
  const will: Will = { topicName: 'will', payload: new Uint8Array(1), qos: 1, retain: false, properties: { willDelayInterval: 60 } }
  const lasting = { version: 5, properties: { sessionExpiryInterval: 3600 }, will } as const
  const watcher = await come(it, 'watcher', 'inside')
  watcher.subscribe('#', 1)
  for (const name of ['inside', 'outside', 'own']) {
    const client = await come(it, name, name, { ...lasting, will: { ...will, topicName: `will/${name}` } })
    client.cut()
  }
  outside.word = 'will'
  await it[how]()
  const back = await come(it, 'watcher', 'inside')
  it.b.advance(61_000)
  await it.settle()
  const topics = back.lines().map((line) => /will\/\w+/.exec(line)?.[0])
  expect(topics.sort()).toEqual(['will/inside', 'will/own'])
})

test.each(OVER)('%s: a retained message is sent while the rules of its publisher’s listener allow it', async (how) => {
  const general = new Forbidding(NOTHING)
  const outside = new Forbidding(NOTHING)
  await using it = await start(general, PERMIT_ALL, outside)
  for (const name of ['inside', 'outside', 'own']) (await come(it, name, name)).publish(`kept/${name}`, name, { qos: 1, retain: true })
  await it.settle()
  await it[how]()
  const kept = async (): Promise<string[]> => {
    const reader = it.b.client(`reader${Math.random()}`, { rules: it.b.rules({ name: 'free', authorizer: PERMIT_ALL }) })
    reader.subscribe('kept/#', 0)
    await it.settle()
    it.b.advance(100)
    return reader.payloads().sort()
  }
  expect(await kept()).toEqual(['inside', 'outside', 'own'])
  outside.word = 'kept'
  expect(await kept()).toEqual(['inside', 'own'])
  outside.word = NOTHING
  general.word = 'kept'
  expect(await kept()).toEqual(['inside', 'outside'])
})
