// SCRAM-SHA-256 end to end: our client's side and the broker's, through CONNECT, AUTH and CONNACK [MQTT 5.0, section 4.12].
// What the messages say is tested with the mechanism itself; here is that they travel as the standard wants.

import { expect, test } from 'vitest'
import { ScramSha256Client } from '../../src/auth/scram.ts'
import { makeScramVerifier } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import type { Packet } from '../../src/wire/mqtt/packet.ts'
import type { Properties } from '../../src/wire/mqtt/properties.ts'
import { settled } from '../support/raw-packets.ts'
import { TestBroker, type TestClient } from '../support/test-broker.ts'

const users = new StaticUsers({ users: [{ userName: 'ann', verifier: makeScramVerifier('secret', { iterations: 4096 })! }], allowAnonymous: false })

function scram(userName: string, password: string): ScramSha256Client {
  return new ScramSha256Client({ userName, password, nonce: 'rOprNGfwEbeRWgbNEkqO' })
}

function properties(user: ScramSha256Client, data: Uint8Array | null): Properties {
  const answer = user.step(data)
  return { authenticationMethod: user.method, ...(answer === null ? {} : { authenticationData: answer }) }
}

/** The one packet that the broker has sent, after promises are settled. */
async function next(client: TestClient): Promise<Packet> {
  await settled()
  const [packet, ...more] = client.received()
  if (packet === undefined || more.length > 0) throw new Error(`not one packet but ${JSON.stringify([packet, ...more])}`)
  return packet
}

function dataOf(packet: Packet): Uint8Array | null {
  return packet.type === 2 || packet.type === 15 ? (packet.properties.authenticationData ?? null) : null
}

async function logIn(broker: TestBroker, user: ScramSha256Client): Promise<{ client: TestClient; last: Packet }> {
  const client = broker.dial('c', { version: 5, properties: properties(user, null) })
  const challenge = await next(client)
  expect(challenge).toMatchObject({ type: 15, reasonCode: 0x18, properties: { authenticationMethod: 'SCRAM-SHA-256' } })
  client.send({ type: 15, reasonCode: 0x18, properties: properties(user, dataOf(challenge)) })
  return { client, last: await next(client) }
}

test('CONNECT, AUTH, AUTH, CONNACK: both sides have proved that they know the password [MQTT-4.12.0-2, MQTT-4.12.0-3, MQTT-4.12.0-5]', async () => {
  const user = scram('ann', 'secret')
  const { client, last } = await logIn(new TestBroker({ authenticator: users }), user)
  expect(last).toMatchObject({ type: 2, reasonCode: 0, properties: { authenticationMethod: 'SCRAM-SHA-256' } })
  expect(user.isServerVerified).toBe(false)
  user.step(dataOf(last))
  expect(user.isServerVerified).toBe(true)
  client.send({ type: 12 })
  expect(await next(client)).toEqual({ type: 13 })
})

test('a wrong password and an unknown name are refused alike: CONNACK 0x87 [MQTT-4.12.0-4]', async () => {
  const broker = new TestBroker({ authenticator: users })
  const wrong = await logIn(broker, scram('ann', 'guess'))
  const unknown = await logIn(broker, scram('bob', 'secret'))
  for (const { client, last } of [wrong, unknown]) {
    expect([last, client.isClosed]).toMatchObject([{ type: 2, reasonCode: 0x87, sessionPresent: false }, true])
  }
  expect(wrong.last).toEqual(unknown.last)
  expect(broker.broker.sessionCount).toBe(0)
})

test('the name of SCRAM is the user: the one of CONNECT does not count', async () => {
  const seen: (string | null)[] = []
  const mayPublish = (_clientId: string, userName: string | null) => {
    seen.push(userName)
    return 'allow' as const
  }
  const broker = new TestBroker({ authenticator: users, authorizer: { generation: 0, mayPublish, mayReceive: () => 'allow', maySubscribe: () => 'allow' } })
  const { client } = await logIn(broker, scram('ann', 'secret'))
  client.publish('a', 'x')
  expect(seen).toEqual(['ann'])
})

test('re-authentication in the middle of the work: AUTH 0x19, 0x18, 0x18, 0x00 [MQTT-4.12.1-1]', async () => {
  const { client } = await logIn(new TestBroker({ authenticator: users }), scram('ann', 'secret'))
  const user = scram('ann', 'secret')
  client.send({ type: 15, reasonCode: 0x19, properties: properties(user, null) })
  const challenge = await next(client)
  client.send({ type: 15, reasonCode: 0x18, properties: properties(user, dataOf(challenge)) })
  const last = await next(client)
  expect(last).toMatchObject({ type: 15, reasonCode: 0 })
  user.step(dataOf(last))
  expect([user.isServerVerified, client.isClosed]).toEqual([true, false])
})

test('re-authentication with a wrong password ends the connection: DISCONNECT 0x87 [MQTT-4.12.1-2]', async () => {
  const { client } = await logIn(new TestBroker({ authenticator: users }), scram('ann', 'secret'))
  const user = scram('ann', 'guess')
  client.send({ type: 15, reasonCode: 0x19, properties: properties(user, null) })
  const challenge = await next(client)
  client.send({ type: 15, reasonCode: 0x18, properties: properties(user, dataOf(challenge)) })
  expect([await next(client), client.isClosed]).toMatchObject([{ type: 14, reasonCode: 0x87 }, true])
})

test('a proof of an earlier exchange proves nothing in a later one', async () => {
  const broker = new TestBroker({ authenticator: users })
  const user = scram('ann', 'secret')
  const first = broker.dial('c', { version: 5, properties: properties(user, null) })
  const proof = properties(user, dataOf(await next(first)))
  const second = broker.dial('d', { version: 5, properties: properties(scram('ann', 'secret'), null) })
  await next(second)
  second.send({ type: 15, reasonCode: 0x18, properties: proof })
  expect([await next(second), second.isClosed]).toMatchObject([{ type: 2, reasonCode: 0x87 }, true])
})
