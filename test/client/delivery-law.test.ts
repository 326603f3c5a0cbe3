// The law of delivery: whatever is lost when connections break, QoS 1 arrives at least once, QoS 2 exactly once, both in order.
// A correct server as a model; any number of packets of either direction is lost with each cut.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Packet, PacketType, type ProtocolVersion } from '../../src/wire/mqtt/packet.ts'
import { ackOf, connackOf, Dialogue, messageOf, publishOf } from './scripted-server.ts'

interface Outgoing {
  readonly text: string
  readonly qos: 1 | 2
  packetId: number
  stage: 'waiting' | 'published' | 'released'
}

/** A server with one session that it never loses. Routes QoS 2 at PUBREL. */
class ModelServer {
  readonly routed: string[] = []
  readonly #unreleased = new Map<number, string>()
  #outgoing: Outgoing[] = []
  #lastId = 0
  #known = false
  readonly #quota: number
  /** What it writes, not yet taken by the client. */
  wire: Packet[] = []
  faults: string[] = []
  #inWindow = new Set<number>()

  constructor(quota: number) {
    this.#quota = quota
  }

  publish(text: string, qos: 1 | 2, connected: boolean): void {
    this.#outgoing.push({ text, qos, packetId: 0, stage: 'waiting' })
    if (connected) this.#pump()
  }

  take(packet: Packet, version: ProtocolVersion): void {
    switch (packet.type) {
      case PacketType.Connect:
        this.wire.push(connackOf({ sessionPresent: this.#known && version !== 3 }))
        this.#known = true
        for (const one of this.#outgoing) {
          if (one.stage === 'published') this.wire.push(publishOf('down', one.text, { qos: one.qos, packetId: one.packetId, dup: true }))
          else if (one.stage === 'released') this.wire.push(ackOf('pubrel', one.packetId))
        }
        this.#pump()
        return
      case PacketType.Publish: {
        const text = new TextDecoder().decode(packet.payload)
        if (packet.qos === 1) {
          this.routed.push(text)
          this.#inWindow.add(packet.packetId)
          if (this.#inWindow.size > this.#quota) this.faults.push('Receive Maximum exceeded')
          this.#inWindow.delete(packet.packetId)
          this.wire.push(ackOf('puback', packet.packetId))
          return
        }
        if (this.#unreleased.has(packet.packetId) && !packet.dup) this.faults.push('identifier in use')
        this.#unreleased.set(packet.packetId, text)
        if (this.#unreleased.size > this.#quota) this.faults.push('Receive Maximum exceeded')
        this.wire.push(ackOf('pubrec', packet.packetId))
        return
      }
      case PacketType.Pubrel: {
        const text = this.#unreleased.get(packet.packetId)
        if (text !== undefined) this.routed.push(text)
        this.#unreleased.delete(packet.packetId)
        this.wire.push(ackOf('pubcomp', packet.packetId))
        return
      }
      case PacketType.Puback:
      case PacketType.Pubcomp:
        this.#outgoing = this.#outgoing.filter(({ packetId }) => packetId !== packet.packetId)
        this.#pump()
        return
      case PacketType.Pubrec: {
        const one = this.#outgoing.find(({ packetId }) => packetId === packet.packetId)
        if (one === undefined) this.faults.push(`PUBREC ${packet.packetId} for nothing`)
        else one.stage = 'released'
        this.wire.push(ackOf('pubrel', packet.packetId))
        return
      }
      default:
        this.faults.push(`packet type ${packet.type}`)
    }
  }

  #pump(): void {
    for (const one of this.#outgoing) {
      if (this.#outgoing.filter(({ stage }) => stage !== 'waiting').length >= this.#quota) return
      if (one.stage !== 'waiting') continue
      one.packetId = this.#lastId = (this.#lastId % 50) + 1
      one.stage = 'published'
      this.wire.push(publishOf('down', one.text, { qos: one.qos, packetId: one.packetId }))
    }
  }
}

type Step = { readonly do: 'up' | 'down'; readonly qos: 1 | 2 } | { readonly do: 'serve' | 'take'; readonly count: number } | { readonly do: 'cut' | 'accept' }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('up' as const, 'down' as const), qos: fc.constantFrom(1 as const, 2 as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('serve' as const, 'take' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('accept' as const) }) },
)

function run(version: ProtocolVersion, steps: readonly Step[], acknowledge: 'at-once' | 'when-accepted'): void {
  const dialogue = new Dialogue(version, { acknowledge, maximumInflight: 3 })
  const server = new ModelServer(3)
  const sent = { up1: [] as string[], up2: [] as string[], down1: [] as string[], down2: [] as string[] }
  const delivered: string[] = []
  const received: string[] = []
  let up: Packet[] = []
  let connected = false
  let accepted = 0
  const note = (): void => {
    for (const event of dialogue.events()) {
      if (event.startsWith('message')) received.push(event.split(' ')[2]!)
      else if (event.startsWith('delivered')) delivered.push(event.split(' ')[1]!)
      else if (event === 'connected' || event === 'connected with session') connected = true
      else if ((event.startsWith('closed') && event !== 'closed network') || event.startsWith('undelivered')) server.faults.push(event)
    }
  }
  const collect = (): void => {
    up.push(...dialogue.link.sent(version))
  }
  const open = (): void => {
    connected = false
    up = []
    server.wire = []
    dialogue.open({ cleanStart: false, properties: version === 5 ? { receiveMaximum: 3 } : {} })
    collect()
  }
  const serve = (count: number): void => {
    for (const packet of up.splice(0, count)) server.take(packet, version)
  }
  const take = (count: number): void => {
    for (const packet of server.wire.splice(0, count)) dialogue.say(packet)
    note()
    collect()
  }
  const accept = (count: number): void => {
    for (const end = Math.min(dialogue.receipts.length, accepted + count); accepted < end; accepted++) dialogue.receipts[accepted]!.accept()
    collect()
  }
  open()
  steps.forEach((one, index) => {
    switch (one.do) {
      case 'up':
        sent[`up${one.qos}`].push(`u${index}`)
        dialogue.publish(messageOf('up', `u${index}`, one.qos))
        collect()
        return
      case 'down':
        sent[`down${one.qos}`].push(`d${index}`)
        server.publish(`d${index}`, one.qos, connected)
        return
      case 'serve':
        serve(one.count)
        return
      case 'take':
        take(one.count)
        return
      case 'accept':
        accept(2)
        return
      case 'cut':
        dialogue.link.cut()
        note()
        open()
    }
  })
  dialogue.link.cut()
  note()
  open()
  for (let quiet = 0; quiet < 3; quiet++) {
    if (up.length + server.wire.length > 0 || accepted < dialogue.receipts.length) quiet = -1
    serve(1000)
    take(1000)
    accept(1000)
  }
  const first = (texts: readonly string[], of: readonly string[]): string[] => [...new Set(texts)].filter((text) => of.includes(text))
  const all = (texts: readonly string[], of: readonly string[]): string[] => texts.filter((text) => of.includes(text))
  expect(server.faults).toEqual([])
  expect(first(server.routed, sent.up1)).toEqual(sent.up1)
  expect(all(server.routed, sent.up2)).toEqual(sent.up2)
  expect(first(received, sent.down1)).toEqual(sent.down1)
  expect(all(received, sent.down2)).toEqual(sent.down2)
  expect([...delivered].sort()).toEqual([...sent.up1, ...sent.up2].sort()) // each told once
  expect(dialogue.session.outgoing.inFlight + dialogue.session.outgoing.waiting + dialogue.session.incoming.unfinished).toBe(0)
}

for (const version of [3, 4, 5] as const) {
  for (const acknowledge of ['at-once', 'when-accepted'] as const) {
    test(`${version}, acknowledged ${acknowledge}: QoS 1 at least once, QoS 2 exactly once, in order, under any cuts [MQTT-4.3.2-1, MQTT-4.3.3-1, MQTT-4.6.0-1]`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => run(version, steps, acknowledge)),
        { numRuns: 150 },
      )
    })
  }
}

/** Each packet of both handshakes lost in turn, by a cut before it is taken. */
test('every cut point of both QoS 2 handshakes, one after another', () => {
  const flow: Step[] = [
    { do: 'serve', count: 1 },
    { do: 'take', count: 1 },
    { do: 'up', qos: 2 },
    { do: 'down', qos: 2 },
    { do: 'up', qos: 1 },
    { do: 'down', qos: 1 },
  ]
  for (let i = 0; i < 12; i++) flow.push({ do: i % 2 === 0 ? 'serve' : 'take', count: 1 }, { do: 'accept' })
  for (let first = 0; first <= flow.length; first++) {
    for (let second = first; second <= flow.length; second++) {
      const steps = [...flow.slice(0, first), { do: 'cut' } as const, ...flow.slice(first, second), { do: 'cut' } as const, ...flow.slice(second)]
      for (const acknowledge of ['at-once', 'when-accepted'] as const) run(5, steps, acknowledge)
    }
  }
})
