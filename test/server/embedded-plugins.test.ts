// Plugins of the embedded broker: what each hook can do, in which order they are asked, and that a hook that fails refuses and ends nothing.
// Clients are ours over real sockets, in 3.1.1 and 5.0.

import { expect, onTestFinished, test, vi } from 'vitest'
import type { Log } from '../../src/base/log.ts'
import type { Authorizer } from '../../src/broker/ports.ts'
import { connect, type NodeConnectOptions } from '../../src/client/node.ts'
import {
  type ClientInfo,
  type CloseReason,
  type Decision,
  type PacketEvent,
  type Plugin,
  type RunningBroker,
  type StartBrokerOptions,
  startBroker,
} from '../../src/server/start-broker.ts'

interface Started {
  readonly broker: RunningBroker
  readonly faults: string[]
}

async function started(plugins: readonly Plugin[], options: StartBrokerOptions = {}): Promise<Started> {
  const faults: string[] = []
  const log: Log = { write: (type, line) => void (type === 'error' && faults.push(line)) }
  const broker = await startBroker({ port: 0, plugins, log, ...options })
  onTestFinished(() => broker.close())
  return { broker, faults }
}

async function client(broker: RunningBroker, clientId: string, options: NodeConnectOptions = {}): ReturnType<typeof connect> {
  const made = await connect(broker.url, { clientId, reconnect: false, ...options })
  onTestFinished(() => made.close())
  return made
}

test('onConnect lets in, keeps out, or leaves it to the next and to the authenticator', async () => {
  const asked: string[] = []
  const first: Plugin = { name: 'first', onConnect: ({ id }) => (id === 'out' ? 'deny' : 'next') }
  const second: Plugin = {
    name: 'second',
    onConnect: async ({ id, username, address, version }, password) => {
      asked.push(`${id} ${username} ${address} ${version} ${password === null ? null : Buffer.from(password).toString()}`)
      await new Promise((resolve) => setImmediate(resolve))
      return id === 'in' ? 'allow' : 'next'
    },
  }
  const refuseAll = { authenticate: () => ({ reasonCode: 0x86, userName: null }), begin: () => null }
  const { broker } = await started([first, second], { authenticator: refuseAll })
  await client(broker, 'in', { username: 'ada', password: 'secret' })
  await expect(client(broker, 'out')).rejects.toMatchObject({ code: 'CONNECTION_REFUSED', reasonCode: 0x87 })
  await expect(client(broker, 'other', { version: 4 })).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' })
  expect(asked).toEqual(['in ada 127.0.0.1 5 secret', 'other null 127.0.0.1 4 null'])
  expect(broker.clients.get('in')?.username).toBe('ada')
})

test('onAuthorize decides about publishing, subscribing and delivery, also for a listener with an authoriser of its own', async () => {
  const seen = new Set<string>()
  const own: Plugin = {
    name: 'own-topics',
    onAuthorize: ({ id, listener }, action, topic) => {
      seen.add(`${id} ${action} ${topic} ${listener === broker.url}`)
      if (topic === 'open') return 'allow'
      return action === 'publish' && !topic.startsWith(`dev/${id}/`) ? 'deny' : 'next'
    },
  }
  const nobody: Authorizer = { generation: 0, mayPublish: () => 'deny', mayReceive: () => 'allow', maySubscribe: () => 'allow' }
  const { broker } = await started([own], { listeners: [{ port: 0, authorizer: nobody, limits: { maximumKeepAlive: 100 } }] })
  const ada = await client(broker, 'ada')
  const heard = await ada.subscribe('#')
  await expect(ada.publish('dev/ben/x', '', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 })
  await expect(ada.publish('dev/ada/x', '', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 }) // the listener's own says no
  await ada.publish('open', 'yes', { qos: 1 })
  expect((await heard.next({ timeoutMs: 2000 }))?.text()).toBe('yes')
  expect([...seen]).toEqual(expect.arrayContaining(['ada subscribe # true', 'ada publish dev/ben/x true', 'ada publish open true']))
})

test('answers of onAuthorize are not remembered', async () => {
  let decision: Decision = 'allow'
  const { broker } = await started([{ name: 'changes', onAuthorize: () => decision }])
  const ada = await client(broker, 'ada')
  await ada.publish('a', '', { qos: 1 })
  decision = 'deny'
  await expect(ada.publish('a', '', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 })
})

test('permissions remembered before a plugin came are asked again, and hold again when it has gone', async () => {
  const { broker } = await started([])
  const ada = await client(broker, 'ada')
  await ada.publish('a', '', { qos: 1 })
  const plugin: Plugin = { name: 'never', onAuthorize: () => 'deny' }
  const used = broker.use(plugin)
  await expect(ada.publish('a', '', { qos: 1 })).rejects.toMatchObject({ reasonCode: 0x87 })
  expect(() => broker.use(plugin)).toThrow('in use already')
  used[Symbol.dispose]()
  used[Symbol.dispose]()
  await ada.publish('a', '', { qos: 1 })
})

for (const qos of [0, 1, 2] as const) {
  test(`onPublish changes, refuses and passes on messages of QoS ${qos}, each of a run by itself`, async () => {
    const plugin: Plugin = {
      name: 'censor',
      onPublish: (message, from) => {
        expect([from.id, message.qos]).toEqual(['ada', qos])
        if (message.text() === 'secret') return false
        if (message.text() === 'move') return { topic: 'moved/here', payload: { was: message.topic }, properties: { contentType: 'x' } }
        return message.text() === 'keep' ? message : undefined
      },
    }
    const { broker } = await started([plugin])
    const inside = await broker.subscribe('#', { qos: 2 })
    const ada = await client(broker, 'ada')
    const outcomes = await Promise.allSettled(['one', 'secret', 'move', 'keep', 'secret', 'two'].map((text) => ada.publish('a', text, { qos })))
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(
      qos === 1 ? [true, false, true, true, false, true] : [true, true, true, true, true, true],
    )
    const heard: string[] = []
    for (let i = 0; i < 4; i++) {
      const message = await inside.next({ timeoutMs: 2000 })
      heard.push(`${message?.topic} ${message?.text()} ${message?.qos} ${message?.properties.contentType}`)
    }
    expect(heard).toEqual([`a one ${qos} undefined`, `moved/here {"was":"a"} ${qos} x`, `a keep ${qos} undefined`, `a two ${qos} undefined`])
  })
}

test('onPublish: what is refused is not retained, what is changed is retained as changed, and a message changed twice has both changes', async () => {
  const one: Plugin = { name: 'one', onPublish: ({ topic }) => (topic === 'no' ? false : { payload: 'one' }) }
  const two: Plugin = { name: 'two', onPublish: (message) => ({ payload: `${message.text()} two`, properties: { userProperties: [['by', 'two']] } }) }
  const { broker } = await started([one, two])
  const ada = await client(broker, 'ada', { version: 4 })
  await ada.publish('no', 'x', { qos: 1, retain: true })
  await ada.publish('yes', 'x', { qos: 1, retain: true })
  expect([broker.retained.get('no'), broker.retained.get('yes')?.text(), broker.retained.get('yes')?.properties]).toEqual([
    null,
    'one two',
    { userProperties: [['by', 'two']] },
  ])
})

test('onPublish is shown wills, the topic behind an alias and a mount point, but not what the program publishes', async () => {
  const shown: string[] = []
  const plugin: Plugin = {
    name: 'watch',
    onPublish: (message, from) => {
      shown.push(`${from.id} ${message.topic} ${message.text()} ${JSON.stringify(message.properties)}`)
      return message.text() === 'no' ? false : { payload: message.text().toUpperCase() }
    },
  }
  const { broker } = await started([plugin], { listeners: [{ port: 0, mountPoint: 'mine/' }] })
  const inside = await broker.subscribe('mine/#')
  const ada = await client(broker, 'ada', { topicAliases: 5, will: { topic: 'will', payload: 'gone' } })
  await ada.publish('long/topic', 'a')
  await ada.publish('long/topic', 'b', { qos: 1 })
  await broker.publish('mine/own', '3')
  await ada.close({ reasonCode: 4 })
  const heard: (string | undefined)[] = []
  for (let i = 0; i < 4; i++) heard.push((await inside.next({ timeoutMs: 2000 }))?.text())
  expect(heard).toEqual(['A', 'B', '3', 'GONE'])
  expect(shown).toEqual(['ada mine/long/topic a {}', 'ada mine/long/topic b {}', 'ada mine/will gone {}'])
  const ben = await client(broker, 'ben')
  const outcomes = await Promise.allSettled(['yes', 'no', 'yes'].map((text) => ben.publish('b', text, { qos: 1 })))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('what a plugin publishes while it is asked comes after the message', async () => {
  const plugin: Plugin = {
    name: 'echo',
    onPublish: ({ topic }) => {
      void broker.publish(`echo/${topic}`, 'echo')
      return topic === 'refused' ? false : undefined
    },
  }
  const { broker } = await started([plugin])
  const inside = await broker.subscribe('#')
  const ada = await client(broker, 'ada')
  await ada.publish('a', 'first', { qos: 1 })
  await ada.publish('nobody/listens/not/even', 'second', { qos: 1 })
  const heard: (string | undefined)[] = []
  await ada.publish('refused', 'third')
  for (let i = 0; i < 5; i++) heard.push((await inside.next({ timeoutMs: 2000 }))?.topic)
  expect(heard).toEqual(['a', 'echo/a', 'nobody/listens/not/even', 'echo/nobody/listens/not/even', 'echo/refused'])
})

test('onSubscribe lowers the QoS or refuses; in process subscriptions are not asked', async () => {
  const plugin: Plugin = {
    name: 'limits',
    onSubscribe: ({ id }, filter, qos) => {
      expect([id, qos]).toEqual(['ada', 2])
      if (filter === 'no') return false
      return filter === 'low' ? { qos: 1 } : undefined
    },
  }
  const { broker, faults } = await started([plugin])
  const ada = await client(broker, 'ada')
  expect((await ada.subscribe('low', { qos: 2 })).grantedQos).toBe(1)
  expect((await ada.subscribe('high', { qos: 2 })).grantedQos).toBe(2)
  await expect(ada.subscribe('no', { qos: 2 })).rejects.toMatchObject({ reasonCode: 0x87 })
  expect((await broker.subscribe('no', { qos: 1 })).grantedQos).toBe(1)
  expect(faults).toEqual([])
})

test('onPacket sees every packet whole, both ways, and comes and goes while clients are connected', async () => {
  const { broker } = await started([])
  const ada = await client(broker, 'ada', { topicAliases: 0 })
  await ada.publish('before', '', { qos: 1 })
  const seen: PacketEvent[] = []
  const used = broker.use({ name: 'packets', onPacket: (event) => void seen.push(event) })
  await ada.publish('a', 'x'.repeat(100_000), { qos: 1, properties: { contentType: 'x' } })
  const ben = await client(broker, 'ben', { version: 4 })
  await ben.publish('b', 'y')
  await ben.close()
  await expect.poll(() => seen.at(-1)?.packet?.type).toBe(14)
  used[Symbol.dispose]()
  await ada.publish('after', '', { qos: 1 })
  expect(seen.map(({ direction, client, packet, bytes }) => `${client?.id ?? '-'} ${direction} ${packet?.type} ${bytes.length > 1000}`)).toEqual([
    'ada in 3 true',
    'ada out 4 false',
    '- in 1 false',
    'ben out 2 false',
    'ben in 3 false',
    'ben in 14 false',
  ])
  const publish = seen[0]!.packet
  expect(publish?.type === 3 && [publish.topicName, publish.payload.length, publish.properties]).toEqual(['a', 100_000, { contentType: 'x' }])
  expect(Math.abs(Number(seen[0]!.time / 1_000_000n) - Date.now())).toBeLessThan(60_000)
})

test('onClose tells why a client went, and whether its will is due', async () => {
  const gone: [ClientInfo, CloseReason][] = []
  const { broker } = await started([
    { name: 'doorman', onConnect: ({ id }) => (id === 'unwelcome' ? 'deny' : 'next'), onClose: (who, why) => void gone.push([who, why]) },
  ])
  const will = { topic: 'will', payload: '' }
  await (await client(broker, 'polite', { will })).close()
  await (await client(broker, 'leaving', { will })).close({ reasonCode: 4 })
  await expect(client(broker, 'unwelcome')).rejects.toThrow()
  await client(broker, 'twice', { username: 'u' })
  await client(broker, 'twice')
  await expect
    .poll(() => gone.map(([{ id }, { cause, willDue }]) => `${id} ${cause} ${willDue}`))
    .toEqual(['polite disconnect false', 'leaving disconnect-with-will true', 'twice taken-over false'])
  expect(gone[2]![0]).toMatchObject({ id: 'twice', username: 'u', address: '127.0.0.1', version: 5, listener: broker.url })
})

test('a hook that throws has refused, is told once, and ends nothing else', async () => {
  const broken = new Error('broken')
  const fail = (): never => {
    throw broken
  }
  const { broker, faults } = await started([])
  const ada = await client(broker, 'ada')
  const cases: [Plugin, () => Promise<unknown>, number][] = [
    [{ name: 'p', onConnect: fail }, () => client(broker, 'ben'), 0x87],
    [{ name: 'p', onConnect: () => Promise.reject(broken) }, () => client(broker, 'ben'), 0x87],
    [{ name: 'p', onAuthorize: fail }, () => ada.publish('a', '', { qos: 1 }), 0x87],
    [{ name: 'p', onAuthorize: (async () => 'allow') as unknown as () => Decision }, () => ada.publish('a', '', { qos: 1 }), 0x87],
    [{ name: 'p', onPublish: fail }, () => ada.publish('a', '', { qos: 1 }), 0x83],
    [{ name: 'p', onPublish: () => ({ topic: 'a/+' }) }, () => ada.publish('a', '', { qos: 1 }), 0x83],
    [{ name: 'p', onPublish: (async () => false) as unknown as () => false }, () => ada.publish('a', '', { qos: 1 }), 0x83],
    [{ name: 'p', onSubscribe: fail }, () => ada.subscribe('a'), 0x83],
    [{ name: 'p', onSubscribe: () => ({ qos: 7 as 2 }) }, () => ada.subscribe('a'), 0x83],
  ]
  for (const [plugin, action, reasonCode] of cases) {
    const used = broker.use(plugin)
    await expect(action()).rejects.toMatchObject({ reasonCode })
    used[Symbol.dispose]()
  }
  const used = broker.use({ name: 'tells', onPacket: fail, onClose: (async () => fail()) as () => void })
  await (await client(broker, 'ben')).close()
  await ada.publish('a', '', { qos: 1 })
  used[Symbol.dispose]()
  expect(faults[0]).toBe('Error: plugin p failed in onConnect, and ben was refused: broken')
  expect(ada.connected).toBe(true)
})

test('setup is called when the broker listens; one that throws keeps it from starting', async () => {
  let url = ''
  const { broker } = await started([{ name: 'first', setup: async (made) => void (url = (await connect(made.url, { reconnect: false })) && made.url) }])
  expect(url).toBe(broker.url)
  const failing: Plugin = { name: 'failing', setup: () => Promise.reject(new Error('no database')) }
  await expect(startBroker({ port: 0, plugins: [failing] })).rejects.toThrow('no database')
  expect(() =>
    broker.use({
      name: 'sync',
      setup: () => {
        throw new Error('no')
      },
    }),
  ).toThrow('no')
  await expect(startBroker({ port: 0, plugins: [{ name: 'x', onPublish: 3 as unknown as () => false }] })).rejects.toThrow(
    'onPublish is a number, not a function',
  )
})

test('without a log, faults of plugins become warnings of the process', async () => {
  const warned: string[] = []
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warned.push(String(text)))
  onTestFinished(() => emit.mockRestore())
  const broker = await startBroker({
    port: 0,
    plugins: [
      {
        name: 'p',
        onConnect: () => {
          throw new Error('broken')
        },
      },
    ],
  })
  onTestFinished(() => broker.close())
  await expect(connect(broker.url, { reconnect: false, clientId: 'ada' })).rejects.toMatchObject({ reasonCode: 0x87 })
  expect(warned).toEqual(['Error: plugin p failed in onConnect, and ada was refused: broken'])
})
