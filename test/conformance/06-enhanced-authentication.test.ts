// AUTH: the exchange of CONNECT, re-authentication, and what is allowed meanwhile [MQTT 5.0, section 4.12].
// The mechanism is scripted: each step answers what the test put into it.

import { expect, test } from 'vitest'
import type { Authenticator } from '../../src/broker/ports.ts'
import type { AuthenticationExchange, AuthenticationStep } from '../../src/session/effects.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { bytesOf, connectFrame, field, frame, settled } from '../support/raw-packets.ts'
import { type ClientOptions, TestBroker, type TestClient } from '../support/test-broker.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (data: Uint8Array | null | undefined): string | null => (data === null || data === undefined ? null : new TextDecoder().decode(data))

type Answer = AuthenticationStep | Promise<AuthenticationStep>

const goOn = (data: string | null): AuthenticationStep => ({ reasonCode: 0x18, data: data === null ? null : bytes(data), userName: null })
const success = (userName: string | null, data: string | null = null): AuthenticationStep => ({
  reasonCode: 0,
  data: data === null ? null : bytes(data),
  userName,
})
const refusal = (reasonCode: number): AuthenticationStep => ({ reasonCode, data: null, userName: null })

/** Knows the method SCRIPT: its exchanges, one after another, give the answers of their lists. */
class Script implements Authenticator {
  /** What clients sent, step by step. */
  readonly heard: (string | null)[] = []
  readonly #exchanges: Answer[][]

  constructor(...exchanges: Answer[][]) {
    this.#exchanges = exchanges
  }

  authenticate(): never {
    throw new Error('a password was asked for')
  }

  begin(method: string): AuthenticationExchange | null {
    if (method !== 'SCRIPT') return null
    const answers = this.#exchanges.shift() ?? []
    return {
      step: (data) => {
        this.heard.push(text(data))
        const answer = answers.shift()
        if (answer === undefined) throw new Error('a step too many')
        return answer
      },
    }
  }
}

function dial(script: Script, data: string | null = null, options: ClientOptions = {}): { broker: TestBroker; client: TestClient } {
  const broker = new TestBroker({ authenticator: script })
  const properties = { authenticationMethod: 'SCRIPT', ...(data === null ? {} : { authenticationData: bytes(data) }), ...options.properties }
  return { broker, client: broker.dial('c', { version: 5, ...options, properties }) }
}

function auth(client: TestClient, reasonCode: number, data: string | null = null, method: string | null = 'SCRIPT'): void {
  const properties: Properties = { ...(method === null ? {} : { authenticationMethod: method }), ...(data === null ? {} : { authenticationData: bytes(data) }) }
  client.send({ type: 15, reasonCode, properties })
}

/** The properties of a CONNACK that is all there is. */
function accepted(client: TestClient): Properties {
  const [connack, ...others] = client.received()
  if (connack?.type !== 2 || connack.reasonCode !== 0 || others.length > 0) throw new Error(`no CONNACK 0 but ${JSON.stringify([connack, ...others])}`)
  return connack.properties
}

test('a method nobody knows is refused with 0x8C, in the bytes of Mosquitto 2.1 [MQTT-4.12.0-1]', () => {
  const broker = new TestBroker({ authenticator: new Script() })
  const client = broker.dial('c', { version: 5, properties: { authenticationMethod: 'OTHER' } })
  expect([Buffer.from(client.receivedBytes()).toString('hex'), client.isClosed, broker.broker.sessionCount]).toEqual(['2003008c00', true, 0])
})

test('one step: CONNECT brings the data, CONNACK method and data [MQTT-4.12.0-5]', () => {
  const script = new Script([success('ann', 'bye')])
  const { client, broker } = dial(script, 'hello')
  const properties = accepted(client)
  expect([script.heard, properties.authenticationMethod, text(properties.authenticationData)]).toEqual([['hello'], 'SCRIPT', 'bye'])
  expect([client.isClosed, broker.broker.connectedCount]).toEqual([false, 1])
})

test('CONNECT without data, AUTH back and forth, CONNACK at the end and nothing before it [MQTT-4.12.0-2, MQTT-4.12.0-3, MQTT-3.2.0-1]', () => {
  const script = new Script([goOn('one?'), goOn('two?'), success('ann', null)])
  const { client, broker } = dial(script)
  expect([client.lines(), broker.broker.sessionCount]).toEqual([['AUTH 0x18 {"authenticationMethod":"SCRIPT","authenticationData":"one?"}'], 0])
  auth(client, 0x18, 'one!')
  expect([client.lines(), broker.broker.sessionCount]).toEqual([['AUTH 0x18 {"authenticationMethod":"SCRIPT","authenticationData":"two?"}'], 0])
  auth(client, 0x18, 'two!')
  const properties = accepted(client)
  expect([properties.authenticationMethod, properties.authenticationData, script.heard]).toEqual(['SCRIPT', undefined, [null, 'one!', 'two!']])
  client.send({ type: 12 })
  client.subscribe('a')
  expect(client.lines()).toEqual(['PINGRESP', 'SUBACK m1 [0]'])
})

test('the bytes of AUTH and CONNACK: reason, method, data [MQTT-3.15.2-1, MQTT-4.12.0-5]', () => {
  const { client } = dial(new Script([goOn('?'), success(null)]))
  expect(Buffer.from(client.receivedBytes()).toString('hex')).toBe('f00f180d15000653435249505416' + '00013f')
  client.sendBytes(frame(0xf0, '18', [13], '15', field('SCRIPT'), '16', field('!')))
  expect(client.lines()).toHaveLength(1)
})

const REFUSALS = [0x80, 0x83, 0x86, 0x87, 0x8a, 0x97].map((code) => [`0x${code.toString(16)}`, code] as const)

test.each(REFUSALS)('a mechanism may refuse with %s at every step: CONNACK, then the end [MQTT-4.12.0-4]', (_hex, code) => {
  for (const steps of [0, 1, 2]) {
    const { client, broker } = dial(new Script([...Array.from({ length: steps }, () => goOn('?')), refusal(code)]), 'x')
    for (let i = 0; i < steps; i++) auth(client, 0x18, '!')
    expect([client.lines().at(-1), client.isClosed, broker.broker.sessionCount]).toEqual([`CONNACK 0 ${code}`, true, 0])
  }
})

test.each([
  ['SUBSCRIBE', '82 07 00 01 00 00 01 61 00'],
  ['PUBLISH', '30 04 00 01 61 00'],
  ['PINGREQ', 'c0 00'],
  ['PUBACK', '40 02 00 01'],
  ['CONNECT', '10 00'],
])('%s during the exchange ends the connection: only AUTH and DISCONNECT may come [MQTT-3.1.2-30, MQTT-3.14.0-1]', (_what, hex) => {
  const { client, broker } = dial(new Script([goOn('?'), success('ann')]))
  client.lines()
  client.sendBytes(bytesOf(hex), frame(0xf0, '18', [9], '15', field('SCRIPT')))
  expect([client.isClosed, broker.broker.sessionCount]).toEqual([true, 0])
  expect(client.received().filter((packet) => packet.type !== 2)).toEqual([])
})

test('DISCONNECT during the exchange ends it in order: no answer, no session, no will [MQTT-3.1.2-30]', () => {
  const ended: string[] = []
  const observer = { opened: () => {}, connected: () => {}, ended: (_peer: unknown, _clientId: unknown, cause: string) => ended.push(cause) }
  const broker = new TestBroker({ authenticator: new Script([success('watcher')], [goOn('?')]), observer })
  const properties = { authenticationMethod: 'SCRIPT' }
  const watcher = broker.client('watcher', { version: 5, properties })
  watcher.subscribe('w')
  watcher.lines()
  const client = broker.dial('c', { version: 5, will: { topicName: 'w', payload: bytes('x'), qos: 0, retain: false, properties: {} }, properties })
  client.lines()
  client.disconnect()
  client.gone()
  expect([client.lines(), client.isClosed, ended]).toEqual([[], true, ['disconnect']])
  expect([watcher.lines(), broker.broker.sessionCount]).toEqual([[], 1])
})

test.each([
  ['another method [MQTT-4.12.0-5]', 0x18, 'OTHER'],
  ['no method [MQTT-4.12.0-5]', 0x18, null],
  ['the Reason Code of a re-authentication [MQTT-4.12.0-3]', 0x19, 'SCRIPT'],
] as const)('AUTH with %s during the exchange ends the connection', (_what, reasonCode, method) => {
  const script = new Script([goOn('?'), success('ann')])
  const { client, broker } = dial(script)
  client.lines()
  auth(client, reasonCode, method === null ? null : '!', method)
  expect([client.isClosed, broker.broker.sessionCount, script.heard]).toEqual([true, 0, [null]])
})

test('AUTH with Reason Code 0 is not for clients [MQTT-3.15.2-1]', () => {
  for (const packet of [frame(0xf0), frame(0xf0, '00 09 15', field('SCRIPT')), frame(0xf0, '87 09 15', field('SCRIPT'))]) {
    const { client, broker } = dial(new Script([goOn('?'), success('ann')]))
    client.lines()
    client.sendBytes(packet)
    expect([client.isClosed, broker.broker.sessionCount]).toEqual([true, 0])
  }
})

test('without a method in CONNECT there is none in CONNACK, and AUTH is a Protocol Error [MQTT-4.12.0-6, MQTT-4.12.0-7]', () => {
  const client = new TestBroker().dial('c', { version: 5 })
  expect(client.received()).toMatchObject([{ type: 2, properties: expect.not.objectContaining({ authenticationMethod: expect.anything() }) }])
  auth(client, 0x19)
  expect([client.lines(), client.isClosed]).toEqual([['DISCONNECT 0x82'], true])
})

test('AUTH does not exist before 5.0: the connection is closed', () => {
  for (const version of [3, 4] as const) {
    const client = new TestBroker().client('c', { version })
    client.sendBytes(bytesOf('f0 02 18 00'))
    expect([client.lines(), client.isClosed]).toEqual([[], true])
  }
})

test('the exchange has to be over 10 s after the connection began', () => {
  const { client, broker } = dial(new Script([goOn('?'), goOn('?'), success('ann')]))
  broker.advance(6_000)
  auth(client, 0x18, '!')
  broker.advance(4_050)
  expect([client.isClosed, broker.broker.sessionCount]).toEqual([true, 0])
  auth(client, 0x18, '!')
  expect(client.lines().filter((line) => line.startsWith('CONNACK'))).toEqual([])
})

test('a mechanism that answers later: nothing is sent or read meanwhile, then it goes on [MQTT-4.12.0-2]', async () => {
  let answer: (step: AuthenticationStep) => void = () => {}
  const later = new Promise<AuthenticationStep>((resolve) => (answer = resolve))
  const script = new Script([later, success('ann')])
  const { client } = dial(script)
  auth(client, 0x18, 'early')
  await settled()
  expect([client.lines(), client.isPaused, script.heard]).toEqual([[], true, [null]])
  answer(goOn('?'))
  await settled()
  expect([client.isPaused, script.heard]).toEqual([false, [null, 'early']])
  expect(client.received().map((packet) => packet.type)).toEqual([15, 2])
})

test('a mechanism that fails refuses CONNECT with Server unavailable', async () => {
  const failing = Promise.reject(new Error('the directory is down'))
  const { client, broker } = dial(new Script([failing]))
  await settled()
  expect([client.lines(), client.isClosed, broker.broker.sessionCount]).toEqual([[`CONNACK 0 ${0x88}`], true, 0])
})

test('a client that leaves in the middle of a slow step leaves nothing behind', async () => {
  let answer: (step: AuthenticationStep) => void = () => {}
  const { client, broker } = dial(new Script([new Promise((resolve) => (answer = resolve))]))
  client.cut()
  answer(success('ann'))
  await settled()
  expect([client.lines(), broker.broker.sessionCount]).toEqual([[], 0])
})

test('the name that the mechanism found is the one the rules are asked with', () => {
  const seen: (string | null)[] = []
  const mayPublish = (_clientId: string, userName: string | null) => {
    seen.push(userName)
    return 'allow' as const
  }
  const broker = new TestBroker({
    authenticator: new Script([success('ann')]),
    authorizer: { generation: 0, mayPublish, mayReceive: () => 'allow', maySubscribe: () => 'allow' },
  })
  broker.client('c', { version: 5, userName: 'bob', properties: { authenticationMethod: 'SCRIPT' } }).publish('a', 'x')
  expect(seen).toEqual(['ann'])
})

test('an assigned Client Identifier comes with the CONNACK that ends the exchange [MQTT-3.2.2-16]', () => {
  const broker = new TestBroker({ authenticator: new Script([goOn('?'), success('ann')]) })
  const link = broker.link(5)
  link.sendBytes(connectFrame(5, { clientId: '', properties: bytesOf('15', field('SCRIPT')) }))
  link.lines()
  auth(link, 0x18, '!')
  expect(accepted(link).assignedClientIdentifier).toBe('auto-ID-1')
})

test('re-authentication: AUTH 0x19, steps, AUTH 0x00; other packets go on meanwhile [MQTT-4.12.1-1]', () => {
  const script = new Script([success('ann')], [goOn('again?'), success('ann', 'done')])
  const { client } = dial(script)
  client.subscribe('a')
  client.lines()
  auth(client, 0x19, 'again')
  expect(client.lines()).toEqual(['AUTH 0x18 {"authenticationMethod":"SCRIPT","authenticationData":"again?"}'])
  client.publish('a', 'meanwhile')
  client.send({ type: 12 })
  expect(client.lines()).toEqual(['PUBLISH q0 r0 d0 m0 a meanwhile', 'PINGRESP'])
  auth(client, 0x18, 'again!')
  expect([client.lines(), client.isClosed]).toEqual([['AUTH 0x0 {"authenticationMethod":"SCRIPT","authenticationData":"done"}'], false])
  expect(script.heard).toEqual([null, 'again', 'again!'])
})

test('re-authentication may be repeated, each time a new exchange', () => {
  const script = new Script([success('ann')], [success('ann')], [goOn('?'), success('ann')])
  const { client } = dial(script)
  client.lines()
  auth(client, 0x19, '1')
  auth(client, 0x19, '2')
  auth(client, 0x18, '3')
  expect(client.lines()).toEqual([
    'AUTH 0x0 {"authenticationMethod":"SCRIPT"}',
    'AUTH 0x18 {"authenticationMethod":"SCRIPT","authenticationData":"?"}',
    'AUTH 0x0 {"authenticationMethod":"SCRIPT"}',
  ])
})

test('a re-authentication that fails: DISCONNECT with its code, the end, and the will [MQTT-4.12.1-2, MQTT-3.1.2-8]', () => {
  for (const [answers, code] of [
    [[refusal(0x87)], 0x87],
    [[goOn('?'), refusal(0x8c)], 0x8c],
    [[success('bob')], 0x87],
  ] as const) {
    const broker = new TestBroker({ authenticator: new Script([success('watcher')], [success('ann')], [...answers]) })
    const properties = { authenticationMethod: 'SCRIPT' }
    const watcher = broker.client('watcher', { version: 5, properties })
    watcher.subscribe('w')
    watcher.lines()
    const client = broker.client('c', { version: 5, properties, will: { topicName: 'w', payload: bytes('gone'), qos: 0, retain: false, properties: {} } })
    auth(client, 0x19)
    if (answers.length > 1) auth(client, 0x18)
    expect([client.lines().at(-1), client.isClosed, watcher.payloads()]).toEqual([`DISCONNECT 0x${code.toString(16)}`, true, ['gone']])
  }
})

test.each([
  ['another method than that of CONNECT [MQTT-4.12.1-1]', 0x19, 'OTHER'],
  ['no method [MQTT-4.12.1-1]', 0x19, null],
  ['Continue authentication, although none is going on', 0x18, 'SCRIPT'],
] as const)('a connected client that sends AUTH with %s is told 0x82', (_what, reasonCode, method) => {
  const { client } = dial(new Script([success('ann')], [success('ann')]))
  client.lines()
  auth(client, reasonCode, null, method)
  expect([client.lines(), client.isClosed]).toEqual([['DISCONNECT 0x82'], true])
})

test('a second re-authentication while one is going on is a Protocol Error', () => {
  const { client } = dial(new Script([success('ann')], [goOn('?'), success('ann')], [success('ann')]))
  client.lines()
  auth(client, 0x19)
  auth(client, 0x19)
  expect([client.lines().at(-1), client.isClosed]).toEqual(['DISCONNECT 0x82', true])
})

test('a slow re-authentication: what the client sends waits for it, in order', async () => {
  let answer: (step: AuthenticationStep) => void = () => {}
  const { client } = dial(new Script([success('ann')], [new Promise((resolve) => (answer = resolve))]))
  client.lines()
  auth(client, 0x19)
  client.publish('a', 'x', { qos: 1, packetId: 4 })
  await settled()
  expect(client.lines()).toEqual([])
  answer(success('ann'))
  await settled()
  expect(client.lines()).toEqual(['AUTH 0x0 {"authenticationMethod":"SCRIPT"}', 'PUBACK m4 0x10'])
})

test('a re-authentication whose mechanism fails ends with DISCONNECT, never with a second CONNACK [MQTT-3.2.0-2, MQTT-4.12.1-2]', async () => {
  const { client } = dial(new Script([success('ann')], [new Promise((_resolve, reject) => setImmediate(() => reject(new Error('the directory is down'))))]))
  client.lines()
  auth(client, 0x19)
  await settled()
  await settled()
  const packets = client.received()
  expect([packets.map((packet) => packet.type), client.isClosed]).toEqual([[14], true])
  expect(packets[0]?.type === 14 && packets[0].reasonCode >= 0x80).toBe(true)
})

test('a session resumed by an authenticated client is the same session [MQTT-3.2.2-3]', () => {
  const broker = new TestBroker({ authenticator: new Script([success('ann')], [goOn('?'), success('ann')]) })
  const options = { version: 5, cleanStart: false, properties: { authenticationMethod: 'SCRIPT', sessionExpiryInterval: 60 } } as const
  const first = broker.client('c', options)
  first.subscribe('a', 1)
  first.publish('a', 'kept', { qos: 1, packetId: 1 })
  first.cut()
  const second = broker.dial('c', options)
  second.lines()
  auth(second, 0x18)
  const lines = second.lines()
  expect([lines[0]?.startsWith('CONNACK 1 0'), lines.slice(1)]).toEqual([true, ['PUBLISH q1 r0 d1 m1 a kept']])
})
