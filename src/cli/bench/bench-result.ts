// What a run has found, as plain data: the JSON object of --json, and what the table is made of.
// Durations in milliseconds, rates per second.

import type { BenchOptions } from './bench-arguments.ts'
import type { BenchRun } from './bench-run.ts'
import { targetName } from './bench-target.ts'
import type { Histogram } from './histogram.ts'

export interface Latency {
  readonly count: number
  readonly min: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface BenchResult {
  readonly mode: string
  readonly target: string
  readonly version: '3.1' | '3.1.1' | '5.0'
  readonly connections: {
    readonly wanted: number
    readonly connected: number
    readonly failed: number
    readonly broken: number
    readonly seconds: number
    readonly perSecond: number
    /** Reason to count. */
    readonly failures: Readonly<Record<string, number>>
    readonly breaks: Readonly<Record<string, number>>
  }
  /** Null without traffic, that is for `conn`. */
  readonly messages: {
    readonly qos: number
    /** Payload bytes; null for `sub`. */
    readonly size: number | null
    /** From the first to the last sign of traffic, or to the end of the time that was given for sending. */
    readonly seconds: number
    readonly sent: number
    /** This and the other rate: 0 when there was too little to tell. */
    readonly sentPerSecond: number
    readonly sentBytes: number
    readonly acknowledged: number
    readonly unacknowledged: number
    readonly refused: number
    /** Null where nobody knows. */
    readonly expected: number | null
    readonly received: number
    readonly receivedPerSecond: number
    readonly receivedBytes: number
    readonly lost: number
    readonly repeated: number
    readonly foreign: number
  } | null
  /** Milliseconds; null where nothing was measured. */
  readonly latency: { readonly connect: Latency | null; readonly endToEnd: Latency | null; readonly acknowledgement: Latency | null }
  readonly interrupted: boolean
  readonly ok: boolean
}

/** Traffic of less than this tells nothing about a rate. */
const SHORTEST_SECONDS = 0.01

const VERSIONS = { 3: '3.1', 4: '3.1.1', 5: '5.0' } as const

export function resultOf(run: BenchRun): BenchResult {
  const { options, tally, wanted, connectMs, isInterrupted, expected, unacknowledged } = run
  const seconds = connectMs / 1000
  const clean = tally.failed + tally.broken + tally.lost + tally.repeated + tally.refused + unacknowledged === 0
  return {
    mode: options.mode === 'fan' && options.fanIn ? 'fan-in' : options.mode,
    target: targetName(options),
    version: VERSIONS[options.version],
    connections: {
      wanted,
      connected: tally.connected,
      failed: tally.failed,
      broken: tally.broken,
      seconds: thousandths(seconds),
      perSecond: rateOf(tally.connected, seconds),
      failures: Object.fromEntries(tally.failures),
      breaks: Object.fromEntries(tally.breaks),
    },
    messages: options.mode === 'conn' ? null : messagesOf(run, options, expected, unacknowledged),
    latency: { connect: latencyOf(tally.connectTime), endToEnd: latencyOf(tally.deliveryTime), acknowledgement: latencyOf(tally.acknowledgeTime) },
    interrupted: isInterrupted,
    ok: clean && tally.connected > 0 && (isInterrupted || tally.connected === wanted),
  }
}

function messagesOf({ tally, stoppedAt }: BenchRun, options: BenchOptions, expected: number, unacknowledged: number): BenchResult['messages'] {
  const seconds = tally.firstAt === 0 ? 0 : (Math.max(tally.lastAt, stoppedAt) - tally.firstAt) / 1000
  const isJudged = options.mode === 'pair' || options.mode === 'fan'
  return {
    qos: options.qos,
    size: options.mode === 'sub' ? null : options.size,
    seconds: thousandths(seconds),
    sent: tally.sent,
    sentPerSecond: messageRate(tally.sent, seconds),
    sentBytes: tally.sentBytes,
    acknowledged: tally.acknowledged,
    unacknowledged,
    refused: tally.refused,
    expected: isJudged ? expected : null,
    received: tally.received,
    receivedPerSecond: messageRate(tally.received, seconds),
    receivedBytes: tally.receivedBytes,
    lost: tally.lost,
    repeated: tally.repeated,
    foreign: tally.foreign,
  }
}

/** Messages per second; 0 when one message, or a moment, is all there was: that is no rate. */
export function messageRate(count: number, seconds: number): number {
  return count > 1 && seconds >= SHORTEST_SECONDS ? rateOf(count, seconds) : 0
}

function rateOf(count: number, seconds: number): number {
  return seconds > 0 ? thousandths(count / seconds) : 0
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}

function latencyOf(times: Histogram): Latency | null {
  if (times.count === 0) return null
  const ms = (microseconds: number): number => Math.round(microseconds) / 1000
  return {
    count: times.count,
    min: ms(times.min),
    mean: ms(times.mean),
    p50: ms(times.quantile(0.5)),
    p90: ms(times.quantile(0.9)),
    p99: ms(times.quantile(0.99)),
    p999: ms(times.quantile(0.999)),
    max: ms(times.max),
  }
}
