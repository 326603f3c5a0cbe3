// What one run of `bench` has counted so far. Written by connections, senders and arrivals; read by progress and report.
// Plain numbers, no behaviour but two small notes of failures.

import { Histogram } from './histogram.ts'

export class Tally {
  /** Connections that came about: CONNACK, and SUBACK where there is something to subscribe to. */
  connected = 0
  /** Of those, closed by the server or the network before the end. */
  broken = 0
  open = 0
  sent = 0
  sentBytes = 0
  /** QoS 1 and 2: publishes whose handshake is complete. */
  acknowledged = 0
  /** Of those, answered with a Reason Code of 0x80 or more [MQTT 5.0, sections 3.4.2.1, 3.5.2.1]. */
  refused = 0
  received = 0
  receivedBytes = 0
  /** Messages that a later one of the same publisher overtook, or that never came. */
  lost = 0
  /** Came twice, or after a later one. */
  repeated = 0
  /** Not of this run: they are not judged. */
  foreign = 0
  /** Microseconds from the first attempt to CONNACK. */
  readonly connectTime: Histogram = new Histogram()
  /** Microseconds from publishing to arrival. */
  readonly deliveryTime: Histogram = new Histogram()
  /** Microseconds from publishing to PUBACK or PUBCOMP. */
  readonly acknowledgeTime: Histogram = new Histogram()
  /** Why connections did not come about, and how often. */
  readonly failures: Map<string, number> = new Map<string, number>()
  /** Why connections broke, and how often. */
  readonly breaks: Map<string, number> = new Map<string, number>()
  /** Milliseconds of `performance.now` at the first and the last sign of traffic; 0 = none yet. */
  firstAt = 0
  lastAt = 0

  get failed(): number {
    let sum = 0
    for (const count of this.failures.values()) sum += count
    return sum
  }

  /** Notes that there is traffic now. */
  traffic(now: number): void {
    if (this.firstAt === 0) this.firstAt = now
    this.lastAt = now
  }
}

/** Adds one to the reason's count. */
export function countReason(reasons: Map<string, number>, reason: string): void {
  reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
}

/** Microseconds as they stand in payloads: modulo 2^32, so differences are taken with `>>> 0`. */
export function microseconds(): number {
  return (performance.now() * 1000) >>> 0
}
