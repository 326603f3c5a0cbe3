// Scenario R3: a QoS 2 publisher or subscriber dies between each pair of packets, before and after the broker or it has got them; it comes back.
// All points are enumerated; whatever the point, the message is there exactly once, and no Packet Identifier stays in use.

import { expect, test } from 'vitest'
import { type Packet, PacketType, type ProtocolVersion } from '../../../src/wire/mqtt/packet.ts'
import { MeasuredBroker } from '../broker-under-test.ts'
import { type ConnectFields, MqttPeer, publishPacket } from '../mqtt-peer.ts'

const STEPS = ['PUBLISH', 'PUBREC', 'PUBREL', 'PUBCOMP'] as const
type Step = (typeof STEPS)[number]

/** `lost`: who sent the packet believes it gone, but it never left or was never read; `taken`: it had its effect, and then the end came. */
type Fate = 'lost' | 'taken'

const POINTS = STEPS.flatMap((step) => (['lost', 'taken'] as const).flatMap((fate) => (['close', 'reset'] as const).map((end) => ({ step, fate, end }))))
const VERSIONS: readonly ProtocolVersion[] = [3, 4, 5]
const ID = 7

function lasting(version: ProtocolVersion): ConnectFields {
  return { version, cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 600 } : {} }
}

/** A subscriber that does all as it should; collects payloads as the application sees them. */
async function observer(port: number): Promise<{ heard: string[]; peer: MqttPeer }> {
  const { peer } = await MqttPeer.connect({ port }, 'observer')
  const application = new Application(peer)
  await peer.subscribe('#', 2)
  return { heard: application.heard, peer }
}

/** The receiving end of QoS 2 as an application keeps it: identifiers that are not released, and what it was told. */
class Application {
  readonly heard: string[] = []
  readonly unreleased: Set<number> = new Set()

  /** Answers everything that comes on this connection. */
  constructor(peer: MqttPeer | null) {
    if (peer !== null) this.serve(peer)
  }

  serve(peer: MqttPeer): void {
    peer.onPacket = (packet) => {
      if (packet.type === PacketType.Publish && packet.qos === 2) {
        this.take(packet.packetId, packet.payload)
        peer.acknowledge(PacketType.Pubrec, packet.packetId)
      } else if (packet.type === PacketType.Pubrel) {
        this.unreleased.delete(packet.packetId)
        peer.acknowledge(PacketType.Pubcomp, packet.packetId)
      }
    }
  }

  take(packetId: number, payload: Uint8Array): void {
    if (!this.unreleased.has(packetId)) this.heard.push(new TextDecoder().decode(payload))
    this.unreleased.add(packetId)
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const ofType = (type: PacketType) => (packet: Packet) => packet.type === type

test.each(VERSIONS)('R3: a QoS 2 publisher of version %i dies at each of the 16 points: routed exactly once', { timeout: 60_000 }, async (version) => {
  const { port } = await MeasuredBroker.start()
  const { heard, peer: watching } = await observer(port)
  for (const { step, fate, end } of POINTS) {
    const clientId = `p ${version} ${step} ${fate} ${end}`
    const { peer } = await MqttPeer.connect({ port }, clientId, lasting(version))
    const state = await publishUntil(peer, step, fate, clientId)
    await peer.vanish(end)

    const { peer: again, connack } = await MqttPeer.connect({ port }, clientId, lasting(version))
    if (version > 3) expect(connack.sessionPresent, clientId).toBe(true)
    if (state === 'unanswered') {
      again.send(publishPacket('once', bytes(clientId), 2, ID, { dup: true }))
      expect(await again.acknowledgement(PacketType.Pubrec, ID), clientId).toBe(0)
    }
    if (state !== 'done') {
      again.acknowledge(PacketType.Pubrel, ID)
      await again.acknowledgement(PacketType.Pubcomp, ID)
    }
    // the identifier is free: the same one means a new message
    again.send(publishPacket('once', bytes(`after ${clientId}`), 2, ID))
    await again.acknowledgement(PacketType.Pubrec, ID)
    again.acknowledge(PacketType.Pubrel, ID)
    await again.acknowledgement(PacketType.Pubcomp, ID)
    await watching.ping()
    expect(heard.splice(0), clientId).toEqual([clientId, `after ${clientId}`])
    await again.disconnect()
  }
})

type PublisherState = 'unanswered' | 'received' | 'done'

/** Goes through the exchange up to the point; returns what the publisher would find in its own store. */
async function publishUntil(peer: MqttPeer, step: Step, fate: Fate, text: string): Promise<PublisherState> {
  if (step === 'PUBLISH' && fate === 'lost') return 'unanswered'
  peer.send(publishPacket('once', bytes(text), 2, ID))
  if (step === 'PUBLISH') return 'unanswered' // on its way when the end comes
  await peer.acknowledgement(PacketType.Pubrec, ID)
  if (step === 'PUBREC') return fate === 'lost' ? 'unanswered' : 'received'
  if (step === 'PUBREL' && fate === 'lost') return 'received'
  peer.acknowledge(PacketType.Pubrel, ID)
  if (step === 'PUBREL') return 'received'
  await peer.acknowledgement(PacketType.Pubcomp, ID)
  return fate === 'lost' ? 'received' : 'done'
}

test.each(VERSIONS)('R3: a QoS 2 subscriber of version %i dies at each of the 16 points: hears it exactly once', { timeout: 60_000 }, async (version) => {
  const { port } = await MeasuredBroker.start()
  const { peer: publisher } = await MqttPeer.connect({ port }, 'publisher')
  for (const { step, fate, end } of POINTS) {
    const clientId = `s ${version} ${step} ${fate} ${end}`
    const topic = `to/${step}/${fate}/${end}`
    const { peer } = await MqttPeer.connect({ port }, clientId, lasting(version))
    await peer.subscribe(topic, 2)
    await publish(publisher, topic, clientId)
    const application = new Application(null)
    await takeUntil(peer, application, step, fate)
    await peer.vanish(end)

    const { peer: again, connack } = await MqttPeer.connect({ port }, clientId, lasting(version), (one) => application.serve(one))
    if (version > 3) expect(connack.sessionPresent, clientId).toBe(true)
    await publish(publisher, topic, `after ${clientId}`)
    await expect.poll(() => application.heard.at(-1), { interval: 2, timeout: 5000 }).toBe(`after ${clientId}`)
    await expect.poll(() => application.unreleased.size, { interval: 2 }).toBe(0)
    await again.ping()
    expect(application.heard, clientId).toEqual([clientId, `after ${clientId}`])
    await again.disconnect()

    // nothing is left to be sent again
    let more = 0
    const { peer: last } = await MqttPeer.connect({ port }, clientId, lasting(version), (one) => {
      one.onPacket = ({ type }) => void (more += type === PacketType.Publish || type === PacketType.Pubrel ? 1 : 0)
    })
    await last.ping()
    expect(more, clientId).toBe(0)
    await last.disconnect()
  }
})

async function publish(publisher: MqttPeer, topic: string, text: string): Promise<void> {
  const packetId = publisher.nextId()
  publisher.send(publishPacket(topic, bytes(text), 2, packetId))
  await publisher.acknowledgement(PacketType.Pubrec, packetId)
  publisher.acknowledge(PacketType.Pubrel, packetId)
  await publisher.acknowledgement(PacketType.Pubcomp, packetId)
}

/** Goes through the exchange up to the point, the packets of the other side included. */
async function takeUntil(peer: MqttPeer, application: Application, step: Step, fate: Fate): Promise<void> {
  const message = await peer.publishArrived()
  if (step === 'PUBLISH' && fate === 'lost') return
  application.take(message.packetId, message.payload)
  if (step === 'PUBLISH' || (step === 'PUBREC' && fate === 'lost')) return
  peer.acknowledge(PacketType.Pubrec, message.packetId)
  if (step === 'PUBREC') return
  await peer.next('PUBREL', ofType(PacketType.Pubrel))
  if (step === 'PUBREL' && fate === 'lost') return
  application.unreleased.delete(message.packetId)
  if (step === 'PUBREL' || fate === 'lost') return
  peer.acknowledge(PacketType.Pubcomp, message.packetId)
}
