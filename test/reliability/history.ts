// What clients did and saw during a run, as a list of events in the order of time: the only thing that the checker judges.
// Written by the load kit, or by a stub with known faults; all times are milliseconds of one monotonic clock.

import type { Qos } from '../../src/wire/mqtt/packet.ts'

/** Names one message for ever: who published it, and as which of his. Sequences of one publisher rise. */
export interface MessageName {
  readonly publisher: string
  readonly sequence: number
}

/** What a payload says of its message. */
export interface Told extends MessageName {
  readonly topic: string
  readonly qos: Qos
}

/** A PUBLISH is about to be sent for the first time. */
export interface Published extends MessageName {
  readonly kind: 'publish'
  readonly at: number
  readonly topic: string
  readonly qos: Qos
  readonly retain: boolean
  /** An empty payload: the retained message goes. */
  readonly clears: boolean
}

/** It is sent again, by another connection. */
export interface Resent extends MessageName {
  readonly kind: 'resend'
  readonly at: number
}

/** PUBACK or PUBCOMP (QoS 2: also PUBREC that refuses) has come. */
export interface Acknowledged extends MessageName {
  readonly kind: 'acknowledge'
  readonly at: number
  readonly reasonCode: number
}

/** CONNECT is about to be sent. */
export interface Connecting {
  readonly kind: 'connecting'
  readonly at: number
  /** The Client Identifier. */
  readonly session: string
  /** Unique among all connections of the run. */
  readonly connection: number
  readonly version: 3 | 4 | 5
  readonly cleanStart: boolean
  /** How long the session outlives the connection; Infinity = for ever. */
  readonly expiryMs: number
  readonly will: WillMessage | null
}

export interface WillMessage extends Told {
  readonly delayMs: number
}

/** CONNACK with code 0 has come. */
export interface Connected {
  readonly kind: 'connected'
  readonly at: number
  readonly session: string
  readonly connection: number
  readonly sessionPresent: boolean
}

/** The connection is over, as far as the client can see. */
export interface Closed {
  readonly kind: 'closed'
  readonly at: number
  readonly session: string
  readonly connection: number
  /** Whether the client had sent DISCONNECT; `maybe` = on a way that may have lost it. */
  readonly disconnect: 'no' | 'sent' | 'maybe'
  /** Of the broker's DISCONNECT; null = none came. */
  readonly reasonCode: number | null
}

/** SUBACK or UNSUBACK has come (`at`); the request left at `since`. */
export interface Subscribed {
  readonly kind: 'subscribe' | 'unsubscribe'
  readonly since: number
  readonly at: number
  readonly session: string
  /** As sent, with `$share/NAME/` if it is a shared one. */
  readonly filter: string
  /** Granted. */
  readonly qos: Qos
}

/** A PUBLISH has come. */
export interface Received {
  readonly kind: 'receive'
  readonly at: number
  readonly session: string
  readonly connection: number
  readonly topic: string
  readonly qos: Qos
  readonly dup: boolean
  readonly retain: boolean
  readonly packetId: number
  /** What its payload says; null when the payload is none of ours or damaged. */
  readonly message: Told | null
}

/** PUBREL has come: from here on the Packet Identifier may mean another message. */
export interface Released {
  readonly kind: 'release'
  readonly at: number
  readonly session: string
  readonly packetId: number
}

/** A new session subscribes to this filter only to see what is retained; its receptions follow, then `end`. Nobody publishes meanwhile. */
export interface RetainedRead {
  readonly kind: 'read retained'
  readonly at: number
  readonly session: string
  readonly filter: string
}

/** Nothing has happened for a while after all was healed: whatever should have arrived has. */
export interface Quiet {
  readonly kind: 'quiet'
  readonly at: number
}

export type HistoryEvent = Published | Resent | Acknowledged | Connecting | Connected | Closed | Subscribed | Received | Released | RetainedRead | Quiet

export function keyOf({ publisher, sequence }: MessageName): string {
  return `${publisher} #${sequence}`
}

/** One line for people. */
export function describeEvent(event: HistoryEvent): string {
  return `${event.at.toFixed(1).padStart(10)} ms  ${describe(event)}`
}

function describe(event: HistoryEvent): string {
  switch (event.kind) {
    case 'publish':
      return `${keyOf(event)} published to ${event.topic}, QoS ${event.qos}${event.retain ? ', retained' : ''}${event.clears ? ', empty' : ''}`
    case 'resend':
      return `${keyOf(event)} sent again`
    case 'acknowledge':
      return `${keyOf(event)} acknowledged with 0x${event.reasonCode.toString(16).padStart(2, '0')}`
    case 'connecting': {
      const will = event.will === null ? '' : `, will ${keyOf(event.will)} to ${event.will.topic} after ${event.will.delayMs} ms`
      return `${event.session} connects (${event.connection}), ${event.cleanStart ? 'clean start' : 'goes on'}, session lasts ${event.expiryMs} ms${will}`
    }
    case 'connected':
      return `${event.session} connected (${event.connection}), session present ${event.sessionPresent ? 1 : 0}`
    case 'closed': {
      const end = event.disconnect === 'no' ? '' : ` after its DISCONNECT${event.disconnect === 'maybe' ? ', which may be lost' : ''}`
      return `${event.session} closed (${event.connection})${end}${event.reasonCode === null ? '' : `, told 0x${event.reasonCode.toString(16)}`}`
    }
    case 'subscribe':
    case 'unsubscribe':
      return `${event.session} ${event.kind}d ${event.filter}${event.kind === 'subscribe' ? ` with QoS ${event.qos}` : ''}`
    case 'receive': {
      const what = event.message === null ? 'a damaged or foreign payload' : keyOf(event.message)
      const marks = `${event.dup ? ', DUP' : ''}${event.retain ? ', RETAIN' : ''}${event.qos > 0 ? `, id ${event.packetId}` : ''}`
      return `${event.session} received (${event.connection}) ${what} on ${event.topic}, QoS ${event.qos}${marks}`
    }
    case 'release':
      return `${event.session} was sent PUBREL ${event.packetId}`
    case 'read retained':
      return `${event.session} reads what is retained for ${event.filter}`
    case 'quiet':
      return 'quiet'
  }
}
