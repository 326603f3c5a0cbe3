// Request and response, the status stream, closing in its two ways, and clients of 3.1 and 3.1.1.
// The rest of the client is in client.test.ts.

import { expect, test } from 'vitest'
import type { ConnectOptions } from '../../src/client/options.ts'
import { PacketType } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { Bench, errorOf, subscribe } from './client-bench.ts'
import { ackOf, publishOf, settle } from './scripted-server.ts'

test('request and response: topic, Correlation Data, answers out of order, strangers ignored', async () => {
  const bench = await new Bench({ clientId: 'c' }).open()
  const first = bench.client.request('svc', '1')
  const second = bench.client.request('svc', '2')
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
  const bench = await new Bench({ clientId: 'c' }).open()
  const states: string[] = []
  const reading = (async () => {
    for await (const { state, attempt, cause } of bench.client.status()) states.push(`${state} ${attempt} ${cause?.code ?? '-'}`)
  })()
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
  expect(states).toEqual([
    'connected 0 -',
    'offline 0 CONNECTION_LOST',
    'reconnecting 1 CONNECTION_LOST',
    'reconnecting 2 CONNECTION_FAILED',
    'connected 0 -',
    'offline 0 -',
    'closed 0 -',
  ])
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
  const lost = errorOf(hasty.client.publish('a', 'x', { qos: 1 }))
  const closed = hasty.client.close()
  await hasty.serve()
  await closed
  expect((await lost).code).toBe('CLOSED')
  await hasty.client[Symbol.asyncDispose]()
})

test('the session ends with the client unless it was asked for', async () => {
  const sent = async (options: ConnectOptions): Promise<unknown> => {
    const bench = await new Bench(options).open()
    const closed = bench.client.close()
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
    const bench = await new Bench({ version, clientId: 'c' }).open()
    const subscription = await subscribe(bench, 'a/+', { qos: 2 })
    await bench.lose()
    expect(bench.connects.at(-1)!.cleanStart).toBe(true)
    expect(bench.log.at(-1)!.replace(/ \d+ /, ' ')).toBe('SUBSCRIBE a/+:2')
    bench.say(publishOf('a/b', 'x', { qos: 2, packetId: 3 }))
    bench.say(ackOf('pubrel', 3))
    expect((await subscription.next())!.text()).toBe('x')
  }
})
