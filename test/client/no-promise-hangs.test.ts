// Every call of the client settles, whatever the network does: each packet of each exchange is lost, held up, repeated, cut at, or the last that passes.
// A call that is given a time settles within it; one that is given none settles when the client is closed.

import { afterEach, expect, test } from 'vitest'
import type { Client } from '../../src/client/client.ts'
import { MqttError } from '../../src/client/errors.ts'
import { connect } from '../../src/client/node.ts'
import type { Faults } from '../../src/faults/faults.ts'
import { type TestBroker, testBroker } from '../../src/testing/test-broker.ts'

/** Milliseconds that each call is given. */
const GIVEN = 150
/** Beyond that: what a busy machine may take. */
const GRACE = 1500
const SOON = { minMs: 10, maxMs: 50, jitter: false }

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

const FAULTS: Readonly<Record<string, (faults: Faults, filter: string) => unknown>> = {
  'is lost': (faults, filter) => faults.drop(filter, { cut: false }),
  'is lost once, with its connection': (faults, filter) => faults.drop(filter, { cut: true, times: 1 }),
  'is lost each time, with its connection': (faults, filter) => faults.drop(filter, { cut: true }),
  'is cut in two': (faults, filter) => faults.cut(filter, { at: 'middle' }),
  'is the last of its connection': (faults, filter) => faults.cut(filter, { at: 'after', times: 2 }),
  'is held up for ever': (faults, filter) => faults.delay(filter, 3_600_000),
  'is a little late': (faults, filter) => faults.delay(filter, 30),
  'comes twice': (faults, filter) => faults.duplicate(filter),
  'is the last that passes': (faults, filter) => faults.silence(filter),
  'is garbled': (faults, filter) => faults.change(filter, (bytes) => bytes.map((byte, i) => (i === 0 ? byte : byte ^ 0xff))),
}

const LIMIT = { timeoutMs: GIVEN }

/** What programs wait for, with the packet types that pass meanwhile. */
const CALLS: Readonly<Record<string, { readonly types: readonly number[]; call(client: Client, limit: { timeoutMs: number }): Promise<unknown> }>> = {
  'publish QoS 1': { types: [3, 4], call: (client, limit) => client.publish('a', 'x', { qos: 1, ...limit }) },
  'publish QoS 2': { types: [3, 5, 6, 7], call: (client, limit) => client.publish('a', 'x', { qos: 2, ...limit }) },
  subscribe: { types: [8, 9], call: (client, limit) => client.subscribe('b', limit) },
  request: { types: [3, 8, 9], call: (client, limit) => client.request('service', 'x', limit) },
  end: {
    types: [3, 4, 14],
    call: (client, limit) => {
      client.publish('a', 'x', { qos: 1 }).catch(() => {})
      return client.end(limit)
    },
  },
  close: { types: [14], call: (client, limit) => client.close(limit) },
}

async function started(): Promise<TestBroker> {
  const broker = await testBroker()
  open.push(broker)
  return broker
}

/** Settled with a value or an MqttError, in time. */
async function settles(call: Promise<unknown>, within = GIVEN): Promise<string> {
  const began = performance.now()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('hangs'), within + GRACE)
  })
  const outcome = call.then(
    () => 'done',
    (error: unknown) => (error instanceof MqttError ? error.code : `no MqttError: ${String(error)}`),
  )
  const settled = await Promise.race([outcome, late])
  clearTimeout(timer)
  expect([settled === 'hangs', settled.startsWith('no MqttError'), performance.now() - began < within + GRACE]).toEqual([false, false, true])
  return settled
}

for (const [what, arm] of Object.entries(FAULTS)) {
  const isHarmless = what === 'is a little late'

  test(`connect settles when CONNECT or CONNACK ${what}`, async () => {
    for (const type of [1, 2]) {
      const broker = await started()
      arm(broker.faults, `mqtt.msgtype == ${type}`)
      const connecting = connect(broker.url, { clientId: 'x', timeoutMs: isHarmless ? 5000 : GIVEN, reconnect: { ...SOON, retryFirst: true } })
      const outcome = await settles(
        connecting.then((client) => void open.unshift(client)),
        isHarmless ? 5000 : GIVEN,
      )
      if (isHarmless) expect(outcome).toBe('done')
    }
  })

  test(`publish, subscribe, request, end and close settle when a packet of theirs ${what}`, { timeout: 30_000 }, async () => {
    const all = Object.entries(CALLS).flatMap(([name, { types, call }]) => types.map((type) => ({ name, type, call })))
    await Promise.all(
      all.map(async ({ name, type, call }) => {
        const broker = await started()
        const client = await connect(broker.url, { clientId: 'x', reconnect: SOON, timeoutMs: 5000 })
        arm(broker.faults, `mqtt.msgtype == ${type}`)
        const limit = isHarmless ? { timeoutMs: 5000 } : LIMIT // then it must also succeed
        const outcome = await settles(call(client, limit), limit.timeoutMs)
        if (isHarmless && name !== 'request') expect([name, type, outcome]).toEqual([name, type, 'done'])
        // and what is given no time, when the client is closed
        const waiting = [client.publish('c', 'y', { qos: 2 }), client.subscribe('d'), client.unsubscribe('b'), client.status().next()]
        const settled = Promise.allSettled(waiting)
        await settles(client.close(LIMIT))
        await settles(settled)
      }),
    )
  })

  test(`a subscription that is read, and left, settles when a packet of it ${what}`, async () => {
    await Promise.all(
      [10, 11].map(async (type) => {
        const broker = await started()
        const client = await connect(broker.url, { clientId: 'x', reconnect: SOON, timeoutMs: 5000, callTimeoutMs: isHarmless ? 5000 : GIVEN })
        const subscription = await client.subscribe('b')
        arm(broker.faults, `mqtt.msgtype == ${type}`)
        const next = settles(subscription.next(LIMIT))
        const outcome = await settles(subscription.unsubscribe(), isHarmless ? 5000 : GIVEN)
        if (isHarmless) expect(outcome).toBe('done')
        expect(await next).toMatch(/done|TIMEOUT/)
        await settles(client.close())
      }),
    )
  })
}

test('close ends also a client whose connection is about to break, and one that comes back again and again', async () => {
  const broker = await started()
  broker.faults.duplicate('mqtt.msgtype == 2') // the second CONNACK breaks the connection
  for (let i = 0; i < 20; i++) {
    const client = await connect(broker.url, { clientId: 'x', reconnect: SOON, timeoutMs: 5000 })
    if (i % 2 === 1) await new Promise((resolve) => setTimeout(resolve, i))
    await settles(client.close())
    expect(client.connected).toBe(false)
  }
})

test('callTimeoutMs holds for every call that has no time of its own', async () => {
  const broker = await started()
  const client = await connect(broker.url, { clientId: 'x', callTimeoutMs: 50, timeoutMs: 5000 })
  broker.faults.silence('', { client: 'x' })
  const began = performance.now()
  const calls = [client.publish('a', 'x', { qos: 1 }), client.subscribe('b'), client.request('c', 'x')]
  const outcomes = await Promise.allSettled(calls)
  expect(outcomes.map((one) => (one.status === 'rejected' ? (one.reason as MqttError).code : ''))).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT'])
  expect(performance.now() - began).toBeLessThan(50 + GRACE)
  await expect(client.publish('a', 'x', { qos: 1, timeoutMs: 20 })).rejects.toThrow('not done within 20 ms')
  await expect(client.close()).rejects.toThrow('close: not done within 50 ms')
  const asking = await connect(broker.url, { clientId: 'y', callTimeoutMs: 400, timeoutMs: 5000 }).finally(() => broker.faults.clear())
  open.push(asking)
  await asking.subscribe('silent')
  await expect(asking.request('silent', 'x')).rejects.toThrow("request to 'silent': not done within 400 ms")
})

test('a close that is given up has cut the connection', async () => {
  const broker = await started()
  const client = await connect(broker.url, { clientId: 'x', will: { topic: 'gone', payload: 'will' }, timeoutMs: 5000 })
  const hold = broker.faults.silence('mqtt.msgtype == 14')
  await expect(client.close({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  await client.close()
  expect(client.connected).toBe(false)
  hold.remove()
  expect((await broker.waitForMessage('gone')).text()).toBe('will')
  const other = await connect(broker.url, { clientId: 'y', timeoutMs: 5000 })
  broker.faults.silence('mqtt.msgtype == 14')
  const controller = new AbortController()
  const closing = other.close({ signal: controller.signal })
  controller.abort()
  await expect(closing).rejects.toMatchObject({ code: 'ABORTED' })
})
