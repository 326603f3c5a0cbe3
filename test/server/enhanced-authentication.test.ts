// SCRAM-SHA-256 over a real socket: CONNECT, AUTH, AUTH, CONNACK, and a re-authentication later [section 4.12].
// The client side is auth/'s own; packets go through the codec.

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ScramSha256Client } from '../../src/auth/scram.ts'
import { makeScramVerifier } from '../../src/auth/scram-verifier.ts'
import { StaticUsers } from '../../src/auth/static-users.ts'
import { startBroker } from '../../src/server/start-broker.ts'
import { decodePacket } from '../../src/wire/mqtt/decode.ts'
import { encodePacket } from '../../src/wire/mqtt/encode.ts'
import type { Auth, Connack, Connect, Disconnect, Packet } from '../../src/wire/mqtt/packet.ts'

const METHOD = 'SCRAM-SHA-256'

class Peer {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  send(packet: Packet): void {
    this.#socket.write(encodePacket(packet, 5))
  }

  connect(data: Uint8Array | null): void {
    const properties = { authenticationMethod: METHOD, ...(data === null ? {} : { authenticationData: data }) }
    const packet: Connect = {
      type: 1,
      version: 5,
      bridge: false,
      cleanStart: true,
      keepAlive: 60,
      clientId: 'c',
      will: null,
      userName: null,
      password: null,
      properties,
    }
    this.send(packet)
  }

  auth(reasonCode: number, data: Uint8Array | null): void {
    this.send({ type: 15, reasonCode, properties: { authenticationMethod: METHOD, ...(data === null ? {} : { authenticationData: data }) } })
  }

  async next(): Promise<Packet> {
    const [bytes] = (await once(this.#socket, 'data')) as [Buffer]
    const body = bytes[1]! < 128 ? 2 : 3 // all these packets have fewer than 16,384 bytes
    return decodePacket(bytes[0]!, bytes, body, bytes.length, 5, 'server')
  }
}

async function peer(): Promise<{ peer: Peer; log: string[] }> {
  const log: string[] = []
  const users = new StaticUsers({ users: [{ userName: 'alice', verifier: makeScramVerifier('secret', { iterations: 4096 })! }], allowAnonymous: false })
  const running = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], authenticator: users, log: { write: (_type, line) => void log.push(line) } })
  onTestFinished(() => running.close())
  const socket = connectTcp({ port: running.port, host: '127.0.0.1' }).on('error', () => {})
  onTestFinished(() => void socket.destroy())
  return { peer: new Peer(socket), log }
}

const alice = (password: string): ScramSha256Client => new ScramSha256Client({ userName: 'alice', password, nonce: `fyko+d2lbbFgONRv9qkx${password.length}` })

test('alice comes in without sending her password, sees that the broker knows it, and re-authenticates', async () => {
  const { peer: client, log } = await peer()
  const first = alice('secret')
  client.connect(first.step(null))
  const challenge = (await client.next()) as Auth
  expect([challenge.type, challenge.reasonCode, challenge.properties.authenticationMethod]).toEqual([15, 0x18, METHOD])
  client.auth(0x18, first.step(challenge.properties.authenticationData!))
  const connack = (await client.next()) as Connack
  expect([connack.type, connack.reasonCode, connack.properties.authenticationMethod]).toEqual([2, 0, METHOD])
  first.step(connack.properties.authenticationData!)
  expect(first.isServerVerified).toBe(true)
  expect(log.some((line) => line.endsWith("as c (p5, c1, k60, u'alice')."))).toBe(true)

  const again = alice('secret')
  client.auth(0x19, again.step(null))
  client.auth(0x18, again.step(((await client.next()) as Auth).properties.authenticationData!))
  const success = (await client.next()) as Auth
  expect([success.type, success.reasonCode]).toEqual([15, 0])
  again.step(success.properties.authenticationData!)
  expect(again.isServerVerified).toBe(true)

  const wrong = alice('guess')
  client.auth(0x19, wrong.step(null))
  client.auth(0x18, wrong.step(((await client.next()) as Auth).properties.authenticationData!))
  const refused = (await client.next()) as Disconnect
  expect([refused.type, refused.reasonCode]).toEqual([14, 0x87])
})

test('a wrong password ends in CONNACK 0x87', async () => {
  const { peer: client, log } = await peer()
  const guess = alice('guess')
  client.connect(guess.step(null))
  client.auth(0x18, guess.step(((await client.next()) as Auth).properties.authenticationData!))
  const connack = (await client.next()) as Connack
  expect([connack.type, connack.reasonCode]).toEqual([2, 0x87])
  expect(log.at(-1)).toMatch(/disconnected: not authorised\.$/)
})

test('a first message left out of CONNECT is asked for', async () => {
  const { peer: client } = await peer()
  const late = alice('secret')
  client.connect(null)
  const asked = (await client.next()) as Auth
  expect([asked.reasonCode, asked.properties.authenticationData]).toEqual([0x18, undefined])
  client.auth(0x18, late.step(null))
  client.auth(0x18, late.step(((await client.next()) as Auth).properties.authenticationData!))
  expect(((await client.next()) as Connack).reasonCode).toBe(0)
})
