// The same broken packets to Debian's mosquitto and to our broker: the same answers, or a difference that stands in the table with its reason.
// The packets are made in support/malformed-set.ts, the table is support/malformed-differences.ts.

import { describe, expect, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import { Attacker, until } from '../security/arena.ts'
import { connectFrame } from '../support/raw-packets.ts'
import { withTools } from '../support/require-tools.ts'
import { DIFFERENCES } from './support/malformed-differences.ts'
import { type MalformedCase, malformedSet } from './support/malformed-set.ts'
import { Mosquitto } from './support/mosquitto.ts'

const PING = [0xc0, 0]

const NAMES = ['', '', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', '', 'SUBACK', '', 'UNSUBACK', '', 'PINGRESP', 'DISCONNECT', 'AUTH']

/** Packets as their names, with the code that says why: not decoded, since one of the two may send what no decoder of ours takes. */
function answersIn(bytes: Uint8Array): string[] {
  const answers: string[] = []
  for (let at = 0; at + 1 < bytes.length; at += 2 + bytes[at + 1]!) {
    const name = NAMES[bytes[at]! >> 4]!
    const body = bytes.subarray(at + 2, at + 2 + bytes[at + 1]!)
    if (name === 'CONNACK') answers.push(`CONNACK ${body[1]}`)
    else if (name === 'DISCONNECT') answers.push(`DISCONNECT 0x${(body[0] ?? 0).toString(16)}`)
    else if (name === 'SUBACK') answers.push(body.length > 2 ? `SUBACK ${body.at(-1)}` : 'SUBACK of nothing')
    else if (name !== 'PINGRESP') answers.push(name)
  }
  return answers
}

/** What a broker answers, and whether it closes. */
async function reaction(port: number, { version, state, bytes }: MalformedCase): Promise<string> {
  const attacker = new Attacker(port)
  try {
    if (state === 'connected') {
      attacker.write(connectFrame(version, { clientId: 'malformed' }))
      await until(() => attacker.bytes.length >= 4, 'CONNACK')
      attacker.bytes = Buffer.alloc(0)
    }
    attacker.write([...bytes, ...PING])
    await until(() => attacker.isClosed || attacker.bytes.at(-2) === 0xd0, 'an answer')
    return [...answersIn(attacker.bytes), attacker.isClosed ? 'closed' : 'open'].join(', ')
  } finally {
    attacker.leave()
  }
}

/** One after the other: they share a Client Identifier and what is retained. */
async function reactions(port: number, cases: readonly MalformedCase[]): Promise<string[]> {
  const answers: string[] = []
  for (const one of cases) answers.push(await reaction(port, one))
  return answers
}

withTools(['mosquitto'], ({ mosquitto }) => {
  describe("broken packets to Debian's mosquitto and to us", () => {
    test('every reaction is the same, or its difference is explained; every explanation is needed', async () => {
      const cases = malformedSet()
      expect(cases.length).toBeGreaterThan(300)
      const theirBroker = await Mosquitto.start(mosquitto, { options: ['max_packet_size 2000000', 'sys_interval 0'] })
      const ourBroker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
      try {
        const [theirs, ours] = [await reactions(theirBroker.port, cases), await reactions(ourBroker.port, cases)]
        const needed = new Set<number>()
        const unexplained = cases.flatMap(({ name }, i) => {
          if (theirs[i] === ours[i]) return []
          const at = DIFFERENCES.findIndex(({ cases: pattern, theirs: their, ours: our }) => pattern.test(name) && their === theirs[i] && our === ours[i])
          if (at >= 0) needed.add(at)
          return at >= 0 ? [] : [`${name}: ${theirs[i]} | ${ours[i]}`]
        })
        expect(unexplained).toEqual([])
        expect(DIFFERENCES.filter((_, i) => !needed.has(i)).map(({ why }) => why)).toEqual([])
      } finally {
        await ourBroker.close()
        await theirBroker.close()
      }
    })
  })
})
