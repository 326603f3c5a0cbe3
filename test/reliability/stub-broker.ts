// A model of a broker with clients, in logical time, that writes the history of a run and commits one fault when told to.
// Only for testing the checker: what it says of a faultless run must pass, and each fault must be found.

import type { Qos } from '../../src/wire/mqtt/packet.ts'
import { type Random, seeded } from '../support/seeded-random.ts'
import type { HistoryEvent, Told, WillMessage } from './history.ts'

/** What can go wrong, and the rule that must find it. */
export const FAULTS = {
  'a message to a connected session is lost': 1,
  'a message queued for an absent session is lost': 1,
  'a QoS 2 message comes twice': 2,
  'a Packet Identifier is used again before its PUBREL': 2,
  'a message comes that nobody published': 3,
  'a payload is damaged': 3,
  'a message comes on a wrong topic': 3,
  'a message comes to a session that did not ask for it': 3,
  'a message comes with a wrong QoS': 3,
  'a refused message is delivered': 3,
  'two messages change places': 4,
  'a QoS 1 message is repeated without DUP': 4,
  'a QoS 0 message comes twice': 4,
  'a QoS 2 message is repeated without DUP': 4,
  'an old retained message stays': 5,
  'a cleared retained message stays': 5,
  'a retained message is lost': 5,
  'a will comes twice': 6,
  'a will comes before its delay': 6,
  'a will comes after DISCONNECT': 6,
  'a will never comes': 6,
  'a will comes although its client is back': 6,
  'a connection gets messages after it was taken over': 7,
  'a connection is not told that it was taken over': 7,
  'a connection stays open after the take-over': 7,
  'two members of a shared group get the same message': 8,
  'no member of a shared group gets a message': 8,
  'kept state is denied': 9,
  'state is claimed that was to be dropped': 9,
} as const
export type Fault = keyof typeof FAULTS

interface Client {
  readonly id: string
  readonly filter: string
  readonly qos: Qos
  connection: number
  isOnline: boolean
  queue: Delivery[]
  nextId: number
}

interface Delivery extends Told {
  readonly repeated?: boolean
}

const STEPS = 400
const PERSISTENT = Infinity
const DELAY_MS = 2000
const EXPIRY_MS = 5000

export class StubBroker {
  readonly history: HistoryEvent[] = []
  /** Whether the fault had its occasion. */
  isFaulty = false
  readonly #random: Random
  readonly #fault: Fault | null
  #occasions: number
  #now = 0
  #connections = 0
  #sequence = 0
  readonly #clients: Client[] = []
  readonly #retained = new Map<string, Told>()
  #heldBack: { client: Client; delivery: Delivery } | null = null

  constructor(seed: number, fault: Fault | null) {
    this.#random = seeded(seed)
    this.#fault = fault
    this.#occasions = fault?.includes('retained') === true ? 0 : this.#random(2)
  }

  /** A whole run, from the first CONNECT to the last reader of what is retained. */
  run(): readonly HistoryEvent[] {
    const all = this.#join('all', 'load/#', 2)
    const some = this.#join('some', 'load/+', 1)
    this.#join('watcher', 'will/#', 2)
    const members = [this.#join('member 1', '$share/g/work/#', 2), this.#join('member 2', '$share/g/work/#', 2)]
    for (let step = 0; step < STEPS; step++) {
      switch (this.#random(10)) {
        case 0:
          this.#leaveOrReturn(this.#random(2) === 0 ? all : some)
          break
        case 1:
          this.#takeOver(all)
          break
        case 2:
          this.#share(members)
          break
        case 3:
          this.#retain()
          break
        case 4:
          this.#dieWithWill()
          break
        case 5:
          this.#comeBackToSession()
          break
        default:
          this.#publishToLoad(all, some)
      }
    }
    for (const client of this.#clients) if (!client.isOnline) this.#attach(client)
    this.#pass(5000)
    this.#write({ kind: 'quiet', at: this.#now })
    this.#readRetained()
    return this.history
  }

  /** True once, when this fault is to be committed and its occasion has come. */
  #commits(fault: Fault): boolean {
    if (this.#fault !== fault || this.isFaulty || this.#occasions-- > 0) return false
    this.isFaulty = true
    return true
  }

  #pass(ms = 1 + this.#random(20)): number {
    return (this.#now += ms)
  }

  #write(event: HistoryEvent): void {
    this.history.push(event)
  }

  #connect(session: string, cleanStart: boolean, expiryMs: number, sessionPresent: boolean, will: WillMessage | null = null): number {
    const connection = ++this.#connections
    this.#write({ kind: 'connecting', at: this.#pass(), session, connection, version: 5, cleanStart, expiryMs, will })
    this.#write({ kind: 'connected', at: this.#pass(), session, connection, sessionPresent })
    return connection
  }

  #close(session: string, connection: number, disconnect: 'no' | 'sent', reasonCode: number | null): void {
    this.#write({ kind: 'closed', at: this.#pass(), session, connection, disconnect, reasonCode })
  }

  #join(id: string, filter: string, qos: Qos): Client {
    const client: Client = { id, filter, qos, connection: this.#connect(id, false, PERSISTENT, false), isOnline: true, queue: [], nextId: 1 }
    const since = this.#pass()
    this.#write({ kind: 'subscribe', since, at: this.#pass(), session: id, filter, qos })
    this.#clients.push(client)
    return client
  }

  #attach(client: Client): void {
    client.connection = this.#connect(client.id, false, PERSISTENT, true)
    client.isOnline = true
    for (const delivery of client.queue.splice(0)) this.#deliver(client, delivery)
  }

  #leaveOrReturn(client: Client): void {
    if (!client.isOnline) {
      this.#attach(client)
      return
    }
    this.#close(client.id, client.connection, 'no', null)
    client.isOnline = false
  }

  #takeOver(client: Client): void {
    if (!client.isOnline) return
    const old = client.connection
    client.connection = this.#connect(client.id, false, PERSISTENT, true)
    if (this.#commits('a connection gets messages after it was taken over')) {
      const told = this.#publish('load/1', 1, true)
      this.#receive(client, told, 1, { connection: old })
      this.#deliver(this.#clients[1]!, told)
    }
    if (this.#commits('a connection stays open after the take-over')) return
    this.#close(client.id, old, 'no', this.#commits('a connection is not told that it was taken over') ? null : 0x8e)
  }

  /** A PUBLISH of the publisher; acknowledged, or never answered, or refused. */
  #publish(topic: string, qos: Qos, isAnswered: boolean, retain = false, clears = false, reasonCode = 0): Told {
    const told: Told = { publisher: 'p', sequence: this.#sequence++, topic, qos }
    this.#write({ kind: 'publish', at: this.#pass(), ...told, retain, clears })
    if (qos > 0 && isAnswered) this.#write({ kind: 'acknowledge', at: this.#pass(), publisher: 'p', sequence: told.sequence, reasonCode })
    return told
  }

  #publishToLoad(all: Client, some: Client): void {
    const qos = this.#random(3) as Qos
    const topic = `load/${1 + this.#random(3)}`
    if (this.#random(20) === 0) {
      const refused = this.#publish(topic, 1, true, false, false, 0x97)
      if (this.#commits('a refused message is delivered')) this.#deliver(all, refused)
      return
    }
    const isAnswered = this.#random(8) > 0
    const told = this.#publish(topic, qos, isAnswered)
    if (!isAnswered && this.#random(2) === 0) return // it never arrived: as legal as that it did
    const isResent = !isAnswered && qos === 1
    if (isResent) this.#write({ kind: 'resend', at: this.#pass(), publisher: 'p', sequence: told.sequence })
    for (const client of [all, some]) {
      this.#deliver(client, told)
      if (isResent) this.#deliver(client, { ...told, repeated: true })
    }
    if (this.#commits('a message comes to a session that did not ask for it')) this.#receive(this.#clients[2]!, told, qos)
  }

  #deliver(client: Client, delivery: Delivery): void {
    const qos = Math.min(client.qos, delivery.qos) as Qos
    if (!client.isOnline) {
      const isLost = qos > 0 && delivery.repeated !== true && !this.#mayBeLost(delivery) && this.#commits('a message queued for an absent session is lost')
      if (qos > 0 && !isLost) client.queue.push(delivery)
      return
    }
    const isFirst = delivery.repeated !== true
    if (qos > 0 && isFirst && !this.#mayBeLost(delivery) && this.#commits('a message to a connected session is lost')) return
    if (this.#heldBack === null && !this.#isResent(delivery) && client.id === 'all' && this.#commits('two messages change places')) {
      this.#heldBack = { client, delivery }
      return
    }
    this.#deliverNow(client, delivery, qos)
    const held = this.#heldBack
    if (held === null || held.client !== client || held.delivery.sequence === delivery.sequence) return
    if (held.delivery.topic === delivery.topic && held.delivery.qos === delivery.qos) {
      this.#heldBack = null
      this.#deliverNow(client, held.delivery, qos)
    }
  }

  /** Never acknowledged: losing it would be no fault. */
  #mayBeLost({ sequence }: Told): boolean {
    return !this.history.some((event) => event.kind === 'acknowledge' && event.sequence === sequence)
  }

  /** Published twice: then it may come twice. */
  #isResent({ sequence }: Told): boolean {
    return this.history.some((event) => event.kind === 'resend' && event.sequence === sequence)
  }

  #deliverNow(client: Client, told: Told, qos: Qos): void {
    const wrongQos = this.#commits('a message comes with a wrong QoS')
    const wrongTopic = this.#commits('a message comes on a wrong topic')
    const isDamaged = this.#commits('a payload is damaged')
    const packetId = qos > 0 ? client.nextId++ : 0
    const sent = wrongQos ? (((qos + 1) % 3) as Qos) : qos
    this.#receive(client, told, sent, { packetId, ...(wrongTopic ? { topic: 'load/elsewhere' } : {}), ...(isDamaged ? { message: null } : {}) })
    if (this.#commits('a message comes that nobody published')) this.#receive(client, { ...told, sequence: 1e6 }, qos, { packetId: client.nextId++ })
    if (qos === 0 && this.#commits('a QoS 0 message comes twice')) this.#receive(client, told, 0)
    if (qos === 1) {
      if (this.#random(5) === 0) this.#receive(client, told, 1, { packetId, dup: true }) // legal
      if (!this.#isResent(told) && this.#commits('a QoS 1 message is repeated without DUP')) this.#receive(client, told, 1, { packetId: client.nextId++ })
    }
    if (qos === 2) this.#finishOnce(client, told, packetId)
  }

  #finishOnce(client: Client, told: Told, packetId: number): void {
    if (this.#random(5) === 0) this.#receive(client, told, 2, { packetId, dup: true }) // PUBREC was lost: legal
    if (this.#commits('a QoS 2 message is repeated without DUP')) this.#receive(client, told, 2, { packetId })
    if (this.#commits('a Packet Identifier is used again before its PUBREL')) {
      const other = this.#publish(told.topic, 2, false)
      this.#receive(client, other, 2, { packetId })
    }
    this.#write({ kind: 'release', at: this.#pass(), session: client.id, packetId })
    if (this.#commits('a QoS 2 message comes twice')) this.#receive(client, told, 2, { packetId, dup: true })
  }

  #receive(client: Client, told: Told, qos: Qos, changes: Partial<HistoryEvent & { kind: 'receive' }> = {}): void {
    const { publisher, sequence, topic } = told
    const message = { publisher, sequence, topic, qos: told.qos }
    const { id: session, connection } = client
    this.#write({ kind: 'receive', at: this.#pass(), session, connection, topic, qos, dup: false, retain: false, packetId: client.nextId, message, ...changes })
  }

  #share(members: readonly Client[]): void {
    const told = this.#publish('work/x', this.#random(2) === 0 ? 1 : 2, true)
    if (this.#commits('no member of a shared group gets a message')) return
    const first = this.#random(2)
    this.#deliverNow(members[first]!, told, told.qos)
    if (this.#commits('two members of a shared group get the same message')) this.#deliverNow(members[1 - first]!, told, told.qos)
  }

  #retain(): void {
    const topic = `kept/${this.#random(3)}`
    const clears = this.#random(3) === 0
    const isAnswered = this.#random(4) > 0
    const told = this.#publish(topic, 1, isAnswered, true, clears)
    if (!isAnswered && this.#random(2) === 0) return
    if (clears) this.#retained.delete(topic)
    else this.#retained.set(topic, told)
  }

  #readRetained(): void {
    for (const topic of ['kept/last', 'kept/cleared']) {
      const older = this.#publish(topic, 1, true, true)
      const newer = this.#publish(topic, 1, true, true, topic === 'kept/cleared')
      this.#retained.set(topic, older)
      if (topic === 'kept/last' ? !this.#commits('an old retained message stays') : !this.#commits('a cleared retained message stays')) {
        if (topic === 'kept/cleared') this.#retained.delete(topic)
        else this.#retained.set(topic, newer)
      }
    }
    if (this.#commits('a retained message is lost')) this.#retained.delete('kept/last')
    const reader: Client = { ...this.#clients[0]!, id: 'reader', filter: 'kept/#', qos: 1, connection: this.#connect('reader', true, 0, false) }
    const since = this.#pass()
    this.#write({ kind: 'subscribe', since, at: this.#pass(), session: 'reader', filter: 'kept/#', qos: 1 })
    this.#write({ kind: 'read retained', at: this.#pass(), session: 'reader', filter: 'kept/#' })
    for (const told of this.#retained.values()) this.#receive(reader, told, 1, { retain: true })
  }

  /** A client with a will comes, and goes in one of four ways. */
  #dieWithWill(): void {
    const watcher = this.#clients[2]!
    const session = `mortal ${this.#connections}`
    const delayMs = this.#random(2) * DELAY_MS
    const will: WillMessage = { publisher: session, sequence: 1, topic: `will/${this.#connections}`, qos: 1, delayMs }
    const connection = this.#connect(session, false, EXPIRY_MS * 2, false, will)
    if (this.#random(3) === 0) {
      this.#close(session, connection, 'sent', null)
      if (this.#commits('a will comes after DISCONNECT')) this.#receive(watcher, will, 1)
      return
    }
    this.#close(session, connection, 'no', null)
    if (delayMs > 0 && this.#random(2) === 0) {
      this.#close(session, this.#connect(session, false, EXPIRY_MS * 2, true), 'sent', null)
      if (this.#commits('a will comes although its client is back')) this.#receive(watcher, will, 1)
      return
    }
    if (delayMs > 0 && this.#commits('a will comes before its delay')) {
      this.#receive(watcher, will, 1)
      return
    }
    this.#pass(delayMs)
    if (this.#commits('a will never comes')) return
    this.#receive(watcher, will, 1, { dup: this.#random(4) === 0 }) // the first copy may have been lost with its connection
    if (this.#commits('a will comes twice')) this.#receive(watcher, will, 1)
  }

  /** A session with an expiry: its client is back in time, late, or with a clean start; sometimes an attempt gets no answer. */
  #comeBackToSession(): void {
    const session = `guest ${this.#connections}`
    this.#close(session, this.#connect(session, false, EXPIRY_MS, false), 'sent', null)
    const isLate = this.#random(2) === 0
    const cleanStart = !isLate && this.#random(3) === 0
    this.#pass(isLate ? EXPIRY_MS * 2 : 100)
    if (!isLate && !cleanStart && this.#random(3) === 0) {
      const connection = ++this.#connections
      this.#write({ kind: 'connecting', at: this.#pass(), session, connection, version: 5, cleanStart: true, expiryMs: EXPIRY_MS, will: null })
      this.#close(session, connection, 'no', null)
      this.#close(session, this.#connect(session, false, EXPIRY_MS, this.#random(2) === 0), 'sent', null) // made anew then: nobody can tell
      return
    }
    const isKept = !isLate && !cleanStart
    const isTold = isKept ? !this.#commits('kept state is denied') : this.#commits('state is claimed that was to be dropped')
    this.#close(session, this.#connect(session, cleanStart, EXPIRY_MS, isTold), 'sent', null)
  }
}
