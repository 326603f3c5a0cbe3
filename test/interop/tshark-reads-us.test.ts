// Conversations through our broker, captured on the loopback interface: Wireshark's dissector finds nothing wrong in them,
// and the Control Packets come in the order that the standard prescribes. Capturing needs the right to do so (root).

import { once } from 'node:events'
import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { startBroker } from '../../src/server/start-broker.ts'
import { bytesOf, connectFrame } from '../support/raw-packets.ts'
import { withTools } from '../support/require-tools.ts'
import { Capture, type MqttFrame, mayCapture } from './support/capture.ts'
import { CONVERSATIONS, type Dial } from './support/conversations.ts'
import { RawClient } from './support/raw-client.ts'

const FIELDS = [
  'mqtt.retain',
  'mqtt.dupflag',
  'mqtt.conack.flags.sp',
  'mqtt.puback.reason_code',
  'mqtt.unsuback.reason_code',
  'mqtt.disconnect.reason_code',
  'mqtt.topic_len',
  'mqtt.prop_number',
  'mqtt.prop_string',
  'mqtt.property.topic_alias',
] as const
const LAST = 'the last client of all'
/** A busy machine may lose or turn round captured segments; tshark sees that, and then everything is said again. */
const ATTEMPTS = 4

const RUNS = CONVERSATIONS.flatMap((conversation) =>
  conversation.versions.map((version) => ({ ...conversation, version, title: `${conversation.name}, level ${version}` })),
)

interface Heard {
  readonly frames: readonly MqttFrame[]
  /** By title of the conversation, then by name. */
  readonly clients: ReadonlyMap<string, Readonly<Record<string, RawClient>>>
  /** Port of the client that sends the malformed packet. */
  readonly bad: number
}

withTools(['tcpdump', 'tshark'], ({ tcpdump, tshark }) => {
  const allowed = mayCapture(tcpdump)
  if (!allowed && process.env['ZZ_REQUIRE'] !== 'all') process.stderr.write('not run, needs the right to capture on the loopback interface: run it as root\n')
  describe.skipIf(!allowed && process.env['ZZ_REQUIRE'] !== 'all')('tshark reads what passes our broker', () => {
    let heard: Heard
    beforeAll(async () => {
      heard = await hear(tcpdump, tshark)
    })

    const framesOf = (title: string, name: string): MqttFrame[] => {
      const { port } = heard.clients.get(title)![name]!
      return heard.frames.filter(({ client }) => client === port)
    }

    for (const { title, lines, version, since311 } of RUNS) {
      test(title, () => {
        for (const [name, expected] of Object.entries(lines)) {
          const lacking = version === 3 && since311 !== undefined ? since311 : ''
          expect(framesOf(title, name).flatMap(linesOf), name).toEqual(expected.map((line) => line.replace(lacking, '')))
        }
      })
    }

    test('the Topic Alias that the broker gives stands with the Topic Name first and then without', () => {
      const published = framesOf('Topic Aliases in both directions, level 5', 'subscriber').filter(
        ({ info, fromClient }) => !fromClient && info.startsWith('Publish'),
      )
      expect(published.map(({ values }) => [values['mqtt.property.topic_alias'], values['mqtt.topic_len']])).toEqual([
        [['1'], ['10']],
        [['1'], ['0']],
      ])
    })

    test('each copy bears the Subscription Identifier of its subscription', () => {
      const published = framesOf('Subscription Identifiers, overlapping filters and every property of PUBLISH, level 5', 'subscriber').filter(({ info }) =>
        info.startsWith('Publish Message'),
      )
      const identifiers = published.flatMap(({ values }) => values['mqtt.prop_number']!).filter((value) => value === '1' || value === '268435455')
      expect(identifiers.sort()).toEqual(['1', '1', '1', '268435455']) // two of them are the Payload Format Indicators
    })

    test('reason codes are those of the standard', () => {
      const codes = (title: string, name: string, field: string): string[] => framesOf(title, name).flatMap(({ values }) => values[field]!)
      expect(codes('takeover: the broker says DISCONNECT, level 5', 'old', 'mqtt.disconnect.reason_code')).toEqual([String(0x8e)])
      const nameless = 'no id, a refused message, and the ids that the broker makes up, level 5'
      expect(codes(nameless, 'nameless', 'mqtt.puback.reason_code')).toEqual([String(0x87)])
      expect(codes(nameless, 'nameless', 'mqtt.unsuback.reason_code')).toEqual([String(0x11)])
      expect(codes(nameless, 'nameless', 'mqtt.prop_string')[0]).toMatch(/^auto-[0-9A-F-]{36}$/)
    })

    test('nothing is malformed and nothing is remarked upon, but the one packet that was made so', () => {
      const remarked = heard.frames.filter(({ experts }) => experts.length > 0)
      expect(remarked.filter(({ client }) => client !== heard.bad).map(({ info, experts }) => ({ info, experts }))).toEqual([])
      expect(remarked.map(({ experts }) => experts.join())).toEqual([expect.stringContaining('Malformed Packet')])
    })
  })
})

/** Says everything while it is captured. */
async function hear(tcpdump: string, tshark: string): Promise<Heard> {
  for (let attempt = 1; ; attempt++) {
    const broker = await startBroker({ listeners: [{ port: 0, host: '127.0.0.1' }], limits: { sysInterval: 0 } })
    const capture = await Capture.start(tcpdump, broker.port)
    try {
      const clients = await converse(broker.port)
      const bad = await sayMalformed(broker.port)
      const last = await RawClient.connect(broker.port, { version: 4, clientId: LAST })
      await capture.passed(LAST)
      await last.cut()
      await capture.stop()
      const frames = await capture.read(tshark, FIELDS)
      if (attempt === ATTEMPTS || frames.every(({ isCapturedWell }) => isCapturedWell)) return { frames, clients, bad }
    } finally {
      await capture.stop()
      capture.remove()
      await broker.close()
    }
  }
}

async function converse(port: number): Promise<Heard['clients']> {
  const clients = new Map<string, Readonly<Record<string, RawClient>>>()
  for (const { run, version, title } of RUNS) {
    const dialled: RawClient[] = []
    const dial: Dial = async (clientId, options = {}) => {
      const client = await RawClient.connect(port, { version, clientId, ...options })
      dialled.push(client)
      return client
    }
    clients.set(title, await run(dial, version))
    for (const client of dialled) await client.cut()
  }
  return clients
}

/** One line per Control Packet; flags and codes stand behind it when they are set. */
function linesOf({ fromClient, info, values }: MqttFrame): string[] {
  const retains = [...values['mqtt.retain']!]
  const duplicates = [...values['mqtt.dupflag']!]
  return info.split(', ').map((packet) => {
    let line = `${fromClient ? '>' : '<'} ${packet}`
    if (packet.startsWith('Publish Message')) {
      if (retains.shift() === '1') line += ' retain'
      if (duplicates.shift() === '1') line += ' dup'
    }
    if (packet === 'Connect Ack' && values['mqtt.conack.flags.sp']!.includes('1')) line += ' session present'
    return line
  })
}

/** PUBLISH with a Topic Name beyond its packet: what shows that tshark would have said so. Returns the client's port. */
async function sayMalformed(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const own = socket.localPort!
  socket.write(Uint8Array.from(connectFrame(4)))
  await once(socket, 'data')
  const closed = once(socket.resume(), 'close')
  socket.write(Uint8Array.from(bytesOf('30 03 00 09 61')))
  await closed
  return own
}
